// OI-Crop and OI-Pos: {"meta": {subset}, "data": [{query_img, query_target, retrieval_samples: [{ImageID, bbox}]}]}, where
// “data” of OI-Pos is an object of such lists by label. The first sample is right; boxes are edges in pixels.
import { annotationReader, findImage, isList, isObject, numberOf, problemRow, textOf, type AnnotationSource } from './annotationReader'
import { choiceRows } from './choiceRows'
import { readJsonElements } from './jsonElements'
import type { DraftOrProblem, DraftSides } from './pairDraft'
import { toBox } from './regionChoice'

const isItem = (value: unknown): value is Record<string, unknown> => isObject(value) && 'query_img' in value && 'retrieval_samples' in value

/** The items of an element: itself, or those of the lists in “data”. */
function itemsOf(value: unknown): unknown[] {
  if (!isObject(value) || isItem(value)) return [value]
  return Object.values(value).filter(isList).flat()
}

const namesOf = (id: string): string[] => [id, `${id}.jpg`]

async function* readItems({ path, name, finder, defaults }: AnnotationSource): AsyncGenerator<DraftOrProblem> {
  let number = 0
  for await (const { key, value } of readJsonElements(path)) {
    if (key !== 'data' && key !== null) continue
    for (const item of itemsOf(value)) {
      number++
      yield* readItem(item, `${name}, item ${number}`, String(number))
    }
  }

  function* readItem(item: unknown, location: string, group: string): Generator<DraftOrProblem> {
    const phrase = isItem(item) ? textOf(item['query_target']) : null
    const queryName = isItem(item) ? textOf(item['query_img']) : null
    const samples = isItem(item) && isList(item['retrieval_samples']) ? item['retrieval_samples'].filter(isObject) : []
    if (phrase === null || queryName === null || samples.length === 0) {
      yield problemRow(location, 'broken-row', 'Expected an item with “query_img”, “query_target” and “retrieval_samples”.')
      return
    }
    const query = findImage(finder, namesOf(queryName))
    if (query.problem !== null) {
      yield problemRow(location, query.problem.code, query.problem.reason)
      return
    }
    const candidates: Pick<DraftSides, 'rightImage'>[] = []
    for (const [index, sample] of samples.entries()) {
      const box = boxOf(sample['bbox'])
      const imageName = textOf(sample['ImageID'])
      const found = box === null || imageName === null ? null : findImage(finder, namesOf(imageName), box)
      if (found?.image != null) candidates.push({ rightImage: found.image })
      else {
        yield problemRow(`${location}, candidate ${index + 1}`, found?.problem?.code ?? 'broken-row', found?.problem?.reason ?? 'Expected “ImageID” and “bbox” with XMin, XMax, YMin and YMax.')
        // Without the right one, the next would be taken for it.
        if (index === 0) return
      }
    }
    yield* choiceRows({ location, group, task: 'region', query: { leftImage: query.image, leftText: phrase }, candidates }, defaults)
  }
}

function boxOf(value: unknown) {
  const [left, right, top, bottom] = ['XMin', 'XMax', 'YMin', 'YMax'].map(name => (isObject(value) ? numberOf(value[name]) : null))
  return left == null || right == null || top == null || bottom == null ? null : toBox(left, top, right - left, bottom - top)
}

export const cropChoiceReader = annotationReader({
  kind: 'crop-choice', label: 'OI-Crop or OI-Pos choices', task: 'region', rows: readItems,
  recognises: ({ key, value }) => (key === 'data' || key === null) && isObject(value) && itemsOf(value).some(isItem),
})
