// Random access to the entries of a zip file, for PyTorch weights. Only entries stored without compression are read:
// PyTorch writes no others, and so no entry can grow beyond the file that holds it.
import { open, type Entry, type ZipFile } from 'yauzl'

const storedMethod = 0

export interface ZipArchive {
  entries: Map<string, Entry>
  /** @throws Error where the entry is compressed, encrypted or cut short */
  read: (entry: Entry) => Promise<Uint8Array>
  close: () => void
}

export async function openZipArchive(path: string): Promise<ZipArchive> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, opened) => (error ? reject(error) : resolve(opened)))
  })
  try {
    const entries = await listEntries(zip)
    return { entries, read: (entry) => readEntry(zip, entry), close: () => zip.close() }
  } catch (thrown) {
    zip.close()
    throw thrown
  }
}

function listEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>()
    zip.on('entry', (entry: Entry) => {
      // Two entries of one name show different readers different weights.
      if (entries.has(entry.fileName)) {
        reject(new Error(`it has two entries named “${entry.fileName}”`))
        return
      }
      entries.set(entry.fileName, entry)
      zip.readEntry()
    })
    zip.on('end', () => resolve(entries))
    zip.on('error', reject)
    zip.readEntry()
  })
}

async function readEntry(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  if (entry.compressionMethod !== storedMethod) throw new Error(`entry “${entry.fileName}” is compressed, which PyTorch never does`)
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)))
  })
  const bytes = new Uint8Array(entry.uncompressedSize)
  // Events, not `for await`: yauzl's streams replace `destroy` with one that never tells the iterator it is done.
  return new Promise((resolve, reject) => {
    let filled = 0
    stream.on('data', (chunk: Buffer) => {
      bytes.set(chunk, filled) // yauzl itself fails the stream where it is longer than the entry's size
      filled += chunk.length
    })
    stream.on('end', () => {
      if (filled === bytes.length) resolve(bytes)
      else reject(new Error(`entry “${entry.fileName}” ends after ${filled} of ${bytes.length} bytes`))
    })
    stream.on('error', reject)
  })
}
