// AdamW in place and in one pass over memory. As a graph it is some fourteen passes, each over arrays as large as the model,
// and a second set of weights and moments to write into; here it is the same arithmetic (adamw.ts) as WebAssembly.
import {
  add, addIntegers, addWide, divide, float, get, instantiate, integer, isBelow, load, loopWhile, multiply, multiplyWide, set, splat, squareRoot, store, subtract,
  sumOfWide, widenHigh, widenLow,
} from '../graph/wasmWriter'
import type { Code, WasmFunction } from '../graph/wasmWriter'
import { adamwEpsilon, beta1, beta2, clipEpsilon, decays } from './adamw'

const vectorBytes = 16
const pageBytes = 65536
/** What WebAssembly can address. */
const maxPages = 65536

/** for (offset = 0; offset < end; offset += 16) body */
const overVectors = (offset: number, end: number, body: Code): Code =>
  loopWhile([...body, ...set(offset, addIntegers(get(offset), integer(vectorBytes)))], isBelow(get(offset), get(end)))

function updateFunction(): WasmFunction {
  const [weight, first, second, gradient, end, clip, keep, rate, correction, offset, g, m, v] = Array.from({ length: 13 }, (_, index) => index) as
    [number, number, number, number, number, number, number, number, number, number, number, number, number]
  const at = (pointer: number): Code => addIntegers(get(pointer), get(offset))
  const times = (value: Code, factor: number): Code => multiply(value, splat(float(factor)))
  const body = [
    ...set(g, multiply(load(at(gradient)), splat(get(clip)))),
    ...set(m, add(times(load(at(first)), beta1), times(get(g), 1 - beta1))),
    ...set(v, add(times(load(at(second)), beta2), times(multiply(get(g), get(g)), 1 - beta2))),
    ...store(at(first), get(m)),
    ...store(at(second), get(v)),
    ...store(at(weight), subtract(
      multiply(load(at(weight)), splat(get(keep))),
      multiply(splat(get(rate)), divide(get(m), add(squareRoot(divide(get(v), splat(get(correction)))), splat(float(adamwEpsilon))))))),
  ]
  return {
    name: 'update', parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'f32', 'f32', 'f32', 'f32'], locals: ['i32', 'v128', 'v128', 'v128'],
    result: null, body: overVectors(offset, end, body),
  }
}

function sumOfSquaresFunction(): WasmFunction {
  const [pointer, end, offset, values, wide, total] = [0, 1, 2, 3, 4, 5]
  const addSquares = (half: Code): Code => [...set(wide, half), ...set(total, addWide(get(total), multiplyWide(get(wide), get(wide))))]
  const body = [...set(values, load(addIntegers(get(pointer), get(offset)))), ...addSquares(widenLow(get(values))), ...addSquares(widenHigh(get(values)))]
  return {
    name: 'sumOfSquares', parameters: ['i32', 'i32'], locals: ['i32', 'v128', 'v128', 'v128'], result: 'f64',
    body: [...overVectors(offset, end, body), ...sumOfWide(total)],
  }
}

interface Exports {
  update(weight: number, first: number, second: number, gradient: number, byteCount: number, clip: number, keep: number, rate: number, correction2: number): void
  sumOfSquares(gradient: number, byteCount: number): number
}

export const kernelGroups = ['weight', 'first', 'second', 'gradient'] as const
export type KernelGroup = (typeof kernelGroups)[number]

export interface AdamwNumbers {
  learningRate: number
  weightDecay: number
  gradientClip: number
  /** 1 − β₁ᵗ and 1 − β₂ᵗ, t from 1. */
  correction1: number
  correction2: number
}

export interface AdamwKernel {
  /** Zeros at first. The same memory for the kernel's whole life. */
  readonly arrays: Record<KernelGroup, ReadonlyMap<string, Float32Array>>
  /** Updates weights and moments by the gradients, which stay. @returns the global norm of the gradients before clipping */
  update(numbers: AdamwNumbers): number
}

/** @returns null where the arrays do not fit into what WebAssembly can address */
export function createAdamwKernel(shapes: ReadonlyMap<string, readonly number[]>): AdamwKernel | null {
  const names = [...shapes.keys()]
  const lengths = new Map(names.map((name) => [name, shapes.get(name)!.reduce((product, size) => product * size, 1)]))
  // Whole vectors for each array: what pads it has a gradient of zero and stays zero.
  const byteCounts = new Map(names.map((name) => [name, Math.ceil((lengths.get(name)! * 4) / vectorBytes) * vectorBytes]))
  const groupBytes = [...byteCounts.values()].reduce((total, bytes) => total + bytes, 0)
  const pages = Math.ceil((kernelGroups.length * groupBytes) / pageBytes)
  if (pages > maxPages) return null
  const { buffer, exports } = instantiate([updateFunction(), sumOfSquaresFunction()], pages)
  const { update, sumOfSquares } = exports as Exports

  const places = new Map<string, number>()
  let place = 0
  for (const name of names) {
    places.set(name, place)
    place += byteCounts.get(name)!
  }
  const addressOf = (group: KernelGroup, name: string): number => kernelGroups.indexOf(group) * groupBytes + places.get(name)!
  const arraysOf = (group: KernelGroup): ReadonlyMap<string, Float32Array> =>
    new Map(names.map((name) => [name, new Float32Array(buffer, addressOf(group, name), lengths.get(name)!)]))

  return {
    arrays: { weight: arraysOf('weight'), first: arraysOf('first'), second: arraysOf('second'), gradient: arraysOf('gradient') },
    update({ learningRate, weightDecay, gradientClip, correction1, correction2 }) {
      const norm = Math.sqrt(sumOfSquares(addressOf('gradient', names[0]!), groupBytes))
      const clip = Math.min(1, gradientClip / (norm + clipEpsilon))
      for (const name of names) {
        const keep = decays(name, shapes.get(name)!.length) ? 1 - learningRate * weightDecay : 1
        update(addressOf('weight', name), addressOf('first', name), addressOf('second', name), addressOf('gradient', name), byteCounts.get(name)!,
          clip, keep, learningRate / correction1, correction2)
      }
      return norm
    },
  }
}
