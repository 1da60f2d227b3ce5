// How a set of pictures uses the codebook: how often each code occurs, how many occur at all, and how evenly.

export interface UseFigures {
  /** Codes counted in all. */
  total: number
  /** Codes that occur at least once. */
  usedCount: number
  /** −Σ p·log₂ p of the shares: bits that one code carries on average. */
  entropyBits: number
  /** 2^entropy: as many equally frequent codes would be as uneven; K at most. */
  perplexity: number
}

/** Adds the codes of one picture. @throws RangeError for a code outside the codebook */
export function countCodes(counts: Uint32Array, codes: ArrayLike<number>): void {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (code >= counts.length) throw new RangeError(`Expected codes below ${counts.length}, got ${code}.`)
    counts[code]! += 1
  }
}

/** An empty count has no entropy, and a perplexity of 1. */
export function useFigures(counts: ArrayLike<number>): UseFigures {
  let total = 0
  let usedCount = 0
  for (let code = 0; code < counts.length; code++) {
    total += counts[code]!
    if (counts[code]! > 0) usedCount++
  }
  let entropyBits = 0
  for (let code = 0; code < counts.length; code++) {
    if (counts[code]! === 0) continue
    const share = counts[code]! / total
    entropyBits -= share * Math.log2(share)
  }
  return { total, usedCount, entropyBits, perplexity: 2 ** entropyBits }
}
