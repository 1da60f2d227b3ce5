// Reads and writes safetensors files, one tensor at a time so that memory holds no second copy of a model.
import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '../../../../shared/errors'
import type { WeightMap } from './namedArray'
import { elementBytes, fromFloat32, toFloat32 } from './numberFormats'
import { replaceFile } from './replaceFile'
import { badSafetensors, checkHeaderLength, parseHeader } from './safetensorsHeader'
import { elementCount } from './weightMap'

export interface SafetensorsFile {
  weights: WeightMap
  metadata: Record<string, string>
}

async function readExactly(file: FileHandle, bytes: Uint8Array, position: number, label: string): Promise<void> {
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled)
    if (bytesRead === 0) throw badSafetensors(label, `it ends after ${position + filled} bytes`)
    filled += bytesRead
  }
}

/**
 * Reads a whole file, every number as float32.
 * @param accept reads only the tensors for whose names this is true; by default all
 * @throws AppError 'unreadable-file' where the file cannot be opened, 'bad-model' where its content is wrong
 */
export async function readSafetensors(path: string, accept: (name: string) => boolean = () => true): Promise<SafetensorsFile> {
  const label = `“${basename(path)}”`
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new AppError('unreadable-file', `${label} cannot be opened: ${(cause as Error).message}.`, 'Check the path and its permissions.', { cause })
  })
  try {
    const { size } = await file.stat()
    if (size < 8) throw badSafetensors(label, `expected at least 8 bytes, it has ${size}`)
    const lengthField = Buffer.alloc(8)
    await readExactly(file, lengthField, 0, label)
    const headerBytes = checkHeaderLength(lengthField.readBigUInt64LE(), size, label)
    const json = Buffer.alloc(headerBytes)
    await readExactly(file, json, 8, label)
    const dataStart = 8 + headerBytes
    const { entries, metadata } = parseHeader(json.toString('utf8'), size - dataStart, label)
    const weights: WeightMap = new Map()
    for (const entry of entries) {
      if (!accept(entry.name)) continue
      const bytes = new Uint8Array(entry.endByte - entry.startByte)
      await readExactly(file, bytes, dataStart + entry.startByte, label)
      weights.set(entry.name, { shape: entry.shape, data: toFloat32(bytes, entry.format) })
    }
    return { weights, metadata }
  } finally {
    await file.close()
  }
}

export interface WriteOptions {
  /** F16 halves the file; each number is rounded to 11 significant bits. */
  format?: 'F32' | 'F16'
  metadata?: Record<string, string>
}

/** Writes the file in one step (see `replaceFile`). Names keep their order. */
export async function writeSafetensors(path: string, weights: WeightMap, options: WriteOptions = {}): Promise<void> {
  const format = options.format ?? 'F32'
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  if (options.metadata) header['__metadata__'] = options.metadata
  let offset = 0
  for (const [name, { shape, data }] of weights) {
    if (data.length !== elementCount(shape)) {
      throw new RangeError(`Expected ${elementCount(shape)} numbers for “${name}” of shape [${shape.join(', ')}], got ${data.length}.`)
    }
    const endByte = offset + data.length * elementBytes[format]
    header[name] = { dtype: format, shape, data_offsets: [offset, endByte] }
    offset = endByte
  }
  // Padded with spaces to a multiple of 8, so that other readers can map the numbers in place.
  const text = Buffer.from(JSON.stringify(header), 'utf8')
  const json = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ')
  text.copy(json)
  const lengthField = Buffer.alloc(8)
  lengthField.writeBigUInt64LE(BigInt(json.length))
  await replaceFile(path, async (file) => {
    await writeFully(file, lengthField)
    await writeFully(file, json)
    for (const { data } of weights.values()) await writeFully(file, fromFloat32(data, format))
  })
}

/** `write` may write less than asked when the disk is nearly full; the next call then reports ENOSPC. */
async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0
  while (done < bytes.length) done += (await file.write(bytes, done, bytes.length - done)).bytesWritten
}
