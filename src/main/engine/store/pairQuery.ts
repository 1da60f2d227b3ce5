// The orders in which pairs are listed, as SQL.
import type { PairSort } from '../../../shared/contract/pairs'

/** Pairs without a score come last in both score orders. */
export const orderBy: Record<PairSort, string> = {
  newest: 'p.id DESC',
  oldest: 'p.id',
  'lowest-score': 'p.score ASC NULLS LAST, p.id',
  'highest-score': 'p.score DESC, p.id DESC',
}
