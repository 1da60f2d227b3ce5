// Pictures and derived pictures (a source and a recipe, never pixels).
import { createHash } from 'node:crypto'
import { AppError } from '../../../shared/errors'
import { recipeKey, type ImageRecipe } from '../../../shared/imageRecipe'
import type { Database } from './database'

export const imageFormats = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const
export type ImageFormat = (typeof imageFormats)[number]

export interface StoredImage {
  id: number
  hash: string
  widthPx: number
  heightPx: number
  /** The next three are null for a derived image. */
  format: ImageFormat | null
  byteCount: number | null
  relativePath: string | null
  sourceName: string
  /** These two are null for a picture with a file of its own. */
  sourceImageId: number | null
  recipe: ImageRecipe | null
  addedAtMs: number
}

export interface NewImage {
  hash: string
  widthPx: number
  heightPx: number
  format: ImageFormat
  byteCount: number
  relativePath: string
  sourceName: string
}

type Row = Omit<StoredImage, 'recipe'> & { recipe: string | null; isHidden: number }

const toImage = ({ isHidden: _isHidden, ...row }: Row): StoredImage => ({ ...row, recipe: row.recipe === null ? null : (JSON.parse(row.recipe) as ImageRecipe) })

/** Names a derived picture by what it is made of. */
export const derivedHash = (sourceHash: string, recipe: ImageRecipe): string => createHash('sha256').update(`${sourceHash}\n${recipeKey(recipe)}`).digest('hex')

export class ImageStore {
  constructor(private readonly database: Database) {}

  find(imageId: number): StoredImage | null {
    const row = this.database.get<Row>('SELECT * FROM images WHERE id = ?', imageId)
    return row === undefined ? null : toImage(row)
  }

  /** @throws AppError 'not-found' */
  get(imageId: number): StoredImage {
    const image = this.find(imageId)
    if (image === null) throw new AppError('not-found', `There is no picture ${imageId} in this project.`, 'Reload the list; the picture may have been removed.')
    return image
  }

  getMany(imageIds: readonly number[]): StoredImage[] {
    return this.database.all<Row>('SELECT i.* FROM json_each(?) j JOIN images i ON i.id = j.value ORDER BY j.key', JSON.stringify(imageIds)).map(toImage)
  }

  findByHash(hash: string): StoredImage | null {
    const row = this.database.get<Row>('SELECT * FROM images WHERE hash = ?', hash)
    return row === undefined ? null : toImage(row)
  }

  /** Every picture, or only those that some pair shows. */
  list(options: { usedOnly: boolean } = { usedOnly: false }): StoredImage[] {
    const used = 'WHERE EXISTS (SELECT 1 FROM pairs WHERE leftImageId = images.id) OR EXISTS (SELECT 1 FROM pairs WHERE rightImageId = images.id)'
    return this.database.all<Row>(`SELECT * FROM images ${options.usedOnly ? used : ''} ORDER BY id`).map(toImage)
  }

  /** Adds a picture, or finds the one with the same bytes. */
  ensure(image: NewImage): number {
    const known = this.findByHash(image.hash)
    if (known !== null) return known.id
    return this.database.run(
      `INSERT INTO images (hash, widthPx, heightPx, format, byteCount, relativePath, sourceName, addedAtMs)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      image.hash, image.widthPx, image.heightPx, image.format, image.byteCount, image.relativePath, image.sourceName, Date.now()).insertedId
  }

  /** Adds a derived picture, or finds the one with the same source and recipe. Sizes are those after the recipe. */
  ensureDerived(source: StoredImage, recipe: ImageRecipe, widthPx: number, heightPx: number): number {
    const hash = derivedHash(source.hash, recipe)
    const known = this.findByHash(hash)
    if (known !== null) {
      this.database.run('UPDATE images SET isHidden = 0 WHERE id = ? AND isHidden = 1', known.id)
      return known.id
    }
    return this.database.run(
      'INSERT INTO images (hash, widthPx, heightPx, sourceName, sourceImageId, recipe, addedAtMs) VALUES (?, ?, ?, ?, ?, ?, ?)',
      hash, widthPx, heightPx, source.sourceName, source.id, recipeKey(recipe), Date.now()).insertedId
  }
}
