// A pair as a row of a table. The names of the columns are those that an import maps by itself.
import { dataGroupOf, type OutPair } from '../outPair'
import type { DerivedMode, PictureOutput } from '../pictureOutput'

export const tableColumns = ['left_image', 'left_text', 'right_image', 'right_text', 'task', 'split', 'status', 'group', 'tags'] as const
export const recipeColumns = ['left_recipe', 'right_recipe'] as const
export type TableColumn = (typeof tableColumns)[number] | (typeof recipeColumns)[number]

/** Null is an empty cell. */
export type OutRow = Record<TableColumn, string | null>

export const columnsOf = (derived: DerivedMode): readonly TableColumn[] => (derived === 'recipe' ? [...tableColumns, ...recipeColumns] : tableColumns)

/** Halves of a surrogate pair cannot be written as UTF-8. */
const wellFormed = (text: string | null): string | null => text?.replace(/\p{Surrogate}/gu, '\ufffd') ?? null

/** Tags joined by commas, or as a JSON list where a tag holds what separates them. An import reads both. */
export const tagsText = (tags: readonly string[]): string => (tags.some(tag => /[,;|]|^\[/.test(tag)) ? JSON.stringify(tags) : tags.join(','))

/** @param images paths of the pictures, or null where they stand elsewhere */
export function toRow(pair: OutPair, pictures: PictureOutput, images: { left: string | null; right: string | null }): OutRow {
  const recipeOf = (side: 'left' | 'right'): string | null => (pair[side].picture === null ? null : pictures.recipeOf(pair[side].picture))
  return {
    left_image: images.left, left_text: wellFormed(pair.left.text), right_image: images.right, right_text: wellFormed(pair.right.text),
    task: pair.task, split: pair.split, status: pair.status, group: wellFormed(dataGroupOf(pair)), tags: pair.tags.length === 0 ? null : wellFormed(tagsText(pair.tags)),
    left_recipe: recipeOf('left'), right_recipe: recipeOf('right'),
  }
}
