// What is measured: each case is one piece of work that two workers do in turn, described so that a worker in any language
// can make its own synthetic input. Times of random weights equal those of trained ones.

import { createRandom } from '../../src/main/engine/compute/training/random'

export type ModelSize = 'nano' | 'small' | 'base'

export interface StepWork {
  kind: 'step'
  size: ModelSize
  pairs: number
  leftLength: number
  rightLength: number
}

export interface TokenizeWork { kind: 'tokenize'; images: number }

/** Sides with an image and a text, as in a search: `tokenize` is not part of it. */
export interface EmbedWork { kind: 'embed'; size: ModelSize; sides: number; length: number }

/** One product of two square float32 matrices: what the machine can do at best. */
export interface MatMulWork { kind: 'matmul'; side: number }

/**
 * A part of one epoch over image-caption pairs. Ours trains on the token cache, in batches that its sampler makes of captions of
 * like lengths; the peer reads JPEG files and tokenizes the images of each batch, as the reference code does, and pads the captions
 * of a shuffled batch to the longest.
 */
export interface EpochWork { kind: 'epoch'; size: ModelSize; pairs: number; batches: number; leftLength: number; captionLengths: number[] }

export type Work = StepWork | TokenizeWork | EmbedWork | MatMulWork | EpochWork

export interface BenchCase {
  id: string
  title: string
  /** What one run of the work yields, for the rate column. */
  unit: { name: string; count: number }
  work: Work
  rounds: number
  /** `tensorflow` is this engine on the linked TensorFlow, measured only where one is linked. */
  peers: ('pytorch' | 'pytorch-compile' | 'tfjs-wasm' | 'tensorflow')[]
}

const step = (size: ModelSize, pairs: number, rounds: number): BenchCase => ({
  id: `step-${size}-${pairs}`, title: `training step, FuseLIP-${size}, ${pairs} pairs of 160 + 160 ids`,
  unit: { name: 'pairs', count: pairs }, rounds, peers: ['pytorch', 'pytorch-compile', 'tensorflow'],
  work: { kind: 'step', size, pairs, leftLength: 160, rightLength: 160 },
})

/** Ids of captions with start and end, as those of COCO are spread: most have 12 to 15, one in seventy more than 24. */
export function captionLengths(count: number): number[] {
  const random = createRandom(1, 8)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return Array.from({ length: count }, () => Math.min(60, Math.round(8 + Math.exp(1.7 + 0.5 * normal()))))
}

export const cases: BenchCase[] = [
  {
    id: 'step-nano', title: 'training step, nano FuseLIP, 32 pairs of 48 + 32 ids', unit: { name: 'pairs', count: 32 }, rounds: 5,
    peers: ['tfjs-wasm', 'pytorch', 'tensorflow'], work: { kind: 'step', size: 'nano', pairs: 32, leftLength: 48, rightLength: 32 },
  },
  step('small', 8, 5), step('small', 32, 3), step('base', 8, 3),
  {
    id: 'tokenize', title: 'image tokens, TiTok-S-128', unit: { name: 'images', count: 16 }, rounds: 5,
    peers: ['pytorch', 'tensorflow'], work: { kind: 'tokenize', images: 16 },
  },
  {
    id: 'embed', title: 'embedding of image + text, FuseLIP-small', unit: { name: 'sides', count: 32 }, rounds: 5,
    peers: ['pytorch', 'pytorch-compile', 'tensorflow'], work: { kind: 'embed', size: 'small', sides: 32, length: 160 },
  },
  {
    id: 'epoch', title: 'epoch over 512 image-caption pairs, FuseLIP-small, batches of 32 (4 of 16 measured)', unit: { name: 'pairs', count: 128 }, rounds: 2,
    peers: ['pytorch'], work: { kind: 'epoch', size: 'small', pairs: 32, batches: 4, leftLength: 130, captionLengths: captionLengths(512) },
  },
]

/** Multiplications and additions of one training step, from the sizes of its matrix products: forward once, backward twice. */
export function stepFlops(work: StepWork): number {
  const { width, layers } = modelSizes[work.size]
  const ids = work.pairs * (work.leftLength + work.rightLength)
  const blocks = layers * 12 * width ** 2 * ids
  const attention = layers * 2 * width * work.pairs * (work.leftLength ** 2 + work.rightLength ** 2)
  const slots = work.pairs * (work.leftLength + work.rightLength - 4) * maskedShare
  const vocabulary = slots * width * (49_409 + modelSizes[work.size].codes)
  return 3 * 2 * (blocks + attention + vocabulary)
}

/** Chance of an id to be masked, and published sizes (nano: that of the bundled model). */
export const maskedShare = 0.1
export const modelSizes = {
  nano: { width: 96, heads: 4, layers: 4, context: 96, codes: 512, imageTokens: 32 },
  small: { width: 384, heads: 6, layers: 12, context: 180, codes: 4096, imageTokens: 128 },
  base: { width: 512, heads: 8, layers: 12, context: 180, codes: 8192, imageTokens: 128 },
} as const
