// The numbers by which a pair is found: of the worse of its pictures, of its score, of its distance.
import type { Task } from '../../../../shared/contract/entities'
import type { FindingKind } from '../../../../shared/quality/findingKinds'
import { deviationsBelow, type Spread } from '../../compute/quality/robustSpread'
import type { CheckedPair } from '../../store/findingStore'

export type ScoreSpreads = Partial<Record<Task, Spread>>

const present = (...values: (number | null)[]): number[] => values.filter((value) => value !== null)
const least = (values: number[]): number | null => (values.length ? Math.min(...values) : null)
const most = (values: number[]): number | null => (values.length ? Math.max(...values) : null)

const sizes = (pair: CheckedPair): [number, number][] => [[pair.leftWidthPx, pair.leftHeightPx], [pair.rightWidthPx, pair.rightHeightPx]]
  .filter((size): size is [number, number] => size[0] !== null && size[1] !== null)

/** Edges of a picture that is dark, washed out or flat are faint however sharp it is, so its sharpness says nothing. */
const leastContrastOfSharpness = 12
const sharpnessOf = (sharpness: number | null, contrast: number | null): number | null => (contrast !== null && contrast >= leastContrastOfSharpness ? sharpness : null)

const rules: Partial<Record<FindingKind, (pair: CheckedPair, scores: ScoreSpreads) => number | null>> = {
  blurred: (pair) => least(present(sharpnessOf(pair.leftSharpness, pair.leftContrast), sharpnessOf(pair.rightSharpness, pair.rightContrast))),
  dark: (pair) => least(present(pair.leftBrightness, pair.rightBrightness)),
  bright: (pair) => most(present(pair.leftBrightness, pair.rightBrightness)),
  flat: (pair) => least(present(pair.leftContrast, pair.rightContrast)),
  tiny: (pair) => least(sizes(pair).map(([width, height]) => Math.min(width, height))),
  'odd-shape': (pair) => most(sizes(pair).map(([width, height]) => Math.max(width, height) / Math.min(width, height))),
  mismatch: (pair, scores) => {
    const spread = scores[pair.task]
    return pair.score === null || spread === undefined ? null : deviationsBelow(pair.score, spread)
  },
  outlier: (pair) => pair.outlierness,
}

/** Null where the pair has no such number. */
export const valueOf = (kind: FindingKind, pair: CheckedPair, scores: ScoreSpreads): number | null => rules[kind]?.(pair, scores) ?? null

const rounded = (value: number, digits: number): string => value.toFixed(digits)

export function describeValue(kind: FindingKind, value: number, pair: CheckedPair): string {
  switch (kind) {
    case 'blurred': return `sharpness ${rounded(value, 1)}`
    case 'dark':
    case 'bright': return `brightness ${rounded(value, 0)} of 255`
    case 'flat': return `contrast ${rounded(value, 1)}`
    case 'tiny': return `${sizes(pair).map(([width, height]) => `${width} × ${height} px`).join(', ')}`
    case 'odd-shape': return `${rounded(value, 1)} × longer than its other side`
    case 'mismatch': {
      const better = pair.betterScore !== null && pair.betterPairId !== null && pair.score !== null && pair.betterScore > pair.score ? `; the right side of pair ${pair.betterPairId} fits with ${rounded(pair.betterScore, 2)}` : ''
      return `score ${rounded(pair.score ?? 0, 2)}, ${rounded(value, 1)} σ below the median${better}`
    }
    case 'outlier': return `${rounded(value, 1)} σ farther from its neighbours than the median`
    default: return ''
  }
}
