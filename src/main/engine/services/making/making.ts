// Pairs made by hand: regions of a picture, questions about it, edits, and what was dropped or pasted. New pairs are
// accepted, because a person wrote them, and go to the split of the picture's other pairs.
import type { Pair, Split, Task } from '../../../../shared/contract/entities'
import type { NewPair, PictureToMark } from '../../../../shared/contract/make'
import type { History } from '../../../../shared/contract/pairs'
import type { QueryImage } from '../../../../shared/contract/search'
import { AppError } from '../../../../shared/errors'
import { imageRecipeSchema, type CropBox } from '../../../../shared/imageRecipe'
import { siblingGroupSize } from '../../../../shared/regionBoxes'
import type { StoredImage } from '../../store/imageStore'
import type { Store } from '../../store/openStore'
import type { PairRow } from '../../store/pairStore'
import type { ChangeBus } from '../changes'
import { editLabel } from '../editLabel'
import type { ImagesService } from '../images'
import { publishEdit } from '../pairs'

export interface MadePairs {
  pairs: Pair[]
  history: History
}

interface Draft {
  row: Pick<PairRow, 'leftImageId' | 'leftText' | 'rightImageId' | 'rightText'>
  task: Task
  split: Split
}

/** Which drafts share a group: none, all of them, or groups of siblings that the picture's open group is filled up with. */
type Grouping = { kind: 'none' } | { kind: 'together' } | { kind: 'siblings'; imageId: number; task: Task }

export class MakingService {
  constructor(private readonly dependencies: { store: Store; images: ImagesService; changes: ChangeBus }) {}

  getPicture(imageId: number): PictureToMark {
    const { store } = this.dependencies
    const picture = this.#sourceOf(store.images.get(imageId))
    const regions: PictureToMark['regions'] = []
    for (const pair of store.pairs.getMany(store.making.listOfPicture(picture.id, 'region'))) {
      const box = pair.right.imageId === null ? null : this.#boxOn(picture, store.images.get(pair.right.imageId))
      if (box !== null) regions.push({ pair, box })
    }
    return {
      imageId: picture.id, widthPx: picture.widthPx, heightPx: picture.heightPx, sourceName: picture.sourceName,
      split: store.making.splitOfPicture(picture.id) ?? 'train', regions,
      questions: store.pairs.getMany(store.making.listOfPicture(picture.id, 'vqa')), countByTask: store.making.countByTask(picture.id),
    }
  }

  /** @throws AppError 'bad-input' when the box reaches outside the picture, or the picture is itself a part of one */
  addRegion({ imageId, box, phrase }: { imageId: number; box: CropBox; phrase: string }): MadePairs {
    const { store } = this.dependencies
    return this.#made('make a region', () => {
      const rightImageId = this.#ensurePart(imageId, box)
      const row = { leftImageId: imageId, leftText: phrase, rightImageId, rightText: null }
      return this.#insert([{ row, task: 'region', split: store.making.splitOfPicture(imageId) ?? 'train' }], { kind: 'siblings', imageId, task: 'region' })
    })
  }

  /** @throws AppError 'conflict' when `revision` is not the pair's; 'bad-input' when it is no region */
  changeRegion({ id, box, phrase, revision }: { id: number; box: CropBox; phrase: string; revision: number }): MadePairs {
    const { store, changes } = this.dependencies
    const pair = store.pairs.get(id)
    if (pair.revision !== revision) {
      throw new AppError('conflict', `Region ${id} was changed since it was shown (revision ${pair.revision}, shown ${revision}); nothing was saved.`, 'Look at it again, then change it.')
    }
    if (pair.task !== 'region' || pair.left.imageId === null) throw new AppError('bad-input', `Pair ${id} is no region of a picture.`, 'Choose a pair of the task “region”.')
    const leftImageId = pair.left.imageId
    const touched = store.transaction(() => {
      const rightImageId = this.#ensurePart(leftImageId, box)
      if (rightImageId === pair.right.imageId && phrase === pair.left.text) return null
      return store.history.edit('change a region', [{
        kind: 'pair', id,
        before: { leftText: pair.left.text, rightImageId: pair.right.imageId, ...scoreOf(store, id) },
        after: { leftText: phrase, rightImageId, score: null, scoreModelId: null },
      }])
    })
    if (touched !== null) publishEdit(changes)
    return { pairs: [store.pairs.get(id)], history: store.history.get() }
  }

  addQuestions({ imageId, items }: { imageId: number; items: readonly { question: string; answer: string }[] }): MadePairs {
    const { store } = this.dependencies
    return this.#made(`ask ${items.length} ${items.length === 1 ? 'question' : 'questions'}`, () => {
      const split = store.making.splitOfPicture(store.images.get(imageId).id) ?? 'train'
      const drafts = items.map(({ question, answer }): Draft => ({ row: { leftImageId: imageId, leftText: question, rightImageId: null, rightText: answer }, task: 'vqa', split }))
      return this.#insert(drafts, { kind: 'siblings', imageId, task: 'vqa' })
    })
  }

  async addEdit(edit: { before: QueryImage; after: QueryImage; text: string; caption: string | null; inverse: { text: string; caption: string | null } | null }): Promise<MadePairs> {
    const { store } = this.dependencies
    const [before, after] = [await this.#take(edit.before), await this.#take(edit.after)]
    if (before === after) throw new AppError('bad-input', 'Both pictures of the edit are the same one.', 'Choose the edited picture as the second.')
    return this.#made('make an edit', () => {
      const split = store.making.splitOfPicture(before) ?? store.making.splitOfPicture(after) ?? 'train'
      const drafts: Draft[] = [{ row: { leftImageId: before, leftText: edit.text, rightImageId: after, rightText: edit.caption }, task: 'edit', split }]
      if (edit.inverse !== null) {
        drafts.push({ row: { leftImageId: after, leftText: edit.inverse.text, rightImageId: before, rightText: edit.inverse.caption }, task: 'edit', split })
      }
      return this.#insert(drafts, { kind: 'together' })
    })
  }

  /** @throws AppError 'bad-input' for a side without anything on it; then nothing is made */
  async addPairs(pairs: readonly NewPair[]): Promise<MadePairs> {
    const { store } = this.dependencies
    const empty = pairs.findIndex(({ left, right }) => [left, right].some(({ image, text }) => image === null && text === null))
    if (empty >= 0) throw new AppError('bad-input', `Pair ${empty + 1} of ${pairs.length} has a side without picture and text.`, 'Give each side a picture, a text, or both.')
    const taken: { left: number | null; right: number | null }[] = []
    for (const { left, right } of pairs) taken.push({ left: left.image && await this.#take(left.image), right: right.image && await this.#take(right.image) })
    return this.#made(editLabel('make', pairs.length), () => this.#insert(pairs.map(({ left, right, task }, index): Draft => {
      const { left: leftImageId, right: rightImageId } = taken[index]!
      const splits = [leftImageId, rightImageId].map((imageId) => (imageId === null ? null : store.making.splitOfPicture(this.#sourceOf(store.images.get(imageId)).id)))
      return { row: { leftImageId, leftText: left.text, rightImageId, rightText: right.text }, task, split: splits.find((split) => split !== null) ?? 'train' }
    }), { kind: 'none' }))
  }

  #made(label: string, work: () => number[]): MadePairs {
    const { store, changes } = this.dependencies
    const ids = store.transaction(() => {
      const made = work()
      store.history.record(label, [{ kind: 'presence', ranges: [[made[0]!, made.at(-1)!]], before: false, after: true }])
      return made
    })
    publishEdit(changes)
    return { pairs: store.pairs.getMany(ids), history: store.history.get() }
  }

  /** Within a transaction. Ids of one call follow each other. */
  #insert(drafts: readonly Draft[], grouping: Grouping): number[] {
    const { store } = this.dependencies
    const revision = store.project.nextRevision()
    const open = grouping.kind === 'siblings' ? store.making.findOpenGroup(grouping.imageId, grouping.task) : null
    let group: { groupId: number; room: number } | null = open && { groupId: open.groupId, room: siblingGroupSize - open.memberCount }
    return drafts.map(({ row, task, split }) => {
      const id = store.pairs.nextId()
      store.pairs.insert(id, newRow({ ...row, task, split }), revision)
      if (grouping.kind === 'none') return id
      if (group === null || group.room === 0) group = { groupId: store.groups.createData(), room: grouping.kind === 'together' ? Infinity : siblingGroupSize }
      store.groups.addMember(group.groupId, id)
      group.room -= 1
      return id
    })
  }

  #ensurePart(imageId: number, box: CropBox): number {
    const { store } = this.dependencies
    const picture = store.images.get(imageId)
    if (picture.sourceImageId !== null) throw new AppError('bad-input', `Picture ${imageId} is itself made from picture ${picture.sourceImageId}.`, `Draw the box on picture ${picture.sourceImageId}.`)
    if (box.left + box.width > picture.widthPx || box.top + box.height > picture.heightPx) {
      throw new AppError('bad-input', `The box ${box.width} × ${box.height} at (${box.left}, ${box.top}) reaches outside the picture of ${picture.widthPx} × ${picture.heightPx} pixels.`, 'Draw it within the picture.')
    }
    return store.images.ensureDerived(picture, imageRecipeSchema.parse({ cropBoxPx: box }), box.width, box.height)
  }

  #sourceOf(picture: StoredImage): StoredImage {
    return picture.sourceImageId === null ? picture : this.dependencies.store.images.get(picture.sourceImageId)
  }

  /** Null for what is no plain part of the picture. */
  #boxOn(picture: StoredImage, part: StoredImage): CropBox | null {
    return part.sourceImageId === picture.id ? part.recipe?.cropBoxPx ?? null : null
  }

  #take(image: QueryImage): Promise<number> {
    const { store, images } = this.dependencies
    return image.kind === 'project' ? Promise.resolve(store.images.get(image.imageId).id) : images.adoptQueryImage(image.queryImageId)
  }
}

export const newRow = (row: Pick<PairRow, 'leftImageId' | 'leftText' | 'rightImageId' | 'rightText' | 'task' | 'split'> & Partial<PairRow>): PairRow => ({
  status: 'accepted', score: null, scoreModelId: null, importKey: null, importId: null, tags: [], ...row,
})

function scoreOf(store: Store, pairId: number): Pick<PairRow, 'score' | 'scoreModelId'> {
  const { score, scoreModelId } = store.pairs.getRows([pairId]).get(pairId)!
  return { score, scoreModelId }
}
