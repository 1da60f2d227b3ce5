// What two pictures differ in, made visible: black where they agree, brighter where they do not.
import type { RgbImage } from '../image/rgbImage'

/** Brightness of a difference of one step; a difference of 64 steps is as bright as a screen shows. */
export const differenceGain = 4

/** |first − second| · gain in every channel, at most 255. Both pictures have one size. */
export function differenceImage(first: RgbImage, second: RgbImage, gain = differenceGain): RgbImage {
  if (first.data.length !== second.data.length) throw new RangeError(`Expected two pictures of one size, got ${first.data.length} and ${second.data.length} bytes.`)
  const data = Uint8Array.from(first.data, (value, i) => Math.min(255, Math.abs(value - second.data[i]!) * gain))
  return { width: first.width, height: first.height, data }
}
