// Seeded random numbers (sfc32, C. Doty-Humphrey, PractRand): the same seed gives the same toybox on every machine.

export class Random {
  readonly #seed: string
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string | number) {
    this.#seed = String(seed)
    this.#a = hashText(this.#seed, 0x9e3779b9)
    this.#b = hashText(this.#seed, 0x243f6a88)
    this.#c = hashText(this.#seed, 0xb7e15162)
    for (let round = 0; round < 12; round++) this.#nextWord()
  }

  /** An independent stream. It depends on this stream's seed and the name alone, not on what was drawn before. */
  fork(name: string | number): Random {
    return new Random(`${this.#seed}/${name}`)
  }

  /** 0 inclusive to 1 exclusive. */
  next(): number {
    return this.#nextWord() / 4_294_967_296
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.next()
  }

  /** Whole number; both ends inclusive. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('Random.pick needs at least one choice')
    return choices[Math.floor(this.next() * choices.length)]!
  }

  /** Picks a key with a probability in proportion to its weight. */
  weighted<T extends string>(weights: Partial<Record<T, number>>): T {
    const entries = (Object.entries(weights) as [T, number][]).filter(([, weight]) => weight > 0)
    const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
    if (entries.length === 0) throw new RangeError('Random.weighted needs at least one weight above 0')
    let left = this.next() * total
    for (const [key, weight] of entries) {
      left -= weight
      if (left < 0) return key
    }
    return entries.at(-1)![0]
  }

  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[] {
    const copy = [...items]
    for (let last = copy.length - 1; last > 0; last--) {
      const other = this.integer(0, last)
      ;[copy[last], copy[other]] = [copy[other]!, copy[last]!]
    }
    return copy
  }

  gaussian(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.next())
  }

  #nextWord(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum | 0
    return sum >>> 0
  }
}

/** FNV-1a over UTF-16 units, then mixed so that nearby seeds give unlike states. */
function hashText(text: string, start: number): number {
  let hash = start | 0
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return hash ^ (hash >>> 16)
}
