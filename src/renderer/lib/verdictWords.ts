// What a judgement is called and what it does, in one line each.
import type { Verdict } from '@shared/contract/entities'

export const verdictLabels: Record<Verdict, string> = { negative: 'Negative', match: 'Also a match', ignore: 'Ignore' }
export const verdictTones = { negative: 'bad', match: 'good', ignore: 'plain' } as const
export const verdictEffects: Record<Verdict, string> = {
  negative: 'The two share a batch and are pushed apart.',
  match: 'Counted as a second right answer.',
  ignore: 'Left out of the loss.',
}
