// Imports a source of any form. Rows go in by batches, each one transaction that holds its pairs, its pictures' rows, its
// problems and how far it came; what was committed stays, whatever happens later. The same source goes on where an earlier
// import of it was broken off, and importing a source again adds only what is new.
import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import type { ColumnMapping, ImportPreview, ImportRecord, SourceKind } from '../../../../shared/contract/import'
import { AppError } from '../../../../shared/errors'
import type { NewProblem } from '../../store/importStore'
import type { Store } from '../../store/openStore'
import { commitBatch } from './commitBatch'
import { heldBytes, type ImagePlace } from './imageSource'
import type { DraftOrProblem, ImportDefaults, PairDraft } from './pairDraft'
import { drawnThumbnails, PictureBatches } from './pictureBatch'
import type { OpenedSource } from './reader'
import { chooseReader, lookAt, possibleReaders } from './readers'

export interface ImportOptions {
  signal: AbortSignal
  /** Rows or pictures looked at; the total is null while unknown. */
  onProgress: (done: number, total: number | null) => void
  /** Called after every batch that was committed. */
  onBatch?: () => void
  /** The form, where people chose it; null takes the suggested one. */
  kind?: SourceKind | null
  /** Begins at the first row even where an earlier import was broken off. */
  startOver?: boolean
  /** Of the first so many pictures; the others are drawn at first sight. */
  thumbnailCount?: number
}

/** Small enough that a kill loses little work, large enough that flushing to disk does not count. */
const batchRows = 200
/** Pictures that came with their rows wait in memory. */
const batchBytes = 64 * 1024 * 1024

/** @throws AppError 'unreadable-file' when it is gone, 'bad-input' when it is of no known form */
export async function inspectSource(sourcePath: string, options: { kind?: SourceKind | null; store?: Store } = {}): Promise<ImportPreview> {
  const path = resolve(sourcePath)
  const look = await lookAt(path)
  const reader = chooseReader(look, options.kind ?? null)
  const preview = await reader.preview(path)
  const unfinished = options.store?.imports.findUnfinishedOf(path) ?? null
  return {
    sourceName: look.name, kind: reader.kind, usesMapping: reader.usesMapping, task: reader.task,
    forms: possibleReaders(look).map(({ kind, label }) => ({ kind, label })), ...preview, resumesAfterRow: unfinished,
  }
}

/** The rows of a source as an import would read them; nothing is written. @throws AppError as runImport does before it writes */
export async function openSource(sourcePath: string, mapping: ColumnMapping | null, defaults: ImportDefaults, kind: SourceKind | null): Promise<OpenedSource> {
  const path = resolve(sourcePath)
  return chooseReader(await lookAt(path), kind).open(path, mapping, defaults)
}

/**
 * @param mapping null takes the suggested one; used only for forms with columns
 * @throws AppError 'unknown-column', 'bad-input', 'unreadable-file' before anything is written; 'disk-full', 'cancelled' later
 */
export async function runImport(store: Store, sourcePath: string, mapping: ColumnMapping | null, defaults: ImportDefaults, options: ImportOptions): Promise<ImportRecord> {
  const path = resolve(sourcePath)
  const reader = chooseReader(await lookAt(path), options.kind ?? null)
  const source = await reader.open(path, mapping, defaults)
  const sourceKey = createHash('sha256').update(JSON.stringify([reader.kind, mapping, defaults, source.fingerprint])).digest('hex')
  const unfinished = options.startOver === true ? null : store.imports.findUnfinished(path, sourceKey)
  const open = { id: unfinished?.id ?? store.imports.start(basename(path), path, sourceKey), sourceName: basename(path), doneRowCount: unfinished?.doneRowCount ?? 0 }
  try {
    await takeAll(store, open, source, options)
    await source.finish?.(store)
  } catch (thrown) {
    throw explain(AppError.from(thrown), store.imports.get(open.id))
  }
  store.imports.finish(open.id)
  return store.imports.get(open.id)
}

interface OpenImport {
  id: number
  sourceName: string
  /** Rows that an earlier try committed; they are passed over. */
  doneRowCount: number
}

async function takeAll(store: Store, open: OpenImport, source: OpenedSource, { signal, onProgress, onBatch, thumbnailCount = drawnThumbnails }: ImportOptions): Promise<void> {
  const pictures = new PictureBatches(store, thumbnailCount)
  let drafts: PairDraft[] = []
  let problems: NewProblem[] = []
  let waitingBytes = 0
  let done = open.doneRowCount
  const flush = async (): Promise<void> => {
    if (drafts.length + problems.length === 0) return
    commitBatch(store, open, drafts, problems, await pictures.take(placesOf(drafts), signal))
    done += drafts.length + problems.length
    drafts = []
    problems = []
    waitingBytes = 0
    onProgress(done, source.total === null ? null : Math.max(done, source.total))
    onBatch?.()
  }
  onProgress(done, source.total)
  for await (const { draft, problem } of behind(source.rows(), open.doneRowCount)) {
    signal.throwIfAborted()
    if (draft !== null) {
      drafts.push(draft)
      waitingBytes += heldBytes(draft.leftImage) + heldBytes(draft.rightImage)
    } else problems.push(problem)
    if (drafts.length + problems.length >= batchRows || waitingBytes >= batchBytes) await flush()
  }
  await flush()
}

/** Readers yield the same rows in the same order, so counting them is enough. */
async function* behind(rows: AsyncIterable<DraftOrProblem>, count: number): AsyncGenerator<DraftOrProblem> {
  let passed = 0
  for await (const row of rows) if (passed++ >= count) yield row
}

function* placesOf(drafts: readonly PairDraft[]): Generator<ImagePlace> {
  for (const { leftImage, rightImage } of drafts) {
    if (leftImage !== null) yield leftImage.place
    if (rightImage !== null) yield rightImage.place
  }
}

function explain(error: AppError, record: ImportRecord): AppError {
  if (error.code !== 'disk-full') return error
  return new AppError('disk-full', `The disk is full. ${record.addedPairCount} pairs were imported before and are kept; nothing is half-written.`,
    'Free some space, then import again: only what is missing is added.', { cause: error })
}
