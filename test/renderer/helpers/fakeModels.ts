// A made-up registry of models that behaves: notes are kept, a model can be renamed, deleted and made, jobs end when told.
import type { Job, Model } from '@shared/contract/entities'
import type { Hub, HubOffer, Lineage, LineageRun, ModelDetails } from '@shared/contract/models'
import type { Evaluation } from '@shared/contract/search'
import { AppError } from '@shared/errors'
import type { FakeApi } from './fakeApi'
import { makeJob, makeModel, makeRecall } from './fakeData'

export interface FakeModels {
  models: Model[]
  evaluations: Evaluation[]
  lineage: Lineage
  notes: Map<string, string>
  obstacles: Map<string, ModelDetails['obstacle']>
  hub: Hub
  offer: HubOffer
  currentModelId: string
  /** Tells how a job goes on. */
  change(jobId: number, over: Partial<Job>): void
}

export const makeEvaluation = (modelId: string, r1: number, over: Partial<Evaluation> = {}): Evaluation => ({
  modelId, split: 'test', textToImage: makeRecall(r1), imageToText: makeRecall(r1 - 0.1), composedToImage: makeRecall(r1 + 0.1), evaluatedAtMs: 1_770_000_000_000, ...over,
})

export const makeLineageRun = (runId: number, over: Partial<LineageRun> = {}): LineageRun => ({
  runId, name: `Run ${runId}`, state: 'finished', baseModelId: 'bundled:nano', step: 300, modelIds: [`run:${runId}:best`, `run:${runId}:last`],
  snapshot: { sha256: 'ab12'.repeat(16), pairCount: 960, validationCount: 120, groupCount: 80, judgementCount: 14, imageIds: [3, 9, 15, 21, 27, 33] },
  losses: Array.from({ length: 40 }, (_, index) => 0.4 + 4 * Math.exp(-index / 8) + Math.sin(index) * 0.05), ...over,
})

const size = (id: string, name: string, parameterCount: number, isHere: boolean) => ({
  id, name, description: `${name} for trying things.`, width: 384, headCount: 6, layerCount: 12, contextLength: 180, codebookSize: isHere ? 1024 : 4096, imageTokenCount: isHere ? 32 : 128,
  parameterCount, tokenizerId: isHere ? 'nano-titok' : null, tokenizerRepository: isHere ? null : 'yucornetto/tokenizer_titok_s128_imagenet',
})
const scores = { classification: 25.2, vqa: 18.2, retrieval: 20.1, grounding: 75.2, imagenet: 26, vgCrop: 53.5, oiCrop: 64.7, oiPosition: 61.5, tgit: 90.6 }

export function installModels(fake: FakeApi): FakeModels {
  const tuned = (runId: number, which: 'best' | 'last'): Model => makeModel({
    id: `run:${runId}:${which}`, name: `Run ${runId} · ${which}`, kind: 'tuned', runId, step: which === 'best' ? 250 : 300, parameterCount: 5_358_275, sizeBytes: 21_500_000, createdAtMs: 1_765_000_000_000,
  })
  const state: FakeModels = {
    models: [
      makeModel({ name: 'Nano FuseLIP', parameterCount: 5_358_275, sizeBytes: 21_500_000, licence: 'MIT', card: '# Nano FuseLIP\nTrained on coloured shapes.' }),
      makeModel({ id: 'imported:fuselip-s', name: 'FuseLIP-S', kind: 'imported', parameterCount: 42_111_491, widthCount: 384, layerCount: 12, sizeBytes: 168_000_000, licence: 'mit', source: 'chs20/FuseLIP-S-CC3M-MM at 0123456789ab' }),
      makeModel({ id: 'imported:halfway', name: 'Halfway', kind: 'imported', parameterCount: 5_358_275, sizeBytes: 21_500_000, licence: 'MIT', source: '0.5 × Nano FuseLIP + 0.5 × Run 1 · best' }),
      tuned(1, 'best'), tuned(1, 'last'),
    ],
    evaluations: [makeEvaluation('bundled:nano', 0.42), makeEvaluation('run:1:best', 0.71), makeEvaluation('run:1:last', 0.69, { evaluatedAtMs: 1_760_000_000_000 })],
    lineage: {
      runs: [makeLineageRun(1)],
      blends: [{ modelId: 'imported:halfway', parents: [{ modelId: 'bundled:nano', name: 'Nano FuseLIP', share: 0.5 }, { modelId: 'run:1:best', name: 'Run 1 · best', share: 0.5 }] }],
    },
    notes: new Map([['run:1:best', 'Better on edits.']]),
    obstacles: new Map([['bundled:nano', { code: 'bad-input', message: 'A bundled model comes with the studio and is needed by it.', advice: 'Only imported models and runs can be deleted.' }]]),
    hub: { endpoint: 'https://huggingface.co', hasToken: false, tokenSource: null },
    offer: { repository: 'chs20/FuseLIP-S-CC3M-MM', commit: 'c0ffee'.repeat(6) + 'c0ff', licence: 'mit', fileCount: 3, totalBytes: 412_000_000, presentBytes: 0 },
    currentModelId: 'bundled:nano',
    change(jobId, over) {
      const job = { ...fake.studio.jobs.find(({ id }) => id === jobId)!, ...over }
      fake.studio.jobs = fake.studio.jobs.map((other) => (other.id === jobId ? job : other))
      fake.emit({ topic: 'job', job })
    },
  }
  const find = (modelId: string): Model => {
    const model = state.models.find(({ id }) => id === modelId)
    if (!model) throw new AppError('not-found', `There is no model “${modelId}”.`)
    return model
  }
  const startJob = (kind: Job['kind'], title: string): { jobId: number } => {
    const job = makeJob(fake.studio.jobs.length + 1, { kind, title })
    fake.studio.jobs = [job, ...fake.studio.jobs]
    return { jobId: job.id }
  }
  fake.answer('models.list', () => state.models)
  fake.answer('evaluation.list', () => state.evaluations)
  fake.answer('models.getLineage', () => state.lineage)
  fake.answer('models.getDetails', ({ modelId }: { modelId: string }): ModelDetails => ({
    modelId, notes: state.notes.get(modelId) ?? '', folderBytes: (find(modelId).sizeBytes ?? 0) * (modelId.endsWith('last') ? 3 : 1) + 2000,
    cachedVectorCount: 1200, cacheBytes: 1200 * 96 * 4, obstacle: state.obstacles.get(modelId) ?? null,
  }))
  fake.answer('models.setNotes', ({ modelId, notes }: { modelId: string; notes: string }) => {
    state.notes.set(modelId, notes)
    return {}
  })
  fake.answer('models.rename', ({ modelId, name }: { modelId: string; name: string }) => {
    state.models = state.models.map((model) => (model.id === modelId ? { ...model, name } : model))
    return {}
  })
  fake.answer('models.remove', ({ modelId }: { modelId: string }) => {
    state.models = state.models.filter(({ id }) => id !== modelId)
    return {}
  })
  fake.answer('runs.remove', ({ runId }: { runId: number }) => {
    state.models = state.models.filter((model) => model.runId !== runId)
    state.lineage = { ...state.lineage, runs: state.lineage.runs.filter((run) => run.runId !== runId) }
    return {}
  })
  fake.answer('models.listSizes', () => [size('nano', 'Nano', 5_358_275, true), size('small', 'Small', 42_111_491, false), size('base', 'Base', 67_734_787, false), size('large', 'Large', 130_081_539, false)])
  fake.answer('models.listTokenizers', () => [{ id: 'nano-titok', name: 'nano-titok', imageSizePx: 64, codeCount: 32, codebookSize: 1024, hasDecoder: true, licence: 'MIT' }])
  fake.answer('models.listPublished', () => ['S-CC3M', 'B-CC3M', 'S-CC12M', 'B-CC12M'].map((name) => ({
    repository: `chs20/FuseLIP-${name}-MM`, name: `FuseLIP-${name}`, kind: 'fuselip', description: 'Small (width 384), 12 layers, with its image tokenizer inside.', scores,
  })))
  fake.answer('models.lookUp', ({ repository }: { repository: string }) => ({ ...state.offer, repository }))
  fake.answer('models.getHub', () => state.hub)
  fake.answer('models.setHub', ({ endpoint, token }: { endpoint?: string | null; token?: string | null }) => {
    if (endpoint !== undefined) state.hub = { ...state.hub, endpoint: endpoint ?? 'https://huggingface.co' }
    if (token !== undefined) state.hub = { ...state.hub, hasToken: token !== null, tokenSource: token === null ? null : 'saved' }
    return state.hub
  })
  fake.answer('models.pull', ({ repository }: { repository: string }) => startJob('pull', `Pull ${repository}`))
  fake.answer('models.import', () => startJob('addModel', 'Import a folder'))
  fake.answer('models.create', () => startJob('addModel', 'Make a nano model'))
  fake.answer('models.export', () => startJob('export', 'Export a model'))
  return state
}
