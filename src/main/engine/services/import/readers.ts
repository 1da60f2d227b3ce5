// The list of readers, and the choice among them by a first look at the source. A new form is a new entry here.
import { readdir, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { SourceKind } from '../../../../shared/contract/import'
import { AppError } from '../../../../shared/errors'
import { cocoReader } from './cocoReader'
import { cropChoiceReader } from './cropChoiceReader'
import { folderReader } from './folderReader'
import { genomeQuestionsReader, genomeRegionsReader } from './genomeReaders'
import { BrokenJson, readJsonElements, type JsonElement } from './jsonElements'
import { readLines } from './jsonlRows'
import { mmebReader } from './mmebReader'
import { readParquetHead } from './parquetFile'
import { parquetReader } from './parquetReader'
import type { ImportReader, SourceLook } from './reader'
import { shardReader } from './shardReader'
import { snapshotReader } from './snapshotReader'
import { sugarCrepeReader } from './sugarCrepeReader'
import { csvReader, jsonListReader, jsonlReader, tsvReader } from './tableReader'
import { readTextBlocks } from './textEncoding'
import { vqaReader } from './vqaReader'

/** Forms with a meaning of their own come before the general ones. */
export const readers: readonly ImportReader[] = [
  snapshotReader,
  cocoReader, genomeRegionsReader, genomeQuestionsReader, vqaReader, sugarCrepeReader, cropChoiceReader, mmebReader,
  csvReader, tsvReader, jsonlReader, jsonListReader, parquetReader, shardReader, folderReader,
]

/** Published files name what they are within the first few elements: licences and such stand before. */
const lookedAtCount = 100

/** @throws AppError 'unreadable-file' when there is nothing to look at */
export async function lookAt(path: string): Promise<SourceLook> {
  const name = basename(path)
  let isFolder: boolean
  try {
    isFolder = (await stat(path)).isDirectory()
  } catch (cause) {
    throw new AppError('unreadable-file', `“${path}” cannot be opened: ${(cause as Error).message}.`, 'Check that it still exists and that you may read it.', { cause })
  }
  const extension = isFolder ? '' : extname(name).toLowerCase()
  return { path, name, isFolder, extension, entryNames: isFolder ? await readdir(path).catch(() => []) : [], firstElements: await firstElements(path, extension) }
}

async function firstElements(path: string, extension: string): Promise<JsonElement[]> {
  const found: JsonElement[] = []
  try {
    if (extension === '.json') {
      for await (const element of readJsonElements(path)) if (found.push(element) >= lookedAtCount) break
    } else if (extension === '.jsonl' || extension === '.ndjson') {
      for await (const line of readLines(readTextBlocks(path, 'utf-8'))) {
        found.push({ key: null, index: found.length, value: JSON.parse(line) as unknown })
        break
      }
    } else if (extension === '.parquet' || extension === '.parq') {
      // The names of the columns tell as much as a row.
      const { columns } = await readParquetHead(path)
      found.push({ key: null, index: 0, value: Object.fromEntries(columns.map(column => [column, null])) })
    }
  } catch (thrown) {
    if (!(thrown instanceof BrokenJson || thrown instanceof SyntaxError || thrown instanceof AppError)) throw thrown
  }
  return found
}

/** @param kind what people chose against the suggestion; null takes the suggestion @throws AppError 'bad-input' */
export function chooseReader(look: SourceLook, kind: SourceKind | null): ImportReader {
  const chosen = kind === null ? readers.find(reader => reader.recognises(look)) : readers.find(reader => reader.kind === kind)
  if (chosen === undefined) throw unknownForm(look)
  if (chosen.mayRead(look)) return chosen
  const possible = possibleReaders(look).map(reader => reader.label)
  throw new AppError('bad-input', `“${look.name}” cannot be read as ${chosen.label}.`, possible.length === 0 ? 'Choose another file.' : `Choose one of: ${possible.join(', ')}.`)
}

export const possibleReaders = (look: SourceLook): ImportReader[] => readers.filter(reader => reader.mayRead(look))

function unknownForm(look: SourceLook): AppError {
  if (look.extension === '.json') {
    return new AppError('bad-input', `“${look.name}” is JSON, but of no form that is known here: expected COCO captions, Visual Genome, VQA, SugarCrepe, OI-Crop or MMEB, or a list of objects.`,
      'Choose its form yourself, or write it as a list of objects ([{"image": …, "caption": …}, …]) or as JSON lines.')
  }
  return new AppError('bad-input', `Expected a folder of pictures, a table (.csv, .tsv, .jsonl, .parquet), annotations (.json) or an archive (.tar), got “${look.name}”.`, 'Choose a folder, or save the table as CSV.')
}
