// The data of a run that names a snapshot: what a run otherwise freezes of the present project, read from the folder
// instead. Pictures are found by their hash, so the project may have changed in the meantime.
import { basename, extname } from 'node:path'
import type { Side } from '../../../../shared/contract/entities'
import { AppError } from '../../../../shared/errors'
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import { derivedHash } from '../../store/imageStore'
import type { Store } from '../../store/openStore'
import type { RunSnapshot, SnapshotPair } from '../runSnapshot'
import { fileNames, groupRowSchema, judgementRowSchema, readRows, snapshotRowSchema, type GroupRow, type JudgementRow, type SnapshotRow } from './snapshotFormat'

/** @throws AppError 'unreadable-file', 'not-found' for a picture that this project does not have */
function sideOf(store: Store, image: string | null, recipe: ImageRecipe | null, text: string | null): Side {
  if (image === null) return { imageId: null, text }
  const sourceHash = basename(image, extname(image))
  const found = store.images.findByHash(recipe === null ? sourceHash : derivedHash(sourceHash, recipe))
  if (found === null) throw new AppError('not-found', `The picture “${image}” of the snapshot is not in this project.`, 'Import the snapshot into this project, then start the run again.')
  return { imageId: found.id, text }
}

/**
 * The same choice as a run makes in the project: accepted pairs of the training split, and validation pairs that are not rejected.
 * @param useMined takes the mined groups of the snapshot, where it has some; without any, the run mines by itself
 */
export async function readSnapshotForRun(store: Store, folder: string, useMined: boolean): Promise<RunSnapshot> {
  const pairs: SnapshotPair[] = []
  const validation: SnapshotPair[] = []
  const indexOf = new Map<number, number>()
  for await (const row of readRows<SnapshotRow>(folder, fileNames.pairs, snapshotRowSchema)) {
    const isTraining = row.split === 'train' && row.status === 'accepted'
    if (!isTraining && !(row.split === 'validation' && row.status !== 'rejected')) continue
    const pair = { pairId: row.id, left: sideOf(store, row.left_image, row.left_recipe, row.left_text), right: sideOf(store, row.right_image, row.right_recipe, row.right_text) }
    if (isTraining) indexOf.set(row.id, pairs.push(pair) - 1)
    else validation.push(pair)
  }
  const judgements: RunSnapshot['judgements'] = []
  for await (const { pair, other, verdict } of readRows<JudgementRow>(folder, fileNames.judgements, judgementRowSchema)) {
    const [anchor, otherIndex] = [indexOf.get(pair), indexOf.get(other)]
    if (anchor !== undefined && otherIndex !== undefined) judgements.push({ anchor, other: otherIndex, verdict })
  }
  const groups: Record<GroupRow['origin'], number[][]> = { data: [], mined: [] }
  for await (const { origin, pairs: members } of readRows<GroupRow>(folder, fileNames.groups, groupRowSchema)) {
    const indices = members.flatMap(id => indexOf.get(id) ?? [])
    if (indices.length > 1) groups[origin].push(indices)
  }
  const hasAllGroups = !useMined || groups.mined.length > 0
  return {
    version: 1, pairs, validation, judgements,
    groups: hasAllGroups ? [...groups.data, ...(useMined ? groups.mined : [])] : null, dataGroupCount: hasAllGroups ? groups.data.length : 0,
  }
}
