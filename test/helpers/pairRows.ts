import type { PairRow } from '../../src/main/engine/store/pairStore'

export const pairRow = (change: Partial<PairRow> = {}): PairRow => ({
  leftImageId: null, leftText: 'a question', rightImageId: null, rightText: 'an answer', task: 'vqa', split: 'train',
  status: 'unreviewed', score: null, scoreModelId: null, importKey: null, importId: null, tags: [], ...change,
})
