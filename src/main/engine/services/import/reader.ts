// The one interface behind every import. A reader knows one form of data: it says whether a file is of that form, shows
// its beginning, and yields rows in an order that is the same at every reading, so that a broken-off import can go on.
import type { SourceKind } from '../../../../shared/contract/import'
import type { ColumnMapping } from '../../../../shared/contract/import'
import type { Task } from '../../../../shared/contract/entities'
import type { Store } from '../../store/openStore'
import type { JsonElement } from './jsonElements'
import type { DraftOrProblem, ImportDefaults } from './pairDraft'

/** A first look at a source, enough to tell the forms apart. */
export interface SourceLook {
  path: string
  name: string
  /** Lower case, with its dot; empty for a folder. */
  extension: string
  isFolder: boolean
  /** Names in a folder. */
  entryNames: readonly string[]
  /** The first elements of a JSON file, or the first lines of a JSONL file; empty for others. */
  firstElements: readonly JsonElement[]
}

export interface ReaderPreview {
  columns: string[]
  sampleRows: Record<string, string>[]
  /** Of the first rows; shown before anything is written. */
  sampleProblems: string[]
  suggestedMapping: ColumnMapping
  /** Null when counting would need the whole of a large file. */
  rowCount: number | null
}

export interface OpenedSource {
  /** From the beginning at every call. */
  rows(): AsyncIterable<DraftOrProblem>
  total: number | null
  /** Changes when rows may have changed; the same value means that the same rows come in the same order. */
  fingerprint: string
  /** What is known only once all pairs are there. Doing it twice must change nothing. */
  finish?(store: Store): Promise<void>
}

export interface ImportReader {
  readonly kind: SourceKind
  /** What people call the form. */
  readonly label: string
  /** What the form teaches; null where people choose it. */
  readonly task: Task | null
  /** Whether people choose columns. */
  readonly usesMapping: boolean
  /** The first reader of the list that says yes is suggested. */
  recognises(look: SourceLook): boolean
  /** Whether the file could be of this form at all, so that people may choose it against the suggestion. */
  mayRead(look: SourceLook): boolean
  preview(path: string): Promise<ReaderPreview>
  /** @throws AppError 'bad-input', 'unknown-column', 'unreadable-file' before any row is read */
  open(path: string, mapping: ColumnMapping | null, defaults: ImportDefaults): Promise<OpenedSource>
}

export const noMapping: ColumnMapping = { leftImage: null, leftText: null, rightImage: null, rightText: null }
export const sampleCount = 20
