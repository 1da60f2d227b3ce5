// JSON objects, one per line or in one list. Values become text: lists of plain values are joined by commas, other structures stay JSON.
import { BrokenJson, readJsonElements } from './jsonElements'
import type { TableRow } from './sourceRow'
import { readTextBlocks, type TextEncoding } from './textEncoding'

export async function* readJsonlRows(path: string, fileName: string, encoding: TextEncoding): AsyncGenerator<TableRow> {
  let number = 0
  for await (const line of readLines(readTextBlocks(path, encoding))) {
    number++
    if (line.trim() !== '') yield toRow(line, `${fileName}, line ${number}`)
  }
}

/** The items of an outermost list, as many JSON files have them. */
export async function* readJsonListRows(path: string, fileName: string): AsyncGenerator<TableRow> {
  try {
    for await (const { key, index, value } of readJsonElements(path)) {
      yield toObjectRow(value, key === null ? `${fileName}, item ${(index ?? 0) + 1}` : `${fileName}, ${key}${index === null ? '' : ` ${index + 1}`}`)
    }
  } catch (thrown) {
    if (!(thrown instanceof BrokenJson)) throw thrown
    yield { location: fileName, values: null, problem: { code: 'broken-file', reason: thrown.message } }
  }
}

function toRow(line: string, location: string): TableRow {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (thrown) {
    return { location, values: null, problem: { code: 'broken-row', reason: `The line is not JSON: ${(thrown as Error).message}.` } }
  }
  return toObjectRow(parsed, location)
}

function toObjectRow(parsed: unknown, location: string): TableRow {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { location, values: null, problem: { code: 'broken-row', reason: 'The line is JSON but not an object: expected {"column": "value", …}.' } }
  }
  return { location, values: Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, toText(value)])), problem: null }
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && value.every(item => typeof item !== 'object')) return value.join(',')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export async function* readLines(blocks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const block of blocks) {
    const lines = (rest + block).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
