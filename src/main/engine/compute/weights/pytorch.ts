// Reads the weights that `torch.save` writes: a zip with one pickle and one file per storage.
import { open as openFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from './namedArray'
import { toFloat32 } from './numberFormats'
import { allowedGlobals, readStorageReference, TensorView, toContiguous, type StorageReference } from './pytorchTensors'
import { badPickle, unpickle } from './unpickler'
import { elementCount } from './weightMap'
import { openZipArchive, type ZipArchive } from './zipArchive'

/** A state dict needs about 100 bytes a tensor; an optimizer beside it a few times that. */
const maximumPickleBytes = 8 * 1024 * 1024
/** Two views of one byte storage give two numbers a byte; far more than that is a file made to fill memory. */
const maximumNumbersPerFileByte = 4
const pickleSuffix = 'data.pkl'
/** Enough for the mark of a tar archive, which is at byte 257. */
const signatureBytes = 262

/**
 * Reads a state dict as float32. A wrapping `{"state_dict": …}` is opened, a `module.` before every name is taken off.
 * Names whose tensors share a storage (tied weights) may share one array: treat the arrays as read-only.
 * @param accept reads only the tensors for whose names (without `module.`) this is true; by default all
 * @throws AppError 'unreadable-file' where the file cannot be opened, 'bad-model' where its content is wrong
 */
export async function readPytorch(path: string, accept: (name: string) => boolean = () => true): Promise<WeightMap> {
  const label = `“${basename(path)}”`
  const fileBytes = await checkSignature(path, label)
  let archive: ZipArchive | null = null
  try {
    archive = await openZipArchive(path)
    return await readArchive(archive, fileBytes, label, accept)
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown
    throw badPickle(label, (thrown as Error).message)
  } finally {
    archive?.close()
  }
}

/** @returns the file's size */
async function checkSignature(path: string, label: string): Promise<number> {
  const file = await openFile(path, 'r').catch((cause: unknown) => {
    throw new AppError('unreadable-file', `${label} cannot be opened: ${(cause as Error).message}.`, 'Check the path and its permissions.', { cause })
  })
  try {
    const start = Buffer.alloc(signatureBytes)
    await file.read(start, 0, signatureBytes, 0)
    if (start.toString('latin1', 0, 4) !== 'PK\u0003\u0004') throw refuseSignature(start, label)
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

/** Says what the file is instead of a zip, and what helps. */
function refuseSignature(start: Buffer, label: string): AppError {
  // A pickle of protocol 2 or later, or a tar archive (PyTorch before 0.1.11).
  if (start[0] === 0x80 || start.toString('latin1', 257, 262) === 'ustar') {
    return new AppError(
      'bad-model', `${label} is in the format of PyTorch before 1.6, which is not read: it is one program without bounds.`,
      'Open it with a current PyTorch where you trust it, and save it again: torch.save(torch.load("old.pt", map_location="cpu"), "new.pt").',
    )
  }
  const text = start.toString('latin1')
  if (text.startsWith('version https://git-lfs')) {
    return new AppError('bad-model', `${label} is a Git LFS pointer, not the weights themselves.`, 'Run “git lfs pull” in the folder, or pull the model here by its name.')
  }
  if (/^\s*<(!doctype|html)/i.test(text)) return new AppError('bad-model', `${label} is a web page, not weights.`, 'Download the file itself, or pull the model here by its name.')
  return badPickle(label, 'it is no zip file')
}

async function readArchive(archive: ZipArchive, fileBytes: number, label: string, accept: (name: string) => boolean): Promise<WeightMap> {
  const pickleNames = [...archive.entries.keys()].filter((name) => name === pickleSuffix || name.endsWith(`/${pickleSuffix}`))
  const pickleName = pickleNames[0]
  if (pickleNames.length !== 1 || !pickleName) throw badPickle(label, `expected one data.pkl inside, found ${pickleNames.length}`)
  const folder = pickleName.slice(0, -pickleSuffix.length)
  const pickleEntry = archive.entries.get(pickleName)!
  if (pickleEntry.uncompressedSize > maximumPickleBytes) throw badPickle(label, `its data.pkl has ${pickleEntry.uncompressedSize} bytes`)
  const byteOrder = archive.entries.get(`${folder}byteorder`)
  if (byteOrder && Buffer.from(await archive.read(byteOrder)).toString('latin1').trim() === 'big') {
    throw badPickle(label, 'its numbers are big-endian')
  }

  const root = unpickle(await archive.read(pickleEntry), {
    label,
    globals: allowedGlobals(label),
    persistent: (id) => readStorageReference(id, label),
  })
  const views = new Map([...findStateDict(root, label)].filter(([name]) => accept(name)))

  const total = [...views.values()].reduce((sum, view) => sum + elementCount(view.shape), 0)
  if (total > fileBytes * maximumNumbersPerFileByte) {
    throw badPickle(label, `it claims ${total} numbers, more than a file of ${fileBytes} bytes can hold`)
  }

  const readStorage = async (storage: StorageReference): Promise<Float32Array> => {
    const entry = archive.entries.get(`${folder}data/${storage.key}`)
    if (!entry) throw badPickle(label, `storage ${storage.key} is missing`)
    if (entry.uncompressedSize !== storage.bytes) {
      throw badPickle(label, `storage ${storage.key} has ${entry.uncompressedSize} bytes, expected ${storage.bytes}`)
    }
    return toFloat32(await archive.read(entry), storage.format)
  }

  // Storage by storage, so that memory holds no more than the result and one storage beside it.
  const byStorage = new Map<string, [name: string, view: TensorView][]>()
  for (const [name, view] of views) {
    const sharing = byStorage.get(view.storage.key) ?? []
    sharing.push([name, view])
    byStorage.set(view.storage.key, sharing)
  }
  const found: WeightMap = new Map()
  for (const [key, sharing] of byStorage) {
    const storage = await readStorage(sharing[0]![1].storage)
    const arrays = new Map<string, Float32Array>()
    for (const [name, view] of sharing) {
      if (storage.length !== view.storage.elements) throw badPickle(label, `storage ${key} is described in two ways`)
      const data = arrays.get(view.key) ?? toContiguous(storage, view)
      arrays.set(view.key, data)
      found.set(name, { shape: view.shape, data })
    }
  }
  // In the order of the file.
  return new Map([...views.keys()].map((name) => [name, found.get(name)!]))
}

function findStateDict(root: unknown, label: string): Map<string, TensorView> {
  let dictionary = root
  if (dictionary instanceof Map && dictionary.get('state_dict') instanceof Map) dictionary = dictionary.get('state_dict')
  if (!(dictionary instanceof Map)) throw badPickle(label, 'it holds no dictionary of weights')
  const views = new Map<string, TensorView>()
  for (const [name, value] of dictionary) if (typeof name === 'string' && value instanceof TensorView) views.set(name, value)
  if (views.size === 0) throw badPickle(label, 'its dictionary holds no tensors')
  const wrapper = 'module.'
  if (![...views.keys()].every((name) => name.startsWith(wrapper))) return views
  return new Map([...views].map(([name, view]) => [name.slice(wrapper.length), view]))
}
