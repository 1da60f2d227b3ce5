// The README of a scale-out package: what it is, how to run it here and on a cluster, what was carried over and what not,
// and how the result comes back.
import type { Manifest } from '../snapshots/snapshotFormat'
import { trainerCommit, trainerRepository, type ScriptFacts } from './trainScript'
import type { TrainerFlags, TransformerSize } from './trainerFlags'

export interface PackageFacts {
  manifest: Manifest
  snapshotSha256: string
  script: ScriptFacts
  trainer: TrainerFlags
  size: TransformerSize
  /** False where the model of the studio has a size of its own, and a published one stands in for it. */
  isOwnSize: boolean
  baseModelId: string
  recipeOrigin: string
  trainCount: number
  validationCount: number
  groupCount: number
  /** Judgements that the trainer has no place for. */
  lostJudgementCount: number
}

const plain = (text: string): string => text.replace(/[\r\n]+/g, ' ').replace(/[|<>`*_[\]\\#]/g, '\\$&')

export function writePackageCard({ manifest, snapshotSha256, script, trainer, size, isOwnSize, baseModelId, recipeOrigin, trainCount, validationCount, groupCount, lostJudgementCount }: PackageFacts): string {
  const { slug, batchSize, gpuCount, gpuKind, nodeCount, hasStart } = script
  return `${[
    `# ${plain(manifest.name)}: a package to train on a cluster`, '',
    `${trainCount.toLocaleString('en')} training pairs (accepted, training split) and ${validationCount.toLocaleString('en')} validation pairs of the snapshot “${plain(manifest.name)}” (SHA-256 \`${snapshotSha256}\`), `
    + `with a launch script for the public FuseLIP trainer (<${trainerRepository}>, checked against commit \`${trainerCommit.slice(0, 12)}\`). Recipe: ${plain(recipeOrigin)}. Licence of the data: ${manifest.licence === null ? 'not stated' : plain(manifest.licence)}.`, '',
    'The trainer itself was not run where this package was written: it needs PyTorch and CUDA devices. Names of flags, columns and files were read in its source.', '',
    '## Run it', '',
    '```sh', `git clone ${trainerRepository} fuselip && git -C fuselip checkout ${trainerCommit}`,
    'pip install torch==2.5.1 torchvision==0.20.1 && pip install -r fuselip/requirements.txt   # Python 3.11',
    `GPUS=${gpuCount} bash train.sh`, '```', '',
    'In `fuselip/src/config.py`, paths of data sets that you do not have may stay as they are; set `IMAGENET_VAL_PATH = None`. '
    + `On several machines set NODES, NODE_RANK and MASTER_ADDR, too. The batch of ${batchSize.toLocaleString('en')} pairs is divided by all devices. Extra arguments of train.sh go to the trainer, for example \`--report-to tensorboard\`.`, '',
    `With SkyPilot, which rents the machines (here ${nodeCount} × ${gpuCount} ${gpuKind}; change \`sky.yaml\`):`, '',
    '```sh', `sky launch -c ${slug} sky.yaml`, `rsync -Pavz ${slug}:sky_workdir/logs ./`, `sky down ${slug}`, '```', '',
    ...(hasStart
      ? [`Training starts from \`${baseModelId}\`, whose weights are in \`start/\`. To start from random weights delete that folder and the lines of train.sh that name it.`]
      : ['Training starts from random weights. To start from others, set PRETRAINED to a checkpoint of the trainer (a file with `state_dict` inside).']), '',
    ...(isOwnSize ? [] : [`The model \`${baseModelId}\` has a size that the trainer does not build, so this package trains the published size “${size}”.`, '']),
    '## Bring the result back', '',
    '```sh', `fuselip models import logs/${slug}/checkpoints/epoch_final.pt --name ${slug}`, '```', '',
    `The trainer writes \`logs/${slug}/fuse-clip-config.json\` one folder above its checkpoints; keep the two together. The same in the studio: *Models*, *Import*. Then evaluate it on the validation and test splits of the project.`, '',
    '## Files', '',
    '| file | what |', '|---|---|',
    '| `train.csv`, `validation.csv` | one pair a row (UTF-8, quoted as RFC 4180 says): `input_image` left picture, `edit` left text, `output_image` right picture, `caption` right text, `group`, `task`, `pair_id`. Empty cells are absent sides |',
    '| `images/` | the pictures; crops and other derived ones are drawn as PNG |',
    '| `train.sh` | the launch script: places and devices at the top, the recipe as flags below |',
    '| `train_pairs.py` | lets the trainer read these tables |',
    '| `sky.yaml` | the SkyPilot task |',
    '| `recipe.json` | the recipe as the studio knows it |',
    '| `checksums.sha256` | `sha256sum -c --quiet checksums.sha256` |', '',
    '## Groups of hard negatives', '',
    `${groupCount.toLocaleString('en')} groups of rows share a batch. Rows of a group stand together and have the same \`group\`; \`train_pairs.py\` hands them to the trainer’s own samplers as its \`combined_items\`, so a group goes to one device and into one batch, `
    + 'or over the edge of two where the batch is full. Every pair is in one group at most: groups of the data come first, then mined ones, then pairs that people judged to be hard negatives of each other. KEEP_GROUPS=0 mixes all rows.', '',
    'The trainer’s own reader of `csv-multimodal` knows only `input_image`, `edit` and `output_image`, all of them filled, and no groups; `train_pairs.py` puts a reader of all four sides in its place and changes nothing else.', '',
    '## What is carried over, and what is not', '',
    '| flag | value |', '|---|---|', `| \`--batch-size\` | ${batchSize} divided by the number of devices |`, ...trainer.flags.map(({ flag, value }) => `| \`${flag}\` | ${value ?? ''} |`), '',
    'Not carried over:', '',
    ...trainer.notCarried.map(({ setting, reason }) => `- \`${setting}\`: ${reason}.`),
    ...(lostJudgementCount === 0 ? [] : [`- ${lostJudgementCount.toLocaleString('en')} judgements “also a match” or “ignore”: the trainer’s loss takes every other pair of a batch for a negative.`]),
    '- Equal sides in one batch: the studio leaves their cells out, the trainer takes them for negatives.',
  ].join('\n')}\n`
}
