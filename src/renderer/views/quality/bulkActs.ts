// What can be done with all findings of a kind at once.
import type { FindingKind } from '@shared/quality/findingKinds'

export type BulkAct = 'reject' | 'tag' | 'train' | 'dismiss' | 'resolve' | 'tagOthers' | 'trim' | 'clear'

export interface BulkEntry {
  act: BulkAct
  label: string
  /** Follows “123 pairs ”. */
  effect: string
  isDanger?: boolean
}

const entries: Record<BulkAct, Omit<BulkEntry, 'act'>> = {
  reject: { label: 'Reject all', effect: 'are rejected and leave training.', isDanger: true },
  tag: { label: 'Tag all', effect: 'get a tag.' },
  train: { label: 'Move to train', effect: 'move to the training split, so that they measure nothing that was learnt.' },
  dismiss: { label: 'Dismiss all', effect: 'are right as they are. Later checks keep that decision.' },
  resolve: { label: 'Keep the best of each', effect: 'are rejected; the best picture of each set stays with all its pairs.', isDanger: true },
  tagOthers: { label: 'Tag the others', effect: 'get the tag “duplicate”; the best of each set does not.' },
  trim: { label: 'Trim texts', effect: 'are cut to the context of the current model where they are longer, in whole words.' },
  clear: { label: 'Clear texts', effect: 'lose their text where the side has a picture as well; others stay as they are.', isDanger: true },
}

export function bulkActsOf(kind: FindingKind): BulkEntry[] {
  const acts: BulkAct[] = kind === 'exact-duplicate' || kind === 'near-duplicate' ? ['resolve', 'tagOthers', 'dismiss']
    : kind === 'leak' ? ['train', 'reject', 'tag', 'dismiss']
      : kind === 'long-text' ? ['trim', 'reject', 'tag', 'dismiss']
        : kind === 'other-language' || kind === 'file-name' || kind === 'no-words' || kind === 'boilerplate' ? ['reject', 'clear', 'tag', 'dismiss'] : ['reject', 'tag', 'dismiss']
  return acts.map((act) => ({ act, ...entries[act] }))
}
