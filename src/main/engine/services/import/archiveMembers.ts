// Walks through an uncompressed tar without unpacking it: where each regular file lies, and what is wrong with the others.
// Nothing is ever written under a name from the archive; names that lead elsewhere are refused all the same, because such
// an archive was made to do harm. Sources: POSIX ustar and pax, GNU long names and base-256 sizes.
import { open, type FileHandle } from 'node:fs/promises'
import type { RowProblem } from './sourceRow'

export type ArchiveMember =
  | { name: string; offsetBytes: number; sizeBytes: number; problem: null }
  | { name: string; problem: RowProblem; isFatal: boolean }

const blockBytes = 512
const windowBytes = 128 * 1024
/** Names and their extensions take some hundred bytes. */
const longestHeaderBytes = 1024 * 1024

/** A window over a file, because headers and small members lie close together. */
export class ArchiveFile {
  #window = Buffer.alloc(0)
  #windowStart = 0

  private constructor(private readonly file: FileHandle, readonly sizeBytes: number) {}

  static async open(path: string): Promise<ArchiveFile> {
    const file = await open(path, 'r')
    return new ArchiveFile(file, (await file.stat()).size)
  }

  async read(offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    const from = offsetBytes - this.#windowStart
    if (from >= 0 && from + lengthBytes <= this.#window.length) return this.#window.subarray(from, from + lengthBytes)
    const bytes = Buffer.alloc(Math.max(lengthBytes, windowBytes))
    const { bytesRead } = await this.file.read(bytes, 0, bytes.length, offsetBytes)
    this.#window = bytes.subarray(0, bytesRead)
    this.#windowStart = offsetBytes
    return this.#window.subarray(0, lengthBytes)
  }

  close(): Promise<void> {
    return this.file.close()
  }
}

const textOf = (bytes: Buffer): string => {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}

/** Octal digits, or big-endian bytes behind a set first bit. NaN when it is neither. */
function numberOf(bytes: Buffer): number {
  if ((bytes[0]! & 0x80) === 0) {
    const digits = textOf(bytes).trim()
    return /^[0-7]*$/.test(digits) ? parseInt(digits || '0', 8) : NaN
  }
  let value = bytes[0]! & 0x7f
  for (const byte of bytes.subarray(1)) value = value * 256 + byte
  return value
}

function hasRightSum(header: Buffer): boolean {
  let sum = 8 * 32
  for (let index = 0; index < blockBytes; index++) if (index < 148 || index >= 156) sum += header[index]!
  return sum === numberOf(header.subarray(148, 156))
}

/** Records “length key=value\n”. */
function readPax(bytes: Buffer): Map<string, string> {
  const values = new Map<string, string>()
  for (let position = 0; position < bytes.length;) {
    const space = bytes.indexOf(32, position)
    const length = space === -1 ? NaN : Number(bytes.toString('latin1', position, space))
    if (!Number.isInteger(length) || length <= 0 || position + length > bytes.length) break
    const record = bytes.toString('utf8', space + 1, position + length - 1)
    const equals = record.indexOf('=')
    if (equals > 0) values.set(record.slice(0, equals), record.slice(equals + 1))
    position += length
  }
  return values
}

const isEscape = (name: string): boolean => /^([/\\]|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes('..')
const kindNames: Record<string, string> = { 1: 'a hard link', 2: 'a symbolic link', 3: 'a device', 4: 'a device', 6: 'a pipe', S: 'a sparse file', D: 'a folder listing', V: 'a volume label', M: 'a part of another archive' }

export async function* readArchiveMembers(file: ArchiveFile): AsyncGenerator<ArchiveMember> {
  let longName: string | null = null
  let pax = new Map<string, string>()
  for (let offset = 0; ;) {
    if (offset === file.sizeBytes && offset > 0) return
    const header = await file.read(offset, blockBytes)
    if (header.length < blockBytes) {
      yield fatal('', 'truncated-archive', 'The archive ends in the middle of a header; it was cut short. What came before was read.')
      return
    }
    if (header.every(byte => byte === 0)) return
    const ownName = [textOf(header.subarray(345, 500)), textOf(header.subarray(0, 100))]
    const isUstar = header.toString('latin1', 257, 262) === 'ustar'
    const shortName = isUstar && header[262] === 0 ? ownName.filter(part => part !== '').join('/') : ownName[1]!
    const type = String.fromCharCode(header[156]!)
    const size = pax.has('size') && type !== 'x' ? Number(pax.get('size')) : numberOf(header.subarray(124, 136))
    if (!hasRightSum(header) || !Number.isSafeInteger(size) || size < 0) {
      yield fatal('', 'broken-archive', `The header at byte ${offset.toLocaleString('en')} is damaged, or the file is no tar archive. What came before was read.`)
      return
    }
    const start = offset + blockBytes
    const isExtension = type === 'L' || type === 'K' || type === 'x' || type === 'g'
    const name = isExtension ? shortName : pax.get('path') ?? longName ?? shortName
    offset = start + Math.ceil(size / blockBytes) * blockBytes
    if (start + size > file.sizeBytes) {
      yield fatal(name, 'truncated-archive', `The archive ends in the middle of “${name}”: ${size.toLocaleString('en')} bytes were announced. Get the archive again.`)
      return
    }
    if (isExtension) {
      if (size > longestHeaderBytes) {
        yield fatal(name, 'broken-archive', `A name of ${size.toLocaleString('en')} bytes is announced; the archive is damaged or made to do harm.`)
        return
      }
      const bytes = await file.read(start, size)
      if (type === 'L') longName = textOf(bytes)
      else if (type === 'x') pax = readPax(bytes)
      continue
    }
    longName = null
    pax = new Map()
    if (type === '5') continue
    if (isEscape(name)) yield { name, isFatal: false, problem: { code: 'path-escape', reason: `The name “${name}” leads out of the archive; the member is not read.` } }
    else if (type !== '0' && type !== '\0' && type !== '7') {
      yield { name, isFatal: false, problem: { code: 'not-a-file', reason: `“${name}” is ${kindNames[type] ?? `a member of unknown kind “${type}”`}; only files are read from archives.` } }
    } else yield { name, offsetBytes: start, sizeBytes: size, problem: null }
  }
}

const fatal = (name: string, code: string, reason: string): ArchiveMember => ({ name, isFatal: true, problem: { code, reason } })
