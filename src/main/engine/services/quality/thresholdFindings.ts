// Finds the pairs whose numbers lie beyond a threshold, window by window, and counts how the numbers are spread.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { binOf, histogramBins, isFound, type FindingKind, type Thresholds } from '../../../../shared/quality/findingKinds'
import type { CheckedPair, FindingRow } from '../../store/findingStore'
import type { Store } from '../../store/openStore'
import { describeValue, valueOf, type ScoreSpreads } from './pairValues'

/** About 20 ms of reading. */
export const windowSize = 2000

/** All pairs that were not rejected, by windows; other calls are answered between two. */
export async function* checkedWindows(store: Store, signal?: AbortSignal): AsyncGenerator<CheckedPair[]> {
  let lastId = 0
  for (;;) {
    signal?.throwIfAborted()
    const pairs = store.findings.listPairs(lastId, windowSize)
    if (pairs.length === 0) return
    yield pairs
    lastId = pairs.at(-1)!.id
    await nextTurn()
  }
}

export function findingOf(kind: FindingKind, pair: CheckedPair, scores: ScoreSpreads, thresholds: Thresholds): FindingRow | null {
  const value = valueOf(kind, pair, scores)
  if (value === null || !isFound(kind, value, thresholds)) return null
  const severity = kind === 'blurred' || kind === 'dark' || kind === 'flat' || kind === 'tiny' ? -value : value
  const relatedPairId = kind === 'mismatch' && pair.betterScore !== null && pair.score !== null && pair.betterScore > pair.score ? pair.betterPairId : null
  return { pairId: pair.id, value, severity, detail: describeValue(kind, value, pair), relatedPairId, clusterId: null, textLength: kind === 'mismatch' ? textLengthOf(pair) : null }
}

export const textLengthOf = ({ leftText, rightText }: Pick<CheckedPair, 'leftText' | 'rightText'>): number => [...(leftText ?? '')].length + [...(rightText ?? '')].length

/** @returns the histograms of the kinds that some pair has a number for */
export async function findByThreshold(store: Store, checkId: number, kinds: readonly FindingKind[], thresholds: Thresholds, scores: ScoreSpreads, report: (done: number) => void, signal?: AbortSignal): Promise<Partial<Record<FindingKind, number[]>>> {
  const histograms: Partial<Record<FindingKind, number[]>> = {}
  let done = 0
  for await (const pairs of checkedWindows(store, signal)) {
    for (const kind of kinds) {
      const rows: FindingRow[] = []
      for (const pair of pairs) {
        const value = valueOf(kind, pair, scores)
        if (value === null) continue
        const counts = (histograms[kind] ??= new Array<number>(histogramBins).fill(0))
        counts[binOf(kind, value)]!++
        const row = findingOf(kind, pair, scores, thresholds)
        if (row) rows.push(row)
      }
      if (rows.length) store.findings.add(checkId, kind, rows)
    }
    done += pairs.length
    report(done)
  }
  return histograms
}
