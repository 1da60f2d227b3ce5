// Whether an edit can be taken back after others have edited as well: what it wrote must still stand. Tags are a set, so
// that tags of two people do not stand in each other's way; scores are measured, not written.
import type { JudgementRow, RowChange, SharedColumn } from './historyStore'
import type { PairRow } from './pairStore'

export interface PresentRows {
  pair(id: number): PairRow | undefined
  judgement(pairId: number, otherPairId: number): JudgementRow | null
  /** Those of the pairs that have something else in a column. */
  otherThan(ids: readonly number[], column: SharedColumn, value: string | number): number[]
}

const isMeasured = (column: string): boolean => column === 'score' || column === 'scoreModelId'

/** The pairs of which something else stands now than the changes start from. */
export function findOvertaken(changes: readonly RowChange[], present: PresentRows): number[] {
  const overtaken = new Set<number>()
  for (const change of changes) {
    if (change.kind === 'judgement') {
      if (present.judgement(change.pairId, change.otherPairId)?.verdict !== change.before?.verdict) overtaken.add(change.pairId)
      continue
    }
    // Pairs in the bin cannot be edited, and those that go there are kept as they are.
    if (change.kind === 'presence') continue
    // To dismiss twice is to dismiss.
    if (change.kind === 'dismissal') continue
    // Tags of two people do not stand in each other's way.
    if (change.kind === 'tag') continue
    if (change.kind === 'column') {
      for (const id of present.otherThan(change.ids, change.column, change.before)) overtaken.add(id)
      continue
    }
    const row = present.pair(change.id)
    if ((row === undefined) !== (change.before === null)) overtaken.add(change.id)
    else if (row !== undefined && change.before !== null && Object.entries(change.before).some(([column, value]) => !isMeasured(column) && column !== 'tags' && row[column as keyof PairRow] !== value)) overtaken.add(change.id)
    // A pair that is about to go must be as it came, tags included.
    else if (row !== undefined && change.after === null && !isSameSet(row.tags, change.before?.tags ?? [])) overtaken.add(change.id)
  }
  return [...overtaken]
}

const isSameSet = (first: readonly string[], second: readonly string[]): boolean => first.length === second.length && first.every((tag) => second.includes(tag))

/** A change of tags as additions and removals to the tags that are there now. */
export function mergeTags(change: RowChange, present: PresentRows): RowChange {
  if (change.kind !== 'pair' || change.before === null || change.after === null) return change
  const { before, after } = change
  const now = present.pair(change.id)?.tags
  if (before.tags === undefined || after.tags === undefined || now === undefined) return change
  const [was, wanted] = [before.tags, after.tags]
  const tags = [...now.filter((tag) => !was.includes(tag) || wanted.includes(tag)), ...wanted.filter((tag) => !was.includes(tag) && !now.includes(tag))]
  return { ...change, after: { ...after, tags } }
}
