// Visual Genome: region_descriptions.json ([{id, regions: [{x, y, width, height, phrase}]}]) becomes pairs of picture and
// phrase with the crop; question_answers.json ([{id, qas: [{question, answer}]}]) pairs of picture and question with the
// answer. Pictures are named by their id (VG_100K/2.jpg).
import { annotationReader, findImage, isList, isObject, numberOf, problemRow, textOf, type AnnotationSource } from './annotationReader'
import type { CropBox } from './imageSource'
import { readJsonElements } from './jsonElements'
import { draftOfSides, type DraftOrProblem } from './pairDraft'
import { RegionChoice, toBox } from './regionChoice'
import { SiblingGroups } from './siblingGroups'

const pictureNames = (imageId: string): string[] => [`${imageId}.jpg`, `${imageId}.jpeg`, `${imageId}.png`]

interface PictureEntry {
  imageId: string
  items: Record<string, unknown>[]
  location: string
}

/** The entries of a file, one for each picture; what is none is yielded as a problem. */
async function* readEntries({ path, name }: AnnotationSource, member: string): AsyncGenerator<PictureEntry | DraftOrProblem> {
  for await (const { index, value } of readJsonElements(path)) {
    const location = `${name}, item ${(index ?? 0) + 1}`
    const items = isObject(value) ? value[member] : null
    const first = isList(items) ? items.find(isObject) : null
    const imageId = isObject(value) ? textOf(value['id']) ?? textOf(value['image_id']) ?? textOf(first?.['image_id']) : null
    if (!isList(items) || imageId === null) yield problemRow(location, 'broken-row', `Expected {"id": …, "${member}": […]}, one for each picture.`)
    else yield { imageId, items: items.filter(isObject), location: `${location} (picture ${imageId})` }
  }
}

function boxOf({ x, y, width, height }: Record<string, unknown>): CropBox | null {
  const [left, top, wide, high] = [x, y, width, height].map(numberOf)
  return left == null || top == null || wide == null || high == null ? null : toBox(left, top, wide, high)
}

async function* readRegions(source: AnnotationSource): AsyncGenerator<DraftOrProblem> {
  const groups = new SiblingGroups()
  let leftOut = 0
  for await (const entry of readEntries(source, 'regions')) {
    if ('draft' in entry) {
      yield entry
      continue
    }
    const picture = findImage(source.finder, pictureNames(entry.imageId))
    if (picture.problem !== null) {
      yield problemRow(entry.location, picture.problem.code, picture.problem.reason)
      continue
    }
    const choice = new RegionChoice()
    for (const [index, region] of entry.items.entries()) {
      const location = `${entry.location}, region ${textOf(region['region_id']) ?? index + 1}`
      const box = boxOf(region)
      const phrase = textOf(region['phrase'])
      if (box === null || phrase === null) yield problemRow(location, 'broken-row', 'Expected a region with “x”, “y”, “width”, “height” and “phrase”.')
      else if (!choice.take(box)) leftOut++
      else {
        const sides = { leftImage: picture.image, leftText: phrase, rightImage: { ...picture.image, cropBoxPx: box } }
        yield draftOfSides(location, sides, { task: 'region', split: source.defaults.split, group: groups.next(entry.imageId) })
      }
    }
    groups.forget(entry.imageId)
  }
  if (leftOut > 0) {
    yield problemRow(source.name, 'left-out', `${leftOut.toLocaleString('en')} regions were left out: not wider and higher than 32 px, or covering a kept region of the same picture by more than 30 % (intersection over union).`)
  }
}

async function* readQuestions(source: AnnotationSource): AsyncGenerator<DraftOrProblem> {
  const groups = new SiblingGroups()
  for await (const entry of readEntries(source, 'qas')) {
    if ('draft' in entry) {
      yield entry
      continue
    }
    const picture = findImage(source.finder, pictureNames(entry.imageId))
    if (picture.problem !== null) {
      yield problemRow(entry.location, picture.problem.code, picture.problem.reason)
      continue
    }
    for (const [index, item] of entry.items.entries()) {
      const sides = { leftImage: picture.image, leftText: textOf(item['question']), rightText: textOf(item['answer']) }
      yield draftOfSides(`${entry.location}, question ${textOf(item['qa_id']) ?? index + 1}`, sides, { task: 'vqa', split: source.defaults.split, group: groups.next(entry.imageId) })
    }
    groups.forget(entry.imageId)
  }
}

const firstOf = (value: unknown, member: string): Record<string, unknown> | null => {
  const items = isObject(value) ? value[member] : null
  return isList(items) ? items.find(isObject) ?? null : null
}

export const genomeRegionsReader = annotationReader({
  kind: 'genome-regions', label: 'Visual Genome regions', task: 'region', rows: readRegions,
  recognises: ({ value }) => 'phrase' in (firstOf(value, 'regions') ?? {}),
})

export const genomeQuestionsReader = annotationReader({
  kind: 'genome-questions', label: 'Visual Genome questions', task: 'vqa', rows: readQuestions,
  recognises: ({ value }) => 'question' in (firstOf(value, 'qas') ?? {}),
})
