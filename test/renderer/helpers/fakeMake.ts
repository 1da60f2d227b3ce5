// The part of the fake engine that makes pairs: regions and questions of pictures, and previews with fixed figures.
import type { Pair } from '@shared/contract/entities'
import type { PictureToMark, SplitPreview, TemplatePreview, TransformPreview } from '@shared/contract/make'
import { fillTemplate, readTemplate } from '@shared/captionTemplate'
import type { CropBox } from '@shared/imageRecipe'
import { transformFamilyNames } from '@shared/imageTransforms'
import type { FakeApi } from './fakeApi'
import { makePair } from './fakeData'

export function installMake(fake: FakeApi): { boxes: Map<number, CropBox> } {
  const boxes = new Map<number, CropBox>()
  const history = { undoLabel: 'make a region', redoLabel: null, overtaken: null, isOthers: false }
  const regionsOf = (imageId: number): Pair[] => fake.studio.pairs.filter((pair) => pair.task === 'region' && pair.left.imageId === imageId)
  const add = (change: Partial<Pair>): Pair => {
    const pair = makePair(1 + Math.max(0, ...fake.studio.pairs.map(({ id }) => id)), change)
    fake.studio.pairs = [...fake.studio.pairs, pair]
    return pair
  }
  fake.answer('make.getPicture', ({ imageId }: { imageId: number }): PictureToMark => ({
    imageId, widthPx: 300, heightPx: 200, sourceName: 'a.png', split: 'train', countByTask: {},
    regions: regionsOf(imageId).map((pair) => ({ pair, box: boxes.get(pair.id)! })),
    questions: fake.studio.pairs.filter((pair) => pair.task === 'vqa' && pair.left.imageId === imageId),
  }))
  fake.answer('make.addRegion', ({ imageId, box, phrase }: { imageId: number; box: CropBox; phrase: string }) => {
    const pair = add({ task: 'region', left: { imageId, text: phrase }, right: { imageId: 9000, text: null } })
    boxes.set(pair.id, box)
    return { pairs: [pair], history }
  })
  fake.answer('make.changeRegion', ({ id, box, phrase }: { id: number; box: CropBox; phrase: string }) => {
    boxes.set(id, box)
    fake.studio.pairs = fake.studio.pairs.map((pair) => (pair.id === id ? { ...pair, left: { ...pair.left, text: phrase } } : pair))
    return { pairs: [], history }
  })
  fake.answer('make.removePairs', ({ scope }: { scope: { ids: number[] } }) => {
    fake.studio.pairs = fake.studio.pairs.filter(({ id }) => !scope.ids.includes(id))
    return { pairs: [], changedCount: scope.ids.length, history }
  })
  fake.answer('make.addQuestions', ({ imageId, items }: { imageId: number; items: { question: string; answer: string }[] }) => ({
    pairs: items.map(({ question, answer }) => add({ task: 'vqa', left: { imageId, text: question }, right: { imageId: null, text: answer } })), history,
  }))
  fake.answer('make.addEdit', () => ({ pairs: [makePair(1), makePair(2)], history }))
  fake.answer('make.addPairs', ({ pairs }: { pairs: unknown[] }) => ({ pairs: pairs.map((_, index) => makePair(index + 1)), history }))
  fake.answer('make.previewTransforms', (): TransformPreview => ({
    pictureCount: 40, chosenCount: 4, pairCount: 18, isEstimate: false, countByFamily: { crop: 9, rotate: 3, jitter: 0, flip: 4, grayscale: 2 },
    example: { imageId: 1, groups: transformFamilyNames.map((family) => ({ family, items: [{ text: `${family} text`, leftDrawingId: null, rightDrawingId: 'a'.repeat(64) }] })) },
  }))
  fake.answer('make.previewTemplate', ({ options }: { options: { template: string } }): TemplatePreview => {
    const filled = fillTemplate(readTemplate(options.template), { leftText: 'a dog', rightText: null, tag: null, tags: null, file: 'a', folder: null, task: 'caption', split: 'train', status: 'accepted', id: '1' })
    return { pairCount: 40, changeCount: filled.text === null ? 0 : 40, missing: filled.missing ? { [filled.missing]: 40 } : {}, isEstimate: false, examples: filled.text === null ? [] : [{ pairId: 1, imageId: 1, before: 'old', after: filled.text }] }
  })
  fake.answer('make.previewSplits', (): SplitPreview => ({
    pairCount: 40, movedCount: 12, setCount: 30, largestSetSize: 4, heldCount: 0, leaksBefore: { setCount: 2, pairCount: 5 }, leaksAfter: { setCount: 0, pairCount: 0 },
    before: { caption: { train: 40, validation: 0, test: 0 } }, after: { caption: { train: 28, validation: 6, test: 6 } },
  }))
  for (const name of ['make.startTransforms', 'make.startTemplate', 'make.startSplits']) fake.answer(name, () => ({ jobId: 1 }))
  return { boxes }
}
