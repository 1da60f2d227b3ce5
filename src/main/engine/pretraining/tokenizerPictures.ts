// Pictures for training the nano image tokenizer: Toybox scenes of both looks, with crops, turns and edits among them, so
// that the tokenizer can draw everything that the tasks show. Pixels only: the tokenizer never sees a word.
import { domains } from '../toybox/domain'
import { drawScene } from '../toybox/draw'
import { Random } from '../toybox/random'
import { generateScene } from '../toybox/scene'
import { pickTransformFamily, transformGroup } from '../toybox/transforms'

/** Share of pictures that a transformation of §5 has changed. */
const transformedShare = 0.15

/** One picture, sizePx²·3 bytes RGB; the same seed and index give the same picture. */
export function tokenizerPicture(seed: number, index: number, sizePx: number): Uint8Array {
  const random = new Random(`tokenizer/${seed}`).fork(index)
  const domain = random.pick(Object.keys(domains) as (keyof typeof domains)[])
  const pixels = drawScene(generateScene(random, { domain }), sizePx)
  if (!random.chance(transformedShare)) return pixels
  const changed = transformGroup(pickTransformFamily(random), { pixels, sizePx }, random)
  return changed.length > 0 ? random.pick(changed).after.pixels : pixels
}

/** RGB bytes of several pictures as model input, [B, S, S, 3] in 0…1. */
export function toInput(pictures: readonly Uint8Array[], sizePx: number): Float32Array {
  const stride = sizePx * sizePx * 3
  const input = new Float32Array(pictures.length * stride)
  pictures.forEach((picture, row) => {
    for (let i = 0; i < stride; i += 1) input[row * stride + i] = picture[i]! / 255
  })
  return input
}
