// Templates for texts: `a photo of {tag}`, `{leftText|lower}, {folder|or:somewhere}`. A field stands in braces and may pass
// through filters; `{{` and `}}` are braces themselves. Read once, filled in for every pair.
import { AppError } from './errors'

export const templateFields = {
  leftText: 'Text of the left side',
  rightText: 'Text of the right side',
  tag: 'First tag, by name',
  tags: 'All tags, joined with commas',
  file: 'Name of the picture file, without its ending',
  folder: 'Folder of the picture file, where it is known',
  task: 'Task of the pair',
  split: 'Split of the pair',
  status: 'Status of the pair',
  id: 'Number of the pair',
} as const satisfies Record<string, string>
export type TemplateField = keyof typeof templateFields
export const templateFieldNames = Object.keys(templateFields) as TemplateField[]

/** Null or blank where a pair has none. */
export type TemplateValues = Record<TemplateField, string | null>

const capital = (text: string): string => text.replace(/^\p{L}/u, (letter) => letter.toUpperCase())

/** What can be done to a field; those with an argument take what follows the colon. */
export const templateFilters = {
  lower: { doc: 'In small letters', takesArgument: false, apply: (text) => text.toLowerCase() },
  upper: { doc: 'In capital letters', takesArgument: false, apply: (text) => text.toUpperCase() },
  capital: { doc: 'Its first letter as a capital', takesArgument: false, apply: capital },
  words: { doc: 'Underscores, hyphens and dots as spaces', takesArgument: false, apply: (text) => text.replace(/[_\-.]+/g, ' ').trim() },
  bare: { doc: 'Without the stop at its end', takesArgument: false, apply: (text) => text.replace(/[.!?\s]+$/, '') },
  article: { doc: 'With “a” or “an” before it', takesArgument: false, apply: (text) => `${/^[aeiou]/i.test(text) ? 'an' : 'a'} ${text}` },
  first: { doc: 'Its first so many words', takesArgument: true, apply: (text, count) => text.split(/\s+/).slice(0, Number(count)).join(' ') },
  or: { doc: 'Another text where it is empty', takesArgument: true, apply: (text, other) => text || other },
} as const satisfies Record<string, { doc: string; takesArgument: boolean; apply: (text: string, argument: string) => string }>
export type TemplateFilter = keyof typeof templateFilters
const filterNames = Object.keys(templateFilters) as TemplateFilter[]

type Part = string | { field: TemplateField; filters: { name: TemplateFilter; argument: string }[] }
export type Template = readonly Part[]

const isField = (name: string): name is TemplateField => Object.hasOwn(templateFields, name)
const isFilter = (name: string): name is TemplateFilter => Object.hasOwn(templateFilters, name)
const quoteAll = (names: readonly string[]): string => names.map((name) => `{${name}}`).join(', ')
const refuse = (message: string, advice: string): never => { throw new AppError('bad-input', message, advice) }

function readField(inside: string, at: number): Part {
  const [name = '', ...steps] = inside.split('|').map((step) => step.trim())
  if (!isField(name)) return refuse(`There is no field “${name}” (at character ${at + 1} of the template).`, `The fields are ${quoteAll(templateFieldNames)}. For a brace itself write {{.`)
  const filters = steps.map((step) => {
    const colon = step.indexOf(':')
    const filter = colon < 0 ? step : step.slice(0, colon)
    if (!isFilter(filter)) return refuse(`There is no filter “${filter}” in {${inside}}.`, `The filters are ${filterNames.join(', ')}.`)
    const argument = colon < 0 ? '' : step.slice(colon + 1)
    if (templateFilters[filter].takesArgument !== colon >= 0) refuse(`The filter “${filter}” in {${inside}} ${colon >= 0 ? 'takes nothing after a colon' : 'needs something after a colon'}.`, `For example {tag|or:thing} or {leftText|first:5}.`)
    if (filter === 'first' && !/^[1-9]\d{0,3}$/.test(argument)) refuse(`{${inside}} asks for the first “${argument}” words; expected a whole number from 1.`, 'For example {leftText|first:5}.')
    return { name: filter, argument }
  })
  return { field: name, filters }
}

/** @throws AppError 'bad-input' that names the fields or filters there are */
export function readTemplate(template: string): Template {
  const parts: Part[] = []
  let plain = ''
  for (let at = 0; at < template.length; at++) {
    const character = template[at]!
    if ((character === '{' || character === '}') && template[at + 1] === character) {
      plain += character
      at++
    } else if (character === '}') refuse(`A brace closes at character ${at + 1} that none opened.`, 'For a brace itself write }}.')
    else if (character === '{') {
      const end = template.indexOf('}', at)
      if (end < 0) refuse(`The brace at character ${at + 1} is never closed.`, 'Close it with }, or write {{ for a brace itself.')
      if (plain) parts.push(plain)
      plain = ''
      parts.push(readField(template.slice(at + 1, end), at))
      at = end
    } else plain += character
  }
  if (plain) parts.push(plain)
  if (parts.every((part) => typeof part === 'string' && part.trim() === '')) refuse('The template is empty.', 'Write words and fields, for example a photo of {tag}.')
  return parts
}

export const fieldsOf = (template: Template): TemplateField[] => [...new Set(template.flatMap((part) => (typeof part === 'string' ? [] : [part.field])))]

/** The text of one pair; or the field that the pair lacks, where no `or` stands in for it. */
export function fillTemplate(template: Template, values: TemplateValues): { text: string; missing: null } | { text: null; missing: TemplateField } {
  let text = ''
  for (const part of template) {
    if (typeof part === 'string') text += part
    else {
      const filled = part.filters.reduce<string>((value, { name, argument }) => (value === '' && name !== 'or' ? '' : templateFilters[name].apply(value, argument)), values[part.field]?.trim() ?? '')
      if (filled === '') return { text: null, missing: part.field }
      text += filled
    }
  }
  return { text: text.trim(), missing: null }
}
