// From a filter and an order to SQL. Only constants and placeholders reach the statement, never a person's text.
import type { PairFilter, PairSort } from '../../../shared/contract/pairs'
import type { SqlValue } from './database'

export interface Condition {
  sql: string
  values: SqlValue[]
}

/**
 * FTS5 query for a person's words: every word is a quoted phrase, so no character of it is an operator; the last one
 * also matches as a prefix. Null when there is no word to look for.
 */
export function toFullTextQuery(text: string): string | null {
  const words = text.replaceAll('\0', ' ').split(/\s+/).filter(word => /[\p{L}\p{N}]/u.test(word))
  if (words.length === 0) return null
  const phrases = words.map(word => `"${word.replaceAll('"', '""')}"`)
  return `${phrases.join(' AND ')}*`
}

/** @param without leaves one dimension of the filter out, for the facet that offers its other values */
export function toCondition(filter: PairFilter, without: keyof PairFilter | null = null): Condition {
  const parts: string[] = []
  const values: SqlValue[] = []
  const add = (key: keyof PairFilter, sql: string, value: string | null): void => {
    if (value === null || key === without) return
    parts.push(sql)
    values.push(value)
  }
  add('status', 'p.status = ?', filter.status)
  add('split', 'p.split = ?', filter.split)
  add('task', 'p.task = ?', filter.task)
  add('tag', 'EXISTS (SELECT 1 FROM pairTags t WHERE t.pairId = p.id AND t.tag = ?)', filter.tag)
  add('text', 'p.id IN (SELECT rowid FROM pairsText WHERE pairsText MATCH ?)', toFullTextQuery(filter.text))
  return { sql: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values }
}

/** Pairs without a score come last in both score orders. */
export const orderBy: Record<PairSort, string> = {
  newest: 'p.id DESC',
  oldest: 'p.id',
  'lowest-score': 'p.score ASC NULLS LAST, p.id',
  'highest-score': 'p.score DESC, p.id DESC',
}
