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
  let filled = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (filled + chunk.length > bytes.length) throw new Error(`entry “${entry.fileName}” is longer than its size says`)
    bytes.set(chunk, filled)
    filled += chunk.length
  }
  if (filled !== bytes.length) throw new Error(`entry “${entry.fileName}” ends after ${filled} of ${bytes.length} bytes`)
  return bytes
}
