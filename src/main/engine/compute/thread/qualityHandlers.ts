// What the compute thread does for the check of quality: searches that take seconds over a million pictures or pairs.
import { createCompiledScorer } from '../mining/blockScores'
import { findNearHashes, type HashColumns, type NearHashes } from '../quality/nearHashes'
import { measureNeighbourhoods, type NeighbourhoodRequest, type Neighbourhoods } from '../quality/neighbourhoods'
import { chooseDevice } from './devices'
import type { DeviceChoice, ProgressEvent } from './protocol'
import type { ComputeHandlers } from './serve'
import type { TakeTurn } from './turns'

export interface QualityMethods {
  /** Pictures whose hashes are near; `inside` are hashes of the same pictures without their margins. */
  findNear: { request: { whole: HashColumns; inside: HashColumns }; result: NearHashes; event: ProgressEvent }
  measureNeighbourhoods: { request: NeighbourhoodRequest & { device: DeviceChoice }; result: Neighbourhoods; event: never }
}

/** Below this many products plain code is done before a graph is compiled. */
const compiledProducts = 1_000_000

/** Other calls are answered between two chunks. */
export async function findNear({ whole, inside }: { whole: HashColumns; inside: HashColumns }, signal: AbortSignal, report: (done: number, total: number) => void): Promise<NearHashes> {
  const count = whole.high.length
  const parts: NearHashes[] = []
  for (const [pass, queries] of [whole, inside].entries()) {
    const search = findNearHashes(whole, queries)
    for (let step = search.next(); ; step = search.next()) {
      signal.throwIfAborted()
      if (step.done) {
        parts.push(step.value)
        break
      }
      report(pass * count + step.value, 2 * count)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const joined = (key: 'firsts' | 'seconds'): Uint32Array => Uint32Array.from(parts.flatMap((part) => [...part[key]]))
  return { firsts: joined('firsts'), seconds: joined('seconds'), bits: Uint8Array.from(parts.flatMap((part) => [...part.bits])), crowdedCount: Math.max(...parts.map((part) => part.crowdedCount)) }
}

export function createQualityHandlers(takeTurn: TakeTurn): Pick<ComputeHandlers, keyof QualityMethods> {
  return {
    findNear: (request, { signal, emit }) => findNear(request, signal, (done, total) => emit({ kind: 'progress', done, total })),

    async measureNeighbourhoods({ device: choice, ...request }, { signal }) {
      if ((request.left.length / request.width) * (request.sampleLeft.length / request.width) < compiledProducts) return measureNeighbourhoods(request, { signal })
      const device = await chooseDevice(choice)
      const scorer = await takeTurn(() => createCompiledScorer(request.width, device))
      try {
        const score: typeof scorer.score = (anchors, targets) => takeTurn(() => scorer.score(anchors, targets))
        return await measureNeighbourhoods(request, { signal, scorer: { ...scorer, score } })
      } finally {
        await takeTurn(() => scorer.dispose())
      }
    },
  }
}
