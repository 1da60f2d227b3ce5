// The engine: one open project, a compute thread for work and one for queries, one router. Hosts create it, serve its router, and close it.
import { dirname, join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import type { ContractRouterClient } from '@orpc/contract'
import { version } from '../../../package.json'
import type { Contract } from '../../shared/contract'
import type { Project } from '../../shared/contract/project'
import type { StudioStatus } from '../../shared/contract/studio'
import { AppError } from '../../shared/errors'
import { LayoutClient } from './compute/layout/layoutClient'
import { ComputeClient, type Compute } from './compute/thread/client'
import { createRouter, type StudioRouter } from './router/router'
import { ChangeBus } from './services/changes'
import { DevicesService } from './services/devices'
import { Picker } from './services/picker'
import { RecentProjects } from './services/recentProjects'
import { ensureSampleProject } from './services/sampleProject'
import { SettingsService } from './services/settings'
import { StudioService } from './services/studio'
import { WindowsService } from './services/windows'
import { createSession, type Session, type SessionServices } from './session'
import { openStore, type Store } from './store/openStore'

export interface EngineOptions {
  /** Null opens the project that was open last, or the sample project. */
  projectDir: string | null
  /** Settings, recent projects and the sample project. */
  dataDir: string
  resourcesDir: string
  /** The built entry of the compute thread; the entry of the layout thread lies beside it. */
  computeScript: string
  host: StudioStatus['host']
  /** For tests; a thread over `computeScript` otherwise. */
  compute?: Compute
}

export interface AppServices {
  studio: StudioService
  settings: SettingsService
  picker: Picker
  devices: DevicesService
  changes: ChangeBus
  windows: WindowsService
}

export type EngineServices = AppServices & SessionServices

export interface Engine {
  readonly router: StudioRouter
  /** The services of the project that is open now; read it anew for every call. */
  readonly services: EngineServices
  close(): Promise<void>
}

export type EngineClient = ContractRouterClient<Contract>

/** Calls the procedures inside this process, with the same checks as from outside. */
export const createEngineClient = (engine: Engine): EngineClient => createRouterClient(engine.router)

/** A job that does not end when told to is not waited for longer; the compute thread is then taken away from it. */
const closePatienceMs = 6_000

/** @throws AppError 'not-found', 'project-locked', 'newer-project', … when the project cannot be opened */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const changes = new ChangeBus()
  const settings = new SettingsService(options.dataDir, changes)
  const picker = new Picker()
  const recentProjects = new RecentProjects(options.dataDir)
  const compute = options.compute ?? new ComputeClient(options.computeScript)
  // A step of a large model holds its thread for seconds, and a person who searches meanwhile must not wait for it.
  const queryCompute = options.compute ?? new ComputeClient(options.computeScript)
  const disposeCompute = async (): Promise<void> => void (await Promise.all([compute.dispose(), queryCompute.dispose()]))
  const devices = new DevicesService(compute, () => settings.get())
  const layout = new LayoutClient(join(dirname(options.computeScript), 'layout.js'))
  const surroundings = { compute, queryCompute, layout, changes, settings, picker, recentProjects, resourcesDir: resolve(options.resourcesDir), devices, dataDir: options.dataDir, switchProject }

  let session = await begin(await openFirst(options, recentProjects))
  const windows = new WindowsService(changes)
  const studio = new StudioService({ changes, windows, devices, version, host: options.host, getProjectName: () => session.store.project.get().name })
  const appServices: AppServices = { studio, settings, picker, devices, changes, windows }

  async function begin(store: Store): Promise<Session> {
    const begun = createSession(store, surroundings)
    // Only a convenience: a data folder that cannot be written must not keep a project shut.
    await recentProjects.remember(store.projectDir, store.project.get().name).catch(() => undefined)
    return begun
  }

  async function switchProject(projectDir: string): Promise<Project> {
    const open = session.services.jobs.listOpen()
    if (open.length) {
      throw new AppError('conflict', `“${open[0]!.title}” is ${open[0]!.state}, so the project cannot be left now.`, 'Wait until it has ended, or cancel it, then open the other project.')
    }
    const next = await begin(openStore(projectDir))
    const previous = session
    session = next
    await previous.close()
    for (const topic of ['project', 'pairs', 'negatives', 'models'] as const) changes.publish({ topic })
    return next.services.project.get()
  }

  // Warms the compute thread up and lets the status name the real device; a short command needs neither.
  if (options.host !== 'cli') void session.services.deviceSpeeds.list().catch(() => undefined)

  let closing: Promise<void> | null = null
  const host = {
    get services(): EngineServices {
      return { ...session.services, ...appServices }
    },
  }

  async function closeAll(): Promise<void> {
    const ended = session.close()
    const patience = setTimeout(() => void disposeCompute(), closePatienceMs)
    try {
      await ended
    } finally {
      clearTimeout(patience)
      await disposeCompute()
    }
  }

  return {
    router: createRouter(host),
    get services() {
      return host.services
    },
    close: () => (closing ??= closeAll()),
  }
}

/** The named project; else the last one, unless it cannot be opened; else the sample. */
async function openFirst({ projectDir, dataDir }: EngineOptions, recentProjects: RecentProjects): Promise<Store> {
  if (projectDir !== null) return openStore(resolve(projectDir))
  const last = recentProjects.list()[0]
  if (last) {
    try {
      return openStore(last.projectDir)
    } catch (thrown) {
      // A person who starts the studio twice must hear about the lock; other faults of an old project must not block the start.
      if (thrown instanceof AppError && thrown.code === 'project-locked') throw thrown
    }
  }
  return openStore(await ensureSampleProject(dataDir))
}
