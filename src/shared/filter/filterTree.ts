// A filter as a tree. Everything a term tests is plain data, so that a tree can be compared, kept and sent.
import type { TermName } from './filterTerms'

/** Both ends inclusive unless told otherwise; null is open. Days are `2026-11-24`, `today`, `yesterday` or `3d`. */
export interface FilterRange<Bound> {
  from: Bound | null
  to: Bound | null
  isAboveFrom?: boolean
  isBelowTo?: boolean
}

export type TermTest =
  | { kind: 'words'; words: string[] }
  | { kind: 'numbers'; ranges: FilterRange<number>[] }
  | { kind: 'days'; ranges: FilterRange<string>[] }
  /** A phrase stands in the text as it is; a beginning may go on in its last word. */
  | { kind: 'phrase' | 'beginning'; text: string }

export interface TermNode {
  kind: 'term'
  name: TermName
  test: TermTest
}

export type FilterNode =
  | TermNode
  | { kind: 'and' | 'or'; nodes: FilterNode[] }
  | { kind: 'not'; node: FilterNode }

/** Matches every pair. */
export const everything: FilterNode = { kind: 'and', nodes: [] }

/** The parts that all must hold. */
export const partsOf = (node: FilterNode): FilterNode[] => (node.kind === 'and' ? node.nodes : [node])

/** One part stands for itself. */
export function join(kind: 'and' | 'or', nodes: FilterNode[]): FilterNode {
  return nodes.length === 1 ? nodes[0]! : { kind, nodes }
}
