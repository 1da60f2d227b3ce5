// How each point is drawn: hidden by the legend, faint because others are meant, plainly, or selected. Also the order of
// drawing, in which the points of one state lie beside each other.

export const pointState = { hidden: 0, faint: 1, plain: 2, selected: 3 } as const

export interface StateQuestion {
  pointCount: number
  /** The colour of each point, and the colours that the legend has switched off. */
  colours: Uint8Array
  hiddenColours: ReadonlySet<number>
  /** One byte per point, 0 where the filter does not match; null without a filter. */
  matches: Uint8Array | null
  /** Null when nothing is selected. */
  isSelected: ((point: number) => boolean) | null
}

/** While something is selected, or a filter is set, all else is faint. A selected point shows even where the filter does not match it. */
export function findStates({ pointCount, colours, hiddenColours, matches, isSelected }: StateQuestion): Uint8Array {
  const states = new Uint8Array(pointCount)
  for (let point = 0; point < pointCount; point++) {
    if (hiddenColours.size > 0 && hiddenColours.has(colours[point]!)) continue
    if (isSelected?.(point)) states[point] = pointState.selected
    else states[point] = isSelected !== null || (matches !== null && matches[point] === 0) ? pointState.faint : pointState.plain
  }
  return states
}

export interface DrawOrder {
  /** Points by state, faint ones first; hidden ones are left out. */
  order: Uint32Array
  /** Where each state begins in `order`, and where the last one ends. */
  faint: number
  plain: number
  selected: number
  end: number
}

export function orderByState(states: Uint8Array): DrawOrder {
  const counts = [0, 0, 0, 0]
  for (const state of states) counts[state]! += 1
  const faint = 0
  const plain = counts[pointState.faint]!
  const selected = plain + counts[pointState.plain]!
  const end = selected + counts[pointState.selected]!
  const order = new Uint32Array(end)
  const next = [0, faint, plain, selected]
  for (let point = 0; point < states.length; point++) if (states[point] !== pointState.hidden) order[next[states[point]!]!++] = point
  return { order, faint, plain, selected, end }
}
