import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BrokenJson, readJsonElements, type JsonElement } from '../../src/main/engine/services/import/jsonElements'
import { RegionChoice, toBox } from '../../src/main/engine/services/import/regionChoice'
import { overlapOf } from '../../src/shared/regionBoxes'
import { SiblingGroups } from '../../src/main/engine/services/import/siblingGroups'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
let number = 0

async function read(text: string): Promise<JsonElement[]> {
  const path = join(root, `${++number}.json`)
  writeFileSync(path, text)
  const found: JsonElement[] = []
  for await (const element of readJsonElements(path)) found.push(element)
  return found
}

test('items of a list, items of lists in an object, and other members', async () => {
  expect(await read(' [1, "a]b", {"x": "}"}, null, [2]] ')).toEqual([1, 'a]b', { x: '}' }, null, [2]].map((value, index) => ({ key: null, index, value })))
  expect(await read('{"info": {"a": [1]}, "list": [true, -1.5e3], "empty": [], "last": "z"}')).toEqual([
    { key: 'info', index: null, value: { a: [1] } }, { key: 'list', index: 0, value: true }, { key: 'list', index: 1, value: -1500 }, { key: 'last', index: null, value: 'z' },
  ])
})

test('elements across the blocks in which a file is read, with every kind of escape', async () => {
  const texts = Array.from({ length: 6000 }, (_, index) => `é${'\\'.repeat(index % 5)}"${'x'.repeat(index % 301)}\n{[${index}`)
  expect((await read(JSON.stringify({ texts }))).map(({ value }) => value)).toEqual(texts)
  const long = 'y'.repeat(700_000)
  expect(await read(JSON.stringify([long, { long }]))).toEqual([{ key: null, index: 0, value: long }, { key: null, index: 1, value: { long } }])
})

test.each([
  ['', 'an empty file'], ['hello', 'got “h”'], ['[1, 2', 'cut short'], ['{"a": [{"b": 1}, {"b"', 'cut short'], ['[1, }]', 'not whole JSON'], ['{"a" 1}', 'a name and a colon'], ['[{"a": 1,}]', 'not whole JSON'],
])('what is not JSON says where and why: %s', async (text, reason) => {
  const failure = await read(text).catch((thrown: unknown) => thrown)
  expect(failure).toBeInstanceOf(BrokenJson)
  expect((failure as Error).message).toContain(reason)
})

test('boxes: overlap, whole pixels, and which regions of a picture are kept', () => {
  const box = (left: number, top: number, width: number, height: number) => ({ left, top, width, height })
  expect(overlapOf(box(0, 0, 10, 10), box(5, 0, 10, 10))).toBeCloseTo(1 / 3)
  expect(overlapOf(box(0, 0, 10, 10), box(10, 0, 10, 10))).toBe(0)
  expect(toBox(-3.4, 2.6, 10, 10)).toEqual(box(0, 3, 7, 10))
  expect(toBox(-30, 0, 10, 10)).toBeNull()
  const choice = new RegionChoice()
  expect([box(0, 0, 100, 100), box(10, 0, 100, 100), box(0, 0, 40, 40), box(200, 0, 32, 90), box(300, 0, 33, 33)].map(each => choice.take(each))).toEqual([true, false, true, false, true])
})

test('rows of one picture fall into groups of four wherever they stand', () => {
  const groups = new SiblingGroups()
  expect(['a', 'b', 'a', 'a', 'a', 'a', 'b'].map(picture => groups.next(picture))).toEqual(['a/0', 'b/0', 'a/0', 'a/0', 'a/0', 'a/1', 'b/0'])
})
