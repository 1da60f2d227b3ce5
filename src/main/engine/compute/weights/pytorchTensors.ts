// What a PyTorch pickle says about tensors: storages by key, and views of them by offset, shape and strides.
// Source: torch/_utils.py (`_rebuild_tensor_v2`) and torch/serialization.py (persistent ids), read for their format.
import { elementBytes, type NumberFormat } from './numberFormats'
import { badPickle, NamedGlobal, type GlobalFunction } from './unpickler'
import { elementCount } from './weightMap'

const storageFormats: Record<string, NumberFormat> = {
  'torch.FloatStorage': 'F32', 'torch.DoubleStorage': 'F64', 'torch.HalfStorage': 'F16', 'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64', 'torch.IntStorage': 'I32', 'torch.ShortStorage': 'I16', 'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8', 'torch.BoolStorage': 'BOOL',
}
const maximumRank = 8

export class StorageReference {
  constructor(readonly key: string, readonly format: NumberFormat, readonly elements: number) {}

  get bytes(): number {
    return this.elements * elementBytes[this.format]
  }
}

export class TensorView {
  constructor(
    readonly storage: StorageReference,
    readonly offset: number,
    readonly shape: number[],
    /** In elements; one for each axis. */
    readonly strides: number[],
  ) {}

  /** Same key, same numbers: such views may share one array. */
  get key(): string {
    return `${this.storage.key}:${this.offset}:${this.shape.join(',')}:${this.strides.join(',')}`
  }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= maximumRank && value.every(isSize)
}

/** `('storage', type, key, device, element count)` */
export function readStorageReference(id: unknown, label: string): StorageReference {
  if (!Array.isArray(id) || id[0] !== 'storage') throw badPickle(label, 'it refers to something that is no storage')
  const [, type, key, , elements] = id as unknown[]
  const format = type instanceof NamedGlobal ? storageFormats[type.name] : undefined
  if (!format || typeof key !== 'string' || !/^\w{1,32}$/.test(key) || !isSize(elements)) {
    throw badPickle(label, 'the description of a storage is malformed')
  }
  return new StorageReference(key, format, elements)
}

function rebuildTensor(args: unknown[], label: string): TensorView {
  const [storage, offset, shape, strides] = args
  if (!(storage instanceof StorageReference) || !isSize(offset) || !isSizes(shape) || !isSizes(strides) || shape.length !== strides.length) {
    throw badPickle(label, 'the description of a tensor is malformed')
  }
  const count = elementCount(shape)
  const lastElement = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset)
  // A view may repeat elements (stride 0); a saved parameter never does, and it is how a small file claims huge tensors.
  if (count > storage.elements || (count > 0 && lastElement >= storage.elements)) {
    throw badPickle(label, `a tensor of shape [${shape.join(', ')}] does not fit into its storage of ${storage.elements} numbers`)
  }
  return new TensorView(storage, offset, shape, strides)
}

function orderedDictionary(args: unknown[], label: string): Map<unknown, unknown> {
  const pairs = args[0] ?? []
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw badPickle(label, 'an ordered dictionary is malformed')
  }
  return new Map(pairs as [unknown, unknown][])
}

/** The only names a weight file may use. */
export function allowedGlobals(label: string): Map<string, GlobalFunction> {
  return new Map<string, GlobalFunction>([
    ['collections.OrderedDict', (args) => orderedDictionary(args, label)],
    ['torch._utils._rebuild_tensor_v2', (args) => rebuildTensor(args, label)],
    ['torch._utils._rebuild_tensor', (args) => rebuildTensor(args, label)],
    ['torch._utils._rebuild_parameter', (args) => args[0]],
    ['torch.Size', (args) => args[0]],
    ...Object.keys(storageFormats).map((name): [string, GlobalFunction] => [name, null]),
  ])
}

/** Copies a strided view into row-major order; gives the storage's own array where it is that already. */
export function toContiguous(storage: Float32Array, { offset, shape, strides }: TensorView): Float32Array {
  const count = elementCount(shape)
  const isRowMajor = (): boolean => {
    let expected = 1
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] !== 1 && strides[axis] !== expected) return false
      expected *= shape[axis]!
    }
    return true
  }
  if (count === 0) return new Float32Array(0)
  if (isRowMajor()) return count === storage.length ? storage : storage.slice(offset, offset + count)
  const result = new Float32Array(count)
  const index = new Array<number>(shape.length).fill(0)
  let source = offset
  for (let i = 0; i < count; i++) {
    result[i] = storage[source]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      source -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return result
}
