// Which pairs share a batch. One epoch shows every pair once; pairs of a group (hard negatives) sit side by side in one
// batch, because only cells of the same batch are compared. A pure function of (seed, epoch, groups).
import { AppError } from '../../../../shared/errors'
import { createRandom, randomStreams, type Random } from './random'

export interface EpochRequest {
  pairCount: number
  batchSize: number
  /** May overlap; a pair stays in the first group that names it. */
  groups: readonly (readonly number[])[]
  seed: number
  epoch: number
}

/** A batch cannot hold more pairs than there are. */
export function effectiveBatchSize(pairCount: number, batchSize: number): number {
  if (pairCount < 2) {
    throw new AppError('bad-input', `Expected at least 2 training pairs, got ${pairCount}.`, 'Accept more pairs in the training split, then start again.')
  }
  return Math.min(pairCount, batchSize)
}

/** Steps are a function of the counts alone, so that the schedule does not move when groups are mined again. */
export function stepsPerEpoch(pairCount: number, batchSize: number): number {
  return Math.ceil(pairCount / effectiveBatchSize(pairCount, batchSize))
}

/** Groups made disjoint and cut to the batch size; single pairs are left out. */
function disjointGroups(request: EpochRequest, batchSize: number): number[][] {
  const taken = new Uint8Array(request.pairCount)
  const result: number[][] = []
  for (const group of request.groups) {
    const free = group.filter((index) => {
      if (!Number.isInteger(index) || index < 0 || index >= request.pairCount) {
        throw new RangeError(`Expected group members below ${request.pairCount}, got ${index}.`)
      }
      if (taken[index]) return false
      taken[index] = 1
      return true
    })
    for (let start = 0; start < free.length; start += batchSize) {
      const part = free.slice(start, start + batchSize)
      if (part.length > 1) result.push(part)
    }
  }
  return result
}

/** The largest groups choose first, each a random batch with room. A group without any room anywhere is given back. */
function placeGroups(groups: number[][], batches: number[][], batchSize: number, random: Random): void {
  const ordered = random.shuffle(groups).sort((a, b) => b.length - a.length)
  for (const group of ordered) {
    const start = random.below(batches.length)
    for (let tries = 0; tries < batches.length; tries++) {
      const batch = batches[(start + tries) % batches.length]!
      if (batch.length + group.length > batchSize) continue
      batch.push(...random.shuffle(group))
      break
    }
  }
}

/**
 * The batches of one epoch, each of exactly `effectiveBatchSize` indices: shapes are static in the compiled step, so
 * the last batch is filled up with pairs of other batches instead of being cut.
 */
export function planEpoch(request: EpochRequest): Int32Array[] {
  const { pairCount, seed, epoch } = request
  const batchSize = effectiveBatchSize(pairCount, request.batchSize)
  const random = createRandom(seed, randomStreams.epochPlan, epoch)
  const batches: number[][] = Array.from({ length: stepsPerEpoch(pairCount, batchSize) }, () => [])
  placeGroups(disjointGroups(request, batchSize), batches, batchSize, random)

  const placed = new Uint8Array(pairCount)
  for (const batch of batches) for (const index of batch) placed[index] = 1
  const single: number[] = []
  for (let index = 0; index < pairCount; index++) if (!placed[index]) single.push(index)
  random.shuffle(single)
  let next = 0
  for (const batch of batches) while (batch.length < batchSize && next < single.length) batch.push(single[next++]!)

  return batches.map((batch) => {
    const present = new Set(batch)
    while (batch.length < batchSize) {
      const index = random.below(pairCount)
      if (present.has(index)) continue
      present.add(index)
      batch.push(index)
    }
    return Int32Array.from(batch)
  })
}
