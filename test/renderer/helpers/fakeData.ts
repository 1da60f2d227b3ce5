// Made-up pairs, jobs and models, small enough to read in a failing test.
import type { Job, Model, Pair, Recall } from '@shared/contract/entities'
import type { Candidate } from '@shared/contract/negatives'

const colours = ['red', 'blue', 'green', 'yellow', 'violet', 'orange']
const shapes = ['circle', 'square', 'triangle', 'star', 'ring', 'cross']
const places = ['left of', 'right of', 'above', 'below']

export function makePair(id: number, over: Partial<Pair> = {}): Pair {
  const word = (list: string[], step: number): string => list[(id * step) % list.length] ?? ''
  const caption = `a ${word(colours, 1)} ${word(shapes, 5)} ${word(places, 3)} a ${word(colours, 7)} ${word(shapes, 11)}`
  const isComposed = id % 7 === 0
  return {
    id,
    left: isComposed ? { imageId: id, text: 'the same scene with the star removed' } : { imageId: null, text: caption },
    right: { imageId: isComposed ? id + 1000 : id, text: null },
    task: isComposed ? 'edit' : 'caption',
    split: id % 10 === 0 ? 'validation' : 'train',
    status: 'unreviewed',
    tags: id % 5 === 0 ? ['two shapes'] : [],
    isFlagged: false,
    score: Math.sin(id * 12.9) * 0.35 + 0.4,
    groupId: null,
    revision: 1,
    updatedAtMs: 1_760_000_000_000 + id,
    ...over,
  }
}

export function makeCandidate(id: number, pair: Pair, other: Pair, over: Partial<Candidate> = {}): Candidate {
  const positiveScore = pair.score ?? 0.5
  return { id, pair, other, score: positiveScore - 0.02 * id, positiveScore, rank: 1, verdict: null, ...over }
}

export function makeJob(id: number, over: Partial<Job> = {}): Job {
  return {
    id, kind: 'mine', title: 'Mine hard negatives', state: 'running', phase: 'comparing', done: 0, total: 100,
    startedAtMs: Date.now(), endedAtMs: null, error: null, summary: null, runId: null, ...over,
  }
}

export const makeModel = (over: Partial<Model> = {}): Model => ({
  id: 'bundled:nano', name: 'FuseLIP nano', kind: 'bundled', runId: null, step: null, parameterCount: 2_400_000, widthCount: 128,
  layerCount: 4, imageTokenizerId: 'bundled:nano-tokenizer', createdAtMs: 1_760_000_000_000, card: null, ...over,
})

export const makeRecall = (r1: number): Recall => ({ r1, r5: Math.min(1, r1 + 0.2), r10: Math.min(1, r1 + 0.3), meanRank: 4.2, medianRank: 2, count: 200 })
