// Scores of a block of anchors against a block of targets: in plain code, or by a compiled matrix product, which is many
// times faster and rounds to float32.
import * as tf from '@tensorflow/tfjs-core'
import { compileFunction, type DeviceOptions } from '../graph/compileFunction'
import { dotRows } from '../retrieval/vectors'

export interface BlockScorer {
  anchorBlock: number
  targetBlock: number
  /**
   * @param anchors [a, D], a ≤ anchorBlock
   * @param targets [t, D], t ≤ targetBlock
   * @returns row-major scores, `targetBlock` apart; only the first a rows and t columns count
   */
  score(anchors: Float32Array, targets: Float32Array): Promise<ArrayLike<number>>
  dispose(): Promise<void>
}

/** Both blocks together should stay in the second-level cache. */
export function createPlainScorer(width: number, anchorBlock = 64, targetBlock = 256): BlockScorer {
  const scores = new Float64Array(anchorBlock * targetBlock)
  return {
    anchorBlock, targetBlock,
    score(anchors, targets) {
      const anchorCount = anchors.length / width
      const targetCount = targets.length / width
      for (let a = 0; a < anchorCount; a++) {
        for (let t = 0; t < targetCount; t++) scores[a * targetBlock + t] = dotRows(anchors, a, targets, t, width)
      }
      return Promise.resolve(scores)
    },
    dispose: () => Promise.resolve(),
  }
}

/** Blocks are large because each product costs one call of the runtime; the last one is padded with zeros. */
export async function createCompiledScorer(width: number, device: DeviceOptions, anchorBlock = 256, targetBlock = 2048): Promise<BlockScorer> {
  const compiled = await compileFunction(
    { anchors: { shape: [anchorBlock, width], dtype: 'float32' }, targets: { shape: [targetBlock, width], dtype: 'float32' } },
    ({ anchors, targets }) => ({ scores: tf.matMul(anchors as tf.Tensor2D, targets as tf.Tensor2D, false, true) }), // [a, t]
    device,
  )
  const filled = (rows: Float32Array, count: number): Float32Array => {
    const block = new Float32Array(count * width)
    block.set(rows)
    return block
  }
  return {
    anchorBlock, targetBlock,
    async score(anchors, targets) {
      const outputs = await compiled.run({ anchors: filled(anchors, anchorBlock), targets: filled(targets, targetBlock) })
      return outputs['scores']!.data as Float32Array
    },
    dispose: () => compiled.dispose(),
  }
}
