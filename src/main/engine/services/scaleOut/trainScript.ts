// The launch script and the SkyPilot task. Whatever a person may want to change stands at the top; whatever comes from names
// is a slug, so that nothing of it can become a command.
import type { TrainerFlag } from './trainerFlags'

export interface ScriptFacts {
  /** Letters, digits and dashes. */
  slug: string
  batchSize: number
  keepGroups: boolean
  gpuCount: number
  gpuKind: string
  nodeCount: number
  diskGigabytes: number
  hasStart: boolean
  flags: readonly TrainerFlag[]
}

export const trainerRepository = 'https://github.com/chs20/fuselip'
export const trainerCommit = '6a5766e6e8d70b0ad3255c440b236291ec781464'

/** In single quotes, where nothing is special but the quote itself. */
const quoted = (text: string): string => (/^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

export const writeTrainScript = ({ slug, batchSize, keepGroups, gpuCount, nodeCount, hasStart, flags }: ScriptFacts): string => `#!/usr/bin/env bash
# Trains the public FuseLIP code on this package: bash train.sh
# Settings of the recipe are flags below; where and on what it runs are the variables above them.
set -euo pipefail
cd "$(dirname "\${BASH_SOURCE[0]}")"

# ---- Where and on what. Change them here or in the environment. ----
FUSELIP_DIR="\${FUSELIP_DIR:-$PWD/fuselip}"      # a clone of ${trainerRepository}
GPUS="\${GPUS:-${gpuCount}}"                               # devices of this machine
NODES="\${NODES:-${nodeCount}}"
NODE_RANK="\${NODE_RANK:-0}"
MASTER_ADDR="\${MASTER_ADDR:-127.0.0.1}"
MASTER_PORT="\${MASTER_PORT:-29508}"
WORKERS="\${WORKERS:-8}"                         # processes that read pictures, for each device
RUN_NAME="\${RUN_NAME:-${slug}}"
LOGS="\${LOGS:-$PWD/logs}"
BATCH_SIZE="\${BATCH_SIZE:-${batchSize}}"                     # of the recipe: pairs over all devices
VALIDATE_EVERY_EPOCHS="\${VALIDATE_EVERY_EPOCHS:-0}"
export KEEP_GROUPS="\${KEEP_GROUPS:-${keepGroups ? 1 : 0}}"            # 1 keeps groups of hard negatives in one batch
PRETRAINED="\${PRETRAINED:-}"                    # a checkpoint of the trainer: a file with "state_dict" inside
RESUME="\${RESUME:-}"                            # a checkpoint to continue from, or "latest"

# ---- Names of the trainer's flags, as in src/open_clip_train/params.py of ${trainerRepository.replace('https://', '')}. ----
# If your copy calls one differently, this is the only place to change.
RECIPE_FLAGS=(
${flags.map(({ flag, value }) => `  ${flag}${value === null ? '' : ` ${quoted(value)}`}`).join('\n')}
)
DATA_FLAGS=(--train-data train.csv --dataset-type csv-multimodal --csv-separator ,)
RUN_FLAGS=(--name "$RUN_NAME" --logs "$LOGS" --workers "$WORKERS")
VALIDATION_FLAGS=(--val-frequency "$VALIDATE_EVERY_EPOCHS" --zeroshot-frequency 0 --skip-first-val --skip-mmeb-val)

WORLD=$((GPUS * NODES))
if (( BATCH_SIZE % WORLD != 0 )); then
  echo "The batch of $BATCH_SIZE pairs does not divide by $WORLD devices; set BATCH_SIZE to a multiple of $WORLD." >&2
  exit 2
fi
if [ ! -d "$FUSELIP_DIR/src/open_clip_train" ]; then
  echo "The trainer is not in $FUSELIP_DIR. Run: git clone ${trainerRepository} \\"$FUSELIP_DIR\\"" >&2
  exit 2
fi
if (( VALIDATE_EVERY_EPOCHS > 0 )) && [ -f validation.csv ]; then VALIDATION_FLAGS+=(--val-data validation.csv); fi
${hasStart ? `if [ -z "$PRETRAINED" ] && [ -z "$RESUME" ]; then
  PRETRAINED="$PWD/start/epoch_start.pt"
  if [ ! -f "$PRETRAINED" ]; then
    # The trainer wants its weights under "state_dict".
    python -c 'import sys, torch; torch.save({"state_dict": torch.load(sys.argv[1], map_location="cpu", weights_only=True)}, sys.argv[2])' start/pytorch_model.bin "$PRETRAINED.tmp"
    mv "$PRETRAINED.tmp" "$PRETRAINED"
  fi
fi
` : ''}if [ -n "$PRETRAINED" ]; then RUN_FLAGS+=(--pretrained "$PRETRAINED"); fi
if [ -n "$RESUME" ]; then RUN_FLAGS+=(--resume "$RESUME"); fi

export PYTHONPATH="$FUSELIP_DIR/src\${PYTHONPATH:+:$PYTHONPATH}"
exec torchrun --nnodes "$NODES" --node_rank "$NODE_RANK" --nproc_per_node "$GPUS" --master_addr "$MASTER_ADDR" --master_port "$MASTER_PORT" \\
  train_pairs.py "\${DATA_FLAGS[@]}" --batch-size $((BATCH_SIZE / WORLD)) "\${RECIPE_FLAGS[@]}" "\${RUN_FLAGS[@]}" "\${VALIDATION_FLAGS[@]}" "$@"
`

export const writeSkyTask = ({ slug, gpuCount, gpuKind, nodeCount, diskGigabytes }: ScriptFacts): string => `# SkyPilot task: sky launch -c ${slug} sky.yaml
# The folder is copied to the cluster as the working directory; ${nodeCount > 1 ? 'every machine gets a copy' : 'one machine trains'}.
name: ${JSON.stringify(slug)}
workdir: .
num_nodes: ${nodeCount}
resources:
  accelerators: ${JSON.stringify(`${gpuKind}:${gpuCount}`)}
  disk_size: ${diskGigabytes}
envs:
  FUSELIP_REPOSITORY: ${JSON.stringify(trainerRepository)}
  FUSELIP_COMMIT: ${JSON.stringify(trainerCommit)}
setup: |
  set -e
  if [ ! -d fuselip ]; then git clone "$FUSELIP_REPOSITORY" fuselip; fi
  git -C fuselip checkout "$FUSELIP_COMMIT"
  pip install torch==2.5.1 torchvision==0.20.1
  pip install -r fuselip/requirements.txt
run: |
  set -e
  export NODES="$SKYPILOT_NUM_NODES" NODE_RANK="$SKYPILOT_NODE_RANK" GPUS="$SKYPILOT_NUM_GPUS_PER_NODE"
  export MASTER_ADDR="$(echo "$SKYPILOT_NODE_IPS" | head -n1)"
  bash train.sh
`
