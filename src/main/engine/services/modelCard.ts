// The card of an exported model: what it is, what it was trained on and how, how it scores, what its licence is. Everything
// in it is read from the project; what is not known is said to be not known.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Recall } from '../../../shared/contract/entities'
import type { ExportForm } from '../../../shared/contract/models'
import type { Run } from '../../../shared/contract/runs'
import type { Evaluation } from '../../../shared/contract/search'
import type { SnapshotPair } from './runSnapshot'

export interface CardFacts {
  name: string
  modelId: string
  licence: string
  parameterCount: number
  width: number
  layerCount: number
  tokenizerId: string
  /** Card of the model itself, for models that belong to no run. */
  ownCard: string | null
  source: string | null
  run: Run | null
  baseName: string | null
  /** Null where the run's data cannot be read any more. */
  snapshot: SnapshotFacts | null
  evaluations: Evaluation[]
  forms: ExportForm[]
  halfPrecision: boolean
}

export interface SnapshotFacts {
  sha256: string
  pairCount: number
  validationCount: number
  groupCount: number | null
  judgementCount: number
  /** Some of its pictures, spread over the pairs. */
  imageIds: number[]
}

/** What a run was trained on, with a hash by which the same data can be recognised. */
export async function readSnapshotFacts(runDir: string): Promise<SnapshotFacts | null> {
  try {
    const bytes = await readFile(join(runDir, 'snapshot.json'))
    const { pairs, validation, groups, judgements } = JSON.parse(bytes.toString('utf8')) as { pairs: SnapshotPair[]; validation: unknown[]; groups: unknown[] | null; judgements: unknown[] }
    return {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      pairCount: pairs.length, validationCount: validation.length, groupCount: groups?.length ?? null, judgementCount: judgements.length, imageIds: spreadImages(pairs),
    }
  } catch {
    return null
  }
}

const shownImageCount = 6

function spreadImages(pairs: readonly SnapshotPair[]): number[] {
  const ids = [...new Set(pairs.flatMap(({ left, right }) => right.imageId ?? left.imageId ?? []))]
  const step = Math.max(1, Math.floor(ids.length / shownImageCount))
  return ids.filter((_, index) => index % step === 0).slice(0, shownImageCount)
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
const recallRow = (task: string, recall: Recall | null): string[] =>
  (recall ? [`| ${task} | ${percent(recall.r1)} | ${percent(recall.r5)} | ${percent(recall.r10)} | ${recall.medianRank.toFixed(1)} | ${recall.count} |`] : [])
const recallHead = ['| query | R@1 | R@5 | R@10 | median rank | queries |', '|---|---|---|---|---|---|']

function scoreLines({ evaluations, run }: CardFacts): string[] {
  const lines = evaluations.flatMap((evaluation) => [
    `On the ${evaluation.split} split of the project:`, '', ...recallHead,
    ...recallRow('text → image', evaluation.textToImage), ...recallRow('image → text', evaluation.imageToText), ...recallRow('image + text → image', evaluation.composedToImage), '',
  ])
  const validation = run?.lastValidation
  const during = validation ? [`During training, at step ${validation.step}, on the validation pairs:`, '', ...recallHead, ...recallRow('left → right', validation.leftToRight), ...recallRow('right → left', validation.rightToLeft), ''] : []
  const all = [...lines, ...during]
  return ['## Scores', '', ...(all.length ? all : ['Not measured. Run an evaluation in the studio before the export to have scores here.', ''])]
}

function trainingLines({ run, baseName, snapshot, source, ownCard }: CardFacts): string[] {
  if (!run) {
    return ['## Origin', '', source ? `Source: ${source}.` : 'Bundled with FuseLIP Studio.', '', ...(ownCard ? ['## Card of the source', '', ownCard.replace(/^---\n[\s\S]*?\n---\n/, '').replace(/^#/gm, '##').trim(), ''] : [])]
  }
  const data = snapshot
    ? [
        `${snapshot.pairCount} pairs, ${snapshot.validationCount} validation pairs, ${snapshot.groupCount ?? 'no'} groups of hard negatives, ${snapshot.judgementCount} judgements.`,
        `SHA-256 of the snapshot: \`${snapshot.sha256}\`.`,
      ]
    : [`${run.pairCount} pairs. The snapshot of the data is not readable any more.`]
  return [
    '## Training data', '', ...data, '',
    '## Recipe', '', `Fine-tuned from ${baseName ?? run.baseModelId}, run “${run.name}”, ${run.step} of ${run.totalSteps} steps on ${run.device || 'an unknown device'}.`, '',
    '| setting | value |', '|---|---|', ...Object.entries(run.recipe).map(([key, value]) => `| ${key} | ${String(value)} |`), '',
  ]
}

const formText: Record<ExportForm, string> = {
  pytorch: '`pytorch_model.bin` with `config.json`: names and keys of the public FuseLIP code, image tokenizer inside.',
  safetensors: '`model.safetensors` with `config.json`: the same tensors as safetensors.',
  onnx: '`onnx/`: image encoder and sequence encoder (ONNX, dynamic batch), `manifest.json`, examples for Node and Python.',
}

/** Markdown with the metadata block that hubs read. */
export function writeCard(facts: CardFacts): string {
  const { name, licence, parameterCount, width, layerCount, tokenizerId, forms, halfPrecision } = facts
  return `${[
    '---', `license: ${JSON.stringify(licence)}`, 'library_name: fuselip', 'tags:', '- fuselip', '- multimodal-embedding', '---', '',
    `# ${name}`, '',
    `A FuseLIP embedding model (arXiv 2506.03096): width ${width}, ${layerCount} layers, ${parameterCount.toLocaleString('en')} parameters, image tokenizer ${tokenizerId}.`,
    'It embeds a text, an image, or both at once into one space.', '',
    ...trainingLines(facts),
    ...scoreLines(facts),
    '## Files', '', ...forms.map((form) => `- ${formText[form]}`), ...(halfPrecision ? ['- Numbers of the checkpoints are half precision.'] : []), '',
    '## Licence', '', `${licence}. Weights derived from published ones keep the terms of their source; the training data may add terms of its own.`, '',
    'Written by FuseLIP Studio.',
  ].join('\n')}\n`
}
