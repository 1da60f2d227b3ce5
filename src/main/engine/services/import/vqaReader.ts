// VQA-style questions: {"questions": [{question_id, image_id, question}]} with {"annotations": [{question_id, answers}]},
// in one file or in two beside each other, or answers within the questions. Either file of two may be chosen.
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import { annotationReader, findImage, isList, isObject, problemRow, textOf, type AnnotationSource } from './annotationReader'
import { readJsonElements, type JsonElement } from './jsonElements'
import { draftOfSides, type DraftOrProblem } from './pairDraft'
import { SiblingGroups } from './siblingGroups'

/** The chosen answer, else the one that most people gave. */
function answerOf(item: Record<string, unknown>): string | null {
  const chosen = textOf(item['multiple_choice_answer']) ?? textOf(item['answer'])
  if (chosen !== null) return chosen
  const counts = new Map<string, number>()
  for (const given of isList(item['answers']) ? item['answers'] : []) {
    const text = isObject(given) ? textOf(given['answer']) : textOf(given)
    if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null
}

const isQuestion = (value: unknown): value is Record<string, unknown> => isObject(value) && 'question' in value && 'image_id' in value
const isAnswer = (value: unknown): value is Record<string, unknown> => isObject(value) && 'question_id' in value && ('answers' in value || 'multiple_choice_answer' in value)

/** Published names: v2_OpenEnded_mscoco_train2014_questions.json and v2_mscoco_train2014_annotations.json. */
const plainName = (name: string): string => name.toLowerCase().replace(/openended_|multiplechoice_|questions|annotations|[^a-z0-9]/g, '')

/** The chosen file and, where it holds only questions or only answers, its other half. */
async function findHalves(path: string): Promise<string[]> {
  let hasQuestions = false
  let hasAnswers = false
  let count = 0
  for await (const { value } of readJsonElements(path)) {
    hasQuestions ||= isQuestion(value)
    hasAnswers ||= isObject(value) && ('answers' in value || 'multiple_choice_answer' in value || (isQuestion(value) && 'answer' in value))
    if ((hasQuestions && hasAnswers) || ++count >= 1000) break
  }
  if (hasQuestions && hasAnswers) return [path]
  const [own, other] = hasQuestions ? ['questions', 'annotations'] : ['annotations', 'questions']
  const names = (await readdir(dirname(path))).filter(name => name.endsWith('.json') && name.toLowerCase().includes(other) && name !== basename(path))
  const partner = names.find(name => plainName(name) === plainName(basename(path)))
  if (partner !== undefined) return [path, join(dirname(path), partner)]
  throw new AppError('bad-input', `“${basename(path)}” holds only ${own === 'questions' ? 'questions' : 'answers'}, and no file of ${other} with the same name lies beside it.`,
    `Put the file of ${other} into the same folder; its name must differ only in the word “${other}”.`)
}

async function* elementsOf(paths: readonly string[]): AsyncGenerator<JsonElement & { file: string }> {
  for (const path of paths) for await (const element of readJsonElements(path)) yield { ...element, file: basename(path) }
}

/** “COCO_train2014_000000000009.jpg” of the published sets, and plain ids. */
function pictureNames(question: Record<string, unknown>, imageId: string, subset: string | null): string[] {
  const padded = imageId.padStart(12, '0')
  const named = [question['image'], question['image_name'], question['file_name'], question['image_path']].map(textOf).filter(name => name !== null)
  const published = subset === null ? [] : [`COCO_${subset}_${padded}.jpg`, `abstract_v002_${subset}_${padded}.png`]
  return [...named, ...published, `${padded}.jpg`, ...['.jpg', '.png', '.jpeg', '.webp', ''].map(extension => `${imageId}${extension}`)]
}

async function* readQuestions({ path, finder, defaults }: AnnotationSource): AsyncGenerator<DraftOrProblem> {
  const files = await findHalves(path)
  const answers = new Map<string, string>()
  // A few thousand answers make up most of a million.
  const known = new Map<string, string>()
  let subset: string | null = null
  for await (const { key, value } of elementsOf(files)) {
    if (key === 'data_subtype') subset = textOf(value)
    if (!isAnswer(value)) continue
    const questionId = textOf(value['question_id'])
    const answer = answerOf(value)
    if (questionId === null || answer === null) continue
    if (!known.has(answer)) known.set(answer, answer)
    answers.set(questionId, known.get(answer) ?? answer)
  }
  const groups = new SiblingGroups()
  for await (const { value, index, file } of elementsOf(files)) {
    if (!isQuestion(value)) continue
    const questionId = textOf(value['question_id'])
    const imageId = textOf(value['image_id']) ?? ''
    const location = `${file}, question ${questionId ?? (index ?? 0) + 1}`
    const answer = (questionId === null ? undefined : answers.get(questionId)) ?? answerOf(value)
    if (answer === null) {
      yield problemRow(location, 'empty-caption', 'No answer belongs to this question. The published test sets keep their answers secret.')
      continue
    }
    const found = findImage(finder, pictureNames(value, imageId, subset))
    if (found.problem !== null) yield problemRow(location, found.problem.code, found.problem.reason)
    else yield draftOfSides(location, { leftImage: found.image, leftText: textOf(value['question']), rightText: answer }, { task: 'vqa', split: defaults.split, group: groups.next(imageId) })
  }
}

export const vqaReader = annotationReader({
  kind: 'vqa', label: 'VQA questions and answers', task: 'vqa', rows: readQuestions, listFiles: findHalves,
  recognises: ({ value }) => isQuestion(value) || isAnswer(value),
})
