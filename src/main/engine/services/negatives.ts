// Hard negatives: mining under a model, the candidates it found, and what people say about them.
import type { Pair, Split, Verdict } from '../../../shared/contract/entities'
import type { Candidate, MiningSummary } from '../../../shared/contract/negatives'
import type { History } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import { filterOf } from '../../../shared/filter/writeFilter'
import type { JobContext, JobRunner } from '../jobs/runner'
import type { Compute } from '../compute/thread/client'
import type { DeviceChoice } from '../compute/thread/protocol'
import { sideKey } from '../store/embeddingStore'
import type { RowChange } from '../store/historyStore'
import type { Store } from '../store/openStore'
import type { ChangeBus } from './changes'
import type { EmbeddingsService } from './embeddings'
import type { ModelsService, UsableModel } from './models'

export interface MiningSettings {
  split: Split
  perPair: number
  margin: number
}

/** Null takes the current model. */
export type MineInput = MiningSettings & { modelId: string | null }

export interface CandidateWindow {
  judged: 'all' | 'open' | 'judged'
  offset: number
  limit: number
}

export interface Mined {
  pairs: Pair[]
  /** Lists of pair ids that should share a batch. */
  groups: number[][]
  candidateCount: number
}

export interface NegativesDependencies {
  store: Store
  compute: Compute
  jobs: JobRunner
  models: ModelsService
  embeddings: EmbeddingsService
  changes: ChangeBus
  getDevice: () => DeviceChoice
}

const verdictLabels: Record<Verdict, string> = { negative: 'judge as hard negative', match: 'judge as also a match', ignore: 'judge as ignore' }

export class NegativesService {
  constructor(private readonly dependencies: NegativesDependencies) {}

  async mine(input: MineInput): Promise<{ jobId: number }> {
    const { store, jobs, models } = this.dependencies
    const model = await models.resolve(input.modelId ?? store.project.get().currentModelId)
    const job = jobs.start({ kind: 'mine', title: `Mine hard negatives with ${model.name}` }, async (context) => {
      const { groups, candidateCount } = await this.mineInto(context, model, input)
      return `${candidateCount} candidates in ${groups.length} groups`
    })
    return { jobId: job.id }
  }

  /** Mines the accepted and unreviewed pairs of a split; the result replaces that of the mining before. */
  async mineInto(context: JobContext, model: UsableModel, settings: MiningSettings): Promise<Mined> {
    const { store, compute, embeddings, changes, getDevice } = this.dependencies
    // Read before the work begins, so that an edit during the mining makes the result stale.
    const { revision } = store.project.get()
    context.enterPhase('tokenizing pictures')
    const pairs = await embeddings.keepReadable(model, this.listPairs(settings.split), context)
    if (pairs.length < 2) {
      throw new AppError('bad-input', `Mining compares pairs with each other: expected at least 2 in the ${settings.split} split, got ${pairs.length}.`, 'Import pairs, or choose another split.')
    }
    context.enterPhase('embedding pairs')
    const left = await embeddings.embed(model, pairs.map((pair) => pair.left), context)
    const right = await embeddings.embed(model, pairs.map((pair) => pair.right), context)
    const scores = pairs.map((pair, row) => ({ pairId: pair.id, score: dotOfRow(left.vectors, right.vectors, left.width, row) }))

    context.enterPhase('comparing pairs', pairs.length)
    const found = await compute.call('mine', {
      left: left.vectors, right: right.vectors, width: left.width,
      leftKeys: pairs.map((pair) => sideKey(pair.left.imageId, pair.left.text)),
      rightKeys: pairs.map((pair) => sideKey(pair.right.imageId, pair.right.text)),
      perPair: settings.perPair, margin: settings.margin, judgements: this.judgementsBetween(pairs.map((pair) => pair.id)),
      device: getDevice(),
    }, { signal: context.signal, onEvent: (event) => context.report(event.done, event.total), transfer: [left.vectors.buffer as ArrayBuffer, right.vectors.buffer as ArrayBuffer] })

    const groups = found.groups.map((group) => group.map((index) => pairs[index]!.id))
    store.transaction(() => {
      store.negatives.replaceCandidates({
        minedAtMs: Date.now(), modelId: model.id, ...pick(settings), revision,
        droppedByGuardCount: found.droppedByGuardCount, droppedByIdentityCount: found.droppedByIdentityCount,
      }, found.candidates.map(({ anchor, other, score, positiveScore, rank }) => ({ pairId: pairs[anchor]!.id, otherPairId: pairs[other]!.id, score, positiveScore, rank })))
      store.groups.replaceMined(groups)
      if (store.project.get().currentModelId === model.id) store.pairs.setScores(model.id, scores)
    })
    for (const topic of ['negatives', 'pairs', 'project'] as const) changes.publish({ topic })
    context.log(`Dropped ${found.droppedByGuardCount} likely matches and ${found.droppedByIdentityCount} equal sides.`)
    return { pairs, groups, candidateCount: found.candidates.length }
  }

  /** Whether the stored mining is what these settings would give again; a judgement since then changes the groups. */
  isFresh(modelId: string, settings: MiningSettings): boolean {
    const state = this.dependencies.store.negatives.getState()
    const { negatives, project } = this.dependencies.store
    return state !== null && state.revision === project.get().revision && negatives.lastJudgedAtMs() <= state.minedAtMs
      && state.modelId === modelId && state.split === settings.split && state.perPair === settings.perPair && state.margin === settings.margin
  }

  getSummary(): MiningSummary {
    const { store } = this.dependencies
    const state = store.negatives.getState()
    return {
      minedAtMs: state?.minedAtMs ?? null,
      modelId: state?.modelId ?? null,
      candidateCount: store.negatives.countCandidates(),
      groupCount: store.groups.count('mined'),
      judgedCount: store.negatives.countJudgements(),
      droppedByGuardCount: state?.droppedByGuardCount ?? 0,
      droppedByIdentityCount: state?.droppedByIdentityCount ?? 0,
      isStale: this.#isStale(),
    }
  }

  listCandidates({ judged, offset, limit }: CandidateWindow): { candidates: Candidate[]; total: number } {
    const { store } = this.dependencies
    const { candidates, total } = store.negatives.listCandidates(judged, offset, limit)
    const pairs = new Map(store.pairs.getMany([...new Set(candidates.flatMap((candidate) => [candidate.pairId, candidate.otherPairId]))]).map((pair) => [pair.id, pair]))
    return {
      total,
      candidates: candidates.map(({ id, pairId, otherPairId, score, positiveScore, rank, verdict }) => ({
        id, pair: pairs.get(pairId)!, other: pairs.get(otherPairId)!, score, positiveScore, rank, verdict,
      })),
    }
  }

  judge({ pairId, otherPairId, verdict }: { pairId: number; otherPairId: number; verdict: Verdict | null }): { history: History } {
    const { store, changes } = this.dependencies
    const change = this.judgementChange(pairId, otherPairId, verdict)
    if (change) {
      store.history.edit(verdict === null ? 'take a judgement away' : verdictLabels[verdict], [change])
      changes.publish({ topic: 'negatives' })
    }
    return { history: store.history.get() }
  }

  /** The change for the history; null when nothing would change. @throws AppError 'not-found', 'bad-input' */
  judgementChange(pairId: number, otherPairId: number, verdict: Verdict | null): RowChange | null {
    const { store } = this.dependencies
    if (pairId === otherPairId) throw new AppError('bad-input', 'A pair cannot be judged against itself.', 'Choose another pair.')
    store.pairs.get(pairId)
    store.pairs.get(otherPairId)
    const before = store.negatives.findJudgement(pairId, otherPairId)
    if ((before?.verdict ?? null) === verdict) return null
    return { kind: 'judgement', pairId, otherPairId, before, after: verdict === null ? null : { verdict, judgedAtMs: Date.now() } }
  }

  /** Pairs of a split that were not rejected, oldest first. */
  listPairs(split: Split): Pair[] {
    return this.dependencies.store.pairs.list(filterOf({ split }), 'oldest', 0, -1).filter((pair) => pair.status !== 'rejected')
  }

  /** Judgements between the given pairs, as indices into their list. */
  judgementsBetween(pairIds: readonly number[]): { anchor: number; other: number; verdict: Verdict }[] {
    const indexOf = new Map(pairIds.map((pairId, index) => [pairId, index]))
    return this.dependencies.store.negatives.listJudgements().flatMap(({ pairId, otherPairId, verdict }) => {
      const anchor = indexOf.get(pairId)
      const other = indexOf.get(otherPairId)
      return anchor === undefined || other === undefined ? [] : [{ anchor, other, verdict }]
    })
  }

  #isStale(): boolean {
    const { store } = this.dependencies
    const state = store.negatives.getState()
    const project = store.project.get()
    return state !== null && (state.revision !== project.revision || state.modelId !== project.currentModelId)
  }
}

const pick = ({ split, perPair, margin }: MiningSettings): MiningSettings => ({ split, perPair, margin })

/** Cosine of a pair's own sides: both rows are normalised. */
export function dotOfRow(left: Float32Array, right: Float32Array, width: number, row: number): number {
  let sum = 0
  for (let column = row * width; column < (row + 1) * width; column++) sum += left[column]! * right[column]!
  return sum
}
