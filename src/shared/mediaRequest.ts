// Reads the picture paths of media.ts back, so that both hosts accept exactly the paths that the page builds.
import { mediaSizes, queryImageUploadPath, type MediaSize } from './media'

export type MediaRequest =
  | { kind: 'image'; imageId: number; size: MediaSize }
  | { kind: 'query-image'; queryImageId: string }
  | { kind: 'drawing'; drawingId: string }
  | { kind: 'array'; arrayId: string }

/** Null when the path names nothing. */
export function parseMediaPath(pathname: string): MediaRequest | null {
  const image = /^\/media\/images\/([1-9]\d{0,14})\/([a-z]+)$/.exec(pathname)
  if (image) {
    const size = mediaSizes.find((known) => known === image[2])
    return size ? { kind: 'image', imageId: Number(image[1]), size } : null
  }
  const drawing = /^\/media\/drawings\/([0-9a-f]{64})$/.exec(pathname)
  if (drawing) return { kind: 'drawing', drawingId: drawing[1]! }
  const array = /^\/media\/arrays\/([0-9a-f]{64})$/.exec(pathname)
  if (array) return { kind: 'array', arrayId: array[1]! }
  const prefix = `${queryImageUploadPath}/`
  const queryImageId = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : ''
  return /^[\w-]{1,100}$/.test(queryImageId) ? { kind: 'query-image', queryImageId } : null
}
