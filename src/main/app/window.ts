// The studio's window: sandboxed, isolated, shown once it has something to show.
import type { BrowserWindowConstructorOptions } from 'electron'
import { engineLostMessage, enginePortMessage } from '@shared/bridge'
import type { EngineProcess, Page } from './engineProcess'
import { pageAddress } from './protocol'

/** The part of Electron's BrowserWindow that is used. */
export interface StudioWindow<Port> {
  once(event: 'ready-to-show', listener: () => void): unknown
  show(): void
  loadURL(url: string): Promise<void>
  webContents: {
    on(event: 'did-finish-load', listener: () => void): unknown
    postMessage(channel: string, message: null, ports?: Port[]): void
    isDestroyed(): boolean
  }
}

export const windowOptions = (preload: string): BrowserWindowConstructorOptions => ({
  width: 1440,
  height: 900,
  minWidth: 900,
  minHeight: 600,
  show: false,
  title: 'FuseLIP Studio',
  backgroundColor: '#14161a',
  webPreferences: {
    preload,
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
    spellcheck: false,
    safeDialogs: true,
  },
})

const pageOf = <Port>(window: StudioWindow<Port>): Page<Port> => ({
  sendEnginePort: (port) => {
    if (!window.webContents.isDestroyed()) window.webContents.postMessage(enginePortMessage, null, [port])
  },
  sendEngineLost: () => {
    if (!window.webContents.isDestroyed()) window.webContents.postMessage(engineLostMessage, null)
  },
})

/** Every load of the page, a reload too, gets a channel of its own. `address` differs only under the dev server. */
export async function openWindow<Port>(window: StudioWindow<Port>, engine: Pick<EngineProcess<Port>, 'connectPage'>, address = pageAddress): Promise<void> {
  window.once('ready-to-show', () => window.show())
  window.webContents.on('did-finish-load', () => engine.connectPage(pageOf(window)))
  await window.loadURL(address)
}
