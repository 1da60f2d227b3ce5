// From the values of a Parquet record to cells: pictures as Hugging Face `datasets` writes them ({bytes, path}), bare
// bytes of a picture, paths, and everything else as text.
import { pictureFormatOf } from '../pictureSignature'
import type { Cell } from './sourceRow'

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof Date)
const plainJson = (value: unknown): string => JSON.stringify(value, (_name, item: unknown) => (typeof item === 'bigint' ? Number(item) : ArrayBuffer.isView(item) ? '(bytes)' : item))

/** @param place names the value within its file: keys and names of pictures are made of it */
export function toCell(value: unknown, place: { key: string; name: string }): Cell {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return bytesCell(value, place)
  if (value instanceof Date) return value.toISOString()
  if (isRecord(value) && ('bytes' in value || 'path' in value)) {
    const path = typeof value['path'] === 'string' ? value['path'] : value['path'] instanceof Uint8Array ? Buffer.from(value['path']).toString('utf8') : ''
    const bytes = value['bytes']
    if (bytes instanceof Uint8Array && bytes.byteLength > 0) return imageCell(bytes, { key: place.key, name: path.split(/[/\\]/).at(-1) || place.name })
    return path
  }
  if (Array.isArray(value) && value.every(item => typeof item !== 'object' || item === null)) return value.map(String).join(',')
  return typeof value === 'object' ? plainJson(value) : String(value)
}

const imageCell = (bytes: Uint8Array, { key, name }: { key: string; name: string }): Cell => ({ place: { kind: 'bytes', bytes, name, key }, cropBoxPx: null })

function bytesCell(bytes: Uint8Array, place: { key: string; name: string }): Cell {
  return pictureFormatOf(bytes) !== null ? imageCell(bytes, place) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
