// A set of pairs that models are measured on, whatever it came from: its sides once each as the model sees them, and
// which of them answer which. Recall is computed from one matrix of embeddings of all sides.
import { createHash } from 'node:crypto'
import type { Pair, Side } from '../../../../shared/contract/entities'
import type { TaskRecalls } from '../../../../shared/contract/blend'
import type { Compute } from '../../compute/thread/client'
import type { SideInput } from '../../compute/thread/protocol'
import { sideKey } from '../../store/embeddingStore'
import type { EmbeddingMatrix } from '../embeddings'
import { retrievalTasks, type Retrieval } from '../evaluation'

export type SidePair = Pick<Pair, 'left' | 'right'>
type TaskName = keyof TaskRecalls

export interface ProbeSet {
  name: string
  description: string
  pairs: readonly SidePair[]
  /** Every side that a task needs, once. */
  sides: readonly Side[]
  inputs: readonly SideInput[]
  /** Rows of `sides`; null where the set has no such pairs. */
  tasks: Readonly<Record<TaskName, { queries: number[]; targets: number[]; relevant: number[][] } | null>>
  /** Equal for sets that give equal recall under every model. */
  fingerprint: string
  /** Sides are pictures and texts of the open project, so that their embeddings can be cached there. */
  isOfProject: boolean
}

const taskNames: readonly TaskName[] = ['textToImage', 'imageToText', 'composedToImage']

/** @param codes of every picture that the pairs show, by image id */
export function toProbeSet(facts: Pick<ProbeSet, 'name' | 'description' | 'isOfProject'>, pairs: readonly SidePair[], codes: ReadonlyMap<number, Uint16Array>): ProbeSet {
  const retrievals = retrievalTasks(pairs)
  const rows = new Map<string, number>()
  const sides: Side[] = []
  const rowOf = (side: Side): number => {
    const key = sideKey(side.imageId, side.text)
    const known = rows.get(key)
    if (known !== undefined) return known
    rows.set(key, sides.length)
    return sides.push(side) - 1
  }
  const toRows = (retrieval: Retrieval | null) =>
    retrieval && { queries: retrieval.queries.map(rowOf), targets: retrieval.targets.map(rowOf), relevant: retrieval.relevant }
  const tasks = { textToImage: toRows(retrievals.textToImage), imageToText: toRows(retrievals.imageToText), composedToImage: toRows(retrievals.composedToImage) }
  const inputs = sides.map(({ imageId, text }): SideInput => ({ codes: imageId === null ? null : codes.get(imageId)!, text }))
  const content = inputs.map((side) => [side.codes ? [...side.codes] : null, side.text])
  return { ...facts, pairs, sides, inputs, tasks, fingerprint: createHash('sha256').update(JSON.stringify([content, tasks])).digest('hex') }
}

function pickRows({ vectors, width }: EmbeddingMatrix, rows: readonly number[]): Float32Array {
  const picked = new Float32Array(rows.length * width)
  rows.forEach((row, index) => picked.set(vectors.subarray(row * width, (row + 1) * width), index * width))
  return picked
}

/** @param matrix row i belongs to side i of the set */
export async function recallOf({ tasks }: ProbeSet, matrix: EmbeddingMatrix, compute: Compute, signal: AbortSignal): Promise<TaskRecalls> {
  const recalls: TaskRecalls = { textToImage: null, imageToText: null, composedToImage: null }
  for (const name of taskNames) {
    const task = tasks[name]
    if (!task) continue
    const { width } = matrix
    recalls[name] = await compute.call('measureRecall', {
      queries: pickRows(matrix, task.queries), targets: pickRows(matrix, task.targets), width, relevant: task.relevant,
    }, { signal })
  }
  return recalls
}
