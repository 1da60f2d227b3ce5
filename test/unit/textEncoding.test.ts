import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeBytes, detectEncoding, readTextBlocks } from '../../src/main/engine/services/import/textEncoding'
import { temporaryFolder } from '../helpers/temporaryFolder'

const folder = temporaryFolder()

async function readAll(path: string): Promise<string> {
  let text = ''
  for await (const block of readTextBlocks(path, await detectEncoding(path))) text += block
  return text
}

// “Café” for 5 €, as Windows-1252 writes it; 0xe9 0x94 is not UTF-8.
const western = Uint8Array.of(0x93, 0x43, 0x61, 0x66, 0xe9, 0x94, 0x20, 0x35, 0x20, 0x80)

describe('text files as people have them', () => {
  it('reads curly quotes and the euro sign of Windows-1252, whole and in blocks', async () => {
    expect(decodeBytes(western)).toEqual({ text: '“Café” 5 €', encoding: 'windows-1252' })
    const path = join(folder, 'western.csv')
    await writeFile(path, western)
    expect(await readAll(path)).toBe('“Café” 5 €')
  })

  it.each([
    ['utf-8', Buffer.from('“Café” 5 €', 'utf8')],
    ['utf-8', Buffer.from('\ufeff“Café” 5 €', 'utf8')],
    ['utf-16le', Buffer.from('\ufeff“Café” 5 €', 'utf16le')],
    ['utf-16be', Buffer.from('\ufeff“Café” 5 €', 'utf16le').swap16()],
  ])('reads %s, with and without its mark', async (encoding, bytes) => {
    expect(decodeBytes(bytes)).toEqual({ text: '“Café” 5 €', encoding })
    const path = join(folder, 'text.csv')
    await writeFile(path, bytes)
    expect(await readAll(path)).toBe('“Café” 5 €')
  })
})
