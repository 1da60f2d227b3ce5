// Builds PyTorch weight files byte by byte, so that tests can make ones that torch.save never would.
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

/** Pieces of a protocol 2 pickle. Each gives the opcodes that push its value. */
export const pickle = {
  text: (text: string): Buffer => Buffer.concat([ascii('X'), uint32(Buffer.byteLength(text)), Buffer.from(text)]),
  int: (value: number): Buffer => Buffer.concat([ascii('J'), uint32(value)]),
  real: (value: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value)
    return Buffer.concat([ascii('G'), bytes])
  },
  none: ascii('N'),
  true: Buffer.from([0x88]),
  false: Buffer.from([0x89]),
  global: (module: string, name: string): Buffer => ascii(`c${module}\n${name}\n`),
  tuple: (...values: Buffer[]): Buffer => Buffer.concat([ascii('('), ...values, ascii('t')]),
  list: (...values: Buffer[]): Buffer => Buffer.concat([ascii('](', ), ...values, ascii('e')]),
  dictionary: (entries: [string, Buffer][]): Buffer =>
    Buffer.concat([ascii('}('), ...entries.flatMap(([key, value]) => [pickle.text(key), value]), ascii('u')]),
  call: (callee: Buffer, args: Buffer): Buffer => Buffer.concat([callee, args, ascii('R')]),
  /** As state dicts carry their version: sets attributes on the value. */
  build: (value: Buffer, state: Buffer): Buffer => Buffer.concat([value, state, ascii('b')]),
  storage: (type: string, key: string, elements: number): Buffer =>
    Buffer.concat([pickle.tuple(pickle.text('storage'), pickle.global('torch', type), pickle.text(key), pickle.text('cpu'), pickle.int(elements)), ascii('Q')]),
  tensor: (storage: Buffer, offset: number, shape: number[], strides: number[]): Buffer =>
    pickle.call(
      pickle.global('torch._utils', '_rebuild_tensor_v2'),
      pickle.tuple(storage, pickle.int(offset), pickle.tuple(...shape.map(pickle.int)), pickle.tuple(...strides.map(pickle.int)), pickle.false, pickle.call(pickle.global('collections', 'OrderedDict'), ascii(')'))),
    ),
  file: (value: Buffer): Buffer => Buffer.concat([Buffer.from([0x80, 2]), value, ascii('.')]),
}

/** A zip file of stored (or, by claim only, compressed) entries. Check sums are 0: readers of weights do not check them. */
export function zipFile(entries: Record<string, Uint8Array>, compressionMethod = 0): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, bytes] of Object.entries(entries)) {
    const nameBytes = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(compressionMethod, 4)
    common.writeUInt32LE(bytes.length, 14)
    common.writeUInt32LE(bytes.length, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    bodies.push(uint32(0x04034b50), common, nameBytes, Buffer.from(bytes))
    directory.push(uint32(0x02014b50), Buffer.from([20, 0]), common, Buffer.alloc(10), uint32(offset), nameBytes)
    offset += 30 + nameBytes.length + bytes.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(Object.keys(entries).length, 4)
  end.writeUInt16LE(Object.keys(entries).length, 6)
  end.writeUInt32LE(listing.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...bodies, listing, uint32(0x06054b50), end])
}

export const float32Bytes = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)
