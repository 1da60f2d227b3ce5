// A project with everything that may leave the library: all tasks, splits and statuses, derived pictures, groups, judgements,
// and texts that break careless writers.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { imageRecipeSchema, sizeAfter, type ImageRecipe } from '../../src/shared/imageRecipe'
import type { Pair } from '../../src/shared/contract/entities'
import { pairFilterSchema } from '../../src/shared/contract/pairs'
import { decodeImage } from '../../src/main/engine/compute/image/decodeImage'
import { applyRecipe } from '../../src/main/engine/compute/image/applyRecipe'
import { takePicture } from '../../src/main/engine/services/pictureIntake'
import { createStore, type Store } from '../../src/main/engine/store/openStore'
import type { PairRow } from '../../src/main/engine/store/pairStore'
import { pairRow } from './pairRows'
import { picture } from './pictures'

export const hostileTexts = [
  'plain', 'comma, "quoted", semicolon; tab\tend', 'two\nlines', 'windows\r\nlines', 'lone\rreturn', '=HYPERLINK("http://x","y")', '+1', '-a dash', '@name', "'apostrophe", '"', '""', ',', '😀 👩‍👩‍👧 é e\u0301', 'line\u2028separator',
  'null', 'NaN', '[1,2]', '{"a":1}', '\\"back\\slash', '日本語 العربية', '# not a comment', 'x'.repeat(9000), 'a,b\n"c"\r\n;d\t|e', '0012', 'true', '1e5', '</script>', '\u0001control', 'ends with quote"', '"begins',
]

export const cropRecipe: ImageRecipe = imageRecipeSchema.parse({ cropBoxPx: { left: 3, top: 2, width: 12, height: 9 } })
export const turnRecipe: ImageRecipe = imageRecipeSchema.parse({ cropBoxPx: { left: 0, top: 0, width: 20, height: 10 }, flip: 'horizontal', rotateDegrees: 90 })

async function addPictures(store: Store): Promise<number[]> {
  const formats = ['png', 'jpeg', 'webp', 'png'] as const
  const ids: number[] = []
  for (const [index, format] of formats.entries()) {
    ids.push(store.images.ensure(await takePicture(store.files, await picture(index + 1).toFormat(format, { lossless: true }).toBuffer(), `${index}.${format}`)))
  }
  return ids
}

function derive(store: Store, imageId: number, recipe: ImageRecipe): number {
  const source = store.images.get(imageId)
  const { width, height } = sizeAfter(recipe, { width: source.widthPx, height: source.heightPx })
  return store.images.ensureDerived(source, recipe, width, height)
}

/** Two dozen pairs of every shape, and one caption for each hostile text. */
export async function fillOutProject(store: Store): Promise<void> {
  const [a, b, c, d] = await addPictures(store) as [number, number, number, number]
  const rows: PairRow[] = [
    ...hostileTexts.map((text, index): PairRow => pairRow({ leftImageId: [a, b, c, d][index % 4]!, leftText: null, rightText: text, task: 'caption', split: (['train', 'validation', 'test'] as const)[index % 3]!, status: (['accepted', 'unreviewed', 'rejected'] as const)[index % 3]! })),
    pairRow({ leftImageId: a, leftText: 'how many?', rightText: 'two', task: 'vqa', status: 'accepted', tags: ['blur', 'with, comma', '[bracket'] }),
    pairRow({ leftImageId: b, leftText: 'turn it', rightImageId: derive(store, b, turnRecipe), rightText: null, task: 'edit', status: 'accepted', tags: ['a'] }),
    pairRow({ leftImageId: b, leftText: 'turn it back', rightImageId: a, rightText: 'an upright thing', task: 'edit', status: 'accepted', tags: ['a', 'b'] }),
    pairRow({ leftImageId: c, leftText: 'the corner', rightImageId: derive(store, c, cropRecipe), rightText: null, task: 'region', status: 'accepted' }),
    pairRow({ leftImageId: null, leftText: 'a text', rightImageId: d, rightText: null, task: 'compose' }),
    pairRow({ leftImageId: null, leftText: 'only, texts', rightText: 'on "both" sides', task: 'vqa', split: 'test' }),
    pairRow({ leftImageId: a, leftText: null, rightImageId: b, rightText: null, task: 'transform', split: 'validation' }),
  ]
  store.transaction(() => {
    const revision = store.project.nextRevision()
    for (const [index, row] of rows.entries()) store.pairs.insert(store.pairs.nextId(), { ...row, importKey: index % 2 === 0 ? `key ${index}` : null }, revision)
    const last = rows.length
    for (const pairId of [last - 6, last - 5, last - 4]) store.groups.addToDataGroup('source.csv/one, "two"', pairId)
    store.groups.addToDataGroup('source.csv/regions', last - 3)
    store.groups.addToDataGroup('source.csv/regions', last - 2)
    store.groups.replaceMined([[1, 4, 7], [last - 3, 10]])
  })
  store.history.edit('judge', [
    { kind: 'judgement', pairId: 1, otherPairId: 4, before: null, after: { verdict: 'negative', judgedAtMs: 1000 } },
    { kind: 'judgement', pairId: 4, otherPairId: last(rows), before: null, after: { verdict: 'match', judgedAtMs: 2000 } },
  ])
}

const last = (rows: readonly unknown[]): number => rows.length

export async function outProject(projectDir: string): Promise<Store> {
  const store = createStore(projectDir, { name: 'out', isSample: false })
  await fillOutProject(store)
  return store
}

/** Pixels of a side, so that a drawn crop equals its recipe. */
async function pictureKey(store: Store, imageId: number | null, byPixels: boolean): Promise<string | null> {
  if (imageId === null) return null
  const image = store.images.get(imageId)
  const source = image.sourceImageId === null ? image : store.images.get(image.sourceImageId)
  const path = store.files.absolute(source.relativePath ?? '')
  if (!byPixels) return `${createHash('sha256').update(readFileSync(path)).digest('hex')} ${JSON.stringify(image.recipe)}`
  const { width, height, data } = applyRecipe(await decodeImage(path), image.recipe)
  return `${width}×${height} ${createHash('sha256').update(data).digest('hex')}`
}

export interface ComparedPair extends Pick<Pair, 'task' | 'split' | 'status' | 'tags'> {
  left: [string | null, string | null]
  right: [string | null, string | null]
}

/** Everything of the pairs that two projects may share, in an order that does not depend on ids. */
export async function comparable(store: Store, keep: (pair: Pair) => boolean = () => true, byPixels = false): Promise<ComparedPair[]> {
  const pairs = store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, -1).filter(keep)
  const compared = await Promise.all(pairs.map(async ({ left, right, task, split, status, tags }): Promise<ComparedPair> => ({
    task, split, status, tags,
    left: [await pictureKey(store, left.imageId, byPixels), left.text], right: [await pictureKey(store, right.imageId, byPixels), right.text],
  })))
  const key = (pair: ComparedPair): string => JSON.stringify(pair)
  return compared.sort((x, y) => (key(x) < key(y) ? -1 : 1))
}
