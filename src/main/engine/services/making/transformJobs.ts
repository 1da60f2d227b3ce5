// Text-guided transformations of the pictures of a scope, as derived pictures: a preview, and a job that makes the pairs as
// one act. Doing it again with the same seed adds only what is missing.
import type { PairScope } from '../../../../shared/contract/pairs'
import type { TransformOptions, TransformPreview } from '../../../../shared/contract/make'
import { sizeAfter, type ImageRecipe } from '../../../../shared/imageRecipe'
import { transformFamilyNames, type TransformFamily } from '../../../../shared/imageTransforms'
import { applyRecipe } from '../../compute/image/applyRecipe'
import { decodeImage } from '../../compute/image/decodeImage'
import { resizeBicubic } from '../../compute/image/resizeBicubic'
import type { RgbImage } from '../../compute/image/rgbImage'
import type { JobRunner } from '../../jobs/runner'
import { derivedHash } from '../../store/imageStore'
import type { RowChange } from '../../store/historyStore'
import type { SourcePicture } from '../../store/makingStore'
import type { Store } from '../../store/openStore'
import { scopeCondition } from '../../store/scopeSql'
import { Random } from '../../toybox/random'
import type { ChangeBus } from '../changes'
import type { DrawingsService } from '../drawings'
import { editLabel } from '../editLabel'
import type { ImagesService } from '../images'
import { importKeyOf } from '../import/importKey'
import { publishEdit } from '../pairs'
import { breathe, runLongAct } from './longAct'
import { newRow } from './making'
import { planTransforms, transformGroupOf, type TransformGroup, type TransformOptions as PlanOptions } from './transformPlan'

/** Pictures of a transaction: a group is up to nine pairs. */
const chunkPictures = 100
/** A preview counts so many and scales up. */
const countedPictures = 5000
const exampleSizePx = 160

const planOptions = ({ families, plainPercent, seed }: TransformOptions): PlanOptions => ({ families, seed, plainShare: plainPercent / 100 })

export interface TransformDependencies {
  store: Store
  jobs: JobRunner
  images: ImagesService
  drawings: DrawingsService
  changes: ChangeBus
}

export class TransformJobs {
  constructor(private readonly dependencies: TransformDependencies) {}

  async preview(scope: PairScope, options: TransformOptions, exampleAfterImageId: number): Promise<TransformPreview> {
    const { store } = this.dependencies
    const condition = scopeCondition(scope)
    const pictureCount = store.making.countPictures(condition)
    const countByFamily = Object.fromEntries(transformFamilyNames.map((family) => [family, 0])) as Record<TransformFamily, number>
    const plan = planOptions(options)
    let [seen, chosenCount, pairCount, after] = [0, 0, 0, 0]
    while (seen < countedPictures) {
      const pictures = store.making.listPictures(condition, after, 1000)
      if (pictures.length === 0) break
      for (const picture of pictures) {
        const group = planTransforms(picture, plan)
        if (group === null) continue
        chosenCount++
        pairCount += group.pairs.length
        countByFamily[group.family] += group.pairs.length
      }
      seen += pictures.length
      after = pictures.at(-1)!.id
      await breathe()
    }
    const scale = seen === 0 ? 1 : pictureCount / seen
    const scaled = (count: number): number => Math.round(count * scale)
    const example = store.making.listPictures(condition, exampleAfterImageId, 1)[0] ?? store.making.listPictures(condition, 0, 1)[0]
    return {
      pictureCount, chosenCount: scaled(chosenCount), pairCount: scaled(pairCount), isEstimate: seen < pictureCount,
      countByFamily: Object.fromEntries(transformFamilyNames.map((family) => [family, scaled(countByFamily[family])])) as Record<TransformFamily, number>,
      example: example === undefined ? null : await this.#drawExample(example, options),
    }
  }

  start(scope: PairScope, options: TransformOptions): { jobId: number } {
    const { store, jobs, changes } = this.dependencies
    const condition = scopeCondition(scope)
    const job = jobs.start({ kind: 'make', title: 'Make transformations' }, async ({ signal, enterPhase, report }) => {
      const total = store.making.countPictures(condition)
      enterPhase('making pairs of transformations', total)
      let [after, done, groupCount] = [0, 0, 0]
      try {
        const pairCount = await runLongAct({
          store, signal, label: (count) => editLabel('make transformations:', count),
          next: () => {
            const pictures = store.making.listPictures(condition, after, chunkPictures)
            if (pictures.length === 0) return null
            after = pictures.at(-1)!.id
            done += pictures.length
            const made = this.#make(pictures, options)
            groupCount += made.groupCount
            return { chunk: { changes: made.changes, isDone: true }, count: made.pairCount }
          },
          onChunk: () => report(done, Math.max(total, done)),
        })
        return `${pairCount.toLocaleString('en')} pairs in ${groupCount.toLocaleString('en')} groups from ${done.toLocaleString('en')} pictures`
      } finally {
        publishEdit(changes)
      }
    })
    return { jobId: job.id }
  }

  /** Within a transaction. */
  #make(pictures: readonly SourcePicture[], options: TransformOptions): { changes: RowChange[]; pairCount: number; groupCount: number } {
    const { store } = this.dependencies
    const plan = planOptions(options)
    const revision = store.project.nextRevision()
    const first = store.pairs.nextId()
    let last = first - 1
    let groupCount = 0
    for (const picture of pictures) {
      const group = planTransforms(picture, plan)
      if (group === null) continue
      const made = this.#makeGroup(picture, group, options, revision)
      if (made.length === 0) continue
      groupCount++
      last = made.at(-1)!
    }
    return { changes: last < first ? [] : [{ kind: 'presence', ranges: [[first, last]], before: false, after: true }], pairCount: last - first + 1, groupCount }
  }

  #makeGroup(picture: SourcePicture, { pairs }: TransformGroup, { status }: TransformOptions, revision: number): number[] {
    const { store } = this.dependencies
    const hashOf = (recipe: ImageRecipe | null): string => (recipe === null ? picture.hash : derivedHash(picture.hash, recipe))
    const imageOf = (recipe: ImageRecipe | null): number => {
      if (recipe === null) return picture.id
      const { width, height } = sizeAfter(recipe, picture)
      return store.images.ensureDerived(store.images.get(picture.id), recipe, width, height)
    }
    const split = store.making.splitOfPicture(picture.id) ?? 'train'
    let groupId: number | null = null
    const made: number[] = []
    for (const { left, text, right } of pairs) {
      const importKey = importKeyOf(hashOf(left), text, hashOf(right), null)
      if (store.pairs.findByImportKey(importKey) !== null) continue
      const id = store.pairs.nextId()
      store.pairs.insert(id, newRow({ leftImageId: imageOf(left), leftText: text, rightImageId: imageOf(right), rightText: null, task: 'transform', split, status, importKey }), revision)
      store.groups.addMember(groupId ??= store.groups.createData(), id)
      made.push(id)
    }
    return made
  }

  async #drawExample(picture: SourcePicture, { families, seed }: TransformOptions): Promise<TransformPreview['example']> {
    const { images, drawings } = this.dependencies
    const source = await decodeImage(images.modelInput(picture.id).path)
    const draw = async (recipe: ImageRecipe | null): Promise<string | null> => (recipe === null ? null : drawings.add(small(applyRecipe(source, recipe))))
    const groups: NonNullable<TransformPreview['example']>['groups'] = []
    for (const family of transformFamilyNames.filter((name) => families.includes(name))) {
      const { pairs } = transformGroupOf(family, picture, new Random(`example/${seed}/${picture.id}`))
      const items = []
      for (const { left, text, right } of pairs) items.push({ text, leftDrawingId: await draw(left), rightDrawingId: await draw(right) })
      groups.push({ family, items })
      await breathe()
    }
    return { imageId: picture.id, groups }
  }
}

function small(image: RgbImage): RgbImage {
  const scale = exampleSizePx / Math.max(image.width, image.height)
  return scale >= 1 ? image : resizeBicubic(image, Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale)))
}
