// Imports a folder or a table. Rows go in by batches, each one transaction that holds its pairs, its pictures' rows and
// its problems; what was committed stays, whatever happens later. Importing again adds only what is new.
import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { ColumnMapping, ImportPreview, ImportRecord } from '../../../../shared/contract/import'
import { AppError } from '../../../../shared/errors'
import type { NewProblem } from '../../store/importStore'
import type { Store } from '../../store/openStore'
import { readFolderDrafts, scanFolder } from './folderRows'
import { guessColumns } from './guessColumns'
import { importKeyOf } from './importKey'
import { toDraft, type DraftOrProblem, type ImportDefaults, type PairDraft } from './pairDraft'
import { PictureBatches, type TakenPicture } from './pictureBatch'
import { openTable, scanTable, type Table } from './table'

export interface ImportOptions {
  signal: AbortSignal
  /** Rows or pictures looked at; the total is null while unknown. */
  onProgress: (done: number, total: number | null) => void
  /** Called after every batch that was committed. */
  onBatch?: () => void
}

/** Small enough that a kill loses little work, large enough that flushing to disk does not count. */
const batchRows = 200
const noMapping: ColumnMapping = { leftImage: null, leftText: null, rightImage: null, rightText: null }

/** @throws AppError 'unreadable-file' when it is gone, 'bad-input' when it is neither folder nor table */
export async function inspectSource(sourcePath: string): Promise<ImportPreview> {
  const path = resolve(sourcePath)
  if (await isFolder(path)) {
    const scan = await scanFolder(path)
    return { sourceName: basename(path), kind: 'folder', columns: [], sampleRows: [], suggestedMapping: noMapping, rowCount: scan.pictures.length }
  }
  const table = await openTable(path)
  const { columns, sampleRows, rowCount } = await scanTable(table)
  return { sourceName: table.name, kind: table.kind, columns, sampleRows, suggestedMapping: guessColumns(columns, sampleRows), rowCount }
}

/**
 * @param mapping null takes the suggested one; not used for a folder
 * @throws AppError 'unknown-column', 'bad-input', 'unreadable-file' before anything is written; 'disk-full', 'cancelled' later
 */
export async function runImport(store: Store, sourcePath: string, mapping: ColumnMapping | null, defaults: ImportDefaults, options: ImportOptions): Promise<ImportRecord> {
  const path = resolve(sourcePath)
  const source = await openSource(path, mapping, defaults)
  const importId = store.imports.start(basename(path))
  try {
    await takeAll(store, { id: importId, sourceName: basename(path) }, source, options)
  } catch (thrown) {
    throw explain(AppError.from(thrown), store.imports.get(importId))
  }
  store.imports.finish(importId)
  return store.imports.get(importId)
}

interface Source {
  drafts: AsyncIterable<DraftOrProblem>
  total: number | null
}

async function openSource(path: string, mapping: ColumnMapping | null, defaults: ImportDefaults): Promise<Source> {
  if (await isFolder(path)) {
    const scan = await scanFolder(path)
    if (scan.pictures.length === 0) {
      throw new AppError('bad-input', `There is no picture in “${basename(path)}”, nor in the folders below it.`, 'Choose a folder with JPEG, PNG, WebP, GIF, TIFF or AVIF files, or choose a table.')
    }
    return { drafts: readFolderDrafts(path, scan, defaults), total: scan.pictures.length + scan.problems.length }
  }
  const table = await openTable(path)
  const wanted = Object.values(mapping ?? noMapping).filter(name => name !== null)
  const { columns, sampleRows, rowCount } = await scanTable(table, wanted)
  if (rowCount === 0) throw new AppError('bad-input', `“${table.name}” has no rows.`, 'Choose a table with a header line and at least one row below it.')
  const checked = checkMapping(table.name, mapping ?? guessColumns(columns, sampleRows), columns)
  return { drafts: readTableDrafts(table, checked, defaults), total: rowCount }
}

function checkMapping(tableName: string, mapping: ColumnMapping, columns: readonly string[]): ColumnMapping {
  const present = `The columns of “${tableName}” are: ${columns.map(name => `“${name}”`).join(', ')}.`
  const unknown = Object.values(mapping).filter(name => name !== null && !columns.includes(name))
  if (unknown.length > 0) throw new AppError('unknown-column', `There is no column ${unknown.map(name => `“${name}”`).join(', ')}. ${present}`, 'Choose among the columns that are there.')
  const emptySide = mapping.leftImage === null && mapping.leftText === null ? 'left' : mapping.rightImage === null && mapping.rightText === null ? 'right' : null
  if (emptySide !== null) throw new AppError('bad-input', `No column is chosen for the ${emptySide} side. ${present}`, `Choose an image or a text column for the ${emptySide} side.`)
  return mapping
}

async function* readTableDrafts(table: Table, mapping: ColumnMapping, defaults: ImportDefaults): AsyncGenerator<DraftOrProblem> {
  if (table.encoding === 'windows-1252') {
    yield { draft: null, problem: { location: table.name, code: 'encoding', reason: 'The file is not valid UTF-8 and was read as Latin-1 (Windows-1252). Check letters with accents; if they are wrong, save it as UTF-8 and import again.' } }
  }
  const tableDir = dirname(table.path)
  for await (const { location, values, problem } of table.rows()) {
    yield values === null ? { draft: null, problem: { location, ...problem } } : toDraft(location, values, mapping, defaults, tableDir)
  }
}

interface OpenImport {
  id: number
  sourceName: string
}

async function takeAll(store: Store, open: OpenImport, source: Source, { signal, onProgress, onBatch }: ImportOptions): Promise<void> {
  const pictures = new PictureBatches(store)
  let drafts: PairDraft[] = []
  let problems: NewProblem[] = []
  let done = 0
  const flush = async (): Promise<void> => {
    const paths = drafts.flatMap(draft => [draft.leftImagePath, draft.rightImagePath]).filter(path => path !== null)
    commitBatch(store, open, drafts, problems, await pictures.take(paths, signal))
    done += drafts.length + problems.length
    drafts = []
    problems = []
    onProgress(done, source.total === null ? null : Math.max(done, source.total))
    onBatch?.()
  }
  onProgress(0, source.total)
  for await (const { draft, problem } of source.drafts) {
    signal.throwIfAborted()
    if (draft !== null) drafts.push(draft)
    else problems.push(problem)
    if (drafts.length + problems.length >= batchRows) await flush()
  }
  await flush()
}

function commitBatch(store: Store, open: OpenImport, drafts: readonly PairDraft[], problems: NewProblem[], pictures: ReadonlyMap<string, TakenPicture>): void {
  store.transaction(() => {
    // Taken with the first new pair: an import that adds nothing leaves minings fresh.
    let revision: number | null = null
    let addedPairCount = 0
    let knownPairCount = 0
    const allProblems = [...problems]
    for (const draft of drafts) {
      const sides = [draft.leftImagePath, draft.rightImagePath].map(path => (path === null ? null : pictures.get(path)))
      const bad = sides.find(side => side?.problem)
      if (bad?.problem) {
        allProblems.push({ location: draft.location, ...bad.problem })
        continue
      }
      const [left, right] = sides.map(side => side?.image ?? null)
      const importKey = importKeyOf(left?.hash ?? null, draft.leftText, right?.hash ?? null, draft.rightText)
      if (store.pairs.findByImportKey(importKey) !== null) {
        knownPairCount++
        continue
      }
      addedPairCount++
      revision ??= store.project.nextRevision()
      const pairId = store.pairs.nextId()
      const { leftText, rightText, task, split, status, tags } = draft
      store.pairs.insert(pairId, {
        leftImageId: left ? store.images.ensure(left) : null, leftText, rightImageId: right ? store.images.ensure(right) : null, rightText,
        task, split, status, tags, score: null, scoreModelId: null, importKey,
      }, revision)
      // Two tables may both number their groups from 1.
      if (draft.group !== null) store.groups.addToDataGroup(`${open.sourceName}/${draft.group}`, pairId)
    }
    store.imports.addBatch(open.id, { addedPairCount, knownPairCount, problems: allProblems })
  })
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw new AppError('unreadable-file', `“${path}” cannot be opened: ${(cause as Error).message}.`, 'Check that it still exists and that you may read it.', { cause })
  }
}

function explain(error: AppError, record: ImportRecord): AppError {
  if (error.code !== 'disk-full') return error
  return new AppError('disk-full', `The disk is full. ${record.addedPairCount} pairs were imported before and are kept; nothing is half-written.`,
    'Free some space, then import again: only what is missing is added.', { cause: error })
}
