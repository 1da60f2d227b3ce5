// What the Electron host adds to the page, and nothing else. In a browser `window.studio` is undefined and the page
// reaches the engine by WebSocket instead.

/** Something that a person picked in a native dialog. The token stands for a path that the page never sees. */
export interface PickedPath {
  token: string
  name: string
}

export interface StudioBridge {
  /** Null when the dialog was closed without a choice. */
  pickFolder(): Promise<PickedPath | null>
  pickFile(): Promise<PickedPath | null>
}

/** Name of the bridge on `window`. */
export const bridgeName = 'studio'

/**
 * The `data` of the window message that carries the engine's MessagePort (`event.ports[0]`). It comes once after each
 * load of the page, and again when the engine was started anew; the newest port replaces the one before.
 */
export const enginePortMessage = 'fuselip:engine-port'

/** The `data` of the window message that tells that the engine ended and could not be started again. */
export const engineLostMessage = 'fuselip:engine-lost'

/** Between the preload script and the main process. */
export const pickFolderChannel = 'fuselip:pick-folder'
export const pickFileChannel = 'fuselip:pick-file'

/** Where the browser host serves the contract by WebSocket. */
export const rpcPath = '/rpc'

/** Names the window that a call comes from; a random id that the page gives itself. */
export const windowHeader = 'x-studio-window'
