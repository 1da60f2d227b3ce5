// Native dialogs. The page asks for a folder or a file and gets a token; the path stays between this process and the engine.
import { basename } from 'node:path'
import type { OpenDialogOptions } from 'electron'
import { pickFileChannel, pickFolderChannel, type PickedPath } from '@shared/bridge'
import type { EngineProcess } from './engineProcess'

export type ShowOpenDialog = (options: OpenDialogOptions) => Promise<{ canceled: boolean; filePaths: string[] }>

const tables = { name: 'Tables, annotations and archives', extensions: ['csv', 'tsv', 'tab', 'jsonl', 'ndjson', 'json', 'parquet', 'parq', 'tar'] }
const pictures = { name: 'Pictures', extensions: ['png', 'jpg', 'jpeg', 'webp', 'gif', 'avif', 'tif', 'tiff'] }
const weights = { name: 'Model weights', extensions: ['safetensors', 'bin', 'pt', 'pth', 'ckpt'] }

export interface Dialogs {
  pickFolder(): Promise<PickedPath | null>
  pickFile(): Promise<PickedPath | null>
}

export function createDialogs(show: ShowOpenDialog, engine: Pick<EngineProcess<unknown>, 'request'>): Dialogs {
  async function pick(options: OpenDialogOptions): Promise<PickedPath | null> {
    const { canceled, filePaths } = await show(options)
    const path = filePaths[0]
    if (canceled || path === undefined) return null
    const { token } = await engine.request('tokenForPath', { path })
    return { token, name: basename(path) }
  }
  return {
    pickFolder: () => pick({ title: 'Choose a folder', properties: ['openDirectory', 'createDirectory'] }),
    pickFile: () => pick({ title: 'Choose a file', properties: ['openFile'], filters: [tables, pictures, weights] }),
  }
}

/** The part of Electron's ipcMain that is used. */
export interface InvokeHandlers {
  handle(channel: string, listener: (event: { senderFrame: { url: string } | null }) => unknown): void
}

/** Only the studio's own page may open a dialog. */
export function serveDialogs(ipc: InvokeHandlers, dialogs: Dialogs, isOwnPage: (url: string) => boolean): void {
  const guarded = (pick: () => Promise<PickedPath | null>) => (event: { senderFrame: { url: string } | null }) => {
    if (event.senderFrame === null || !isOwnPage(event.senderFrame.url)) throw new Error('Dialogs open for the studio only.')
    return pick()
  }
  ipc.handle(pickFolderChannel, guarded(dialogs.pickFolder))
  ipc.handle(pickFileChannel, guarded(dialogs.pickFile))
}
