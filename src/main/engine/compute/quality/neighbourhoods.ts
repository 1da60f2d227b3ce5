// How close each pair lies to others in the space of a model, against a sample of them: the mean cosine to its nearest
// neighbours, the picture side that is nearest to its own, and the other right side that fits its left side best.
import { createPlainScorer, type BlockScorer } from '../mining/blockScores'
import { createBestList } from '../retrieval/bestList'
import { rowCount } from '../retrieval/vectors'

export interface NeighbourhoodRequest {
  /** [A, D] normalised; row i of both belongs to pair i. */
  left: Float32Array
  right: Float32Array
  /** [S, D] of the sample, both sides. */
  sampleLeft: Float32Array
  sampleRight: Float32Array
  width: number
  /** Row of each pair in the sample, −1 where it is not in it: a pair is no neighbour of itself. */
  ownRows: Int32Array
  neighbourCount: number
}

/** One entry for each pair; rows are rows of the sample, −1 where there is none. */
export interface Neighbourhoods {
  nearness: Float32Array
  nearestRows: Int32Array
  nearestScores: Float32Array
  fittingRows: Int32Array
  fittingScores: Float32Array
}

/** The same content under two names: no neighbour, but the thing itself. */
const identicalCosine = 0.99999

interface Options {
  scorer?: BlockScorer
  signal?: AbortSignal
}

type Visit = (anchor: number, row: number, score: number) => void

async function forEachScore(anchors: Float32Array, targets: Float32Array, width: number, { scorer = createPlainScorer(width), signal }: Options, visit: Visit): Promise<void> {
  const anchorCount = rowCount(anchors, width, 'embeddings')
  const targetCount = rowCount(targets, width, 'sampled embeddings')
  const { anchorBlock, targetBlock } = scorer
  for (let firstAnchor = 0; firstAnchor < anchorCount; firstAnchor += anchorBlock) {
    signal?.throwIfAborted()
    const endAnchor = Math.min(anchorCount, firstAnchor + anchorBlock)
    for (let firstTarget = 0; firstTarget < targetCount; firstTarget += targetBlock) {
      const endTarget = Math.min(targetCount, firstTarget + targetBlock)
      const scores = await scorer.score(anchors.subarray(firstAnchor * width, endAnchor * width), targets.subarray(firstTarget * width, endTarget * width))
      for (let anchor = firstAnchor; anchor < endAnchor; anchor++) {
        const start = (anchor - firstAnchor) * targetBlock - firstTarget
        for (let row = firstTarget; row < endTarget; row++) visit(anchor, row, scores[start + row]!)
      }
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export async function measureNeighbourhoods(request: NeighbourhoodRequest, options: Options = {}): Promise<Neighbourhoods> {
  const { left, right, sampleLeft, sampleRight, width, ownRows, neighbourCount } = request
  const count = rowCount(left, width, 'left embeddings')
  const result: Neighbourhoods = {
    nearness: new Float32Array(count), nearestRows: new Int32Array(count).fill(-1), nearestScores: new Float32Array(count).fill(-1),
    fittingRows: new Int32Array(count).fill(-1), fittingScores: new Float32Array(count).fill(-1),
  }
  const leftBest = Array.from({ length: count }, () => createBestList(neighbourCount))
  const rightBest = Array.from({ length: count }, () => createBestList(neighbourCount))
  await forEachScore(left, sampleLeft, width, options, (anchor, row, score) => {
    if (row === ownRows[anchor]) return
    if (score > result.nearestScores[anchor]!) {
      result.nearestScores[anchor] = score
      result.nearestRows[anchor] = row
    }
    if (score < identicalCosine) leftBest[anchor]!.offer(row, score)
  })
  await forEachScore(right, sampleRight, width, options, (anchor, row, score) => {
    if (row !== ownRows[anchor] && score < identicalCosine) rightBest[anchor]!.offer(row, score)
  })
  await forEachScore(left, sampleRight, width, options, (anchor, row, score) => {
    if (row === ownRows[anchor] || score <= result.fittingScores[anchor]!) return
    result.fittingScores[anchor] = score
    result.fittingRows[anchor] = row
  })
  const meanOf = (scores: Float64Array): number => (scores.length === 0 ? 1 : scores.reduce((sum, score) => sum + score, 0) / scores.length)
  // A pair is as far as the farther of its sides: a strange picture with a common caption is strange.
  for (let pair = 0; pair < count; pair++) result.nearness[pair] = Math.min(meanOf(leftBest[pair]!.scores()), meanOf(rightBest[pair]!.scores()))
  return result
}
