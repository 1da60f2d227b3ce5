// Everything that belongs to one open project, put together by hand: the store at the bottom, the services on top.
import { availableParallelism } from 'node:os'
import type { Project } from '../../shared/contract/project'
import type { LayoutClient } from './compute/layout/layoutClient'
import type { Compute } from './compute/thread/client'
import type { DeviceChoice } from './compute/thread/protocol'
import { JobRunner } from './jobs/runner'
import type { ChangeBus } from './services/changes'
import type { DevicesService } from './services/devices'
import { AttentionService } from './services/attention/attention'
import { BlendService } from './services/blend/blend'
import { BulkEdits } from './services/bulk/bulkEdits'
import { CodebookUseService } from './services/codebookUse'
import { DeviceSpeedsService } from './services/deviceSpeeds'
import { DrawingsService } from './services/drawings'
import { EmbeddingJobs } from './services/embeddingJobs'
import { EmbeddingsService } from './services/embeddings'
import { EvaluationService } from './services/evaluation'
import { editLaneOf } from './services/editLane'
import { FiltersService } from './services/filters'
import { HistoryService } from './services/history'
import { ImagesService } from './services/images'
import { ImportsService } from './services/import/imports'
import { ImportJobs } from './services/importJobs'
import { HubDatasets } from './services/hubDatasets'
import { HubSettings } from './services/hubSettings'
import { InspectorService } from './services/inspector'
import { MakingService } from './services/making/making'
import { PairActsService } from './services/making/pairActs'
import { SplitJobs } from './services/making/splitJobs'
import { TemplateJobs } from './services/making/templateJobs'
import { TransformJobs } from './services/making/transformJobs'
import { MapsService } from './services/maps'
import { ModelJobs } from './services/modelJobs'
import { ModelLibrary } from './services/modelLibrary'
import { ModelRegistry } from './services/modelRegistry'
import { ModelsService } from './services/models'
import { NearService } from './services/near'
import { NegativesService } from './services/negatives'
import { NumberArrays } from './services/numberArrays'
import { PairsService } from './services/pairs'
import { ExportsService } from './services/out/exports'
import type { Picker } from './services/picker'
import { ProjectService } from './services/project'
import { QualityService } from './services/quality/quality'
import { QueryEmbedder } from './services/queryEmbedder'
import type { RecentProjects } from './services/recentProjects'
import { RunsService } from './services/runs'
import { SavedHitsService } from './services/savedHits'
import { SearchService } from './services/search'
import { SideVectors } from './services/sideVectors'
import type { SettingsService } from './services/settings'
import { ScaleOutService } from './services/scaleOut/scaleOut'
import { SnapshotsService } from './services/snapshots/snapshots'
import { TokensService } from './services/tokens'
import type { Store } from './store/openStore'

/** What outlives a project. */
export interface SessionSurroundings {
  compute: Compute
  /** Answers single queries of a person while `compute` may be busy with a step of a training. */
  queryCompute: Compute
  layout: LayoutClient
  changes: ChangeBus
  settings: SettingsService
  picker: Picker
  recentProjects: RecentProjects
  resourcesDir: string
  devices: DevicesService
  /** Models and tokenizers that belong to no project lie below it, and the measured speeds of devices. */
  dataDir: string
  switchProject: (projectDir: string) => Promise<Project>
}

export interface Session {
  readonly store: Store
  readonly services: SessionServices
  /** Pauses training, ends the other jobs, and closes the store. */
  close(): Promise<void>
}

export type SessionServices = ReturnType<typeof createServices>

function createServices(store: Store, surroundings: SessionSurroundings) {
  const { compute, queryCompute, layout, changes, settings, picker, recentProjects, resourcesDir, devices, dataDir, switchProject } = surroundings
  const jobs = new JobRunner(store.jobs, (change) => changes.publish(change))
  const images = new ImagesService(store)
  const drawings = new DrawingsService()
  const arrays = new NumberArrays()
  const modelLibrary = new ModelLibrary(dataDir, resourcesDir)
  const hub = new HubSettings(dataDir)
  const models = new ModelsService(resourcesDir, modelLibrary, { list: () => store.runs.list(), runDir: (runId) => store.files.runDir(runId) })
  const deviceSpeeds = new DeviceSpeedsService({ store, compute, jobs, models, devices, settings, changes, dataDir })
  const getDevice = (): DeviceChoice => {
    const { deviceId, threadCount } = settings.getDevice()
    return { deviceId: deviceId ?? deviceSpeeds.getFastestId(), threadCount }
  }
  // Always the processor: a card must not be used by two threads, and a single row gains nothing on one. Half of the threads,
  // because a training takes them all, and a thread that waits for another one's turn on a core waits long.
  const getQueryDevice = (): DeviceChoice => ({ deviceId: 'cpu', threadCount: Math.max(1, Math.floor((settings.getDevice().threadCount ?? availableParallelism()) / 2)) })
  const getDeviceName = (): string => devices.getCurrent(deviceSpeeds.getFastestId()).name
  const tokens = new TokensService({ store, images, compute, jobs, models, changes, getDevice })
  const embeddings = new EmbeddingsService({ store, compute, tokens, getDevice })
  const embeddingJobs = new EmbeddingJobs({ store, jobs, models, embeddings, changes })
  const sideVectors = new SideVectors(store)
  const queryEmbedder = new QueryEmbedder({ compute: queryCompute, images, tokens, embeddings, getDevice: getQueryDevice })
  const negatives = new NegativesService({ store, compute, jobs, models, embeddings, changes, getDevice })
  const pairs = new PairsService(store, changes)
  const imports = new ImportsService(store, picker, changes, drawings)
  const snapshots = new SnapshotsService({ store, jobs, picker, changes })
  const tokenizerIdOf = async (modelId: string) => (await models.resolve(modelId)).tokenizerId
  return {
    jobs, images, drawings, arrays, models, modelLibrary, hub, tokens, embeddings, embeddingJobs, negatives, deviceSpeeds,
    modelJobs: new ModelJobs({ store, compute, jobs, models, modelLibrary, hub, picker, changes, resourcesDir }),
    modelRegistry: new ModelRegistry({ store, models, modelLibrary, changes }),
    project: new ProjectService({ store, changes, picker, recentProjects, tokenizerIdOf, switchProject, onModelChosen: (modelId) => embeddingJobs.onModelChosen(modelId) }),
    imports,
    hubDatasets: new HubDatasets({ hub, jobs, picker, dataDir }),
    importJobs: new ImportJobs(jobs, imports, picker),
    snapshots,
    scaleOut: new ScaleOutService({ store, jobs, picker, compute, models, snapshots, resourcesDir }),
    exports: new ExportsService(store, jobs, picker),
    quality: new QualityService({ store, compute, jobs, images, models, embeddingJobs, changes, getDevice }),
    pairs,
    bulkEdits: new BulkEdits({ store, pairs, jobs, changes }),
    history: new HistoryService(store, changes),
    filters: new FiltersService(store, changes),
    runs: new RunsService({ store, compute, jobs, models, tokens, embeddings, negatives, changes, resourcesDir, getDevice, getDeviceName, readSnapshotForRun: (snapshotId, useMined) => snapshots.readForRun(snapshotId, useMined) }),
    making: new MakingService({ store, images, changes }),
    pairActs: new PairActsService({ store, changes }),
    transformJobs: new TransformJobs({ store, jobs, images, drawings, changes }),
    templateJobs: new TemplateJobs({ store, jobs, changes }),
    splitJobs: new SplitJobs({ store, jobs, changes }),
    maps: new MapsService({ store, jobs, models, embeddingJobs, sideVectors, arrays, layout, changes }),
    search: new SearchService({ store, compute: queryCompute, images, models, embeddings, queryEmbedder }),
    near: new NearService({ store, models, sideVectors, queryEmbedder }),
    inspector: new InspectorService({ store, compute: queryCompute, images, models, tokens, drawings, getDevice: getQueryDevice }),
    codebookUse: new CodebookUseService({ store, compute, jobs, models, tokens, changes }),
    attention: new AttentionService({ store, compute, jobs, models, embeddings, changes }),
    savedHits: new SavedHitsService({ store, images, negatives, changes }),
    blend: new BlendService({ store, compute, jobs, models, modelLibrary, embeddings, picker, changes, resourcesDir, dataDir, getDevice }),
    evaluation: new EvaluationService({ store, compute, jobs, models, embeddings, negatives, changes }),
  }
}

/** Takes the store over: it is closed with the session. */
export function createSession(store: Store, surroundings: SessionSurroundings): Session {
  const services = createServices(store, surroundings)
  services.jobs.recover()
  services.runs.recover()
  return {
    store,
    services,
    close: async () => {
      try {
        await services.runs.close()
        await services.jobs.close()
        await editLaneOf(store).idle()
      } finally {
        services.attention.dispose()
        services.images.dispose()
        services.drawings.dispose()
        services.arrays.dispose()
        store.close()
      }
    },
  }
}
