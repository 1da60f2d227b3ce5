// The example for Node that is written beside exported ONNX graphs. It stands on its own: two packages, no studio.

export const nodeExample = String.raw`// Embeds a picture, a text, or both with the exported FuseLIP.
//   npm install onnxruntime-node sharp
//   node example.mjs --image picture.png --text "a red circle"
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import ort from 'onnxruntime-node'
import sharp from 'sharp'

const here = (name) => new URL(name, import.meta.url)
const json = (name) => JSON.parse(readFileSync(here(name), 'utf8'))
const session = (name) => ort.InferenceSession.create(readFileSync(here(name)))
const manifest = json('manifest.json')
const vocabulary = json(manifest.text.vocabulary)
const ids = manifest.sequence
const mergedIds = new Map(vocabulary.merges.map(([left, right], i) => [left * 65536 + right, vocabulary.firstMergedId + i]))

/** Byte-pair ids of a text, as CLIP has them. HTML entities are not unescaped here. */
function encodeText(text) {
  const words = text.trim().replace(/\s+/g, ' ').toLowerCase().match(/'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu) ?? []
  return words.flatMap((word) => {
    let parts = Array.from(Buffer.from(word), (byte) => vocabulary.byteIds[byte])
    parts[parts.length - 1] += vocabulary.wordEndOffset
    for (;;) {
      const best = Math.min(...parts.slice(1).map((right, i) => mergedIds.get(parts[i] * 65536 + right) ?? Infinity))
      if (best === Infinity) return parts
      const next = []
      for (let i = 0; i < parts.length; i++) {
        if (mergedIds.get(parts[i] * 65536 + parts[i + 1]) === best) { next.push(best); i++ } else next.push(parts[i])
      }
      parts = next
    }
  })
}

/** Squashed to the model's size. sharp's cubic filter differs a little from the one that the model was trained with. */
async function encodeImage(path) {
  const size = manifest.image.sizePx
  const bytes = await sharp(path).removeAlpha().toColourspace('srgb').resize(size, size, { fit: 'fill', kernel: 'cubic' }).raw().toBuffer()
  const pixels = Float32Array.from(bytes, (value) => value / 255)
  const { codes } = await (await session(manifest.image.file)).run({ pixels: new ort.Tensor('float32', pixels, [1, size, size, 3]) })
  return Array.from(codes.data, (code) => code + ids.imageOffset)
}

/** Codes first, then the framed text; cut to the context with the end kept. */
async function embed({ image, text }) {
  let row = [ids.startId, ...(text ? encodeText(text) : []), ids.endId].slice(0, ids.contextLength)
  row[row.length - 1] = ids.endId
  if (image) row = [...(await encodeImage(image)), ...row].slice(0, ids.contextLength)
  if (!row.includes(ids.endId)) row[row.length - 1] = ids.endId
  const feed = { ids: new ort.Tensor('int32', Int32Array.from(row), [1, row.length]) }
  return (await (await session(ids.file)).run(feed)).embedding.data
}

const { values } = parseArgs({ options: { image: { type: 'string' }, text: { type: 'string' } } })
if (!values.image && !values.text) throw new Error('Give --image FILE, --text TEXT, or both.')
console.log(JSON.stringify(Array.from(await embed(values))))
`
