// Suggests which column feeds which part of a pair: first by what the values look like, then by the names people use.
import type { ColumnMapping } from '../../../../shared/contract/import'
import { isPictureName } from '../pictureNames'
import type { Cell } from './sourceRow'

/** Columns with these names are taken as they are and never suggested for a side. */
export const extraColumns = ['task', 'split', 'status', 'group', 'tags', 'left_recipe', 'right_recipe'] as const

/** Columns of the studio's own exports: they are what they say, also where the first rows leave them empty. */
export const ownMapping = { leftImage: 'left_image', leftText: 'left_text', rightImage: 'right_image', rightText: 'right_text' } as const satisfies ColumnMapping

/** Those of them that people may take from another column. */
const mappedExtras = ['task', 'split', 'status', 'group', 'tags'] as const

const rightImageNames = ['rightimage', 'targetimage', 'editedimage', 'outputimage', 'imageafter', 'afterimage', 'target', 'image2', 'imageb', 'cropimage', 'positiveimage']
const leftImageNames = ['leftimage', 'image', 'imagepath', 'imagefile', 'filename', 'filepath', 'file', 'path', 'img', 'picture', 'photo', 'queryimage', 'sourceimage', 'inputimage', 'image1', 'imagea']
const leftTextNames = ['lefttext', 'question', 'instruction', 'edit', 'editprompt', 'prompt', 'query', 'querytext', 'phrase', 'command']
const rightTextNames = ['righttext', 'caption', 'text', 'answer', 'targettext', 'description', 'title', 'alttext', 'label', 'sentence', 'txt', 'cls']

/** Members of a JSON file beside the picture are columns like “json.caption”. */
const plain = (name: string): string => name.toLowerCase().replace(/^json\./, '').replace(/[^a-z0-9]/g, '')

export function guessColumns(columns: readonly string[], rows: readonly Record<string, Cell>[]): ColumnMapping {
  if (Object.values(ownMapping).every(name => columns.includes(name))) return ownMapping
  const open = columns.filter(name => !(extraColumns as readonly string[]).includes(name.toLowerCase()))
  const valuesOf = (name: string): string[] => rows.map(row => row[name]).filter(value => typeof value === 'string' && value.trim() !== '') as string[]
  const holdsPictures = (name: string): boolean => rows.some(row => typeof row[name] === 'object')
  const looksLikePictures = (name: string): boolean => {
    if (holdsPictures(name)) return true
    const values = valuesOf(name)
    return values.length > 0 && values.filter(value => isPictureName(value.trim())).length * 2 >= values.length
  }
  const byContent = open.filter(looksLikePictures)
  const pictures = byContent.length > 0 ? byContent : open.filter(name => leftImageNames.includes(plain(name)))
  const texts = open.filter(name => !pictures.includes(name))
  const named = (among: readonly string[], names: readonly string[]): string | null =>
    names.map(wanted => among.find(name => plain(name) === wanted)).find(name => name !== undefined) ?? null

  const rightNamed = named(pictures, rightImageNames)
  const others = pictures.filter(name => name !== rightNamed)
  const leftImage = named(others, leftImageNames) ?? others[0] ?? null
  const rightImage = rightNamed ?? others.find(name => name !== leftImage) ?? null
  const leftText = named(texts, leftTextNames)
  const otherTexts = texts.filter(name => name !== leftText)
  let rightText = named(otherTexts, rightTextNames)
  if (rightText === null && rightImage === null) rightText = longest(otherTexts, valuesOf)
  // Only those that are there are named, so that a mapping that was written by hand need not name them all.
  const extras = Object.fromEntries(mappedExtras.flatMap(name => {
    const column = columns.find(other => other.toLowerCase() === name)
    return column === undefined ? [] : [[name, column]]
  }))
  return { leftImage, leftText, rightImage, rightText, ...extras }
}

/** Captions are longer than ids and labels. */
function longest(names: readonly string[], valuesOf: (name: string) => string[]): string | null {
  const lengths = names.map(name => ({ name, length: valuesOf(name).join('').length })).filter(({ length }) => length > 0)
  return lengths.sort((a, b) => b.length - a.length)[0]?.name ?? null
}
