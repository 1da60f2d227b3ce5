// Square RGB pictures and resampling of a box of them.

export interface ToyImage {
  /** RGB interleaved, `sizePx` rows of `sizePx` pixels. */
  pixels: Uint8Array
  sizePx: number
}

export interface SquareBox {
  leftPx: number
  topPx: number
  sidePx: number
}

/**
 * A square box of a picture at another size. Shrinking averages 2 × 2 … n × n bilinear samples per pixel, so that
 * fine patterns do not alias. The box may reach beyond the picture; the edge is repeated there.
 */
export function resampleBox(image: ToyImage, box: SquareBox, sizePx: number): ToyImage {
  const samples = Math.max(1, Math.ceil(box.sidePx / sizePx))
  const stepPx = box.sidePx / (sizePx * samples)
  const pixels = new Uint8Array(sizePx * sizePx * 3)
  const sum = [0, 0, 0]
  const point: [number, number, number] = [0, 0, 0]
  for (let row = 0; row < sizePx; row++) {
    for (let column = 0; column < sizePx; column++) {
      sum.fill(0)
      for (let sample = 0; sample < samples * samples; sample++) {
        const x = box.leftPx + (column * samples + (sample % samples) + 0.5) * stepPx
        const y = box.topPx + (row * samples + Math.floor(sample / samples) + 0.5) * stepPx
        samplePoint(image, x, y, point)
        for (let channel = 0; channel < 3; channel++) sum[channel]! += point[channel]!
      }
      const offset = (row * sizePx + column) * 3
      for (let channel = 0; channel < 3; channel++) pixels[offset + channel] = sum[channel]! / (samples * samples) + 0.5
    }
  }
  return { pixels, sizePx }
}

/** Bilinear, with pixel centres at halves; writes the three channels into `target`. */
export function samplePoint(image: ToyImage, x: number, y: number, target: [number, number, number]): void {
  const { pixels, sizePx } = image
  const clamp = (value: number): number => Math.min(sizePx - 1, Math.max(0, value))
  const left = Math.floor(x - 0.5)
  const top = Math.floor(y - 0.5)
  const shareX = x - 0.5 - left
  const shareY = y - 0.5 - top
  const upper = clamp(top) * sizePx
  const lower = clamp(top + 1) * sizePx
  const [near, far] = [clamp(left), clamp(left + 1)]
  for (let channel = 0; channel < 3; channel++) {
    const above = pixels[(upper + near) * 3 + channel]! * (1 - shareX) + pixels[(upper + far) * 3 + channel]! * shareX
    const beneath = pixels[(lower + near) * 3 + channel]! * (1 - shareX) + pixels[(lower + far) * 3 + channel]! * shareX
    target[channel] = above * (1 - shareY) + beneath * shareY
  }
}

/** Mean absolute difference per channel, 0…255. */
export function meanDifference(first: ToyImage, second: ToyImage): number {
  let sum = 0
  for (let index = 0; index < first.pixels.length; index++) {
    sum += Math.abs(first.pixels[index]! - second.pixels[index]!)
  }
  return sum / first.pixels.length
}
