// SugarCrepe: {"0": {filename, caption, negative_caption}, …}, or a list of such items. The caption of the picture is the
// pair; its negative is a rejected pair of the same group.
import { annotationReader, findImage, isObject, problemRow, textOf, type AnnotationSource } from './annotationReader'
import { choiceRows } from './choiceRows'
import { readJsonElements } from './jsonElements'
import type { DraftOrProblem } from './pairDraft'

async function* readItems({ path, name, finder, defaults }: AnnotationSource): AsyncGenerator<DraftOrProblem> {
  let number = 0
  for await (const { key, value } of readJsonElements(path)) {
    number++
    const location = `${name}, item ${key ?? number}`
    const fileName = isObject(value) ? textOf(value['filename']) : null
    const caption = isObject(value) ? textOf(value['caption']) : null
    const negative = isObject(value) ? textOf(value['negative_caption']) : null
    if (fileName === null || caption === null || negative === null) {
      yield problemRow(location, 'broken-row', 'Expected an item with “filename”, “caption” and “negative_caption”.')
      continue
    }
    const found = findImage(finder, [fileName, `COCO_val2014_${fileName}`])
    if (found.problem !== null) yield problemRow(location, found.problem.code, found.problem.reason)
    else yield* choiceRows({ location, group: String(key ?? number), task: 'caption', query: { leftImage: found.image }, candidates: [{ rightText: caption }, { rightText: negative }] }, defaults)
  }
}

export const sugarCrepeReader = annotationReader({
  kind: 'sugarcrepe', label: 'SugarCrepe captions with negatives', task: 'caption', rows: readItems,
  recognises: ({ value }) => isObject(value) && 'negative_caption' in value && 'filename' in value,
})
