import { expect, test } from 'vitest'
import { toColumnNames } from '../../src/main/engine/services/import/csvRows'
import { guessColumns } from '../../src/main/engine/services/import/guessColumns'

const cases: [string, Record<string, string>, Partial<ReturnType<typeof guessColumns>>][] = [
  ['image and caption', { file_name: 'a.jpg', caption: 'x' }, { leftImage: 'file_name', rightText: 'caption' }],
  ['pictures known by their values alone', { A: 'x.webp', B: 'a long text', C: 'id7' }, { leftImage: 'A', rightText: 'B' }],
  ['a question about a picture', { image: 'a.png', question: 'q', answer: 'a' }, { leftImage: 'image', leftText: 'question', rightText: 'answer' }],
  ['an edit', { input_image: 'a.png', 'Edit prompt': 'e', output_image: 'b.png' }, { leftImage: 'input_image', leftText: 'Edit prompt', rightImage: 'output_image' }],
  ['the second picture first', { target: 'b.png', source_image: 'a.png', instruction: 'i' }, { leftImage: 'source_image', leftText: 'instruction', rightImage: 'target' }],
  ['text alone', { question: 'q', answer: 'a' }, { leftText: 'question', rightText: 'answer' }],
  ['columns with a meaning of their own', { image: 'a.png', Group: 'a very long group name', split: 'train', words: 'w' }, { leftImage: 'image', rightText: 'words', group: 'Group', split: 'split' }],
  ['a picture column without values to judge', { image: '', caption: 'c' }, { leftImage: 'image', rightText: 'caption' }],
  ['nothing of use', {}, {}],
]

test.each(cases)('suggests columns for %s', (_, row, expected) => {
  expect(guessColumns(Object.keys(row), [row])).toEqual({ leftImage: null, leftText: null, rightImage: null, rightText: null, ...expected })
})

test('every column gets a name of its own', () => {
  expect(toColumnNames([' a ', '', 'a', 'a (2)', 'a'])).toEqual(['a', 'column 2', 'a (2)', 'a (2) (2)', 'a (3)'])
})
