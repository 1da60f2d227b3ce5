// What the Electron main process and the engine process say to each other besides the contract: hand over a page's
// channel, look up a picture for the `studio:` protocol, keep a picture or a path that the person gave, and close.
import type { ErrorJson } from '@shared/errors'

/** Passed to the engine process as its only argument, as JSON. */
export interface EngineArguments {
  /** Null opens the project that was open last, or the sample project. */
  projectDir: string | null
  dataDir: string
  resourcesDir: string
  computeScript: string
}

export interface HostRequests {
  imageFile: { input: { imageId: number; size: 'thumbnail' | 'full' }; output: HostMediaFile }
  queryImageFile: { input: { queryImageId: string }; output: HostMediaFile }
  drawingFile: { input: { drawingId: string }; output: HostMediaFile }
  arrayFile: { input: { arrayId: string }; output: HostMediaFile }
  addQueryImage: { input: { bytes: Uint8Array }; output: { queryImageId: string } }
  tokenForPath: { input: { path: string }; output: { token: string } }
}

export interface HostMediaFile {
  path: string
  contentType: string
  /** Names the content; equal tags mean equal bytes. */
  tag: string
}

export type HostRequestName = keyof HostRequests

export type ToEngine =
  /** Comes with one port, on which the contract is served. */
  | { kind: 'connect' }
  | { kind: 'request'; id: number; name: HostRequestName; input: HostRequests[HostRequestName]['input'] }
  | { kind: 'close' }

export type FromEngine =
  | { kind: 'ready' }
  | { kind: 'failed'; error: ErrorJson }
  | { kind: 'answer'; id: number; output: HostRequests[HostRequestName]['output'] }
  | { kind: 'refusal'; id: number; error: ErrorJson }
