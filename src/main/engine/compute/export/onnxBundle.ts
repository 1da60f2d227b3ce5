// The folder of ONNX graphs with all that is needed to use them elsewhere: a manifest, the vocabulary, two examples.
import { createHash } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endOfTextId, imageOffset, padId, startOfTextId, type FuselipConfig } from '../fuselip/config'
import type { Graph } from '../graph/graphTypes'
import { opsetVersion, writeOnnxParts } from '../graph/onnxWriter'
import { loadVocabulary } from '../text/vocabulary'
import type { TokenizerFolder } from '../titok/tokenizerFolder'
import type { WeightMap } from '../weights/namedArray'
import { nodeExample } from './examples/node'
import { pythonExample } from './examples/python'
import { imageEncoderGraph, sequenceEncoderGraph } from './onnxModel'

/** Ids of single bytes, then of the same bytes at the end of a word; merges follow. */
const firstMergedId = 512
const wordEndOffset = 256

/** @returns sha256 of the file, hexadecimal */
async function writeGraph(path: string, graph: Graph): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  try {
    for (const part of writeOnnxParts(graph)) {
      hash.update(part)
      let done = 0
      while (done < part.length) done += (await file.write(part, done, part.length - done)).bytesWritten
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/** CLIP's byte-pair vocabulary in the form that the examples read: pairs of ids, in the order of the ids they merge to. */
function vocabularyJson(): string {
  const { byteIds, merges } = loadVocabulary()
  const pairs = [...merges].sort(([, a], [, b]) => a - b).map(([key]) => [Math.floor(key / 65_536), key % 65_536])
  return JSON.stringify({ byteIds: [...byteIds], wordEndOffset, firstMergedId, merges: pairs })
}

export interface OnnxBundle {
  name: string
  licence: string
  config: FuselipConfig
  weights: WeightMap
  tokenizer: TokenizerFolder
}

/** Writes into an empty folder. `onGraph` is called before each of the two graphs. */
export async function writeOnnxBundle(dir: string, { name, licence, config, weights, tokenizer }: OnnxBundle, onGraph: (done: number) => void): Promise<void> {
  onGraph(0)
  const imageSha256 = await writeGraph(join(dir, 'image-encoder.onnx'), imageEncoderGraph(tokenizer.weights, tokenizer.config))
  onGraph(1)
  const sequenceSha256 = await writeGraph(join(dir, 'sequence-encoder.onnx'), sequenceEncoderGraph(weights, config))
  const manifest = {
    format: 'fuselip-onnx', version: 1, name, licence, opset: opsetVersion,
    image: {
      file: 'image-encoder.onnx', sha256: imageSha256, sizePx: tokenizer.config.imageSizePx,
      input: 'pixels: float32 [batch, sizePx, sizePx, 3], RGB from 0 to 1, squashed to the square with a bicubic filter with antialias',
      output: 'codes: int32 [batch, tokenCount]', tokenCount: config.imageTokenCount, codebookSize: config.codebookSize,
    },
    text: { vocabulary: 'vocabulary.json', isLowerCase: true, repairsText: config.repairsText === true },
    sequence: {
      file: 'sequence-encoder.onnx', sha256: sequenceSha256,
      input: 'ids: int32 [batch, length], image codes + imageOffset first, then startId, text, endId; padded with padId',
      output: 'embedding: float32 [batch, width], of length 1', width: config.width,
      contextLength: config.contextLength, imageOffset: imageOffset(config), startId: startOfTextId, endId: endOfTextId, padId,
    },
  }
  await writeFile(join(dir, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await writeFile(join(dir, 'vocabulary.json'), vocabularyJson())
  await writeFile(join(dir, 'example.mjs'), nodeExample)
  await writeFile(join(dir, 'example.py'), pythonExample)
}
