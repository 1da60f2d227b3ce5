// The check of quality, phase by phase. It writes its findings under a new number, which becomes the present one at the end:
// until then, and when it is cancelled, people see those of the check before.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Task } from '../../../../shared/contract/entities'
import { thresholdKinds, thresholdOf, type FindingKind } from '../../../../shared/quality/findingKinds'
import { loadDetector, mainLanguage } from '../../compute/quality/languages'
import { measureVersion } from '../../compute/quality/measurePicture'
import { robustSpread } from '../../compute/quality/robustSpread'
import type { Compute } from '../../compute/thread/client'
import type { DeviceChoice } from '../../compute/thread/protocol'
import type { JobContext } from '../../jobs/runner'
import type { FindingRow } from '../../store/findingStore'
import type { Store } from '../../store/openStore'
import type { ImagesService } from '../images'
import type { UsableModel } from '../models'
import { measureDistances } from './distances'
import { exactDuplicates, nearDuplicates } from './duplicates'
import { findLeaks } from './leaks'
import { measurePictures } from './measurePictures'
import { findNearPictures } from './nearPictures'
import { PairTable } from './pairTable'
import type { ScoreSpreads } from './pairValues'
import { findInTexts, RepeatedTexts, type TextSurroundings } from './textFindings'
import { checkedWindows, findByThreshold } from './thresholdFindings'

export interface CheckSurroundings {
  store: Store
  compute: Compute
  images: ImagesService
  /** Null where the current model is gone; then nothing is said of agreement, and texts are measured by 180 ids. */
  model: UsableModel | null
  device: DeviceChoice
}

/** Of the published models. */
const usualContext = { contextLength: 180, imageTokenCount: 128 }
/** Texts of which the main language is told. */
const languageSample = 4000
/** Findings written between two turns. */
const writtenAtOnce = 5000

export async function runCheck(surroundings: CheckSurroundings, context: JobContext): Promise<string> {
  const { store, compute, images, model } = surroundings
  const { revision } = store.project.get()
  const checkId = store.findings.nextCheckId()
  context.enterPhase('measuring pictures')
  const { measuredCount, failedCount } = await measurePictures(store, images, context)
  if (measuredCount + failedCount > 0) context.log(`${measuredCount} new pictures measured, ${failedCount} could not be read.`)

  context.enterPhase('reading pairs')
  const distances = model ? await measureDistances({ ...surroundings, model }, context) : { comparedCount: 0, alikePictures: [] }
  const overview = await readPairs(store, context)
  const near = await findNearPictures(store, compute, distances.alikePictures, context)

  const write = async (kind: FindingKind, rows: readonly FindingRow[]): Promise<void> => {
    for (let start = 0; start < rows.length; start += writtenAtOnce) {
      context.signal.throwIfAborted()
      store.findings.add(checkId, kind, rows.slice(start, start + writtenAtOnce))
      await nextTurn()
    }
  }
  context.enterPhase('looking for duplicates and leaks')
  const { rows } = overview.table
  await write('exact-duplicate', exactDuplicates(rows))
  await write('near-duplicate', nearDuplicates(rows, near))
  const sourceOf = new Map(store.measures.listSources().map(({ id, sourceImageId }) => [id, sourceImageId]))
  await write('leak', findLeaks({ rows, near, sourceOf, groupLeaks: store.findings.listGroupLeaks() }))

  context.enterPhase('reading texts', rows.length)
  const { contextLength, imageTokenCount } = model ? await compute.call('describeModel', { modelDir: model.dir }) : usualContext
  const eld = await loadDetector()
  const language = mainLanguage(eld, overview.texts)
  await judgePairs(store, checkId, { contextLength, imageTokenCount, eld, language, repeated: overview.repeated }, context)

  context.enterPhase('comparing measures', rows.length)
  const { thresholds } = store.findings.getState()
  const histograms = await findByThreshold(store, checkId, thresholdKinds, thresholds, overview.scores, (done) => context.report(done), context.signal)
  store.findings.finishCheck(checkId, revision, {
    pairCount: rows.length, pictureCount: store.measures.countMeasured(measureVersion), scoredPairCount: overview.scoredCount, language, scores: overview.scores, histograms,
  })
  await findAnew(store, checkId, thresholdKinds.filter((kind) => thresholdOf(kind, thresholds) !== thresholdOf(kind, store.findings.getState().thresholds)))
  while (store.findings.removeOld(writtenAtOnce) > 0) await nextTurn()
  const duplicateCount = store.findings.countByKind('near-duplicate').openCount + store.findings.countByKind('exact-duplicate').openCount
  return `${rows.length.toLocaleString('en')} pairs checked: ${duplicateCount} in duplicates, ${store.findings.countByKind('leak').openCount} leaks`
}

/** Looks again for kinds whose threshold was changed, in the present check. */
export async function findAnew(store: Store, checkId: number, kinds: readonly FindingKind[]): Promise<void> {
  if (kinds.length === 0) return
  const { thresholds, figures } = store.findings.getState()
  for (const kind of kinds) store.findings.removeKind(checkId, kind)
  await findByThreshold(store, checkId, kinds, thresholds, figures.scores, () => undefined)
}

interface Overview {
  table: PairTable
  repeated: RepeatedTexts
  texts: string[]
  scores: ScoreSpreads
  scoredCount: number
}

async function readPairs(store: Store, context: JobContext): Promise<Overview> {
  const table = new PairTable()
  const repeated = new RepeatedTexts()
  const texts: string[] = []
  const scoresByTask = new Map<Task, number[]>()
  let scoredCount = 0
  for await (const pairs of checkedWindows(store, context.signal)) {
    for (const pair of pairs) {
      table.add(pair)
      repeated.add(pair)
      if (texts.length < languageSample) texts.push(...[pair.leftText, pair.rightText].filter((text) => text !== null))
      if (pair.score === null) continue
      scoredCount++
      const scores = scoresByTask.get(pair.task)
      if (scores) scores.push(pair.score)
      else scoresByTask.set(pair.task, [pair.score])
    }
  }
  const scores: ScoreSpreads = {}
  for (const [task, values] of scoresByTask) scores[task] = robustSpread(values)!
  return { table, repeated, texts, scores, scoredCount }
}

async function judgePairs(store: Store, checkId: number, texts: TextSurroundings, context: JobContext): Promise<void> {
  let done = 0
  for await (const pairs of checkedWindows(store, context.signal)) {
    const found = new Map<FindingKind, FindingRow[]>()
    const add = (kind: FindingKind, row: FindingRow): void => void found.set(kind, [...(found.get(kind) ?? []), row])
    for (const pair of pairs) {
      for (const [kind, row] of findInTexts(pair, texts)) add(kind, row)
      const error = pair.leftError ?? pair.rightError
      if (error !== null) add('unreadable', { pairId: pair.id, value: 1, severity: 1, detail: error, relatedPairId: null, clusterId: null, textLength: null })
    }
    for (const [kind, rows] of found) store.findings.add(checkId, kind, rows)
    done += pairs.length
    context.report(done)
  }
}
