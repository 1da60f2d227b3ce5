// Storage formats of numbers, to and from float32. All files read here are little-endian.
import { endianness } from 'node:os'

export const elementBytes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const
export type NumberFormat = keyof typeof elementBytes

const scratch = new DataView(new ArrayBuffer(4))

export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24 // zero and subnormals
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Nearest half-precision number, ties to even. Beyond ±65504 becomes infinite, as the format demands. */
export function floatToHalf(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00) // not a number, infinite
  if (magnitude < 0x38800000) {
    // Below 2^-14: a multiple of 2^-24. The sum with 0.5 makes float32 itself round to that grid, ties to even.
    scratch.setUint32(0, magnitude)
    scratch.setFloat32(0, scratch.getFloat32(0) + 0.5)
    return sign | (scratch.getUint32(0) - 0x3f000000)
  }
  const odd = (magnitude >>> 13) & 1
  const rounded = (magnitude - 0x38000000 + 0xfff + odd) >>> 13
  return sign | Math.min(rounded, 0x7c00)
}

/**
 * Decodes numbers into a new float32 array. Integers beyond 2^24 lose their last digits.
 * @param bytes exactly count × elementBytes[format] bytes, at any alignment
 */
export function toFloat32(bytes: Uint8Array, format: NumberFormat): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = bytes.byteLength / elementBytes[format]
  const result = new Float32Array(count)
  const fill = (read: (index: number) => number): Float32Array => {
    for (let i = 0; i < count; i++) result[i] = read(i)
    return result
  }
  switch (format) {
    case 'F32':
      if (endianness() === 'BE') return fill((i) => view.getFloat32(i * 4, true))
      new Uint8Array(result.buffer).set(bytes)
      return result
    case 'F64': return fill((i) => view.getFloat64(i * 8, true))
    case 'F16': return fill((i) => halfToFloat(view.getUint16(i * 2, true)))
    case 'BF16': {
      const words = new Uint32Array(result.buffer) // bfloat16 is the upper half of a float32
      for (let i = 0; i < count; i++) words[i] = view.getUint16(i * 2, true) << 16
      return result
    }
    case 'I64': return fill((i) => Number(view.getBigInt64(i * 8, true)))
    case 'I32': return fill((i) => view.getInt32(i * 4, true))
    case 'I16': return fill((i) => view.getInt16(i * 2, true))
    case 'I8': return fill((i) => view.getInt8(i))
    case 'U8': return fill((i) => bytes[i]!)
    case 'BOOL': return fill((i) => (bytes[i] ? 1 : 0))
  }
}

/** Encodes float32 numbers as F32 or F16 bytes. The F32 bytes may share the array's memory. */
export function fromFloat32(data: Float32Array, format: 'F32' | 'F16'): Uint8Array {
  if (format === 'F32') {
    if (endianness() === 'LE') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const view = new DataView(new ArrayBuffer(data.length * 4))
    data.forEach((value, i) => view.setFloat32(i * 4, value, true))
    return new Uint8Array(view.buffer)
  }
  const view = new DataView(new ArrayBuffer(data.length * 2))
  for (let i = 0; i < data.length; i++) view.setUint16(i * 2, floatToHalf(data[i]!), true)
  return new Uint8Array(view.buffer)
}
