// WebDataset: tar shards in which the members of one sample follow each other and share their name up to the first dot
// (0001.jpg, 0001.txt, 0001.json). Samples become rows: one column for each ending, and for each member of the JSON.
import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import { isPictureName } from '../pictureNames'
import { ArchiveFile, readArchiveMembers } from './archiveMembers'
import { ownMapping } from './guessColumns'
import { largestPictureBytes } from './imageSource'
import type { SourceLook } from './reader'
import type { Cell, RowProblem, TableRow } from './sourceRow'
import type { Table } from './table'
import { tableReader } from './tableReader'
import { decodeBytes } from './textEncoding'

/** Captions and the JSON beside a picture; more is no caption. */
const largestTextBytes = 1024 * 1024
const textEndings = ['.txt', '.text', '.caption', '.cls', '.cap']
const compressed = /\.(tar\.(gz|bz2|xz|zst)|tgz|tbz2|txz)$/i
const collator = new Intl.Collator('en', { numeric: true })

const isShardName = (name: string): boolean => extname(name).toLowerCase() === '.tar'

async function listShards(path: string): Promise<string[]> {
  if (compressed.test(path)) {
    throw new AppError('bad-input', `“${basename(path)}” is compressed; expected an uncompressed .tar archive.`, 'Unpack the compression only (for example with gunzip), then choose the .tar file.')
  }
  if (!((await stat(path)) satisfies Stats).isDirectory()) return [path]
  return (await readdir(path)).filter(isShardName).sort(collator.compare).map(name => join(path, name))
}

interface Sample {
  key: string
  values: Record<string, Cell>
}

/** “dir/0001.left.jpg” belongs to the sample “dir/0001”, with the ending “.left.jpg”. */
function splitName(name: string): { key: string; ending: string } {
  const start = name.lastIndexOf('/') + 1
  const dot = name.indexOf('.', start)
  return dot === -1 ? { key: name, ending: '' } : { key: name.slice(0, dot), ending: name.slice(dot) }
}

/** The last part of an ending; `extname` takes a lone “.txt” for a hidden file. */
const extensionOf = (ending: string): string => extname(`sample${ending}`)

/** “.jpg” is the picture of its sample, “.left.jpg” its left one. */
function pictureColumn(ending: string): string {
  const rest = ending.slice(1, -extensionOf(ending).length)
  return rest === '' ? 'image' : rest
}

function addJson(values: Record<string, Cell>, bytes: Buffer): RowProblem | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(decodeBytes(bytes).text)
  } catch (thrown) {
    return { code: 'broken-row', reason: `The JSON of the sample cannot be read: ${(thrown as Error).message}.` }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
  for (const [name, value] of Object.entries(parsed)) {
    if (value !== null) values[`json.${name}`] = typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
  return null
}

/** In the JSON of the studio's own shards; their samples become the rows that its tables have. */
export const ownShardMark = 'fuselip_pair'

function fromOwnNames(values: Record<string, Cell>): Record<string, Cell> {
  if (values[`json.${ownShardMark}`] === undefined) return values
  const { left = '', 'left.txt': leftText = '', right = '', 'right.txt': rightText = '', image = left, txt = rightText } = values
  const facts = Object.entries(values).filter(([name]) => name.startsWith('json.') && name !== `json.${ownShardMark}`).map(([name, value]) => [name.slice('json.'.length), value])
  return { [ownMapping.leftImage]: image, [ownMapping.leftText]: leftText, [ownMapping.rightImage]: right, [ownMapping.rightText]: txt, ...Object.fromEntries(facts) as Record<string, Cell> }
}

async function* readShard(path: string): AsyncGenerator<TableRow> {
  const shard = basename(path)
  const file = await ArchiveFile.open(path)
  let sample: Sample | null = null
  let isSpoilt = false
  const finish = (): TableRow[] => {
    const done = sample
    sample = null
    return done === null || isSpoilt || Object.keys(done.values).length === 0 ? [] : [{ location: `${shard}, ${done.key}`, values: fromOwnNames(done.values), problem: null }]
  }
  try {
    for await (const member of readArchiveMembers(file)) {
      if (member.problem !== null) {
        // The sample that the cut went through is not whole.
        if (!member.isFatal || splitName(member.name).key !== (sample as Sample | null)?.key) yield* finish()
        yield { location: `${shard}${member.name === '' ? '' : `, ${member.name}`}`, values: null, problem: member.problem }
        if (member.isFatal) return
        continue
      }
      const { key, ending } = splitName(member.name)
      if ((sample as Sample | null)?.key !== key) {
        yield* finish()
        sample = { key, values: {} }
        isSpoilt = false
      }
      const problem = await addMember((sample as Sample).values, path, file, member, ending.toLowerCase())
      if (problem === null) continue
      isSpoilt = true
      yield { location: `${shard}, ${member.name}`, values: null, problem }
    }
    yield* finish()
  } finally {
    await file.close()
  }
}

async function addMember(values: Record<string, Cell>, path: string, file: ArchiveFile, member: { name: string; offsetBytes: number; sizeBytes: number }, ending: string): Promise<RowProblem | null> {
  const { name, offsetBytes, sizeBytes } = member
  if (isPictureName(name)) {
    if (sizeBytes > largestPictureBytes) return { code: 'huge-picture', reason: `The picture has ${Math.ceil(sizeBytes / 2 ** 20)} MiB; at most ${largestPictureBytes / 2 ** 20} MiB are read.` }
    values[pictureColumn(ending)] = { place: { kind: 'slice', path, offsetBytes, lengthBytes: sizeBytes, name: basename(name) }, cropBoxPx: null }
    return null
  }
  const extension = extensionOf(ending)
  if (extension !== '.json' && !textEndings.includes(extension)) return null
  if (sizeBytes > largestTextBytes) return { code: 'long-text', reason: `The text has ${Math.ceil(sizeBytes / 1024).toLocaleString('en')} KiB; at most ${largestTextBytes / 1024} KiB are read.` }
  const bytes = await file.read(offsetBytes, sizeBytes)
  if (extension === '.json') return addJson(values, bytes)
  values[ending.slice(1)] = decodeBytes(bytes).text
  return null
}

async function openTable(path: string): Promise<Table> {
  const shards = await listShards(path)
  async function* rows(): AsyncGenerator<TableRow> {
    for (const shard of shards) yield* readShard(shard)
  }
  return { path, name: basename(path), pictureDir: path, problem: null, isCountable: false, enoughRows: 200, knownRowCount: null, rows }
}

export const shardReader = tableReader({
  kind: 'webdataset', label: 'WebDataset shards', openTable, listFiles: listShards,
  mayRead: look => (look.isFolder ? look.entryNames.some(isShardName) : isShardName(look.name) || compressed.test(look.name)),
  recognises: (look: SourceLook) => (look.isFolder ? look.entryNames.some(isShardName) && !look.entryNames.some(isPictureName) : isShardName(look.name) || compressed.test(look.name)),
})
