// Messages between the Electron host and the engine's own process, as plain data. The contract itself does not travel
// here: it goes over a MessagePort of its own, one for each window, that comes with a 'port' message.
import type { ErrorJson } from '../../shared/errors'
import type { MediaSize } from '../../shared/media'

export interface EngineStart {
  /** Null opens the project of last time, or the sample project. */
  projectDir: string | null
  /** Settings, recent projects and the sample project are kept here. */
  dataDir: string
  /** Bundled models and presets. */
  resourcesDir: string
  version: string
}

export interface MediaFileMessage {
  path: string
  contentType: string
  /** Names the content; equal tags mean equal bytes. */
  tag: string
}

export type HostCall =
  | { method: 'imageFile'; imageId: number; size: MediaSize }
  | { method: 'queryImageFile'; queryImageId: string }
  | { method: 'addQueryImage'; bytes: Uint8Array }
  /** A path that the person picked in a native dialog becomes a token for the contract. */
  | { method: 'addPickedPath'; path: string }

export interface HostResults {
  imageFile: MediaFileMessage
  queryImageFile: MediaFileMessage
  addQueryImage: string
  addPickedPath: string
}

export type ToEngine =
  | ({ kind: 'start' } & EngineStart)
  /** Comes with one MessagePort; the contract is served on it. */
  | { kind: 'port' }
  | { kind: 'call'; id: number; call: HostCall }
  /** The engine saves what runs, closes the project and ends by itself. */
  | { kind: 'close' }

export type FromEngine =
  | { kind: 'ready' }
  /** The engine could not start; it ends after this message. */
  | { kind: 'failed'; error: ErrorJson }
  | { kind: 'result'; id: number; result: HostResults[HostCall['method']] }
  | { kind: 'error'; id: number; error: ErrorJson }
