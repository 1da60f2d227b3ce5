// From logits over the whole vocabulary to what a person can read: the likeliest words and the likeliest codes, apart.
import { imageOffset, vocabularySize, type FuselipConfig } from '../fuselip/config'
import { createBestList } from '../retrieval/bestList'

export interface ScoredId {
  /** A text id for words, a code (0…K−1) for codes. */
  id: number
  probability: number
}

export interface Prediction {
  /** Probability of all text ids together, start, end and mask among them. */
  wordMass: number
  /** Probability of all image codes together; the two sum to 1. */
  codeMass: number
  /** Best first. */
  words: ScoredId[]
  codes: ScoredId[]
  /** Of what was really there, and its place among all ids, 1 for the likeliest. */
  trueProbability: number
  trueRank: number
}

/**
 * Softmax over one row of logits.
 * @param logits [V]
 * @param trueId the id that was hidden
 * @param count most words and most codes that are given
 */
export function rankPrediction(logits: Float32Array, trueId: number, config: Pick<FuselipConfig, 'hasMask' | 'codebookSize'>, count: number): Prediction {
  const vocabulary = vocabularySize(config)
  const firstCode = imageOffset(config)
  if (logits.length !== vocabulary) throw new RangeError(`Expected ${vocabulary} logits, got ${logits.length}.`)
  const largest = logits.reduce((most, value) => Math.max(most, value), -Infinity)
  const words = createBestList(count)
  const codes = createBestList(count)
  let wordSum = 0
  let codeSum = 0
  let above = 0
  for (let id = 0; id < vocabulary; id++) {
    const weight = Math.exp(logits[id]! - largest)
    if (id < firstCode) {
      wordSum += weight
      words.offer(id, weight)
    } else {
      codeSum += weight
      codes.offer(id - firstCode, weight)
    }
    if (logits[id]! > logits[trueId]!) above++
  }
  const sum = wordSum + codeSum
  const listed = (list: typeof words): ScoredId[] => {
    const scores = list.scores()
    return [...list.indices()].map((id, place) => ({ id, probability: scores[place]! / sum }))
  }
  return {
    wordMass: wordSum / sum, codeMass: codeSum / sum, words: listed(words), codes: listed(codes),
    trueProbability: Math.exp(logits[trueId]! - largest) / sum, trueRank: above + 1,
  }
}
