// Whether two pictures with near hashes show the same thing, by their grids of mean colours. Pictures that are built alike
// (a scene before and after an edit) differ much in few fields; a copy that was encoded or scaled anew differs little in
// all of them; a crop fits once the grids are laid over each other as the crop was cut, and not before. The bounds were
// measured: docs/decisions/perceptual-hashes.md.
import { tileCount } from './pictureHashes'

const fieldCount = tileCount * tileCount

/**
 * Largest difference of a field of two copies, of 255: re-encoded ones stay below 12, blurred ones below 26, and then many
 * fields differ about as much. Below the second bound it may be a single field.
 */
const largestCopyDifference = 26
const negligibleDifference = 8
const copyConcentration = 6
/** What a crop may differ once it is laid right; fields are averages, so its edges never fit wholly. */
const largestCrop = { difference: 85, meanDifference: 9, concentration: 6 }
/** Laying it right must take at least this share of the mean difference away. */
const cropGain = 0.2

const cropScales = [0.98, 0.96, 0.94, 0.92, 0.9, 0.87]
const cropCorners = [-1, 0, 1]

export interface TileComparison {
  isSame: boolean
  /** How the second is cut from the first or the first from the second: null for the whole of both. */
  cropShare: number | null
  /** Mean difference of the colours, 0…255, after light and contrast were matched. */
  meanDifference: number
}

interface Fit {
  mean: number
  largest: number
  /** Largest difference over the one that a twentieth of the fields exceed: high where few fields differ. */
  concentration: number
}

/** Fields of `tiles` at places between its fields: a cut of `scale` of each side, moved from the middle. */
function cut(tiles: Uint8Array, scale: number, moveX: number, moveY: number): Float32Array {
  const result = new Float32Array(fieldCount * 3)
  const last = tileCount - 1
  const place = (index: number, move: number): number => Math.min(last, Math.max(0, (index + 0.5 - tileCount / 2) * scale + move + tileCount / 2 - 0.5))
  for (let row = 0, out = 0; row < tileCount; row++) {
    const v = place(row, moveY)
    const y = Math.min(last - 1, Math.floor(v))
    for (let column = 0; column < tileCount; column++) {
      const u = place(column, moveX)
      const x = Math.min(last - 1, Math.floor(u))
      const right = u - x
      const down = v - y
      for (let channel = 0; channel < 3; channel++, out++) {
        const at = (y * tileCount + x) * 3 + channel
        const above = tiles[at]! * (1 - right) + tiles[at + 3]! * right
        const below = tiles[at + tileCount * 3]! * (1 - right) + tiles[at + tileCount * 3 + 3]! * right
        result[out] = above * (1 - down) + below * down
      }
    }
  }
  return result
}

/** Differences after the first was given the mean and, within bounds, the contrast of the second. */
function fit(first: ArrayLike<number>, second: ArrayLike<number>): Fit {
  const count = fieldCount * 3
  let sumFirst = 0
  let sumSecond = 0
  for (let index = 0; index < count; index++) {
    sumFirst += first[index]!
    sumSecond += second[index]!
  }
  const meanFirst = sumFirst / count
  const meanSecond = sumSecond / count
  let together = 0
  let own = 0
  for (let index = 0; index < count; index++) {
    together += (first[index]! - meanFirst) * (second[index]! - meanSecond)
    own += (first[index]! - meanFirst) ** 2
  }
  const gain = own > 0 ? Math.min(1.6, Math.max(0.6, together / own)) : 1
  const differences = new Float32Array(fieldCount)
  let sum = 0
  for (let index = 0; index < count; index++) {
    const difference = Math.abs((first[index]! - meanFirst) * gain - (second[index]! - meanSecond))
    sum += difference
    const field = (index / 3) | 0
    if (difference > differences[field]!) differences[field] = difference
  }
  differences.sort()
  const largest = differences[fieldCount - 1]!
  return { mean: sum / count, largest, concentration: largest / Math.max(1, differences[Math.floor(fieldCount * 0.95) - 1]!) }
}

/** Both grids as `hashPicture` gives them. The order of the two makes no difference to the answer. */
export function compareTiles(first: Uint8Array, second: Uint8Array): TileComparison {
  const whole = fit(first, second)
  const isSpread = whole.concentration <= copyConcentration || whole.largest <= negligibleDifference
  if (whole.largest <= largestCopyDifference && isSpread) return { isSame: true, cropShare: null, meanDifference: whole.mean }
  let best = whole
  let bestScale = 1
  for (const [outer, inner] of [[first, second], [second, first]] as const) {
    for (const scale of cropScales) {
      const reach = ((1 - scale) * tileCount) / 2
      for (const down of cropCorners) {
        for (const right of cropCorners) {
          const laid = fit(cut(outer, scale, right * reach, down * reach), inner)
          if (laid.mean < best.mean) [best, bestScale] = [laid, scale]
        }
      }
    }
  }
  const isSame = bestScale < 1 && best.mean <= (1 - cropGain) * whole.mean
    && best.mean <= largestCrop.meanDifference && best.largest <= largestCrop.difference && best.concentration <= largestCrop.concentration
  return { isSame, cropShare: isSame ? bestScale : null, meanDifference: best.mean }
}
