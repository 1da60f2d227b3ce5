// Long rows of numbers for the page: places and colours of 100,000 points are fetched as bytes by URL, because as objects of
// a procedure they would take seconds to write, send and read.
import { ContentFolder } from './contentFolder'
import type { MediaFile } from './images'

/** A map of 100,000 pairs is 1.2 MB, a colouring of it 0.1 to 0.4 MB. */
const keptArrays = 64

type Numbers = Uint8Array | Int32Array | Float32Array

export class NumberArrays {
  readonly #folder = new ContentFolder({ name: 'array', extension: 'bin', contentType: 'application/octet-stream', capacity: keptArrays, advice: 'Show the map again.' })

  /** One array after the other, little endian, without anything between. */
  add(...arrays: Numbers[]): Promise<string> {
    return this.#folder.add(Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))))
  }

  /** @throws AppError 'not-found' for an array that was dropped since */
  file(arrayId: string): MediaFile {
    return this.#folder.file(arrayId)
  }

  dispose(): void {
    this.#folder.dispose()
  }
}
