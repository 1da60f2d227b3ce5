// A pair on its way out: everything that some form can hold, read by small batches from one moment of the project.
import type { Pair } from '../../../../shared/contract/entities'
import type { PairScope } from '../../../../shared/contract/pairs'
import type { GroupOfPair } from '../../store/groupStore'
import type { StoredImage } from '../../store/imageStore'
import type { StoreReader } from '../../store/storeReader'

/** A picture with a file, or one derived from such a picture by a recipe. */
export interface OutPicture {
  image: StoredImage
  /** The one with the file; `image` itself unless that is derived. */
  source: StoredImage
}

export interface OutSide {
  picture: OutPicture | null
  text: string | null
}

export interface OutPair extends Pick<Pair, 'id' | 'task' | 'split' | 'status' | 'tags'> {
  left: OutSide
  right: OutSide
  groups: GroupOfPair[]
  /** Null for pairs that were made by hand. */
  importKey: string | null
  /** The import that brought it; null when it is not known. */
  importId: number | null
}

/** As many as are read at once: some milliseconds of the database. */
const batchPairs = 200
/** Ids are small; a window of them spares the filter's repetition. */
const windowIds = 5000

function* idBatches(reader: StoreReader, scope: PairScope): Generator<number[]> {
  for (let afterId = 0; ;) {
    const ids = reader.pairs.listIdsAfter(scope, afterId, windowIds)
    for (let start = 0; start < ids.length; start += batchPairs) yield ids.slice(start, start + batchPairs)
    const last = ids.at(-1)
    if (last === undefined) return
    afterId = last
  }
}

/** Batches in the order of the ids. */
export function* readOutPairs(reader: StoreReader, scope: PairScope): Generator<OutPair[]> {
  for (const ids of idBatches(reader, scope)) {
    const pairs = reader.pairs.getMany(ids)
    const rows = reader.pairs.getRows(ids)
    const groups = reader.groups.listOfPairs(ids)
    const pictures = picturesOf(reader, pairs)
    yield pairs.map(({ id, left, right, task, split, status, tags }) => ({
      id, task, split, status, tags, groups: groups.get(id) ?? [], importKey: rows.get(id)?.importKey ?? null, importId: rows.get(id)?.importId ?? null,
      left: { picture: left.imageId === null ? null : pictures.get(left.imageId)!, text: left.text },
      right: { picture: right.imageId === null ? null : pictures.get(right.imageId)!, text: right.text },
    }))
  }
}

function picturesOf({ images }: StoreReader, pairs: readonly Pair[]): Map<number, OutPicture> {
  const found = images.getMany([...new Set(pairs.flatMap(({ left, right }) => [left.imageId, right.imageId]).filter(id => id !== null))])
  const sourceIds = [...new Set(found.map(image => image.sourceImageId).filter(id => id !== null))]
  const sources = new Map(images.getMany(sourceIds).map(image => [image.id, image]))
  return new Map(found.map(image => [image.id, { image, source: image.sourceImageId === null ? image : sources.get(image.sourceImageId)! }]))
}

/** A picture on the left and nothing but a text on the right: what forms with one picture and one caption can hold. */
export const isCaptionShaped = ({ left, right }: OutPair): boolean => left.picture !== null && left.text === null && right.picture === null && right.text !== null

/** The group that came with the data; mined ones are made anew by every mining. */
export const dataGroupOf = ({ groups }: OutPair): string | null => groups.find(({ origin }) => origin === 'data')?.key ?? null
