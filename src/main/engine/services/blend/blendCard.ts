// The card of a saved blend: its parents, how much of each, and what was measured of it.
import type { MeasuredSet, TaskRecalls } from '../../../../shared/contract/blend'
import type { Recall } from '../../../../shared/contract/entities'

export interface BlendCardFacts {
  name: string
  baseName: string
  tunedName: string
  baseModelId: string
  tunedModelId: string
  amount: number
  licence: string | null
  /** Sets with the recall at the measured position; empty where none was measured at this very amount. */
  scores: { set: Pick<MeasuredSet, 'name' | 'description' | 'pairCount'>; recalls: TaskRecalls }[]
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
const row = (task: string, recall: Recall | null): string[] => (recall ? [`| ${task} | ${percent(recall.r1)} | ${percent(recall.r5)} | ${percent(recall.r10)} | ${recall.count} |`] : [])

export function writeBlendCard({ name, baseName, tunedName, baseModelId, tunedModelId, amount, licence, scores }: BlendCardFacts): string {
  const shown = Number(amount.toFixed(4))
  return `${[
    `# ${name}`, '',
    `A blend of two FuseLIP models: every weight is ${Number((1 - shown).toFixed(4))} × “${baseName}” + ${shown} × “${tunedName}” (weight interpolation, arXiv 2109.01903).`, '',
    `Parents: \`${baseModelId}\` and \`${tunedModelId}\`, as they were when it was saved.`, '',
    '## Scores', '',
    ...scores.flatMap(({ set, recalls }) => [
      `${set.name}, ${set.pairCount} pairs. ${set.description}`, '', '| query | R@1 | R@5 | R@10 | queries |', '|---|---|---|---|---|',
      ...row('text → image', recalls.textToImage), ...row('image → text', recalls.imageToText), ...row('image + text → image', recalls.composedToImage), '',
    ]),
    ...(scores.length ? [] : ['Not measured at this amount.', '']),
    '## Licence', '', `${licence ?? 'Not known'}. It keeps the terms of both parents.`,
  ].join('\n')}\n`
}
