// Evaluation items of the form “one query, several candidates, the first is right”. Each candidate becomes a pair; wrong
// ones are rejected and tagged, so that nothing learns from them, and the group keeps the item together.
import { draftOfSides, type DraftOrProblem, type DraftSides, type ImportDefaults, type PairDraft } from './pairDraft'

const wrongTag = 'wrong candidate'

export interface ChoiceItem {
  location: string
  group: string
  task: PairDraft['task']
  query: Pick<DraftSides, 'leftImage' | 'leftText'>
  /** The first is right. */
  candidates: readonly Pick<DraftSides, 'rightImage' | 'rightText'>[]
}

export function* choiceRows({ location, group, task, query, candidates }: ChoiceItem, defaults: ImportDefaults): Generator<DraftOrProblem> {
  for (const [index, candidate] of candidates.entries()) {
    const isRight = index === 0
    const verdict = isRight ? {} : { status: 'rejected' as const, tags: [wrongTag] }
    yield draftOfSides(isRight ? location : `${location}, candidate ${index + 1}`, { ...query, ...candidate }, { task, split: defaults.split, group, ...verdict })
  }
}
