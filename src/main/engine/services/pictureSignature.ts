// What a file is by its first bytes. Only the six formats that are read here reach the decoder: names lie, and a decoder
// that is handed SVG or PDF would run code paths that pictures of a data set never need.
import type { ImageFormat } from '../store/imageStore'

const startOf = (bytes: Uint8Array, length = 64): string => Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(length, bytes.byteLength)).toString('latin1')

/** Null for anything else, however it is named. */
export function pictureFormatOf(bytes: Uint8Array): ImageFormat | null {
  const start = startOf(bytes, 32)
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (/^GIF8[79]a/.test(start)) return 'gif'
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp'
  // Classic TIFF and BigTIFF, in either byte order.
  if (/^(II[*+]\0|MM\0[*+])/.test(start)) return 'tiff'
  return start.slice(4, 8) === 'ftyp' && /avi[fs]/.test(start.slice(8)) ? 'avif' : null
}

const begins = (...prefixes: string[]) => (start: string): boolean => prefixes.some((prefix) => start.startsWith(prefix))
const matches = (pattern: RegExp) => (start: string): boolean => pattern.test(start)

/** Names for people, by how such files begin. */
const foreign: readonly [(start: string) => boolean, string][] = [
  [matches(/^.{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)/s), 'it is a HEIC picture, which is not read here; save it as JPEG or PNG'],
  [matches(/^\s*(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg|<svg)/is), 'it is an SVG drawing, not a picture of pixels; save it as PNG'],
  [matches(/^\s*(\xef\xbb\xbf)?\s*<(!doctype html|html|head|script)/i), 'it is a web page, as a failed download leaves it'],
  [matches(/^\s*[{[]/), 'it is JSON, as a failed download leaves it'],
  [begins('version https://git-lfs'), 'it is a Git LFS pointer, not the picture itself; fetch the pictures with git lfs pull'],
  [begins('BM'), 'it is a BMP picture, which is not read here; save it as PNG'],
  [begins('8BPS'), 'it is a Photoshop file; save it as PNG'],
  [begins('%PDF'), 'it is a PDF document'],
  [begins('\xff\n', '\0\0\0\fJXL '), 'it is a JPEG XL picture, which is not read here; save it as JPEG or PNG'],
  [begins('\0\0\0\fjP '), 'it is a JPEG 2000 picture, which is not read here; save it as JPEG or PNG'],
  [begins('v/1\u0001'), 'it is an OpenEXR picture, which is not read here; save it as PNG'],
  [begins('PK\u0003\u0004', '\u001f\u008b', '7z\u00bc\u00af'), 'it is an archive'],
]

/** Why a file that is no picture of a known format is not read. */
export function foreignReason(bytes: Uint8Array): string {
  const start = startOf(bytes, 1024)
  return foreign.find(([isThis]) => isThis(start))?.[1] ?? 'it is in no picture format that is known here, or its beginning is damaged'
}

const scanMarker = Buffer.from([0xff, 0xda])
const endMarker = Buffer.from([0xff, 0xd9])

/**
 * The decoder takes zeros, with which a download manager fills what has not come, for grey pixels. Compressed pixels never
 * contain a marker, so a whole file has its end behind its last scan; a preview within EXIF stands before it.
 */
export function isJpegWithoutEnd(bytes: Uint8Array): boolean {
  if (pictureFormatOf(bytes) !== 'jpeg') return false
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.lastIndexOf(endMarker) <= view.lastIndexOf(scanMarker)
}
