// Lets a page choose folders and files without ever naming a path: it holds random tokens, which only this engine
// process can turn back into paths.
import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { FolderEntry } from '../../../shared/contract/studio'
import { AppError } from '../../../shared/errors'
import { isProjectDir } from '../store/projectFiles'
import { isPictureName } from './pictureNames'

export interface FolderListing {
  token: string
  name: string
  /** Null at the root of the file system. */
  parentToken: string | null
  entries: FolderEntry[]
}

const tableExtensions = new Set(['.csv', '.tsv', '.tab', '.jsonl', '.ndjson', '.json', '.parquet', '.parq', '.tar'])
const weightExtensions = new Set(['.safetensors', '.bin', '.pt', '.pth', '.ckpt'])
const order: Record<FolderEntry['kind'], number> = { folder: 0, project: 0, table: 1, weights: 1, image: 2 }
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

export class Picker {
  readonly #pathByToken = new Map<string, string>()
  readonly #tokenByPath = new Map<string, string>()
  readonly #startDir: string

  constructor(startDir: string = homedir()) {
    this.#startDir = startDir
  }

  /** The same path keeps its token as long as the engine runs. Also for paths that a native dialog returned. */
  tokenForPath(path: string): string {
    const absolutePath = resolve(path)
    const known = this.#tokenByPath.get(absolutePath)
    if (known !== undefined) return known
    const token = randomUUID()
    this.#tokenByPath.set(absolutePath, token)
    this.#pathByToken.set(token, absolutePath)
    return token
  }

  /** @throws AppError 'not-found' for a token that this process did not give out */
  pathForToken(token: string): string {
    const path = this.#pathByToken.get(token)
    if (path === undefined) throw new AppError('not-found', 'That choice is not valid any more: the studio was restarted since.', 'Choose the folder or file again.')
    return path
  }

  /** Folders first, hidden files and files that are of no use here left out. @throws AppError 'unreadable-file', 'not-found' */
  async listFolder(token: string | null): Promise<FolderListing> {
    const folder = token === null ? this.#startDir : this.pathForToken(token)
    const found = await this.#read(folder)
    const entries = await Promise.all(found.filter(entry => !entry.name.startsWith('.')).map(entry => this.#toEntry(folder, entry)))
    const parent = dirname(folder)
    return {
      token: this.tokenForPath(folder),
      name: basename(folder) || folder,
      parentToken: parent === folder ? null : this.tokenForPath(parent),
      entries: entries.filter(entry => entry !== null).sort((a, b) => order[a.kind] - order[b.kind] || collator.compare(a.name, b.name)),
    }
  }

  async #read(folder: string): Promise<Dirent[]> {
    try {
      return await readdir(folder, { withFileTypes: true })
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      const reason = code === 'ENOENT' ? 'it does not exist any more' : code === 'EACCES' || code === 'EPERM' ? 'you are not allowed to read it'
        : code === 'ENOTDIR' ? 'it is a file, not a folder' : (cause as Error).message
      throw new AppError('unreadable-file', `The folder “${basename(folder)}” cannot be listed: ${reason}.`, 'Choose another folder.', { cause })
    }
  }

  async #toEntry(folder: string, entry: Dirent): Promise<FolderEntry | null> {
    const path = join(folder, entry.name)
    const kind = await this.#kindOf(path, entry)
    return kind === null ? null : { token: this.tokenForPath(path), name: entry.name, kind }
  }

  async #kindOf(path: string, entry: Dirent): Promise<FolderEntry['kind'] | null> {
    // A link is what it points at; a broken one is nothing.
    const target = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry
    if (target === null) return null
    if (target.isDirectory()) return isProjectDir(path) ? 'project' : 'folder'
    if (!target.isFile()) return null
    if (tableExtensions.has(extname(entry.name).toLowerCase())) return 'table'
    if (weightExtensions.has(extname(entry.name).toLowerCase())) return 'weights'
    return isPictureName(entry.name) ? 'image' : null
  }
}
