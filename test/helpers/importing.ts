// What the tests of import readers share: a store, a folder of files, and an import run to its end.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { Pair } from '../../src/shared/contract/entities'
import type { ColumnMapping, ImportRecord } from '../../src/shared/contract/import'
import { pairFilterSchema } from '../../src/shared/contract/pairs'
import { runImport, type ImportOptions } from '../../src/main/engine/services/import/runImport'
import { createStore, type Store } from '../../src/main/engine/store/openStore'
import { writeFolder } from './pictures'
import { temporaryFolder } from './temporaryFolder'

export interface Imported {
  record: ImportRecord
  pairs: Pair[]
  /** “location: code”, in order. */
  problems: string[]
  reasons: string[]
}

export const quiet = { signal: new AbortController().signal, onProgress: () => undefined }

export function importingTests() {
  const root = temporaryFolder()
  let number = 0
  const stores: Store[] = []
  afterEach(() => stores.splice(0).forEach(store => store.close()))

  function newStore(): Store {
    const store = createStore(join(root, `project-${++number}`), { name: 'test', isSample: false })
    stores.push(store)
    return store
  }
  async function importFrom(store: Store, path: string, mapping: ColumnMapping | null = null, options: Partial<ImportOptions> = {}): Promise<Imported> {
    const record = await runImport(store, path, mapping, { task: 'caption', split: 'train' }, { ...quiet, ...options })
    const problems = store.imports.listProblems(record.id, 0, 500).problems
    return {
      record, pairs: store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, -1),
      problems: problems.map(({ location, code }) => `${location}: ${code}`), reasons: problems.map(({ reason }) => reason),
    }
  }
  /** Each source in a folder of its own two levels down, so that folders beside it are not those of other tests. */
  function source(files: Record<string, string | Uint8Array | number>): Promise<string> {
    const folder = join(root, `source-${++number}`, 'data')
    mkdirSync(folder, { recursive: true })
    return writeFolder(folder, files)
  }
  return { root, newStore, importFrom, source }
}
