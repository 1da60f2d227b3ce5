// Curves of recall along a blend, as plain numbers: what is drawn, what stands at the slider, and what it won or lost.
import type { Blend, BlendPoint, TaskRecalls } from '@shared/contract/blend'
import type { Recall } from '@shared/contract/entities'

export type Cutoff = 'r1' | 'r5' | 'r10'
export type SetName = 'project' | 'probe'
export type Direction = keyof TaskRecalls

export const cutoffs: { value: Cutoff; label: string }[] = [{ value: 'r1', label: 'R@1' }, { value: 'r5', label: 'R@5' }, { value: 'r10', label: 'R@10' }]

export interface CurvePoint {
  amount: number
  /** 0…1; null until measured. */
  share: number | null
}

export const recallAt = (point: BlendPoint | null, set: SetName, direction: Direction): Recall | null => point?.[set]?.[direction] ?? null

export const curveOf = (points: readonly BlendPoint[], set: SetName, direction: Direction, cutoff: Cutoff): CurvePoint[] =>
  points.map((point) => ({ amount: point.amount, share: recallAt(point, set, direction)?.[cutoff] ?? null }))

/** The position whose amount is nearest; of two as near, the first. Null without any. */
export const nearestPoint = (points: readonly BlendPoint[], amount: number): BlendPoint | null =>
  points.reduce<BlendPoint | null>((nearest, point) => (nearest && Math.abs(nearest.amount - amount) <= Math.abs(point.amount - amount) ? nearest : point), null)

/** How many positions hold every set that there is. A set that is not prepared yet holds nothing. */
export function measuredCount({ points }: Blend, wantsProbe: boolean): number {
  const hasProject = points.some(({ project }) => project !== null)
  const hasProbe = wantsProbe || points.some(({ probe }) => probe !== null)
  return points.filter(({ project, probe }) => (project !== null || probe !== null) && (!hasProject || project !== null) && (!hasProbe || probe !== null)).length
}

export interface PlotSize { widthPx: number; heightPx: number; leftPx: number; rightPx: number; topPx: number; bottomPx: number }

/** Upper end of the axis: the next tenth above everything that is drawn, at least one tenth. */
export function axisTop(curves: readonly (readonly CurvePoint[])[]): number {
  const highest = Math.max(0, ...curves.flatMap((curve) => curve.map(({ share }) => share ?? 0)))
  return Math.min(1, Math.max(1, Math.ceil(highest * 10 - 1e-9)) / 10)
}

export const xOf = (amount: number, { widthPx, leftPx, rightPx }: PlotSize): number => leftPx + amount * (widthPx - leftPx - rightPx)
export const yOf = (share: number, top: number, { heightPx, topPx, bottomPx }: PlotSize): number => heightPx - bottomPx - (share / top) * (heightPx - topPx - bottomPx)

/** A polyline through what is measured; unmeasured positions are passed over. */
export function pathOf(curve: readonly CurvePoint[], top: number, size: PlotSize): string {
  const measured = curve.filter((point): point is { amount: number; share: number } => point.share !== null)
  return measured.map(({ amount, share }, index) => `${index ? 'L' : 'M'}${xOf(amount, size).toFixed(1)} ${yOf(share, top, size).toFixed(1)}`).join('')
}

/** Percentage points between a position and the base; null where one of the two is not measured. */
export function pointsAgainst(blend: Blend, here: BlendPoint | null, set: SetName, direction: Direction, cutoff: Cutoff): number | null {
  const there = recallAt(blend.points[0] ?? null, set, direction)
  const now = recallAt(here, set, direction)
  return there && now ? (now[cutoff] - there[cutoff]) * 100 : null
}
