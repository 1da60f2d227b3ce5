// From a row of a table to a pair that may become part of the project, or to the reason why it cannot.
import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { Split, Status, Task } from '../../../../shared/contract/entities'
import { splitSchema, statusSchema, taskSchema } from '../../../../shared/contract/entities'
import type { ColumnMapping } from '../../../../shared/contract/import'
import type { NewProblem } from '../../store/importStore'
import type { extraColumns } from './guessColumns'
import { fileImage, type ImageSource } from './imageSource'
import { imageRecipeSchema } from '../../../../shared/imageRecipe'
import type { Cell, RowProblem } from './sourceRow'

export interface PairDraft {
  location: string
  leftImage: ImageSource | null
  leftText: string | null
  rightImage: ImageSource | null
  rightText: string | null
  task: Task
  split: Split
  status: Status
  group: string | null
  tags: string[]
  /** Names the pair where its source does; otherwise its content does. */
  importKey?: string
}

export interface ImportDefaults {
  task: Task
  split: Split
}

export type DraftOrProblem = { draft: PairDraft; problem: null } | { draft: null; problem: NewProblem }

/** As many as the editor takes. */
export const longestText = 10_000
const longestTag = 60

const splitWords: Record<string, Split> = { training: 'train', val: 'validation', valid: 'validation', dev: 'validation', testing: 'test' }

/** The words that people use for splits; null for others. */
export function toProjectSplit(word: string): Split | null {
  const plain = word.trim().toLowerCase()
  const named = splitWords[plain] ?? plain
  return splitSchema.options.find((known) => known === named) ?? null
}

class BadRow extends Error {
  constructor(readonly problem: RowProblem) {
    super(problem.reason)
  }
}

const refuse = (code: string, reason: string): never => {
  throw new BadRow({ code, reason })
}

export interface DraftSides {
  leftImage?: ImageSource | null
  leftText?: string | null
  rightImage?: ImageSource | null
  rightText?: string | null
}

/** A row of a form that knows its own sides; texts are trimmed and checked like those of tables. */
export function draftOfSides(location: string, sides: DraftSides, rest: Pick<PairDraft, 'task' | 'split'> & Partial<Pick<PairDraft, 'group' | 'status' | 'tags'>>): DraftOrProblem {
  return orProblem(location, () => {
    const leftImage = sides.leftImage ?? null
    const rightImage = sides.rightImage ?? null
    const leftText = checkText(cleanText(sides.leftText))
    const rightText = checkText(cleanText(sides.rightText))
    if (leftImage === null && leftText === null) refuse('empty-side', 'The left side has neither picture nor text.')
    if (rightImage === null && rightText === null) refuse('empty-caption', 'The right side has neither picture nor text.')
    return { location, leftImage, leftText, rightImage, rightText, status: 'unreviewed', group: null, tags: [], ...rest }
  })
}

function cleanText(text: string | null | undefined): string | null {
  const clean = (text ?? '').replaceAll('\0', '').trim()
  return clean === '' ? null : clean
}

/** @param tableDir pictures are looked for below it */
export function toDraft(location: string, values: Record<string, Cell>, mapping: ColumnMapping, defaults: ImportDefaults, tableDir: string): DraftOrProblem {
  return orProblem(location, () => draftOf(location, values, mapping, defaults, tableDir))
}

function orProblem(location: string, make: () => PairDraft): DraftOrProblem {
  try {
    return { draft: make(), problem: null }
  } catch (thrown) {
    if (thrown instanceof BadRow) return { draft: null, problem: { location, ...thrown.problem } }
    throw thrown
  }
}

function draftOf(location: string, values: Record<string, Cell>, mapping: ColumnMapping, defaults: ImportDefaults, tableDir: string): PairDraft {
  const cell = (column: string | null): string | null => {
    const value = column === null ? null : values[column]
    return typeof value === 'string' ? cleanText(value) : null
  }
  const mapped = Object.values(mapping)
  const extra = (name: (typeof extraColumns)[number]): string | null => {
    const chosen = (mapping as Readonly<Partial<Record<string, string | null>>>)[name]
    if (chosen !== undefined) return cell(chosen)
    const column = Object.keys(values).find(key => key.toLowerCase() === name)
    return column === undefined || mapped.includes(column) ? null : cell(column)
  }
  const image = (column: string | null): ImageSource | null => {
    const held = column === null ? undefined : values[column]
    if (typeof held === 'object') return held
    const value = cell(column)
    return value === null ? null : pictureFile(value, tableDir)
  }
  const leftImage = withRecipe(image(mapping.leftImage), extra('left_recipe'), 'left_recipe')
  const rightImage = withRecipe(image(mapping.rightImage), extra('right_recipe'), 'right_recipe')
  const leftText = checkText(cell(mapping.leftText))
  const rightText = checkText(cell(mapping.rightText))
  if (leftImage === null && leftText === null) refuseEmpty('left', mapping.leftImage, mapping.leftText)
  if (rightImage === null && rightText === null) refuseEmpty('right', mapping.rightImage, mapping.rightText)
  const splitWord = extra('split')?.toLowerCase() ?? null
  return {
    location, leftImage, leftText, rightImage, rightText,
    task: oneOf('task', extra('task')?.toLowerCase() ?? null, taskSchema.options, defaults.task),
    split: oneOf('split', splitWord === null ? null : (splitWords[splitWord] ?? splitWord), splitSchema.options, defaults.split),
    status: oneOf('status', extra('status')?.toLowerCase() ?? null, statusSchema.options, 'unreviewed'),
    group: extra('group'),
    tags: toTags(extra('tags')),
  }
}

function withRecipe(image: ImageSource | null, json: string | null, column: string): ImageSource | null {
  if (image === null || json === null) return image
  try {
    return { ...image, recipe: imageRecipeSchema.parse(JSON.parse(json)) }
  } catch {
    return refuse('bad-value', `The column “${column}” says “${json.slice(0, 80)}”; expected a recipe as an export writes it, such as {"cropBoxPx": …, "flip": null, "rotateDegrees": 0}.`)
  }
}

function refuseEmpty(side: string, imageColumn: string | null, textColumn: string | null): never {
  const columns = [imageColumn, textColumn].filter(name => name !== null).map(name => `“${name}”`).join(' and ')
  return refuse(imageColumn === null ? 'empty-caption' : 'empty-side', `The ${side} side is empty: nothing in ${columns}.`)
}

function checkText(text: string | null): string | null {
  if (text !== null && text.length > longestText) refuse('long-text', `The text has ${text.length} characters; at most ${longestText} are taken.`)
  return text
}

function oneOf<Value extends string>(column: string, value: string | null, allowed: readonly Value[], fallback: Value): Value {
  if (value === null) return fallback
  return allowed.find(known => known === value) ?? refuse('bad-value', `The column “${column}” says “${value}”; expected ${allowed.join(', ')}.`)
}

function toTags(value: string | null): string[] {
  const tags = [...new Set(splitTags(value ?? '').map(tag => tag.trim()).filter(tag => tag !== ''))]
  const long = tags.find(tag => tag.length > longestTag)
  return long === undefined ? tags : refuse('bad-value', `The tag “${long.slice(0, longestTag)}…” has ${long.length} characters; at most ${longestTag} are taken.`)
}

/** Tags that hold a separator come as a JSON list. */
function splitTags(value: string): string[] {
  if (!value.startsWith('[')) return value.split(/[,;|]/)
  try {
    const list: unknown = JSON.parse(value)
    if (Array.isArray(list) && list.every(tag => typeof tag === 'string')) return list
  } catch {
    // A tag may begin with a bracket.
  }
  return value.split(/[,;|]/)
}

/**
 * Relative paths must stay below the table's folder, and links below it too: a table from elsewhere must not reach into
 * other folders by chance. Full paths are what a person wrote for this computer.
 */
function pictureFile(value: string, tableDir: string): ImageSource {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(value)) refuse('remote-picture', `“${value}” is an address on the network; pictures are read from this computer only.`)
  // Tables written on Windows name their pictures with backslashes.
  const path = sep === '/' && !value.includes('/') ? value.replaceAll('\\', '/') : value
  if (isAbsolute(path)) return fileImage(resolve(path))
  const absolutePath = resolve(tableDir, path)
  const below = relative(tableDir, absolutePath)
  if (below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)) {
    refuse('path-escape', `“${value}” leads out of the table's folder. Move the table above its pictures, or write absolute paths.`)
  }
  return fileImage(absolutePath, null, tableDir)
}
