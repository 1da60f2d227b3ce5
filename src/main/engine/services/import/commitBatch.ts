// One batch of rows into the store, as one transaction: whole or not at all.
import { imageRecipeSchema, sizeAfter, type ImageRecipe } from '../../../../shared/imageRecipe'
import { derivedHash, type NewImage } from '../../store/imageStore'
import type { NewProblem } from '../../store/importStore'
import type { Store } from '../../store/openStore'
import { placeKey, placeName, type CropBox, type ImageSource } from './imageSource'
import { importKeyOf } from './importKey'
import type { PairDraft } from './pairDraft'
import type { TakenPicture } from './pictureBatch'
import type { RowProblem } from './sourceRow'

/** A picture of a row, taken in: the whole one, and the recipe where the row means a part of it. */
interface SideImage {
  image: NewImage
  recipe: ImageRecipe | null
  /** After the recipe. */
  widthPx: number
  heightPx: number
  /** Of the part, or of the whole. */
  hash: string
}

class BadSide extends Error {
  constructor(readonly problem: RowProblem) {
    super(problem.reason)
  }
}

export function commitBatch(store: Store, open: { id: number; sourceName: string }, drafts: readonly PairDraft[], problems: readonly NewProblem[], pictures: ReadonlyMap<string, TakenPicture>): void {
  store.transaction(() => {
    // Taken with the first new pair: an import that adds nothing leaves minings fresh.
    let revision: number | null = null
    let addedPairCount = 0
    let knownPairCount = 0
    const allProblems = [...problems]
    for (const draft of drafts) {
      let sides: { left: SideImage | null; right: SideImage | null }
      try {
        sides = { left: sideOf(draft.leftImage, pictures), right: sideOf(draft.rightImage, pictures) }
      } catch (thrown) {
        if (!(thrown instanceof BadSide)) throw thrown
        allProblems.push({ location: draft.location, ...thrown.problem })
        continue
      }
      allProblems.push(...notesOf(draft, pictures))
      const { leftText, rightText, task, split, status, tags } = draft
      const importKey = draft.importKey ?? importKeyOf(sides.left?.hash ?? null, leftText, sides.right?.hash ?? null, rightText)
      if (store.pairs.findByImportKey(importKey) !== null) {
        knownPairCount++
        continue
      }
      addedPairCount++
      revision ??= store.project.nextRevision()
      const pairId = store.pairs.nextId()
      store.pairs.insert(pairId, {
        leftImageId: ensureImage(store, sides.left), leftText, rightImageId: ensureImage(store, sides.right), rightText,
        task, split, status, tags, score: null, scoreModelId: null, importKey, importId: open.id,
      }, revision)
      // Two sources may both number their groups from 1.
      if (draft.group !== null) store.groups.addToDataGroup(`${open.sourceName}/${draft.group}`, pairId)
    }
    store.imports.addBatch(open.id, { addedPairCount, knownPairCount, doneRowCount: drafts.length + problems.length, problems: allProblems })
  })
}

function notesOf({ location, leftImage, rightImage }: PairDraft, pictures: ReadonlyMap<string, TakenPicture>): NewProblem[] {
  return [leftImage, rightImage].flatMap((source) => {
    const taken = source === null ? undefined : pictures.get(placeKey(source.place))
    return taken?.problem === null && taken.note !== null ? [{ location, ...taken.note }] : []
  })
}

/** @throws BadSide with the reason why the picture, or the part of it, cannot be used */
function sideOf(source: ImageSource | null, pictures: ReadonlyMap<string, TakenPicture>): SideImage | null {
  if (source === null) return null
  const taken = pictures.get(placeKey(source.place))
  if (taken === undefined) throw new Error(`The picture “${placeName(source.place)}” was not taken with its batch.`)
  if (taken.problem !== null) throw new BadSide(taken.problem)
  const { image } = taken
  const given = source.recipe ?? { cropBoxPx: source.cropBoxPx }
  const recipe = imageRecipeSchema.parse({ ...given, cropBoxPx: given.cropBoxPx === null ? null : cutAtEdge(given.cropBoxPx, image) })
  if (source.recipe === undefined && recipe.cropBoxPx === null) return { image, recipe: null, widthPx: image.widthPx, heightPx: image.heightPx, hash: image.hash }
  const { width, height } = sizeAfter(recipe, { width: image.widthPx, height: image.heightPx })
  return { image, recipe, widthPx: width, heightPx: height, hash: derivedHash(image.hash, recipe) }
}

/** Boxes are often off by a pixel; one that lies outside belongs to another picture. */
function cutAtEdge(box: CropBox, { widthPx, heightPx, sourceName }: NewImage): CropBox {
  const width = Math.min(box.left + box.width, widthPx) - box.left
  const height = Math.min(box.top + box.height, heightPx) - box.top
  if (width >= 1 && height >= 1) return { ...box, width, height }
  throw new BadSide({ code: 'bad-box', reason: `The box (${box.width}×${box.height} at ${box.left}, ${box.top}) lies outside “${sourceName}”, which is ${widthPx}×${heightPx}. The annotations may belong to pictures of another size.` })
}

function ensureImage(store: Store, side: SideImage | null): number | null {
  if (side === null) return null
  const imageId = store.images.ensure(side.image)
  return side.recipe === null ? imageId : store.images.ensureDerived(store.images.get(imageId), side.recipe, side.widthPx, side.heightPx)
}
