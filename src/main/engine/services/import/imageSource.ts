// Where the bytes of one picture of a row are: a file, a part of an archive, or memory. Readers say where; the bytes are
// read when the batch is taken, so that a reader can be run through without touching a picture.
import { open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { CropBox, ImageRecipe } from '../../../../shared/imageRecipe'
import { findFile } from './findFile'

export type { CropBox }

export type ImagePlace =
  | { kind: 'file'; path: string; /** The folder that the file must lie in, links followed; null where the path was given in full. */ root?: string | null }
  | { kind: 'slice'; path: string; offsetBytes: number; lengthBytes: number; name: string }
  | { kind: 'bytes'; bytes: Uint8Array; name: string; key: string }

export interface ImageSource {
  place: ImagePlace
  /** The part that the row means; null for the whole picture. May reach over the edge by rounding. */
  cropBoxPx: CropBox | null
  /** What else is done to it, in place of the crop alone; only the studio's own exports tell it. */
  recipe?: ImageRecipe
}

/** A larger file is no picture that people label, and would fill the memory. */
export const largestPictureBytes = 256 * 1024 * 1024

export const fileImage = (path: string, cropBoxPx: CropBox | null = null, root: string | null = null): ImageSource => ({ place: { kind: 'file', path, root }, cropBoxPx })

/** Names the bytes within one import, so that a picture that several rows show is taken once. */
export function placeKey(place: ImagePlace): string {
  if (place.kind === 'file') return place.path
  return place.kind === 'slice' ? `${place.path}@${place.offsetBytes}` : place.key
}

/** The file with the folder that it lies in, which often names what it shows; no more of the path, because projects are passed on. */
export const sourceNameOf = (place: ImagePlace): string => (place.kind === 'file' ? `${basename(dirname(place.path))}/${basename(place.path)}` : place.name)
export const placeName = (place: ImagePlace): string => (place.kind === 'file' ? basename(place.path) : place.name)

/** Of pictures that wait in memory; the others cost nothing until they are read. */
export const heldBytes = (image: ImageSource | null): number => (image?.place.kind === 'bytes' ? image.place.bytes.byteLength : 0)

export class PictureTooLarge extends Error {
  constructor(readonly byteCount: number) {
    super(`it has ${Math.ceil(byteCount / 2 ** 20)} MiB; at most ${largestPictureBytes / 2 ** 20} MiB are read`)
  }
}

/** @throws PictureTooLarge, LeadsOut, and what the file system throws */
export async function readPlace(place: ImagePlace): Promise<Uint8Array> {
  if (place.kind === 'bytes') return place.bytes
  const file = await open(place.kind === 'file' ? await findFile(place.path, place.root ?? null) : place.path, 'r')
  try {
    if (place.kind === 'file') {
      const { size } = await file.stat()
      if (size > largestPictureBytes) throw new PictureTooLarge(size)
      return await file.readFile()
    }
    const bytes = Buffer.alloc(place.lengthBytes)
    const { bytesRead } = await file.read(bytes, 0, place.lengthBytes, place.offsetBytes)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** For people, in a preview. */
export function describeImage({ place, cropBoxPx }: ImageSource): string {
  const box = cropBoxPx === null ? '' : ` ${cropBoxPx.width}×${cropBoxPx.height} at ${cropBoxPx.left}, ${cropBoxPx.top}`
  return `${placeName(place)}${box}`
}
