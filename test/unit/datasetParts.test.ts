// How the files of a data set fall into configurations, splits and forms.
import { describe, expect, it } from 'vitest'
import { globPattern, isSafePath, planParts, type DatasetConfig } from '../../src/main/engine/hub/datasetParts'
import type { HubFile } from '../../src/main/engine/hub/hubRepository'

const files = (...names: string[]): HubFile[] => names.map((name) => ({ name, sizeBytes: 1, sha256: null, gitSha1: null }))
const plan = (names: string[], configs: DatasetConfig[] = []): Record<string, string[]> =>
  Object.fromEntries(planParts(files(...names), configs).map(({ id, form, files: own }) => [`${id} (${form})`, own.map(({ name }) => name)]))

describe('without configurations in the card', () => {
  it.each<[string, string[], Record<string, string[]>]>([
    ['parts of splits in one folder', ['README.md', 'data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet', 'data/validation-00000-of-00001.parquet', 'dataset_infos.json'],
      { 'default/train (parquet)': ['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet'], 'default/validation (parquet)': ['data/validation-00000-of-00001.parquet'] }],
    ['a folder for each configuration', ['en/train/0000.parquet', 'de/train/0000.parquet', 'en/test/0000.parquet'],
      { 'en/train (parquet)': ['en/train/0000.parquet'], 'de/train (parquet)': ['de/train/0000.parquet'], 'en/test (parquet)': ['en/test/0000.parquet'] }],
    ['shards without a split', ['cc3m-0000.tar', 'cc3m-0001.tar'], { 'default/train (webdataset)': ['cc3m-0000.tar', 'cc3m-0001.tar'] }],
    ['a table with its pictures', ['train/metadata.csv', 'train/a/1.jpg', 'train/2.png', 'test/metadata.csv', 'test/3.jpg', 'other/4.jpg'],
      { 'default/train (table)': ['train/metadata.csv', 'train/a/1.jpg', 'train/2.png'], 'default/test (table)': ['test/metadata.csv', 'test/3.jpg'] }],
    ['pictures with captions', ['pictures/1.jpg', 'pictures/1.txt', 'LICENSE.txt'], { 'default/train (folder)': ['pictures/1.jpg', 'pictures/1.txt'] }],
    ['pictures without captions are no pairs', ['pictures/1.jpg'], {}],
    ['names that lead elsewhere', ['../train.csv', '/etc/train.csv', 'a//train.csv', 'a/./train.csv', 'a\\train.csv', 'a\0/train.csv', 'good/train.csv'], { 'good/train (table)': ['good/train.csv'] }],
    ['archives are no form', ['data.zip', 'loader.py'], {}],
  ])('%s', (_title, names, expected) => {
    expect(plan(names)).toEqual(expected)
  })
})

it('takes configurations, splits and patterns of the card', () => {
  const names = ['raw/a/part-1.jsonl', 'raw/a/part-2.jsonl', 'raw/b/x.jsonl', 'raw/b/deep/y.jsonl', 'extra/z.csv']
  expect(plan(names, [
    { name: 'main', dir: 'raw', patterns: [{ split: 'train', globs: ['a/part-*.jsonl'] }, { split: 'held-out', globs: ['b/**'] }] },
    { name: 'extra', dir: 'extra', patterns: [] },
    { name: 'gone', dir: null, patterns: [{ split: 'train', globs: ['nothing-*.csv'] }] },
  ])).toEqual({
    'main/train (table)': ['raw/a/part-1.jsonl', 'raw/a/part-2.jsonl'], 'main/held-out (table)': ['raw/b/x.jsonl', 'raw/b/deep/y.jsonl'], 'extra/train (table)': ['extra/z.csv'],
  })
})

it.each([
  ['data/*.csv', 'data/a.csv', true], ['data/*.csv', 'data/deep/a.csv', false], ['**/*.csv', 'a.csv', true], ['**/*.csv', 'x/y/a.csv', true], ['./a?.csv', 'ab.csv', true],
  ['a?.csv', 'a/.csv', false], ['part-[0-9].csv', 'part-7.csv', true], ['part-[!0-9].csv', 'part-7.csv', false], ['{train,dev}.csv', 'dev.csv', true], ['a+b(1).csv', 'a+b(1).csv', true], ['a.csv', 'aXcsv', false],
])('the pattern %s and %s: %s', (glob, name, expected) => {
  expect(globPattern(glob).test(name)).toBe(expected)
})

it('refuses paths that would leave their folder or that a file system would not take', () => {
  expect(['a/b.csv', 'ünïcode/b c.csv'].every(isSafePath)).toBe(true)
  expect(['', '..', 'a/../b', '/a', 'a/', 'a:b', 'a\nb', 'x'.repeat(201)].some(isSafePath)).toBe(false)
})
