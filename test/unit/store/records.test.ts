// The smaller stores: what is written comes back as it was, in the order that is promised.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Metric, Recall } from '../../../src/shared/contract/entities'
import { defaultRecipe } from '../../../src/shared/recipe'
import { sideKey } from '../../../src/main/engine/store/embeddingStore'
import { createStore, type Store } from '../../../src/main/engine/store/openStore'
import { pairRow } from '../../helpers/pairRows'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const root = temporaryFolder()
let store: Store
beforeAll(() => {
  store = createStore(join(root, 'records'), { name: 'records', isSample: false })
  for (let id = 1; id <= 4; id++) store.pairs.insert(id, pairRow({ leftText: `question ${id}` }), store.project.nextRevision())
})
afterAll(() => store.close())

const image = (hash: string) => ({ hash, widthPx: 4, heightPx: 4, format: 'png' as const, byteCount: 10, relativePath: `images/${hash}.png`, sourceName: 'x.png' })
const recall: Recall = { r1: 0.5, r5: 0.75, r10: 1, meanRank: 2.5, medianRank: 2, count: 8 }
const metric = (step: number): Metric => ({
  step, total: 3, contrastive: 2, mmm: 4, learningRate: 0.001, gradientNorm: 1, logitScale: 10, logitBias: -10, samplesPerSecond: 5, elapsedMs: step * 10,
})

test('jobs: states, progress, errors and logs', () => {
  const job = store.jobs.create({ kind: 'import', title: 'Import birds' })
  expect(job).toMatchObject({ state: 'queued', phase: '', done: 0, total: null, error: null, runId: null })
  expect(store.jobs.update(job.id, { state: 'running', startedAtMs: 5, phase: 'copying pictures', done: 3, total: 10 })).toMatchObject({ state: 'running', done: 3, total: 10 })
  const error = { code: 'disk-full', message: 'The disk is full.', advice: null }
  expect(store.jobs.update(job.id, { state: 'failed', error, endedAtMs: 9 })).toMatchObject({ error, phase: 'copying pictures' })
  expect(store.jobs.update(job.id, {})).toEqual(store.jobs.get(job.id))
  const later = store.jobs.create({ kind: 'mine', title: 'Mine' })
  expect(store.jobs.list(10).map(({ id }) => id)).toEqual([later.id, job.id])
  expect(store.jobs.listByState('queued').map(({ id }) => id)).toEqual([later.id])
  store.jobs.addLog(job.id, 'one')
  store.jobs.addLog(job.id, 'two')
  expect(store.jobs.listLog(job.id).map(({ line }) => line)).toEqual(['one', 'two'])
  expect(() => store.jobs.get(99)).toThrow(expect.objectContaining({ code: 'not-found' }))
})

test('runs: metrics by step, the last ones shown, later ones dropped when a run goes back', () => {
  const run = store.runs.create({ name: 'first', baseModelId: 'bundled:nano', recipe: defaultRecipe, device: 'CPU', totalSteps: 100, pairCount: 4 })
  expect(run).toMatchObject({ state: 'queued', recipe: defaultRecipe, checkpointSteps: [], lastMetric: null, lastValidation: null, jobId: null })
  store.runs.addMetrics(run.id, [metric(1), metric(2), metric(3)])
  store.runs.addValidation(run.id, { step: 2, leftToRight: recall, rightToLeft: recall })
  store.runs.addMetrics(run.id, [{ ...metric(2), total: 1 }])
  expect(store.runs.listMetrics(run.id, 1).map(({ step, total }) => [step, total])).toEqual([[2, 1], [3, 3]])
  expect(store.runs.get(run.id)).toMatchObject({ lastMetric: metric(3), lastValidation: { step: 2 } })
  store.runs.removeAfterStep(run.id, 1)
  expect(store.runs.get(run.id)).toMatchObject({ lastMetric: { step: 1 }, lastValidation: null })
  expect(store.runs.update(run.id, { state: 'paused', step: 1, checkpointSteps: [1], etaMs: 12.5 })).toMatchObject({ state: 'paused', checkpointSteps: [1], etaMs: 12.5 })
  expect(store.runs.listByState('paused').map(({ id }) => id)).toEqual([run.id])
  const job = store.jobs.create({ kind: 'train', title: 'Train', runId: run.id })
  store.runs.update(run.id, { jobId: job.id })
  store.runs.remove(run.id)
  expect(store.runs.list()).toEqual([])
  expect(store.runs.listMetrics(run.id, 0)).toEqual([])
  expect(store.jobs.get(job.id).runId).toBeNull()
})

test('token and embedding caches give back the same numbers', () => {
  const ids = ['aa', 'bb', 'cc'].map(hash => store.images.ensure(image(hash)))
  expect(store.images.ensure(image('bb'))).toBe(ids[1])
  expect(store.images.findByHash('cc')?.id).toBe(ids[2])
  const codes = new Uint16Array([0, 255, 256, 65_535])
  store.tokens.set('nano', [{ imageId: ids[0] ?? 0, codes }, { imageId: ids[1] ?? 0, codes: codes.subarray(1, 3) }])
  expect(store.tokens.find(ids[0] ?? 0, 'nano')).toEqual(codes)
  expect(store.tokens.getMany([...ids].reverse(), 'nano')).toEqual(new Map([[ids[1], new Uint16Array([255, 256])], [ids[0], codes]]))
  expect(store.tokens.find(ids[0] ?? 0, 'other')).toBeNull()
  expect(store.tokens.listMissingImageIds('nano')).toEqual([ids[2]])
  expect(store.tokens.count('nano')).toBe(2)

  const vector = new Float32Array([1.5, -0.25, 3e-8])
  store.embeddings.set('m', [{ contentKey: sideKey(1, 'red'), vector }, { contentKey: sideKey(null, 'red'), vector: vector.subarray(1) }])
  expect(store.embeddings.getMany('m', [sideKey(1, 'red'), sideKey(1, null), sideKey(null, 'red')])).toEqual(
    new Map([[sideKey(1, 'red'), vector], [sideKey(null, 'red'), vector.slice(1)]]))
  expect(store.embeddings.getMany('n', [sideKey(1, 'red')]).size).toBe(0)
  store.embeddings.removeModel('m')
  expect(store.embeddings.count('m')).toBe(0)
})

test('sides with other content have other keys', () => {
  const keys = [sideKey(1, null), sideKey(null, '1'), sideKey(1, '1'), sideKey(11, null), sideKey(1, '')]
  expect(new Set(keys).size).toBe(keys.length)
})

test('derived pictures are kept once per recipe and need their source', () => {
  const source = store.images.get(store.images.ensure(image('dd')))
  const recipe = { cropBoxPx: null, flip: 'horizontal', rotateDegrees: 0 } as const
  const derivedId = store.images.ensureDerived(source, recipe, 4, 4)
  expect(store.images.ensureDerived(source, recipe, 4, 4)).toBe(derivedId)
  expect(store.images.ensureDerived(source, { ...recipe, rotateDegrees: 90 }, 4, 4)).not.toBe(derivedId)
  expect(store.images.get(derivedId)).toMatchObject({ sourceImageId: source.id, recipe, relativePath: null, format: null })
})

test('candidates are listed hardest first, split by judgement, and replaced by the next mining', () => {
  const state = { minedAtMs: 7, modelId: 'bundled:nano', split: 'train' as const, perPair: 5, margin: 0.05, droppedByGuardCount: 3, droppedByIdentityCount: 2, revision: store.project.get().revision }
  const candidate = (pairId: number, otherPairId: number, score: number) => ({ pairId, otherPairId, score, positiveScore: 0.9, rank: 1 })
  store.negatives.replaceCandidates(state, [candidate(1, 2, 0.3), candidate(2, 1, 0.8), candidate(3, 1, 0.5)])
  store.history.edit('judge 1 pair', [{ kind: 'judgement', pairId: 2, otherPairId: 1, before: null, after: { verdict: 'ignore', judgedAtMs: 1 } }])
  const listed = store.negatives.listCandidates('all', 0, 10)
  expect(listed.candidates.map(({ pairId, verdict }) => [pairId, verdict])).toEqual([[2, 'ignore'], [3, null], [1, null]])
  expect(store.negatives.listCandidates('open', 1, 1)).toMatchObject({ candidates: [{ pairId: 1 }], total: 2 })
  expect(store.negatives.listCandidates('judged', 0, 10).total).toBe(1)
  expect(store.negatives.getState()).toEqual(state)
  store.negatives.replaceCandidates({ ...state, minedAtMs: 8 }, [candidate(1, 3, 0.1)])
  expect(store.negatives.countCandidates()).toBe(1)
  expect(store.negatives.countJudgements()).toBe(1)
})

test('mined groups are replaced, groups of the data stay', () => {
  store.groups.addToDataGroup('scene 1', 1)
  store.groups.addToDataGroup('scene 1', 2)
  store.groups.replaceMined([[1, 3], [2, 4]])
  expect(store.groups.list()).toEqual([[1, 2], [1, 3], [2, 4]])
  expect(store.pairs.get(1).groupId).not.toBeNull()
  store.groups.replaceMined([[3, 4]])
  expect(store.groups.list('mined')).toEqual([[3, 4]])
  expect(store.groups.list('data')).toEqual([[1, 2]])
  expect(store.groups.count('mined')).toBe(1)
})

test('evaluations keep the last result of a model on a split', () => {
  const evaluation = { modelId: 'm', split: 'test' as const, textToImage: recall, imageToText: null, composedToImage: null, evaluatedAtMs: 1 }
  store.evaluations.set(evaluation)
  store.evaluations.set({ ...evaluation, evaluatedAtMs: 2 })
  store.evaluations.set({ ...evaluation, modelId: 'n', evaluatedAtMs: 3 })
  expect(store.evaluations.list().map(({ modelId, evaluatedAtMs }) => [modelId, evaluatedAtMs])).toEqual([['n', 3], ['m', 2]])
})
