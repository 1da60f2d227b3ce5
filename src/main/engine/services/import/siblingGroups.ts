// Groups of rows about one picture, as the published training keeps them together in a batch.
import { siblingGroupSize } from '../../../../shared/regionBoxes'

/** Counts rows by picture, so that rows of one picture fall into groups of four wherever they stand in the file. */
export class SiblingGroups {
  readonly #countByPicture = new Map<string, number>()

  next(picture: string): string {
    const count = this.#countByPicture.get(picture) ?? 0
    this.#countByPicture.set(picture, count + 1)
    return `${picture}/${Math.floor(count / siblingGroupSize)}`
  }

  /** For files that hold all rows of a picture together: forgets it, so that memory stays flat. */
  forget(picture: string): void {
    this.#countByPicture.delete(picture)
  }
}
