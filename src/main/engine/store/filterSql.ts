// From a filter to SQL: one entry for each term. Only constants and placeholders reach the statement, never a person's text.
import type { PairFilter } from '../../../shared/contract/pairs'
import { AppError } from '../../../shared/errors'
import type { TermName } from '../../../shared/filter/filterTerms'
import type { FilterNode, FilterRange, TermNode, TermTest } from '../../../shared/filter/filterTree'
import { parseFilter } from '../../../shared/filter/parseFilter'
import { startOfDay } from './filterDays'
import type { SqlValue } from './database'

export interface Condition {
  sql: string
  values: SqlValue[]
}

type Test<Kind extends TermTest['kind']> = Extract<TermTest, { kind: Kind }>

const condition = (sql: string, ...values: SqlValue[]): Condition => ({ sql, values })
const always = condition('TRUE')

const oneOf = (column: string, words: readonly string[]): Condition =>
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

function fullText(test: TermTest, column: 'leftText' | 'rightText' | null): Condition {
  const query = toFullTextQuery(test as Test<'phrase' | 'beginning'>, column)
  return query === null ? always : condition('p.id IN (SELECT rowid FROM pairsText WHERE pairsText MATCH ?)', query)
}

const words = (test: TermTest): string[] => (test as Test<'words'>).words
const numbers = (test: TermTest): FilterRange<number>[] => (test as Test<'numbers'>).ranges
const days = (test: TermTest): FilterRange<string>[] => (test as Test<'days'>).ranges

function below(sql: (inner: string) => string, inner: Condition): Condition {
  return condition(sql(inner.sql), ...inner.values)
}

const hasSql: Record<string, string> = {
  score: 'p.score IS NOT NULL',
  group: 'p.id IN (SELECT pairId FROM groupMembers)',
  tags: 'p.id IN (SELECT pairId FROM pairTags)',
  'left-image': 'p.leftImageId IS NOT NULL',
  'right-image': 'p.rightImageId IS NOT NULL',
  'left-text': 'p.leftText IS NOT NULL',
  'right-text': 'p.rightText IS NOT NULL',
}

/** What each term asks of a row `p` of pairs. */
const termSql: Record<TermName, (test: TermTest) => Condition> = {
  status: (test) => oneOf('p.status', words(test)),
  split: (test) => oneOf('p.split', words(test)),
  task: (test) => oneOf('p.task', words(test)),
  tag: (test) => below((inner) => `p.id IN (SELECT t.pairId FROM pairTags t WHERE ${inner})`, oneOf('t.tag', words(test))),
  score: (test) => inRanges('p.score', numbers(test)),
  text: (test) => fullText(test, null),
  left: (test) => fullText(test, 'leftText'),
  right: (test) => fullText(test, 'rightText'),
  id: (test) => inRanges('p.id', numbers(test)),
  group: (test) => below((inner) => `p.id IN (SELECT m.pairId FROM groupMembers m WHERE ${inner})`, inRanges('m.groupId', numbers(test))),
  has: (test) => anyOf(words(test).map((word) => condition(hasSql[word]!))),
  updated: (test) => inDays('p.updatedAtMs', days(test)),
  import: (test) => inRanges('p.importId', numbers(test)),
  length: (test) => inRanges('max(length(coalesce(p.leftText, \'\')), length(coalesce(p.rightText, \'\')))', numbers(test)),
}

export const compileTerm = ({ name, test }: TermNode): Condition => termSql[name](test)

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
