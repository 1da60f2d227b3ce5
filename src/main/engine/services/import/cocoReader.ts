// COCO captions: {"images": [{id, file_name}], "annotations": [{image_id, caption}]}. All captions of a picture share a
// group key only by their picture, which the studio knows anyway, so they carry none.
import { annotationReader, findImage, isObject, problemRow, textOf, type AnnotationSource } from './annotationReader'
import { BrokenJson, readJsonElements } from './jsonElements'
import { draftOfSides, type DraftOrProblem } from './pairDraft'

/** What a broken file holds up to its break; the second reading lists the break. */
async function readFileNames(path: string): Promise<Map<string, string>> {
  const fileNames = new Map<string, string>()
  try {
    for await (const { key, value } of readJsonElements(path)) {
      if (key !== 'images' || !isObject(value)) continue
      const id = textOf(value['id'])
      const fileName = textOf(value['file_name'])
      if (id !== null && fileName !== null) fileNames.set(id, fileName)
    }
  } catch (thrown) {
    if (!(thrown instanceof BrokenJson)) throw thrown
  }
  return fileNames
}

/** Two readings: the pictures may stand behind the captions. Memory holds one name for each picture. */
async function* readCaptions({ path, name, finder, defaults }: AnnotationSource): AsyncGenerator<DraftOrProblem> {
  const fileNames = await readFileNames(path)
  for await (const { key, index, value } of readJsonElements(path)) {
    if (key !== 'annotations') continue
    const location = `${name}, annotation ${(index ?? 0) + 1}`
    const caption = isObject(value) ? textOf(value['caption']) : null
    const imageId = isObject(value) ? textOf(value['image_id']) : null
    if (caption === null || imageId === null) {
      yield problemRow(location, 'broken-row', 'Expected an annotation with “image_id” and “caption”. Files of boxes or key points hold no captions.')
      continue
    }
    const fileName = fileNames.get(imageId)
    if (fileName === undefined) {
      yield problemRow(location, 'broken-row', `The caption belongs to picture ${imageId}, which the list “images” does not name.`)
      continue
    }
    const found = findImage(finder, [fileName])
    if (found.problem !== null) yield problemRow(location, found.problem.code, found.problem.reason)
    else yield draftOfSides(location, { leftImage: found.image, rightText: caption }, { task: 'caption', split: defaults.split })
  }
}

export const cocoReader = annotationReader({
  kind: 'coco', label: 'COCO captions', task: 'caption', rows: readCaptions,
  recognises: ({ key, value }) => isObject(value) && ((key === 'images' && 'file_name' in value) || (key === 'annotations' && 'caption' in value)),
})
