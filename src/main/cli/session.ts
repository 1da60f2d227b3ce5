// What a command works with: the contract's procedures, and the few things that only a host in the same process may do.
import type { AnyRouter } from '@orpc/server'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '@shared/contract'
import type { MediaSource } from '../server/mediaRoutes'

export type StudioClient = ContractRouterClient<Contract>

export interface EngineSession {
  client: StudioClient
  router: AnyRouter
  media: MediaSource
  /** Changes a path that the person typed into a token for the contract. */
  tokenForPath(path: string): string
  close(): Promise<void>
}

export interface OpenEngineOptions {
  /** Null opens the project that was open last, or the sample project. */
  projectDir: string | null
  /** Null takes the studio's own folder. */
  dataDir: string | null
  host: 'browser' | 'cli'
  /** Creates an empty project in `projectDir` when there is none. */
  createIfMissing?: boolean
}

export type OpenEngine = (options: OpenEngineOptions) => Promise<EngineSession>
