import { describe, expect, it } from 'vitest'
import { fieldsOf, fillTemplate, readTemplate, templateFieldNames, type TemplateValues } from '../../src/shared/captionTemplate'

const values: TemplateValues = {
  leftText: 'Two Dogs.', rightText: null, tag: 'apple', tags: 'apple, old_tag', file: 'IMG_0001-beach', folder: '  ', task: 'caption', split: 'train', status: 'accepted', id: '12',
}
const fill = (template: string) => fillTemplate(readTemplate(template), values)

describe('templates', () => {
  it.each([
    ['a photo of {tag}', 'a photo of apple'],
    ['{leftText|lower|bare} and {tag|article}', 'two dogs and an apple'],
    ['{ tag | upper }', 'APPLE'],
    ['{leftText|first:1}', 'Two'],
    ['{file|words|lower|capital}', 'Img 0001 beach'],
    ['{folder|or:somewhere}, {id}', 'somewhere, 12'],
    ['{rightText|upper|or:nothing}', 'nothing'],
    ['{rightText|or:}x{tag}', null],
    ['{{tag}} is {tag}', '{tag} is apple'],
    ['{split}/{task}/{status}: {tags|words}', 'train/caption/accepted: apple, old tag'],
    ['100 % $& $1 \\n {tag}', '100 % $& $1 \\n apple'],
    ['  {tag}  ', 'apple'],
  ])('%s', (template, expected) => expect(fill(template).text).toBe(expected))

  it('say which field a pair lacks', () => expect(fill('at {folder|lower}')).toEqual({ text: null, missing: 'folder' }))
  it('put nothing of a value into the template', () => {
    expect(fillTemplate(readTemplate('{leftText} {tag}'), { ...values, leftText: '{tag|upper} {{x}}' }).text).toBe('{tag|upper} {{x}} apple')
  })
  it('name the fields that they use', () => expect(fieldsOf(readTemplate('{tag} {id} {tag|upper}'))).toEqual(['tag', 'id']))

  it.each([
    ['a {colour}', /no field “colour” \(at character 3/, templateFieldNames.map((name) => `{${name}}`).join(', ')],
    ['{tag|loud}', /no filter “loud”/, 'lower, upper'],
    ['{tag|upper:x}', /takes nothing after a colon/, 'For example'],
    ['{tag|or}', /needs something after a colon/, 'For example'],
    ['{tag|first:0}', /first “0” words/, 'For example'],
    ['{tag', /brace at character 1 is never closed/, '{{'],
    ['tag}', /closes at character 4/, '}}'],
    ['{}', /no field “”/, '{leftText}'],
    ['   ', /empty/, 'a photo of {tag}'],
  ])('%s is refused with advice', (template, message, advice) => {
    let thrown: unknown
    try { readTemplate(template) } catch (error) { thrown = error }
    expect(thrown).toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) as string, advice: expect.stringContaining(advice) as string })
  })
})
