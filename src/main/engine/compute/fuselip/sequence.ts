// How one side of a pair becomes a row of ids, and how rows become one padded array.
// Source: FuseLIP (arXiv 2506.03096) §3.1. Image codes come first, then the framed text.
import { AppError } from '../../../../shared/errors'
import { frameText } from '../text/tokenizer'
import { endOfTextId, imageOffset, padId, type FuselipConfig } from './config'

export interface PaddedRows {
  /** [N, L] row-major, padded with 0. */
  ids: Int32Array
  /** L, one of the bucket lengths. */
  length: number
  /** [N] index of the first end-of-text id of each row. */
  endPositions: Int32Array
}

type LayoutConfig = Pick<FuselipConfig, 'contextLength' | 'codebookSize' | 'imageTokenCount' | 'hasMask'>

function checkCodes(codes: Uint16Array, config: LayoutConfig): void {
  if (codes.length !== config.imageTokenCount) {
    throw new AppError(
      'bad-input', `Expected ${config.imageTokenCount} image codes, got ${codes.length}.`,
      'Tokenize the image again with the tokenizer that belongs to this model.',
    )
  }
  const wrong = codes.find((code) => code >= config.codebookSize)
  if (wrong !== undefined) {
    throw new AppError(
      'bad-input', `Expected image codes below ${config.codebookSize}, got ${wrong}.`,
      'Tokenize the image again with the tokenizer that belongs to this model.',
    )
  }
}

/**
 * The ids of one side: `codes + offset` (if there is an image), then `[start] text [end]`, cut to the context length.
 * An image alone is followed by `[start] [end]`. Where the cut removed the end, the last id becomes the end.
 * @param textIds byte-pair ids without start and end (`encodeText`), null without a text
 * @throws AppError 'bad-input' for a side with neither image nor text, or codes of another tokenizer
 */
export function assembleSide(codes: Uint16Array | null, textIds: readonly number[] | null, config: LayoutConfig): Int32Array {
  if (!codes && !textIds) {
    throw new AppError('bad-input', 'Expected a side with an image, a text or both; it has neither.', 'Give the side an image or a text, or reject the pair.')
  }
  const text = frameText(textIds ?? [], config.contextLength)
  if (!codes) return text
  checkCodes(codes, config)
  const offset = imageOffset(config)
  const row = new Int32Array(Math.min(codes.length + text.length, config.contextLength))
  const codeCount = Math.min(codes.length, row.length)
  for (let i = 0; i < codeCount; i++) row[i] = codes[i]! + offset
  row.set(text.subarray(0, row.length - codeCount), codeCount)
  if (!row.includes(endOfTextId)) row[row.length - 1] = endOfTextId
  return row
}

/** The features are taken here. A text may spell `<end_of_text>` itself, so it is not always the last id. */
export function firstEndPosition(row: Int32Array): number {
  const position = row.indexOf(endOfTextId)
  if (position < 0) throw new RangeError('Expected a row of ids with an end of text, it has none.')
  return position
}

/**
 * Every length means one more compiled graph, so lengths come in steps of 16 ids; the last is the context length. A picture
 * alone is the commonest row of all and always equally long (codes, start, end), so it has a length of its own.
 */
export function bucketLengths({ contextLength, imageTokenCount }: Pick<FuselipConfig, 'contextLength' | 'imageTokenCount'>, stepLength = 16): number[] {
  const lengths = new Set([imageTokenCount + 2, contextLength])
  for (let length = stepLength; length < contextLength; length += stepLength) lengths.add(length)
  return [...lengths].filter((length) => length <= contextLength).sort((a, b) => a - b)
}

export function bucketFor(length: number, buckets: readonly number[]): number {
  const bucket = buckets.find((candidate) => candidate >= length)
  if (bucket === undefined) throw new RangeError(`Expected at most ${buckets.at(-1) ?? 0} ids, got a row of ${length}.`)
  return bucket
}

/** Rows side by side, padded to the smallest bucket that holds the longest. Padding keys are masked out by the model. */
export function padRows(rows: readonly Int32Array[], buckets: readonly number[]): PaddedRows {
  const length = bucketFor(rows.reduce((longest, row) => Math.max(longest, row.length), 0), buckets)
  const ids = new Int32Array(rows.length * length).fill(padId) // [N, L]
  const endPositions = new Int32Array(rows.length)
  rows.forEach((row, index) => {
    ids.set(row, index * length)
    endPositions[index] = firstEndPosition(row)
  })
  return { ids, length, endPositions }
}
