// From a filter to SQL: one entry for each term. Only constants and placeholders reach the statement, never a person's text.
import type { PairFilter } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import type { TermName } from '../../../shared/filter/filterTerms'
import type { FilterNode, FilterRange, TermNode, TermTest } from '../../../shared/filter/filterTree'
import { parseFilter } from '../../../shared/filter/parseFilter'
import { startOfDay } from './filterDays'
import type { SqlValue } from './database'
import type { Watched } from './pairWatch'

export interface Condition {
  sql: string
  values: SqlValue[]
}

/** What a term asks, and how its answer is kept up to date. */
export interface TermSql extends Condition {
  /** A query for the ids of all pairs that fulfil it, in a column `id`, where that is quicker than going through all pairs. */
  ids?: Condition
  /** What of a pair the answer depends on. Without it the answer is asked for anew after every write to the project. */
  follows?: readonly Watched[]
}

type Test<Kind extends TermTest['kind']> = Extract<TermTest, { kind: Kind }>

const condition = (sql: string, ...values: SqlValue[]): Condition => ({ sql, values })
const always = condition('TRUE')

const oneOf = (column: string, words: readonly (string | number)[]): Condition =>
  (words.length === 1 ? condition(`${column} = ?`, words[0]!) : condition(`${column} IN (${words.map(() => '?').join(', ')})`, ...words))

function inRanges(column: string, ranges: readonly FilterRange<number>[]): Condition {
  const parts = ranges.map(({ from, to, isAboveFrom, isBelowTo }) => {
    if (from !== null && from === to) return condition(`${column} = ?`, from)
    const bounds = [
      ...(from === null ? [] : [condition(`${column} ${isAboveFrom ? '>' : '>='} ?`, from)]),
      ...(to === null ? [] : [condition(`${column} ${isBelowTo ? '<' : '<='} ?`, to)]),
    ]
    return allOf(bounds)
  })
  return anyOf(parts)
}

/** Days as times: a day lasts from its first millisecond to the one before the next day. */
function inDays(column: string, ranges: readonly FilterRange<string>[]): Condition {
  return anyOf(ranges.map(({ from, to, isAboveFrom, isBelowTo }) => allOf([
    ...(from === null ? [] : [condition(`${column} >= ?`, startOfDay(from, isAboveFrom ? 1 : 0))]),
    ...(to === null ? [] : [condition(`${column} < ?`, startOfDay(to, isBelowTo ? 0 : 1))]),
  ])))
}

const joined = (operator: 'AND' | 'OR', parts: readonly Condition[]): Condition =>
  (parts.length === 1 ? parts[0]! : condition(`(${parts.map(({ sql }) => sql).join(` ${operator} `)})`, ...parts.flatMap(({ values }) => values)))
export const allOf = (parts: readonly Condition[]): Condition => (parts.length === 0 ? always : joined('AND', parts))
export const anyOf = (parts: readonly Condition[]): Condition => (parts.length === 0 ? condition('FALSE') : joined('OR', parts))

/**
 * FTS5 query for a person's words: each is a quoted phrase, so no character of it is an operator. A beginning may go on in
 * its last word; a single character may not, because it would match nearly everything. Null when there is nothing to look for.
 */
export function toFullTextQuery({ kind, text }: Test<'phrase' | 'beginning'>, column: 'leftText' | 'rightText' | null = null): string | null {
  const clean = text.replaceAll('\0', ' ').trim()
  if (!/[\p{L}\p{N}]/u.test(clean)) return null
  const goesOn = kind === 'beginning' && [...clean].length > 1
  return `${column === null ? '' : `${column} : `}"${clean.replaceAll('"', '""')}"${goesOn ? ' *' : ''}`
}

function fullText(test: TermTest, column: 'leftText' | 'rightText' | null): TermSql {
  const query = toFullTextQuery(test as Test<'phrase' | 'beginning'>, column)
  return query === null ? always : listed(condition('SELECT rowid AS id FROM pairsText WHERE pairsText MATCH ?', query), ['texts'])
}

const words = (test: TermTest): string[] => (test as Test<'words'>).words
const numbers = (test: TermTest): FilterRange<number>[] => (test as Test<'numbers'>).ranges
const days = (test: TermTest): FilterRange<string>[] => (test as Test<'days'>).ranges

function below(sql: (inner: string) => string, inner: Condition): Condition {
  return condition(sql(inner.sql), ...inner.values)
}

/** A test of columns of the row. */
const tested = (test: Condition, ...follows: Watched[]): TermSql => ({ ...test, follows })
/** Pairs that another table lists. */
const listed = (ids: Condition, follows?: readonly Watched[]): TermSql => ({ ...below((inner) => `p.id IN (${inner})`, ids), ids, ...(follows === undefined ? {} : { follows }) })

const hasSql: Record<string, TermSql> = {
  score: tested(condition('p.score IS NOT NULL'), 'score'),
  group: listed(condition('SELECT m.pairId AS id FROM groupMembers m'), ['groups']),
  tags: listed(condition('SELECT t.pairId AS id FROM pairTags t'), ['tags']),
  'left-image': tested(condition('p.leftImageId IS NOT NULL'), 'images'),
  'right-image': tested(condition('p.rightImageId IS NOT NULL'), 'images'),
  'left-text': tested(condition('p.leftText IS NOT NULL'), 'texts'),
  'right-text': tested(condition('p.rightText IS NOT NULL'), 'texts'),
  flag: tested(condition('p.isFlagged = 1'), 'flags'),
}

/** As the index on it has it. */
const longerText = "max(length(coalesce(p.leftText, '')), length(coalesce(p.rightText, '')))"

/** Pairs with a picture on either side that fulfils a condition. */
function onePicture(table: string, key: string, inner: Condition): TermSql {
  const pictures = `SELECT ${key} FROM ${table} WHERE ${inner.sql}`
  return condition(`(p.leftImageId IN (${pictures}) OR p.rightImageId IN (${pictures}))`, ...inner.values, ...inner.values)
}
const ofAttention = (ranges: Condition): TermSql => listed(below((inner) => `SELECT a.pairId AS id FROM attention a WHERE ${inner}`, ranges), ['attention'])

/** What each term asks of a row `p` of pairs. */
const termSql: Record<TermName, (test: TermTest) => TermSql> = {
  status: (test) => tested(oneOf('p.status', words(test)), 'status'),
  split: (test) => tested(oneOf('p.split', words(test)), 'split'),
  task: (test) => tested(oneOf('p.task', words(test)), 'task'),
  tag: (test) => listed(below((inner) => `SELECT t.pairId AS id FROM pairTags t WHERE ${inner}`, oneOf('t.tag', words(test))), ['tags']),
  score: (test) => tested(inRanges('p.score', numbers(test)), 'score'),
  text: (test) => fullText(test, null),
  left: (test) => fullText(test, 'leftText'),
  right: (test) => fullText(test, 'rightText'),
  id: (test) => tested(inRanges('p.id', numbers(test))),
  group: (test) => listed(below((inner) => `SELECT m.pairId AS id FROM groupMembers m WHERE ${inner}`, inRanges('m.groupId', numbers(test))), ['groups']),
  near: (test) => listed(below((inner) => `SELECT n.pairId AS id FROM nearPairs n WHERE ${inner}`, inRanges('n.nearId', numbers(test))), []),
  has: (test) => anyOf(words(test).map((word) => hasSql[word]!)),
  updated: (test) => inDays('p.updatedAtMs', days(test)),
  import: (test) => tested(inRanges('p.importId', numbers(test))),
  finding: (test) => listed(below((inner) => `SELECT DISTINCT f.pairId AS id FROM openFindings f WHERE ${inner}`, oneOf('f.kind', words(test)))),
  sharpness: (test) => onePicture('pictureMeasures m', 'm.imageId', inRanges('m.sharpness', numbers(test))),
  brightness: (test) => onePicture('pictureMeasures m', 'm.imageId', inRanges('m.brightness', numbers(test))),
  contrast: (test) => onePicture('pictureMeasures m', 'm.imageId', inRanges('m.contrast', numbers(test))),
  width: (test) => onePicture('images i', 'i.id', inRanges('i.widthPx', numbers(test))),
  height: (test) => onePicture('images i', 'i.id', inRanges('i.heightPx', numbers(test))),
  length: (test) => tested(inRanges(longerText, numbers(test)), 'texts'),
  flag: (test) => tested(oneOf('p.isFlagged', words(test).map((word) => (word === 'yes' ? 1 : 0))), 'flags'),
  disagreement: (test) => ofAttention(inRanges('a.disagreement', numbers(test))),
  accept: (test) => ofAttention(inRanges('a.acceptProbability', numbers(test))),
  cluster: (test) => ofAttention(inRanges('a.cluster', numbers(test))),
  rarity: (test) => ofAttention(inRanges('a.rarity', numbers(test))),
}

export const compileTerm = ({ name, test }: TermNode): TermSql => termSql[name](test)

/** True or not: a value that is missing fulfils no test, and so fulfils its opposite. */
export function compileNode(node: FilterNode): Condition {
  if (node.kind === 'term') return compileTerm(node)
  if (node.kind === 'not') return below((inner) => `(${inner}) IS NOT TRUE`, compileNode(node.node))
  const parts = node.nodes.map(compileNode)
  return node.kind === 'and' ? allOf(parts) : anyOf(parts)
}

/** @throws AppError 'bad-input' that names the place */
export function readFilter({ query }: PairFilter): FilterNode {
  const { value, problem } = parseFilter(query)
  if (value !== null) return value
  throw new AppError('bad-input', `The filter is not understood at character ${problem.start + 1}: ${problem.message}`, problem.advice)
}

/** A condition on a row `p` of pairs, to follow WHERE. @throws AppError 'bad-input' */
export const toCondition = (filter: PairFilter): Condition => compileNode(readFilter(filter))
