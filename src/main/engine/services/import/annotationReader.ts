// What the readers of annotation files share: JSON read element by element, pictures found by name, a preview made of the
// first rows, and a file that breaks off listed as a problem behind the rows that it did hold.
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { SourceKind } from '../../../../shared/contract/import'
import type { Task } from '../../../../shared/contract/entities'
import { AppError } from '../../../../shared/errors'
import { fingerprintOfFiles } from './fingerprint'
import { describeImage, fileImage, type CropBox, type ImageSource } from './imageSource'
import { BrokenJson, type JsonElement } from './jsonElements'
import type { DraftOrProblem, ImportDefaults, PairDraft } from './pairDraft'
import { PictureFinder } from './pictureFinder'
import { noMapping, sampleCount, type ImportReader, type ReaderPreview, type SourceLook } from './reader'

export interface AnnotationSource {
  path: string
  name: string
  finder: PictureFinder
  defaults: ImportDefaults
}

export interface AnnotationReaderParts {
  kind: SourceKind
  label: string
  task: Task | null
  extensions?: readonly string[]
  /** Whether an element of the file tells this form. */
  recognises(element: JsonElement): boolean
  rows(source: AnnotationSource): AsyncGenerator<DraftOrProblem>
  /** Files that belong together; only the chosen one when left out. @throws AppError when one is missing */
  listFiles?(path: string): Promise<string[]>
}

/** An annotation file of this size is counted for the preview in about a second. */
const countableBytes = 16 * 1024 * 1024

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
export const isList = (value: unknown): value is unknown[] => Array.isArray(value)
export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null)
export const numberOf = (value: unknown): number | null => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

export const problemRow = (location: string, code: string, reason: string): DraftOrProblem => ({ draft: null, problem: { location, code, reason } })

/** A picture by its name, or the reason why there is none. */
export function findImage(finder: PictureFinder, names: readonly string[], cropBoxPx: CropBox | null = null): { image: ImageSource; problem: null } | { image: null; problem: { code: string; reason: string } } {
  const path = finder.findAny(names)
  return path === null ? { image: null, problem: finder.missing(names[0] ?? '') } : { image: fileImage(path, cropBoxPx), problem: null }
}

export function annotationReader({ kind, label, task, extensions = ['.json'], recognises, rows, listFiles = path => Promise.resolve([path]) }: AnnotationReaderParts): ImportReader {
  const mayRead = (look: SourceLook): boolean => !look.isFolder && extensions.includes(look.extension)
  const readRows = (path: string, finder: PictureFinder, defaults: ImportDefaults): AsyncGenerator<DraftOrProblem> =>
    listingBreaks(basename(path), rows({ path, name: basename(path), finder, defaults }))
  return {
    kind, label, task, usesMapping: false, mayRead,
    recognises: look => mayRead(look) && look.firstElements.some(recognises),
    preview: async path => {
      const files = await listFiles(path)
      const sizes = await Promise.all(files.map(async file => (await stat(file)).size))
      const isCountable = sizes.reduce((sum, size) => sum + size, 0) <= countableBytes
      return previewDrafts(readRows(path, await PictureFinder.around(path), { task: task ?? 'caption', split: 'train' }), isCountable)
    },
    open: async (path, _mapping, defaults) => {
      const files = await listFiles(path)
      const finder = await PictureFinder.around(path)
      if (finder.pictureCount === 0) {
        throw new AppError('bad-input', `There is no picture in the folder of “${basename(path)}”, below it or in a folder beside it.`,
          'Unpack the pictures of the data set next to its annotations, then import again.')
      }
      return { rows: () => readRows(path, finder, defaults), total: null, fingerprint: `${await fingerprintOfFiles(files)}:${finder.pictureCount}` }
    },
  }
}

async function* listingBreaks(name: string, rows: AsyncGenerator<DraftOrProblem>): AsyncGenerator<DraftOrProblem> {
  try {
    yield* rows
  } catch (thrown) {
    if (!(thrown instanceof BrokenJson)) throw thrown
    yield problemRow(name, 'broken-file', `${thrown.message} What came before was read. Get the file again and import once more: only what is missing is added.`)
  }
}

const previewColumns: { name: string; show(draft: PairDraft): string }[] = [
  { name: 'left picture', show: ({ leftImage }) => (leftImage === null ? '' : describeImage(leftImage)) },
  { name: 'left text', show: ({ leftText }) => leftText ?? '' },
  { name: 'right picture', show: ({ rightImage }) => (rightImage === null ? '' : describeImage(rightImage)) },
  { name: 'right text', show: ({ rightText }) => rightText ?? '' },
  { name: 'status', show: ({ status }) => status },
  { name: 'group', show: ({ group }) => group ?? '' },
]

async function previewDrafts(rows: AsyncGenerator<DraftOrProblem>, isCountable: boolean): Promise<ReaderPreview> {
  const drafts: PairDraft[] = []
  const sampleProblems: string[] = []
  let rowCount = 0
  let isWhole = true
  for await (const { draft, problem } of rows) {
    rowCount++
    if (draft === null) {
      if (sampleProblems.length < 5) sampleProblems.push(`${problem.location}: ${problem.reason}`)
    } else if (drafts.length < sampleCount) drafts.push(draft)
    isWhole = isCountable || rowCount < sampleCount * 10
    if (!isWhole) break
  }
  const shown = previewColumns.filter(({ name, show }) => drafts.some(draft => show(draft) !== '' && (name !== 'status' || draft.status !== 'unreviewed')))
  return {
    columns: shown.map(({ name }) => name), suggestedMapping: noMapping, sampleProblems, rowCount: isWhole ? rowCount : null,
    sampleRows: drafts.map(draft => Object.fromEntries(shown.map(({ name, show }) => [name, show(draft)]))),
  }
}
