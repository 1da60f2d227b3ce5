// Writes weights as `torch.save` does: a zip of stored entries with one pickle that describes the tensors and one file of
// numbers per storage. Tensors that are one array here share one storage there, as tied weights do.
// Source: torch/serialization.py and torch/_utils.py, read for their format; the opcodes are those of pickle protocol 2.
import { open, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { elementBytes, fromFloat32 } from '../weights/numberFormats'
import type { WeightMap } from '../weights/namedArray'
import { elementCount } from '../weights/weightMap'

type Format = 'F32' | 'F16'
const storageTypes: Record<Format, string> = { F32: 'FloatStorage', F16: 'HalfStorage' }
/** So that PyTorch can map the numbers in place. */
const alignmentBytes = 64
const maximumZipBytes = 2 ** 32 - 1
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Opcodes that push a value. */
const push = {
  text: (text: string): Buffer => Buffer.concat([latin1('X'), uint32(Buffer.byteLength(text)), Buffer.from(text)]),
  int: (value: number): Buffer => Buffer.concat([latin1('J'), uint32(value)]),
  tuple: (...values: Buffer[]): Buffer => Buffer.concat([latin1('('), ...values, latin1('t')]),
  global: (module: string, name: string): Buffer => latin1(`c${module}\n${name}\n`),
}
const emptyOrderedDictionary = Buffer.concat([push.global('collections', 'OrderedDict'), latin1(')R')])

function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

function tensorOpcodes(key: string, shape: readonly number[], format: Format): Buffer {
  const storage = Buffer.concat([
    push.tuple(push.text('storage'), push.global('torch', storageTypes[format]), push.text(key), push.text('cpu'), push.int(elementCount(shape))), latin1('Q'),
  ])
  const args = push.tuple(storage, push.int(0), push.tuple(...shape.map(push.int)), push.tuple(...rowMajorStrides(shape).map(push.int)), Buffer.from([0x89]), emptyOrderedDictionary)
  return Buffer.concat([push.global('torch._utils', '_rebuild_tensor_v2'), args, latin1('R')])
}

/** The pickle, and the arrays of the storages by key. */
export function pickleStateDict(weights: WeightMap, format: Format): { pickle: Buffer; storages: Map<string, Float32Array> } {
  const keys = new Map<Float32Array, string>()
  const items: Buffer[] = []
  for (const [name, { shape, data }] of weights) {
    if (data.length !== elementCount(shape)) throw new RangeError(`Expected ${elementCount(shape)} numbers for “${name}” of shape [${shape.join(', ')}], got ${data.length}.`)
    const key = keys.get(data) ?? String(keys.size)
    keys.set(data, key)
    items.push(push.text(name), tensorOpcodes(key, shape, format))
  }
  const pickle = Buffer.concat([Buffer.from([0x80, 2]), emptyOrderedDictionary, latin1('('), ...items, latin1('u.')])
  return { pickle, storages: new Map([...keys].map(([data, key]) => [key, data])) }
}

class ZipWriter {
  private readonly directory: Buffer[] = []
  private position = 0

  constructor(private readonly file: FileHandle) {}

  private async put(bytes: Uint8Array): Promise<void> {
    let done = 0
    while (done < bytes.length) done += (await this.file.write(bytes, done, bytes.length - done)).bytesWritten
    this.position += bytes.length
  }

  /** Fields that the local header and the listing have in common, from the needed version on. */
  private common(name: Buffer, bytes: Uint8Array): Buffer {
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(0x21, 8) // 1 January 1980: equal weights make equal files
    fields.writeUInt32LE(crc32(bytes), 10)
    fields.writeUInt32LE(bytes.length, 14)
    fields.writeUInt32LE(bytes.length, 18)
    fields.writeUInt16LE(name.length, 22)
    return fields
  }

  async add(name: string, bytes: Uint8Array): Promise<void> {
    const nameBytes = Buffer.from(name)
    const offset = this.position
    const common = this.common(nameBytes, bytes)
    const local = Buffer.from(common)
    // An extra field of its own kind (“FB”), as PyTorch writes it, moves the numbers to an aligned place.
    const padding = (alignmentBytes - ((offset + 4 + 26 + nameBytes.length + 4) % alignmentBytes)) % alignmentBytes
    local.writeUInt16LE(4 + padding, 24)
    const extra = Buffer.alloc(4 + padding, 'Z')
    extra.write('FB', 0, 'latin1')
    extra.writeUInt16LE(padding, 2)
    if (offset + bytes.length + alignmentBytes > maximumZipBytes) throw new RangeError('Expected weights of less than 4 GB; write safetensors instead.')
    await this.put(Buffer.concat([uint32(0x04034b50), local, nameBytes, extra]))
    await this.put(bytes)
    this.directory.push(Buffer.concat([uint32(0x02014b50), Buffer.from([20, 0]), common, Buffer.alloc(10), uint32(offset), nameBytes]))
  }

  async finish(): Promise<void> {
    const listing = Buffer.concat(this.directory)
    const end = Buffer.alloc(18)
    end.writeUInt16LE(this.directory.length, 4)
    end.writeUInt16LE(this.directory.length, 6)
    end.writeUInt32LE(listing.length, 8)
    end.writeUInt32LE(this.position, 12)
    await this.put(Buffer.concat([listing, uint32(0x06054b50), end]))
  }
}

/** Writes the file and flushes it; one storage at a time is in memory beside the weights. */
export async function writeTorchFile(path: string, weights: WeightMap, format: Format = 'F32'): Promise<void> {
  const { pickle, storages } = pickleStateDict(weights, format)
  const file = await open(path, 'wx')
  try {
    const zip = new ZipWriter(file)
    await zip.add('pytorch_model/data.pkl', pickle)
    await zip.add('pytorch_model/byteorder', latin1('little'))
    for (const [key, data] of storages) {
      const bytes = fromFloat32(data, format)
      if (bytes.length !== data.length * elementBytes[format]) throw new RangeError(`Storage ${key} has an unexpected length.`)
      await zip.add(`pytorch_model/data/${key}`, bytes)
    }
    await zip.add('pytorch_model/version', latin1('3\n'))
    await zip.finish()
    await file.sync()
  } finally {
    await file.close()
  }
}
