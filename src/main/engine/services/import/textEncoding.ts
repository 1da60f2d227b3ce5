// Text files as people have them: UTF-8 or UTF-16, with or without a byte order mark, or Windows-1252 (a superset of
// Latin-1) where the bytes are not valid UTF-8. The caller lists the last case, because letters may then be wrong.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { windows1252Sign } from '../../compute/text/mojibake'

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

const blockBytes = 256 * 1024

function encodingFromStart(bytes: Uint8Array): TextEncoding | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  // Without a mark: Latin letters of UTF-16 have a zero in every second byte, and UTF-8 text has none at all.
  const zeros = [0, 0]
  for (let index = 0; index < bytes.length; index++) if (bytes[index] === 0) zeros[index % 2]!++
  if (zeros[1]! > bytes.length / 8) return 'utf-16le'
  return zeros[0]! > bytes.length / 8 ? 'utf-16be' : null
}

interface BlockDecoder {
  decode(bytes?: Uint8Array, options?: { stream: boolean }): string
}

/** One byte is one character, so there is nothing to keep between blocks. */
const windows1252Decoder: BlockDecoder = {
  decode: (bytes = new Uint8Array()) =>
    // Node 20's TextDecoder reads windows-1252 as Latin-1, which turns € and curly quotes into control characters.
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').replace(/[\u0080-\u009f]/g, (control) => windows1252Sign(control.charCodeAt(0))),
}

const decoderOf = (encoding: TextEncoding): BlockDecoder => (encoding === 'windows-1252' ? windows1252Decoder : new TextDecoder(encoding))

export async function detectEncoding(path: string): Promise<TextEncoding> {
  const file = await open(path, 'r')
  try {
    const start = Buffer.alloc(4096)
    const { bytesRead } = await file.read(start, 0, start.length, 0)
    const known = encodingFromStart(start.subarray(0, bytesRead))
    if (known !== null) return known
    const decoder = new TextDecoder('utf-8', { fatal: true })
    const block = Buffer.alloc(blockBytes)
    for (let position = 0; ;) {
      const read = await file.read(block, 0, blockBytes, position)
      decoder.decode(block.subarray(0, read.bytesRead), { stream: read.bytesRead > 0 })
      if (read.bytesRead === 0) return 'utf-8'
      position += read.bytesRead
    }
  } catch (thrown) {
    if (thrown instanceof TypeError) return 'windows-1252'
    throw thrown
  } finally {
    await file.close()
  }
}

export function decodeBytes(bytes: Uint8Array): { text: string; encoding: TextEncoding } {
  const known = encodingFromStart(bytes)
  if (known !== null) return { text: new TextDecoder(known).decode(bytes), encoding: known }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' }
  } catch {
    return { text: windows1252Decoder.decode(bytes), encoding: 'windows-1252' }
  }
}

/** The text of a file in blocks, without the byte order mark. */
export async function* readTextBlocks(path: string, encoding: TextEncoding): AsyncGenerator<string> {
  const decoder = decoderOf(encoding)
  for await (const bytes of createReadStream(path, { highWaterMark: blockBytes })) {
    const text = decoder.decode(bytes as Uint8Array, { stream: true })
    if (text !== '') yield text
  }
  const rest = decoder.decode()
  if (rest !== '') yield rest
}
