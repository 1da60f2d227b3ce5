// From pairs to what one training step reads. Rows are built once; a batch is a function of (seed, step, groups).
import type { TrainingPair } from '../thread/protocol'
import type { SideInput } from '../thread/protocol'
import type { Recipe } from '../../../../shared/recipe'
import type { FuselipConfig } from '../fuselip/config'
import { assembleSide, padRows } from '../fuselip/sequence'
import { encodeText } from '../text/tokenizer'
import { contrastiveCells, type CellTable } from './cells'
import { maskRows } from './masking'
import { createRandom, randomStreams } from './random'
import type { StepBatch } from './stepContract'

export interface PairRows {
  left: Int32Array[]
  right: Int32Array[]
}

/** The id row of one side. Throws as `assembleSide` does. */
export function sideRow(side: SideInput, config: FuselipConfig): Int32Array {
  return assembleSide(side.codes, side.text === null ? null : encodeText(side.text, config), config)
}

export function pairRows(pairs: readonly TrainingPair[], config: FuselipConfig): PairRows {
  return { left: pairs.map(({ left }) => sideRow(left, config)), right: pairs.map(({ right }) => sideRow(right, config)) }
}

export interface BatchSource {
  pairs: readonly TrainingPair[]
  rows: PairRows
  judged: CellTable
  config: FuselipConfig
  /** To which batches are padded (`batchLengths`). */
  lengths: readonly number[]
  recipe: Pick<Recipe, 'seed' | 'maskProbability' | 'mmmWeight'>
}

/**
 * @param batch indices of the pairs, from `planEpoch`
 * @param step 0 for the first; decides what is masked
 */
export function buildBatch(source: BatchSource, batch: Int32Array, step: number): StepBatch {
  const { config, lengths, recipe, rows } = source
  // Without the prediction loss there is nothing to hide ids for.
  const probability = recipe.mmmWeight > 0 ? recipe.maskProbability : 0
  const side = (sideRows: Int32Array[], stream: number): StepBatch['left'] =>
    maskRows(padRows(Array.from(batch, (index) => sideRows[index]!), lengths), probability, createRandom(recipe.seed, stream, step), config)
  return {
    batchSize: batch.length,
    left: side(rows.left, randomStreams.maskLeft),
    right: side(rows.right, randomStreams.maskRight),
    cells: contrastiveCells(batch, source.pairs, source.judged),
  }
}
