// Random numbers that are a pure function of (seed, stream …), so that a resumed run draws what an uninterrupted one
// would have drawn and no generator state has to be saved.
// Sources: the finaliser of MurmurHash3 mixes the seed; the generator is xoshiro128++ (Blackman and Vigna 2019).

/** Streams that must not share numbers. The values are part of every saved run: never renumber. */
export const randomStreams = { epochPlan: 1, maskLeft: 2, maskRight: 3 } as const

export interface Random {
  /** Uniform in 0…1, 1 excluded. */
  next(): number
  /** Uniform whole number in 0…limit−1. */
  below(limit: number): number
  /** Shuffles in place (Fisher and Yates). */
  shuffle<T>(items: T[]): T[]
}

function mix(value: number): number {
  let h = value >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const rotateLeft = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits))

export function createRandom(seed: number, ...stream: number[]): Random {
  let hash = mix(seed + 0x9e3779b9)
  for (const part of stream) hash = mix(Math.imul(hash, 31) + part + 0x7f4a7c15)
  const state = new Int32Array(4)
  // Consecutive outputs of a counter through the mixer are never all zero, which the generator could not leave.
  for (let i = 0; i < 4; i++) state[i] = mix(hash + Math.imul(i + 1, 0x9e3779b9))
  const nextInteger = (): number => {
    const [a, b, c, d] = state as unknown as [number, number, number, number]
    const result = (rotateLeft((a + d) | 0, 7) + a) >>> 0
    const shifted = b << 9
    const c2 = c ^ a
    const d2 = d ^ b
    state[1] = b ^ c2
    state[0] = a ^ d2
    state[2] = c2 ^ shifted
    state[3] = rotateLeft(d2, 11)
    return result
  }
  const next = (): number => nextInteger() / 4_294_967_296
  const below = (limit: number): number => Math.floor(next() * limit)
  const shuffle = <T>(items: T[]): T[] => {
    for (let i = items.length - 1; i > 0; i--) {
      const j = below(i + 1)
      const kept = items[i]!
      items[i] = items[j]!
      items[j] = kept
    }
    return items
  }
  return { next, below, shuffle }
}
