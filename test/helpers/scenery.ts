// Pictures with the statistics of photographs, from a seed: colour noise of several scales under soft shapes, as JPEG.
import sharp from 'sharp'
import { createRandom } from '../../src/main/engine/compute/training/random'

/** Fields a side of each layer of noise, and how strong it is. */
const layers = [[3, 1], [6, 0.7], [12, 0.4], [24, 0.25], [60, 0.2]] as const

export async function scenery(seed: number, width = 480, height = 360): Promise<Buffer> {
  const random = createRandom(seed * 7919 + 13)
  const sum = new Float32Array(width * height * 3)
  for (const [fields, strength] of layers) {
    const noise = Buffer.from(Uint8Array.from({ length: fields * fields * 3 }, () => random.next() * 255))
    const layer = await sharp(noise, { raw: { width: fields, height: fields, channels: 3 } }).resize(width, height, { fit: 'fill', kernel: 'cubic' }).raw().toBuffer()
    for (let index = 0; index < sum.length; index++) sum[index]! += strength * (layer[index]! - 128)
  }
  const below = Buffer.from(Uint8Array.from(sum, value => Math.max(0, Math.min(255, 128 + value * 0.6))))
  const colour = (): string => `rgb(${[0, 0, 0].map(() => Math.floor(random.next() * 255)).join(',')})`
  const shapes = Array.from({ length: 5 }, () =>
    `<ellipse cx="${random.next() * width}" cy="${random.next() * height}" rx="${20 + random.next() * 80}" ry="${20 + random.next() * 80}" fill="${colour()}"/>`)
  return sharp(below, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(`<svg width="${width}" height="${height}">${shapes.join('')}</svg>`) }])
    .jpeg({ quality: 92 }).toBuffer()
}

/** Cuts shares of the sides off. */
export async function cropped(bytes: Uint8Array, left: number, top: number, right: number, bottom: number): Promise<Buffer> {
  const { width, height } = await sharp(bytes).metadata()
  const [x, y] = [Math.round(width * left), Math.round(height * top)]
  return sharp(bytes).extract({ left: x, top: y, width: Math.round(width * (1 - right)) - x, height: Math.round(height * (1 - bottom)) - y }).jpeg({ quality: 85 }).toBuffer()
}
