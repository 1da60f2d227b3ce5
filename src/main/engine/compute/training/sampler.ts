// Which pairs share a batch. One epoch shows every pair once; pairs of a group (hard negatives) sit side by side in one
// batch, because only cells of the same batch are compared. A pure function of (seed, epoch, groups).
import { AppError } from '../../../../shared/errors'
import { createRandom, randomStreams, type Random } from './random'

export interface EpochRequest {
  pairCount: number
  batchSize: number
  /** May overlap; a pair stays in the first group that names it. */
  groups: readonly (readonly number[])[]
  /** One number a pair: pairs of one class are equally long, and a batch of one class needs little padding. Default: one class. */
  lengthClasses?: readonly number[]
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

/** The largest groups choose first, each a random batch with room. Answers the groups for which there was none. */
function placeGroups(groups: readonly number[][], batches: readonly number[][], batchSize: number, random: Random): number[][] {
  const ordered = random.shuffle([...groups]).sort((a, b) => b.length - a.length)
  return ordered.filter((group) => {
    const start = batches.length > 0 ? random.below(batches.length) : 0
    for (let tries = 0; tries < batches.length; tries++) {
      const batch = batches[(start + tries) % batches.length]!
      if (batch.length + group.length > batchSize) continue
      batch.push(...random.shuffle(group))
      return false
    }
    return true
  })
}

/** Answers the pairs for which there was no room. */
function placeSingles(singles: readonly number[], batches: readonly number[][], batchSize: number, random: Random): number[] {
  const shuffled = random.shuffle([...singles])
  let next = 0
  for (const batch of batches) while (batch.length < batchSize && next < shuffled.length) batch.push(shuffled[next++]!)
  return shuffled.slice(next)
}

interface Units {
  groups: number[][]
  singles: number[]
}

/** A group belongs to the class of its first pair. */
function unitsByClass({ pairCount, lengthClasses }: EpochRequest, groups: readonly number[][]): Units[] {
  const byClass = new Map<number, Units>()
  const unitsOf = (index: number): Units => {
    const name = lengthClasses?.[index] ?? 0
    const units = byClass.get(name) ?? { groups: [], singles: [] }
    byClass.set(name, units)
    return units
  }
  const grouped = new Uint8Array(pairCount)
  for (const group of groups) {
    unitsOf(group[0]!).groups.push(group)
    for (const index of group) grouped[index] = 1
  }
  for (let index = 0; index < pairCount; index++) if (!grouped[index]) unitsOf(index).singles.push(index)
  return [...byClass.entries()].sort(([a], [b]) => a - b).map(([, units]) => units)
}

/**
 * The batches of one epoch, each of exactly `effectiveBatchSize` indices: shapes are static in the compiled step, so
 * the last batch is filled up with pairs of other batches instead of being cut. As many batches as a class can fill hold
 * that class alone; what is left of all classes shares the rest.
 */
export function planEpoch(request: EpochRequest): Int32Array[] {
  const { pairCount, seed, epoch } = request
  const batchSize = effectiveBatchSize(pairCount, request.batchSize)
  const random = createRandom(seed, randomStreams.epochPlan, epoch)
  const batches: number[][] = []
  const rest: Units = { groups: [], singles: [] }
  for (const { groups, singles } of unitsByClass(request, disjointGroups(request, batchSize))) {
    const count = groups.reduce((sum, group) => sum + group.length, singles.length)
    const own: number[][] = Array.from({ length: Math.floor(count / batchSize) }, () => [])
    rest.groups.push(...placeGroups(groups, own, batchSize, random))
    rest.singles.push(...placeSingles(singles, own, batchSize, random))
    batches.push(...own)
  }
  while (batches.length < stepsPerEpoch(pairCount, batchSize)) batches.push([])
  const split = placeGroups(rest.groups, batches, batchSize, random).flat()
  placeSingles([...rest.singles, ...split], batches, batchSize, random)

  return random.shuffle(batches).map((batch) => {
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
