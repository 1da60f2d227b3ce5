// What a run was started on, frozen in its folder: pairs, judgements and (once mined) groups. A run that continues after
// a crash sees the same data, whatever was edited since; so it gives the losses of an uninterrupted run.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { sideSchema, verdictSchema, type Pair } from '../../../shared/contract/entities'
import { AppError } from '../../../shared/errors'
import { replaceFile } from '../compute/weights/replaceFile'
import type { TrainingPair } from '../compute/thread/protocol'
import { sideKey } from '../store/embeddingStore'
import type { EmbeddingsService } from './embeddings'

const snapshotPairSchema = z.strictObject({ pairId: z.number().int(), left: sideSchema, right: sideSchema })

const snapshotSchema = z.strictObject({
  version: z.literal(1),
  pairs: z.array(snapshotPairSchema),
  validation: z.array(snapshotPairSchema),
  /** Between indices into `pairs`. */
  judgements: z.array(z.strictObject({ anchor: z.number().int(), other: z.number().int(), verdict: verdictSchema })),
  /** Indices into `pairs`; null until the run has mined. */
  groups: z.array(z.array(z.number().int())).nullable(),
  /** How many of the groups are the data's own; they come first. */
  dataGroupCount: z.number().int().min(0).default(0),
})
export type RunSnapshot = z.infer<typeof snapshotSchema>
export type SnapshotPair = z.infer<typeof snapshotPairSchema>

const snapshotPath = (runDir: string) => join(runDir, 'snapshot.json')

export const toSnapshotPair = ({ id, left, right }: Pair): SnapshotPair => ({ pairId: id, left, right })

export async function writeSnapshot(runDir: string, snapshot: RunSnapshot): Promise<void> {
  await mkdir(runDir, { recursive: true })
  await replaceFile(snapshotPath(runDir), async (file) => { await file.writeFile(JSON.stringify(snapshot)) })
}

/** @throws AppError 'bad-checkpoint' */
export async function readSnapshot(runDir: string): Promise<RunSnapshot> {
  try {
    return snapshotSchema.parse(JSON.parse(await readFile(snapshotPath(runDir), 'utf8')))
  } catch (cause) {
    throw new AppError('bad-checkpoint', 'The data that this run was started on cannot be read, so it cannot continue.', 'Start a new run with the same recipe.', { cause })
  }
}

/** Leaves pairs out and moves judgements to the new indices. Call before there are groups. */
export function keepPairs(snapshot: RunSnapshot, isKept: (pair: SnapshotPair) => boolean): RunSnapshot {
  const newIndex = new Map<number, number>()
  snapshot.pairs.forEach((pair, index) => {
    if (isKept(pair)) newIndex.set(index, newIndex.size)
  })
  return {
    ...snapshot,
    pairs: snapshot.pairs.filter((_, index) => newIndex.has(index)),
    validation: snapshot.validation.filter(isKept),
    judgements: snapshot.judgements.flatMap(({ anchor, other, verdict }) => {
      const [a, b] = [newIndex.get(anchor), newIndex.get(other)]
      return a === undefined || b === undefined ? [] : [{ anchor: a, other: b, verdict }]
    }),
  }
}

/** Groups of pair ids as indices into the snapshot; pairs that are not in it drop out, and groups of fewer than two. */
export function groupsWithin(snapshot: RunSnapshot, groups: readonly (readonly number[])[]): number[][] {
  const indexOf = new Map(snapshot.pairs.map((pair, index) => [pair.pairId, index]))
  return groups.map((group) => group.flatMap((pairId) => indexOf.get(pairId) ?? [])).filter((group) => group.length > 1)
}

/** Pairs as the compute thread takes them. @throws AppError 'unreadable-image' */
export function toTrainingPairs(embeddings: EmbeddingsService, tokenizerId: string, pairs: readonly SnapshotPair[]): TrainingPair[] {
  const left = embeddings.toInputs(tokenizerId, pairs.map((pair) => pair.left))
  const right = embeddings.toInputs(tokenizerId, pairs.map((pair) => pair.right))
  return pairs.map((pair, index) => ({
    pairId: pair.pairId,
    left: left[index]!,
    right: right[index]!,
    leftKey: sideKey(pair.left.imageId, pair.left.text),
    rightKey: sideKey(pair.right.imageId, pair.right.text),
  }))
}
