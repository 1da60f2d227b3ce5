// Which files of a data set belong together: by the configurations that its card names, otherwise by the words that
// people use in paths (train, validation, test). Source: the layouts that Hugging Face `datasets` recognises.
import type { HubFile } from './hubRepository'

/** How the files of a part are read: whole tables one by one, the others as one folder. */
export type DatasetForm = 'parquet' | 'webdataset' | 'table' | 'folder'

export interface DatasetPart {
  /** “config/split”, unique within a data set. */
  id: string
  config: string
  split: string
  form: DatasetForm
  files: HubFile[]
}

/** A configuration of the card; without patterns, everything below its folder. */
export interface DatasetConfig {
  name: string
  dir: string | null
  patterns: { split: string; globs: string[] }[]
}

const formByExtension: Record<string, DatasetForm> = {
  parquet: 'parquet', parq: 'parquet', tar: 'webdataset', csv: 'table', tsv: 'table', jsonl: 'table', ndjson: 'table', json: 'table',
  jpg: 'folder', jpeg: 'folder', png: 'folder', webp: 'folder', gif: 'folder', tif: 'folder', tiff: 'folder', avif: 'folder', txt: 'folder', caption: 'folder',
}
/** In this order, because a table names its pictures and Parquet holds them. */
const formsByWeight: readonly DatasetForm[] = ['parquet', 'webdataset', 'table', 'folder']
/** Files about the data, not data. */
const describing = new Set(['dataset_infos.json', 'dataset_dict.json', 'dataset_info.json', 'state.json', 'config.json', 'package.json', 'requirements.txt', 'license.txt'])
const splitWords: Record<string, string> = {
  train: 'train', training: 'train', validation: 'validation', valid: 'validation', val: 'validation', dev: 'validation', test: 'test', testing: 'test', eval: 'test', evaluation: 'test',
}
const plainFolders = new Set(['data', 'images', 'image', 'files', 'shards'])

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)

/** A name from the network that stays below the folder it is put into. */
export function isSafePath(name: string): boolean {
  return name.length <= 400 && !/[\p{Cc}\\:*?"<>|]/u.test(name) && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.length <= 200)
}

function formOf(name: string): DatasetForm | null {
  const base = baseName(name).toLowerCase()
  if (base.startsWith('.') || describing.has(base)) return null
  return formByExtension[base.slice(base.lastIndexOf('.') + 1)] ?? null
}

const wordsOf = (segment: string): string[] => segment.toLowerCase().split(/[^a-z0-9]+/)

/** The last word that names a split: in “test/train-01.csv” it is the file's own. */
function splitOf(path: string): string | null {
  for (const segment of path.split('/').reverse()) {
    const found = wordsOf(segment).map((word) => splitWords[word.replace(/\d+$/, '')]).find((split) => split !== undefined)
    if (found !== undefined) return found
  }
  return null
}

/** The first folder that is neither a split nor a mere container. */
function configOf(path: string): string {
  const folders = path.split('/').slice(0, -1)
  return folders.find((name) => !plainFolders.has(name.toLowerCase()) && splitOf(name) === null) ?? 'default'
}

/** `*` within a folder, `**` across folders, `?`, `[…]` and `{a,b}`. */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(/^\.?\//, '').replace(/\*\*\/|\*\*|\*|\?|\[[^\]/]+\]|\{[^}/]+\}|[^*?[{]+|./g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('[') && part.length > 2) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
    if (part.startsWith('{') && part.length > 2) return `(?:${part.slice(1, -1).split(',').map(escape).join('|')})`
    return escape(part)
  })
  return new RegExp(`^${source}$`)
}
const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Files of one configuration and split become a part of the weightiest form among them; what describes them is left out. */
function toPart(config: string, split: string, files: readonly HubFile[], all: readonly HubFile[]): DatasetPart | null {
  const form = formsByWeight.find((wanted) => files.some(({ name }) => formOf(name) === wanted))
  if (form === undefined) return null
  const own = files.filter(({ name }) => formOf(name) === form)
  if (form === 'folder' && !own.some(({ name }) => /\.(txt|caption)$/i.test(name))) return null
  if (form !== 'table') return { id: `${config}/${split}`, config, split, form, files: own }
  // A table names its pictures relative to itself.
  const folders = [...new Set(own.map(({ name }) => folderOf(name)))]
  const pictures = all.filter(({ name }) => formOf(name) === 'folder' && !/\.(txt|caption)$/i.test(name) && folders.some((folder) => name.startsWith(folder)))
  return { id: `${config}/${split}`, config, split, form, files: [...own, ...pictures] }
}

export function planParts(files: readonly HubFile[], configs: readonly DatasetConfig[]): DatasetPart[] {
  const usable = files.filter(({ name }) => isSafePath(name) && formOf(name) !== null)
  const groups = new Map<string, { config: string; split: string; files: Set<HubFile> }>()
  const add = (config: string, split: string, file: HubFile): void => {
    const key = `${config}/${split}`
    const group = groups.get(key) ?? { config, split, files: new Set() }
    groups.set(key, group)
    group.files.add(file)
  }
  for (const { name: config, dir, patterns } of configs) {
    const below = dir === null ? '' : `${dir.replace(/^\.?\/+|\/+$/g, '')}/`
    for (const { split, globs } of patterns) {
      const tests = globs.map((glob) => globPattern(`${below}${glob.replace(/^\.?\//, '')}`))
      for (const file of usable) if (tests.some((test) => test.test(file.name))) add(config, split, file)
    }
    if (patterns.length === 0) for (const file of usable) if (file.name.startsWith(below)) add(config, splitOf(file.name) ?? 'train', file)
  }
  if (groups.size === 0) {
    const isTabular = usable.some(({ name }) => formOf(name) !== 'folder')
    for (const file of usable) {
      if (isTabular && formOf(file.name) === 'folder') continue
      add(isTabular ? configOf(file.name) : 'default', splitOf(file.name) ?? 'train', file)
    }
  }
  return [...groups.values()].map((group) => toPart(group.config, group.split, [...group.files], usable)).filter((part) => part !== null)
}
