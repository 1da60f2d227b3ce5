// What two pictures differ in, made visible: black where they agree, brighter where they do not.
import type { RgbImage } from '../image/rgbImage'

/** One code of many changes a few pixels by a few steps; beyond this, rounding would look like a change. */
const largestGain = 64
/** Reconstructions of one tokenizer stay comparable by eye: their difference is never darker than this. */
const smallestGain = 4
/** So that a few wild pixels do not leave everything else black. */
const brightShare = 0.99

export interface DifferenceImage {
  image: RgbImage
  /** |first − second| was multiplied by it, a power of two. */
  gain: number
}

/** The largest power of two that still shows `brightShare` of the differing values below white. */
function chooseGain(differences: Uint8Array): number {
  const counts = new Uint32Array(256)
  for (const difference of differences) counts[difference]! += 1
  let left = (differences.length - counts[0]!) * (1 - brightShare)
  let bright = 255
  while (bright > 0 && left >= counts[bright]!) left -= counts[bright--]!
  let gain = smallestGain
  while (gain * 2 * bright <= 255 && gain < largestGain) gain *= 2
  return gain
}

/** |first − second| · gain in every channel, at most 255. Both pictures have one size. */
export function differenceImage(first: RgbImage, second: RgbImage): DifferenceImage {
  if (first.data.length !== second.data.length) throw new RangeError(`Expected two pictures of one size, got ${first.data.length} and ${second.data.length} bytes.`)
  const differences = first.data.map((value, i) => Math.abs(value - second.data[i]!))
  const gain = chooseGain(differences)
  return { image: { width: first.width, height: first.height, data: differences.map((difference) => Math.min(255, difference * gain)) }, gain }
}
