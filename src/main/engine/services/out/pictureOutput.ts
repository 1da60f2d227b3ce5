// Pictures on their way out: originals byte for byte, derived ones drawn as PNG, or as their source beside a recipe.
import { constants } from 'node:fs'
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import sharp from 'sharp'
import { AppError } from '../../../../shared/errors'
import { applyRecipe } from '../../compute/image/applyRecipe'
import { decodeImage } from '../../compute/image/decodeImage'
import type { ProjectFiles } from '../../store/projectFiles'
import type { OutPicture } from './outPair'

export type DerivedMode = 'render' | 'recipe'

/** What is wrong with one picture; its pair is left out and listed. A full disk is another matter. */
export class BrokenPicture extends Error {}

export class PictureOutput {
  constructor(private readonly files: ProjectFiles, private readonly derived: DerivedMode) {}

  /** Named by content, so that pictures that many pairs show are there once. */
  nameOf(picture: OutPicture): string {
    const hash = this.isDrawn(picture) ? picture.image.hash : picture.source.hash
    return `${hash}${this.isDrawn(picture) ? '.png' : extname(relativePathOf(picture))}`
  }

  /** Below the folder of an export, with forward slashes; two hundred and fifty-six folders keep each one small. */
  relativePathOf(picture: OutPicture): string {
    const name = this.nameOf(picture)
    return `images/${name.slice(0, 2)}/${name}`
  }

  /** As JSON; null where the picture is given as it is. */
  recipeOf({ image }: OutPicture): string | null {
    return this.derived === 'recipe' && image.recipe !== null ? JSON.stringify(image.recipe) : null
  }

  /** @throws BrokenPicture */
  async bytesOf(picture: OutPicture): Promise<Uint8Array> {
    const path = this.files.absolute(relativePathOf(picture))
    try {
      if (!this.isDrawn(picture)) return await readFile(path)
      const { width, height, data } = applyRecipe(await decodeImage(path, `Picture ${picture.image.id}`), picture.image.recipe)
      // Little effort: a third of the time, some percent more bytes; nothing is lost either way.
      return await sharp(data, { raw: { width, height, channels: 3 } }).png({ compressionLevel: 3 }).toBuffer()
    } catch (thrown) {
      throw brokenOr(thrown, picture)
    }
  }

  /** Puts the picture into the folder unless it is there. @returns its relative path @throws BrokenPicture */
  async placeIn(folder: string, picture: OutPicture): Promise<string> {
    const relativePath = this.relativePathOf(picture)
    const path = join(folder, ...relativePath.split('/'))
    await mkdir(dirname(path), { recursive: true })
    try {
      if (!this.isDrawn(picture)) await copyFile(this.files.absolute(relativePathOf(picture)), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      else if (!(await stat(path).then(() => true, () => false))) await writeFile(path, await this.bytesOf(picture))
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw brokenOr(thrown, picture)
    }
    return relativePath
  }

  private isDrawn({ image }: OutPicture): boolean {
    return image.recipe !== null && this.derived === 'render'
  }
}

/** In the project. */
export function relativePathOf({ source }: OutPicture): string {
  if (source.relativePath === null) throw new BrokenPicture(`Picture ${source.id} derives from another derived picture and has no file.`)
  return source.relativePath
}

function brokenOr(thrown: unknown, { image }: OutPicture): Error {
  if (thrown instanceof BrokenPicture) return thrown
  const { code, message } = thrown as NodeJS.ErrnoException
  if (code === 'ENOENT') return new BrokenPicture(`The file of picture ${image.id} (“${image.sourceName}”) is missing in the project.`)
  if (code === 'EACCES' || code === 'EIO') return new BrokenPicture(`The file of picture ${image.id} cannot be read: ${message}.`)
  if (thrown instanceof AppError && (thrown.code === 'unreadable-image' || thrown.code === 'bad-input')) return new BrokenPicture(thrown.message)
  return thrown as Error
}
