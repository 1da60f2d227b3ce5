// One measurement of the whole project: every pair is embedded (mostly from the cache), compared under a second model, put into
// a cluster, and given the chance of being accepted. Pairs are taken page by page; only a few numbers of each are kept.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { rankDisagreement, rankRarity } from '../../compute/attention/ranks'
import type { DecisionModel } from '../../compute/attention/decisionModel'
import type { Compute } from '../../compute/thread/client'
import type { JobContext } from '../../jobs/runner'
import type { AttentionRow, MeasuredSides } from '../../store/attentionStore'
import type { Store } from '../../store/openStore'
import type { EmbeddingsService } from '../embeddings'
import type { UsableModel } from '../models'
import { dotOfRow } from '../negatives'
import { silentWork, type Work } from '../tokens'

export interface Measurer {
  store: Store
  compute: Compute
  embeddings: EmbeddingsService
}

export interface EmbeddedPage<Row extends MeasuredSides = MeasuredSides> {
  pairs: Row[]
  /** [N, D] */
  left: Float32Array
  right: Float32Array
  width: number
}

/** Pairs in memory at a time: a few thousand vectors. */
const pageSize = 1024
/** Rows between two turns of the engine: some tens of milliseconds. */
const writeSize = 1000
/** Enough to place the centres; the other pairs are only assigned to them. */
const sampleSize = 10_000
const mostClusters = 128
const seed = 5

/** As many clusters as keep their mean size near their number. */
export const clusterCountFor = (pairCount: number): number => Math.max(1, Math.min(mostClusters, Math.round(Math.sqrt(pairCount / 2))))

/** Four decimals: finer differences would only make rows differ that are alike. */
const round = (value: number): number => Math.round(value * 10_000) / 10_000

export async function embedPage<Row extends MeasuredSides>({ embeddings }: Measurer, model: UsableModel, page: Row[], work: Work, told: Work = { ...silentWork(work.signal), log: (line) => work.log(line) }): Promise<EmbeddedPage<Row>> {
  const pairs = await embeddings.keepReadable(model, page, told)
  const left = await embeddings.embed(model, pairs.map((pair) => pair.left), told)
  const right = await embeddings.embed(model, pairs.map((pair) => pair.right), told)
  return { pairs, left: left.vectors, right: right.vectors, width: left.width }
}

/** The direction of a pair as a whole: both sides together, normalised. */
function pairDirections({ left, right, width, pairs }: EmbeddedPage): Float32Array {
  const sum = left.map((value, at) => value + right[at]!)
  for (let row = 0; row < pairs.length; row++) {
    const own = sum.subarray(row * width, (row + 1) * width)
    const length = Math.hypot(...own)
    if (length > 0) own.forEach((value, at) => { own[at] = value / length })
  }
  return sum
}

export async function* eachPage(measurer: Measurer, model: UsableModel, context: JobContext): AsyncGenerator<EmbeddedPage> {
  const { store } = measurer
  const { pairCount } = store.project.counts()
  let done = 0
  for (let page = store.attention.page(0, pageSize); page.length > 0; page = store.attention.page(page.at(-1)!.id, pageSize)) {
    context.signal.throwIfAborted()
    yield await embedPage(measurer, model, page, context)
    done += page.length
    context.report(done, Math.max(done, pairCount))
  }
}

async function findCentres(measurer: Measurer, model: UsableModel, context: JobContext): Promise<Float32Array | null> {
  const { store, compute } = measurer
  const { pairCount } = store.project.counts()
  context.enterPhase('finding clusters')
  const sample = await embedPage(measurer, model, store.attention.sample(sampleSize), context, context)
  if (sample.pairs.length === 0) return null
  const rows = pairDirections(sample)
  const { centres } = await compute.call('findCentres', { rows, width: sample.width, clusterCount: clusterCountFor(pairCount), seed }, { signal: context.signal })
  return centres
}

interface Measured {
  ids: number[]
  scores: number[]
  otherScores: (number | null)[]
  chances: (number | null)[]
  clusters: number[]
  squaredDistances: number[]
}

export async function predictPage({ compute }: Measurer, learned: DecisionModel | null, { left, right, width }: EmbeddedPage, signal: AbortSignal): Promise<Float32Array | null> {
  if (learned === null || learned.width !== width) return null
  return (await compute.call('predictDecisions', { model: learned, left, right }, { signal })).probabilities
}

async function scoreUnderOther(measurer: Measurer, other: UsableModel, pairs: readonly MeasuredSides[], context: JobContext): Promise<Map<number, number>> {
  const { attention } = measurer.store
  const known = attention.getModelScores(other.cacheId, pairs.map(({ id }) => id))
  const missing = pairs.filter(({ id }) => !known.has(id))
  if (missing.length > 0) {
    const { pairs: readable, left, right, width } = await embedPage(measurer, other, missing, context)
    const scores = readable.map(({ id }, row) => ({ pairId: id, score: dotOfRow(left, right, width, row) }))
    attention.setModelScores(other.cacheId, scores)
    for (const { pairId, score } of scores) known.set(pairId, score)
  }
  return known
}

/** @returns how many pairs were measured, and in how many clusters they lie */
export async function measureAttention(measurer: Measurer, { model, other, learned }: { model: UsableModel; other: UsableModel | null; learned: DecisionModel | null }, context: JobContext): Promise<{ pairCount: number; clusterCount: number }> {
  const { store, compute } = measurer
  const centres = await findCentres(measurer, model, context)
  const measured: Measured = { ids: [], scores: [], otherScores: [], chances: [], clusters: [], squaredDistances: [] }
  context.enterPhase('measuring pairs', store.project.counts().pairCount)
  for await (const page of eachPage(measurer, model, context)) {
    if (page.pairs.length === 0 || centres === null) continue
    const scores = page.pairs.map((_, row) => dotOfRow(page.left, page.right, page.width, row))
    keepScores(store, model, page.pairs, scores)
    const chances = await predictPage(measurer, learned, page, context.signal)
    const { clusters, squaredDistances } = await compute.call('assignRows', { rows: pairDirections(page), centres, width: page.width }, { signal: context.signal })
    const otherScores = other && (await scoreUnderOther(measurer, other, page.pairs, context))
    page.pairs.forEach(({ id }, row) => {
      measured.ids.push(id)
      measured.scores.push(scores[row]!)
      measured.otherScores.push(otherScores?.get(id) ?? null)
      measured.chances.push(chances === null ? null : round(chances[row]!))
      measured.clusters.push(clusters[row]!)
      measured.squaredDistances.push(squaredDistances[row]!)
    })
  }
  await writeRows(store, rowsOf(measured), context)
  return { pairCount: measured.ids.length, clusterCount: new Set(measured.clusters).size }
}

/** Scores of the current model come for nothing here, where they are missing. */
function keepScores(store: Store, model: UsableModel, pairs: readonly MeasuredSides[], scores: readonly number[]): void {
  if (store.project.get().currentModelId !== model.id) return
  store.pairs.setScores(model.id, pairs.flatMap(({ id, score }, row) => (score === null ? [{ pairId: id, score: scores[row]! }] : [])))
}

function rowsOf({ ids, scores, otherScores, chances, clusters, squaredDistances }: Measured): AttentionRow[] {
  const compared = [...ids.keys()].filter((row) => otherScores[row] !== null)
  const distances = rankDisagreement(Float32Array.from(compared, (row) => scores[row]!), Float32Array.from(compared, (row) => otherScores[row]!))
  const disagreement = new Map(compared.map((row, at) => [row, round(distances[at]!)]))
  const { rarity, figures } = rankRarity(Uint16Array.from(clusters), Float32Array.from(squaredDistances))
  return ids.map((pairId, row) => ({
    pairId, disagreement: disagreement.get(row) ?? null, acceptProbability: chances[row]!,
    cluster: clusters[row]!, clusterSize: figures[clusters[row]!]!.size, rarity: round(rarity[row]!),
  }))
}

async function writeRows(store: Store, rows: readonly AttentionRow[], context: JobContext): Promise<void> {
  context.enterPhase('saving', rows.length)
  for (let start = 0; start < rows.length; start += writeSize) {
    context.signal.throwIfAborted()
    store.attention.write(rows.slice(start, start + writeSize))
    context.report(Math.min(rows.length, start + writeSize))
    await nextTurn()
  }
}
