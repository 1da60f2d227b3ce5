// Groups of rows about one picture. The published training keeps four together in a batch; a batch could not hold all
// fifty regions of a picture and anything else.

const groupSize = 4

/** Counts rows by picture, so that rows of one picture fall into groups of four wherever they stand in the file. */
export class SiblingGroups {
  readonly #countByPicture = new Map<string, number>()

  next(picture: string): string {
    const count = this.#countByPicture.get(picture) ?? 0
    this.#countByPicture.set(picture, count + 1)
    return `${picture}/${Math.floor(count / groupSize)}`
  }

  /** For files that hold all rows of a picture together: forgets it, so that memory stays flat. */
  forget(picture: string): void {
    this.#countByPicture.delete(picture)
  }
}
