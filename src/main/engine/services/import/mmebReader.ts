// MMEB-style files, as JSON lines, a JSON list or Parquet: evaluation rows {qry_text, qry_img_path, tgt_text: […],
// tgt_img_path: […]} whose first target is right, and training rows {qry, qry_image_path, pos_text, pos_image_path,
// neg_text, neg_image_path}.
import { basename } from 'node:path'
import { annotationReader, findImage, isList, isObject, problemRow, textOf, type AnnotationSource } from './annotationReader'
import { choiceRows } from './choiceRows'
import { readJsonElements, type JsonElement } from './jsonElements'
import { readLines } from './jsonlRows'
import type { DraftOrProblem, DraftSides, PairDraft } from './pairDraft'
import { readParquetRecords } from './parquetFile'
import { isParquetName } from './parquetReader'
import { readTextBlocks } from './textEncoding'

/** Evaluation rows name up to a thousand targets; most are right for other rows, so a pair for each would be a million. */
const largestWrongCount = 9

const isMmeb = (value: unknown): value is Record<string, unknown> => isObject(value) && (('qry_text' in value && 'tgt_text' in value) || ('qry' in value && 'pos_text' in value))

async function* readRecords(path: string): AsyncGenerator<{ location: string; value: unknown }> {
  const name = basename(path)
  let number = 0
  if (isParquetName(path)) {
    for await (const value of readParquetRecords(path, null)) yield { location: `${name}, row ${++number}`, value }
  } else if (path.toLowerCase().endsWith('.json')) {
    for await (const { value } of readJsonElements(path)) yield { location: `${name}, item ${++number}`, value }
  } else {
    for await (const line of readLines(readTextBlocks(path, 'utf-8'))) {
      number++
      if (line.trim() !== '') yield { location: `${name}, line ${number}`, value: parseLine(line) }
    }
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return null
  }
}

/** Text marks where the reference model puts its picture; the studio's pairs hold pictures apart. */
const cleanText = (value: unknown): string | null => textOf(value)?.replaceAll(/<\|image_\d+\|>|<image>/g, '').trim() ?? null

const listOf = (value: unknown): unknown[] => (isList(value) ? value : [value])

/** Texts and pictures of targets stand in two lists of the same length, or one of them is missing. */
function targetsOf(record: Record<string, unknown>): { text: string | null; picture: string | null }[] {
  if ('pos_text' in record) {
    const side = (prefix: string) => ({ text: cleanText(record[`${prefix}_text`]) || null, picture: textOf(record[`${prefix}_image_path`]) || null })
    return [side('pos'), side('neg')].filter(({ text, picture }, index) => index === 0 || text !== null || picture !== null)
  }
  const texts = listOf(record['tgt_text'])
  const pictures = listOf(record['tgt_img_path'])
  return Array.from({ length: Math.max(texts.length, pictures.length) }, (_, index) => ({ text: cleanText(texts[index]) || null, picture: textOf(pictures[index]) || null }))
}

/** What the row asks for, by which of its four parts are there. */
function taskOf(hasQueryImage: boolean, hasQueryText: boolean, hasTargetImage: boolean): PairDraft['task'] {
  if (hasQueryImage && hasQueryText) return hasTargetImage ? 'compose' : 'vqa'
  return 'caption'
}

async function* readItems({ path, name, finder, defaults }: AnnotationSource): AsyncGenerator<DraftOrProblem> {
  let number = 0
  let leftOut = 0
  for await (const { location, value } of readRecords(path)) {
    number++
    if (!isMmeb(value)) {
      yield problemRow(location, 'broken-row', 'Expected “qry_text” and “tgt_text”, or “qry” and “pos_text”.')
      continue
    }
    const queryPicture = textOf(value['qry_img_path'] ?? value['qry_image_path']) || null
    const query = queryPicture === null ? null : findImage(finder, [queryPicture])
    if (query?.problem != null) {
      yield problemRow(location, query.problem.code, query.problem.reason)
      continue
    }
    const targets = targetsOf(value)
    leftOut += Math.max(0, targets.length - 1 - largestWrongCount)
    const candidates: Pick<DraftSides, 'rightImage' | 'rightText'>[] = []
    let isUsable = true
    for (const [index, target] of targets.slice(0, 1 + largestWrongCount).entries()) {
      const found = target.picture === null ? null : findImage(finder, [target.picture])
      if (found?.problem != null) {
        yield problemRow(index === 0 ? location : `${location}, candidate ${index + 1}`, found.problem.code, found.problem.reason)
        isUsable &&= index > 0
      } else candidates.push({ rightImage: found?.image ?? null, rightText: target.text })
    }
    if (!isUsable) continue
    const leftText = cleanText(value['qry_text'] ?? value['qry']) || null
    const task = taskOf(query !== null, leftText !== null, targets[0]?.picture != null)
    yield* choiceRows({ location, group: String(number), task, query: { leftImage: query?.image ?? null, leftText }, candidates }, defaults)
  }
  if (leftOut > 0) yield problemRow(name, 'left-out', `${leftOut.toLocaleString('en')} wrong targets were left out: ${largestWrongCount} are taken for each row.`)
}

export const mmebReader = annotationReader({
  kind: 'mmeb', label: 'MMEB queries and targets', task: null, extensions: ['.json', '.jsonl', '.ndjson', '.parquet', '.parq'], rows: readItems,
  recognises: ({ value }: JsonElement) => isMmeb(value),
})

