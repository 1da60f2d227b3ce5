// The safetensors header: eight bytes of length, then JSON that says where each tensor lies. Nothing in it is trusted.
// Source: the format section of the safetensors README (huggingface/safetensors).
import { AppError } from '../../../../shared/errors'
import { elementBytes, type NumberFormat } from './numberFormats'
import { elementCount } from './weightMap'

/** The reference implementation's limit; the header of the largest published models is below 1 MB. */
export const maximumHeaderBytes = 100_000_000
const maximumRank = 8

export interface TensorEntry {
  name: string
  format: NumberFormat
  shape: number[]
  /** Within the data that follows the header; the end is exclusive. */
  startByte: number
  endByte: number
}

export interface SafetensorsHeader {
  /** In file order. */
  entries: TensorEntry[]
  metadata: Record<string, string>
}

export function badSafetensors(label: string, reason: string, cause?: unknown): AppError {
  return new AppError(
    'bad-model', `${label} is no valid safetensors file: ${reason}.`,
    'Download or copy the file again; it may be cut short or of another format.', { cause },
  )
}

/** Checks the length field against the limit and the file, before anything of that size is allocated. */
export function checkHeaderLength(length: bigint, fileBytes: number, label: string): number {
  if (length > BigInt(maximumHeaderBytes)) {
    throw badSafetensors(label, `expected a header of at most ${maximumHeaderBytes} bytes, it claims ${length}`)
  }
  if (length < 2n || 8n + length > BigInt(fileBytes)) {
    throw badSafetensors(label, `the header claims ${length} bytes, the file has ${Math.max(fileBytes - 8, 0)} after the length`)
  }
  return Number(length)
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readEntry(name: string, value: unknown, dataBytes: number, label: string): TensorEntry {
  const fail = (reason: string): AppError => badSafetensors(label, `tensor “${name}” ${reason}`)
  if (!isObject(value)) throw fail('has no description')
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string' || !Object.hasOwn(elementBytes, dtype)) {
    throw fail(`has type ${JSON.stringify(dtype)}; expected one of ${Object.keys(elementBytes).join(', ')}`)
  }
  if (!Array.isArray(shape) || shape.length > maximumRank || !shape.every(isSize)) throw fail('has no valid shape')
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) throw fail('has no valid offsets')
  const [startByte, endByte] = offsets as [number, number]
  const format = dtype as NumberFormat
  const expectedBytes = elementCount(shape) * elementBytes[format]
  if (endByte - startByte !== expectedBytes) {
    throw fail(`of shape [${shape.join(', ')}] needs ${expectedBytes} bytes, its offsets give ${endByte - startByte}`)
  }
  if (endByte > dataBytes) throw fail(`ends at byte ${endByte}, the file has ${dataBytes} bytes of data`)
  return { name, format, shape, startByte, endByte }
}

/** @throws AppError 'bad-model' unless the tensors cover the data exactly, without holes or overlaps. */
export function parseHeader(json: string, dataBytes: number, label: string): SafetensorsHeader {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch (cause) {
    throw badSafetensors(label, 'the header is not JSON', cause)
  }
  if (!isObject(parsed)) throw badSafetensors(label, 'the header is not a JSON object')
  const metadata: Record<string, string> = {}
  const entries: TensorEntry[] = []
  for (const [name, value] of Object.entries(parsed)) {
    if (name !== '__metadata__') entries.push(readEntry(name, value, dataBytes, label))
    else if (isObject(value)) for (const [key, text] of Object.entries(value)) if (typeof text === 'string') metadata[key] = text
  }
  entries.sort((a, b) => a.startByte - b.startByte || a.endByte - b.endByte)
  let coveredBytes = 0
  for (const entry of entries) {
    if (entry.startByte !== coveredBytes) {
      throw badSafetensors(label, `tensor “${entry.name}” starts at byte ${entry.startByte}, expected ${coveredBytes}`)
    }
    coveredBytes = entry.endByte
  }
  if (coveredBytes !== dataBytes) {
    throw badSafetensors(label, `the tensors take ${coveredBytes} bytes, the file has ${dataBytes} bytes of data`)
  }
  return { entries, metadata }
}
