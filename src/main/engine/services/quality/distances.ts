// How far pairs lie from others under the current model. Only vectors that are cached are used; of a large project every
// pair is compared with a sample.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { robustSpread, deviationsBelow } from '../../compute/quality/robustSpread'
import type { Compute } from '../../compute/thread/client'
import type { DeviceChoice } from '../../compute/thread/protocol'
import type { JobContext } from '../../jobs/runner'
import { sideKey } from '../../store/embeddingStore'
import type { CheckedPair } from '../../store/findingStore'
import type { Store } from '../../store/openStore'
import type { UsableModel } from '../models'
import { checkedWindows } from './thresholdFindings'

/** Rows that every pair is compared with. 8192 of them find the neighbours of the dense parts of a million. */
const largestSample = 8192
const neighbourCount = 10
/** Cosine of two picture sides from which on their grids of colours are compared. */
const alikeCosine = 0.9

interface Embedded {
  pair: CheckedPair
  left: Float32Array
  right: Float32Array
}

export interface Distances {
  comparedCount: number
  /** Pairs of pictures that the model finds alike. */
  alikePictures: [number, number][]
}

export interface DistanceSurroundings {
  store: Store
  compute: Compute
  model: UsableModel
  device: DeviceChoice
}

export async function measureDistances({ store, compute, model, device }: DistanceSurroundings, context: JobContext): Promise<Distances> {
  // Every pair has a revision of at least 0.
  const stride = Math.max(1, Math.ceil(store.findings.countChangedSince(-1) / largestSample))
  const sample: Embedded[] = []
  let position = 0
  for await (const pairs of checkedWindows(store, context.signal)) {
    sample.push(...embeddedOf(store, model, pairs.filter((_, index) => (position + index) % stride === 0)))
    position += pairs.length
  }
  if (sample.length <= neighbourCount) {
    store.measures.clearDistances()
    return { comparedCount: 0, alikePictures: [] }
  }
  const width = sample[0]!.left.length
  const sampleLeft = joinVectors(sample.map(({ left }) => left), width)
  const sampleRight = joinVectors(sample.map(({ right }) => right), width)
  const rowOf = new Map(sample.map(({ pair }, row) => [pair.id, row]))
  context.enterPhase('comparing pairs', position)

  const measured: { pairId: number; nearness: number; betterPairId: number | null; betterScore: number | null }[] = []
  const alikePictures: [number, number][] = []
  let done = 0
  for await (const pairs of checkedWindows(store, context.signal)) {
    const embedded = embeddedOf(store, model, pairs)
    if (embedded.length) {
      const { nearness, nearestRows, nearestScores, fittingRows, fittingScores } = await compute.call('measureNeighbourhoods', {
        left: joinVectors(embedded.map(({ left }) => left), width), right: joinVectors(embedded.map(({ right }) => right), width),
        sampleLeft, sampleRight, width, neighbourCount, ownRows: Int32Array.from(embedded, ({ pair }) => rowOf.get(pair.id) ?? -1), device,
      }, { signal: context.signal })
      embedded.forEach(({ pair }, row) => {
        const fitting = sample[fittingRows[row]!]?.pair ?? null
        const isOther = fitting !== null && !(fitting.rightText === pair.rightText && fitting.rightImageId === pair.rightImageId)
        measured.push({ pairId: pair.id, nearness: nearness[row]!, betterPairId: isOther ? fitting.id : null, betterScore: isOther ? fittingScores[row]! : null })
        const nearest = sample[nearestRows[row]!]?.pair
        if (nearest && nearestScores[row]! >= alikeCosine && pair.leftImageId !== null && nearest.leftImageId !== null) alikePictures.push([pair.leftImageId, nearest.leftImageId])
      })
    }
    done += pairs.length
    context.report(done)
  }
  await save(store, measured)
  return { comparedCount: measured.length, alikePictures }
}

async function save(store: Store, measured: readonly { pairId: number; nearness: number; betterPairId: number | null; betterScore: number | null }[]): Promise<void> {
  const spread = robustSpread(Float32Array.from(measured, ({ nearness }) => nearness))
  store.measures.clearDistances()
  for (let start = 0; start < measured.length && spread; start += 5000) {
    store.measures.addDistances(measured.slice(start, start + 5000).map(({ nearness, ...row }) => ({ ...row, outlierness: deviationsBelow(nearness, spread) })))
    await nextTurn()
  }
}

/** Pairs with vectors for both sides. */
function embeddedOf(store: Store, model: UsableModel, pairs: readonly CheckedPair[]): Embedded[] {
  const keys = pairs.map((pair): [string, string] => [sideKey(pair.leftImageId, pair.leftText), sideKey(pair.rightImageId, pair.rightText)])
  const vectors = store.embeddings.getMany(model.cacheId, keys.flat())
  return pairs.flatMap((pair, index) => {
    const [left, right] = [vectors.get(keys[index]![0]), vectors.get(keys[index]![1])]
    return left && right ? [{ pair, left, right }] : []
  })
}

function joinVectors(vectors: readonly Float32Array[], width: number): Float32Array {
  const joined = new Float32Array(vectors.length * width)
  vectors.forEach((vector, row) => joined.set(vector, row * width))
  return joined
}
