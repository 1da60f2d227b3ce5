// The bridge between the Electron host and the page: the engine's channel comes in, two dialogs go out, nothing else.
import { contextBridge, ipcRenderer } from 'electron'
import { bridgeName, engineLostMessage, enginePortMessage, pickFileChannel, pickFolderChannel, type PickedPath, type StudioBridge } from '@shared/bridge'

/** A preload script is the one file of the main side that sees the page. */
declare const window: { location: { origin: string }; postMessage(message: string, targetOrigin: string, transfer?: readonly unknown[]): void }

const bridge: StudioBridge = {
  pickFolder: () => ipcRenderer.invoke(pickFolderChannel) as Promise<PickedPath | null>,
  pickFile: () => ipcRenderer.invoke(pickFileChannel) as Promise<PickedPath | null>,
}

contextBridge.exposeInMainWorld(bridgeName, bridge)
// A port cannot cross the bridge as an argument; a window message may carry it. The target is this very page.
ipcRenderer.on(enginePortMessage, (event) => window.postMessage(enginePortMessage, window.location.origin, [...event.ports]))
ipcRenderer.on(engineLostMessage, () => window.postMessage(engineLostMessage, window.location.origin))
