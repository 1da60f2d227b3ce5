// What a filter can ask of a pair. One entry is one term of the language; its SQL stands under the same name in
// engine/store/filterSql.ts, and the compiler misses it there when it is forgotten.
import { findingKindNames } from '../quality/findingKinds'
import { splitSchema, statusSchema, taskSchema } from '../contract/entities'

export interface FilterTerm {
  /**
   * choice: one of `values`. tag: any word. text: words of a text. number, integer: comparisons, ranges and lists.
   * date: days, in the same comparisons and ranges.
   */
  kind: 'choice' | 'tag' | 'text' | 'number' | 'integer' | 'date'
  /** The words that a choice takes. */
  values?: readonly string[]
  doc: string
  example: string
}

export const filterTerms = {
  status: { kind: 'choice', values: statusSchema.options, doc: 'What was decided about the pair.', example: 'status:unreviewed' },
  split: { kind: 'choice', values: splitSchema.options, doc: 'The split that the pair belongs to.', example: 'split:train,validation' },
  task: { kind: 'choice', values: taskSchema.options, doc: 'What the pair teaches.', example: 'task:caption' },
  tag: { kind: 'tag', doc: 'Pairs with one of these tags.', example: 'tag:blur' },
  score: { kind: 'number', doc: 'Agreement of both sides under the current model, −1 to 1.', example: 'score<0.2' },
  text: { kind: 'text', doc: 'Words on either side; in quotes exactly in this order.', example: 'text:"red car"' },
  left: { kind: 'text', doc: 'Words on the left side.', example: 'left:"what colour"' },
  right: { kind: 'text', doc: 'Words on the right side.', example: 'right:blue' },
  id: { kind: 'integer', doc: 'The number of the pair.', example: 'id:5,20..30' },
  group: { kind: 'integer', doc: 'Pairs of a group that shares a batch.', example: 'group:12' },
  near: { kind: 'integer', doc: 'Pairs near a text or picture that was asked for, by the number of that query.', example: 'near:3' },
  has: {
    kind: 'choice', values: ['score', 'group', 'tags', 'left-image', 'right-image', 'left-text', 'right-text', 'flag'],
    doc: 'What the pair has.', example: 'has:left-image',
  },
  updated: { kind: 'date', doc: 'The day of the last change; 3d is three days ago.', example: 'updated>=today' },
  import: { kind: 'integer', doc: 'The import that brought the pair.', example: 'import:2' },
  finding: { kind: 'choice', values: findingKindNames, doc: 'What the last check of quality found, as far as it is neither mended nor dismissed.', example: 'finding:blurred' },
  sharpness: { kind: 'number', doc: 'Sharpness of one of the pictures; a blurred photograph is below 5.', example: 'sharpness<10' },
  brightness: { kind: 'number', doc: 'Mean grey value of one of the pictures, 0 to 255.', example: 'brightness<30' },
  contrast: { kind: 'number', doc: 'Deviation of the grey values of one of the pictures.', example: 'contrast<6' },
  width: { kind: 'integer', doc: 'Width of one of the pictures, in pixels.', example: 'width<64' },
  height: { kind: 'integer', doc: 'Height of one of the pictures, in pixels.', example: 'height>=512' },
  length: { kind: 'integer', doc: 'Characters of the longer text.', example: 'length>120' },
  flag: { kind: 'choice', values: ['yes', 'no'], doc: 'Whether the pair is flagged to be looked at again.', example: 'flag:yes' },
  disagreement: { kind: 'number', doc: 'How far apart two models rank the pair, 0 to 1.', example: 'disagreement>0.3' },
  accept: { kind: 'number', doc: 'Chance that the pair is accepted, learned from decisions, 0 to 1.', example: 'accept<0.6' },
  cluster: { kind: 'integer', doc: 'The cluster of pairs that are alike.', example: 'cluster:12' },
  rarity: { kind: 'number', doc: 'How rare the pair is among all, 0 to 1.', example: 'rarity>0.95' },
} as const satisfies Record<string, FilterTerm>

export type TermName = keyof typeof filterTerms

export const termNames = Object.keys(filterTerms) as TermName[]

export const isTermName = (name: string): name is TermName => Object.hasOwn(filterTerms, name)

export const termOf = (name: TermName): FilterTerm => filterTerms[name]
