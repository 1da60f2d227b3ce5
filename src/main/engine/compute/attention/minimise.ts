// L-BFGS with a backtracking line search, for smooth convex functions of up to some thousand numbers.
// Source: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 3.1 and 7.4.

/** Gives the value at `point` and writes the gradient. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number

export interface Minimum {
  point: Float64Array
  value: number
  iterationCount: number
}

const memory = 8
const mostIterations = 100
/** Ends where no part of the gradient is larger. */
const flatGradient = 1e-5
/** How much of the promised decrease a step must bring (Armijo). */
const sufficientDecrease = 1e-4
const mostHalvings = 40

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0)

interface Curvature {
  step: Float64Array
  change: Float64Array
  inverse: number
}

/** −H·gradient, where H approximates the inverse second derivative from the last steps. */
function descend(gradient: Float64Array, kept: readonly Curvature[]): Float64Array {
  const direction = gradient.map(value => -value)
  const factors: number[] = []
  for (const { step, change, inverse } of [...kept].reverse()) {
    const factor = inverse * dot(step, direction)
    factors.push(factor)
    for (let i = 0; i < direction.length; i++) direction[i]! -= factor * change[i]!
  }
  const last = kept.at(-1)
  if (last) {
    const scale = 1 / (last.inverse * dot(last.change, last.change))
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale
  }
  for (const { step, change, inverse } of kept) {
    const factor = factors.pop()! - inverse * dot(change, direction)
    for (let i = 0; i < direction.length; i++) direction[i]! += factor * step[i]!
  }
  return direction
}

export function minimise(start: Float64Array, objective: Objective): Minimum {
  let point = start.slice()
  let gradient = new Float64Array(point.length)
  let value = objective(point, gradient)
  const kept: Curvature[] = []
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    if (gradient.every(part => Math.abs(part) <= flatGradient)) return { point, value, iterationCount: iteration }
    const direction = descend(gradient, kept)
    const slope = dot(gradient, direction)
    // The first step has no curvature to go by, so it is short.
    let length = kept.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1
    const nextGradient = new Float64Array(point.length)
    let next = point
    let nextValue = Infinity
    for (let halving = 0; halving < mostHalvings; halving++) {
      const reach = length
      next = point.map((part, index) => part + reach * direction[index]!)
      nextValue = objective(next, nextGradient)
      if (nextValue <= value + sufficientDecrease * length * slope) break
      length /= 2
    }
    // Not even the shortest step goes down: this is the bottom, as far as doubles can tell.
    if (nextValue >= value) return { point, value, iterationCount: iteration }
    const step = next.map((part, index) => part - point[index]!)
    const change = nextGradient.map((part, index) => part - gradient[index]!)
    const product = dot(step, change)
    if (product > 1e-12) {
      kept.push({ step, change, inverse: 1 / product })
      if (kept.length > memory) kept.shift()
    }
    point = next
    gradient = nextGradient
    value = nextValue
  }
  return { point, value, iterationCount: mostIterations }
}
