// A data set on the hub: its facts, its files page by page, and where those are of no form that is read here, the
// Parquet files that the hub itself makes of many data sets (branch refs/convert/parquet).
import { z } from 'zod'
import { AppError } from '../../../shared/errors'
import { planParts, type DatasetConfig, type DatasetPart } from './datasetParts'
import type { HubAccess } from './hubRequest'
import { askHub, encodeRevision, licenceOf, repositoryFactsSchema, type HubFile, type HubRepository } from './hubRepository'

export interface HubDataset extends HubRepository {
  parts: DatasetPart[]
  /** Whether the files are those that the hub converted. */
  isConverted: boolean
}

const convertedRevision = 'refs/convert/parquet'
/** A data set of single pictures has one file each; beyond this a listing would take minutes. */
const maximumFiles = 200_000

const globs = z.union([z.string(), z.array(z.string())])
const configSchema = z.object({
  config_name: z.string().max(200),
  data_dir: z.string().nullish(),
  data_files: z.union([globs, z.array(z.object({ split: z.string().max(200), path: globs }))]).nullish(),
})
const factsSchema = repositoryFactsSchema.extend({
  cardData: z.object({ license: z.union([z.string(), z.array(z.string())]).optional().catch(undefined), configs: z.array(configSchema).optional().catch(undefined) }).nullish().catch(null),
})
const treeSchema = z.array(z.object({
  type: z.string(), path: z.string(), oid: z.string().optional(), size: z.number().int().min(0).optional(),
  lfs: z.object({ oid: z.string(), size: z.number().int().min(0) }).partial().nullish(),
}))

const listOf = (value: string | string[]): string[] => (typeof value === 'string' ? [value] : value)

function toConfig({ config_name: name, data_dir: dir, data_files: files }: z.infer<typeof configSchema>): DatasetConfig {
  const patterns = files === null || files === undefined ? []
    : typeof files === 'string' || files.every((file) => typeof file === 'string') ? [{ split: 'train', globs: listOf(files) }]
      : files.map(({ split, path }) => ({ split, globs: listOf(path) }))
  return { name, dir: dir ?? null, patterns }
}

/** The next page's path; only path and query are taken, so that a link cannot lead to another host. */
function nextPage(link: string | null): string | null {
  const target = link?.split(',').map((entry) => /^\s*<([^>]+)>\s*;.*rel="?next"?/.exec(entry)?.[1]).find((found) => found !== undefined)
  return target !== undefined && URL.canParse(target) ? new URL(target).search : null
}

async function listFiles(access: HubAccess, repository: string, commit: string, signal: AbortSignal): Promise<HubFile[]> {
  const files: HubFile[] = []
  for (let search: string | null = '?recursive=true'; search !== null;) {
    const page = await askHub(access, 'datasets', repository, `/tree/${commit}${search}`, treeSchema, signal)
    for (const { type, path, oid, size, lfs } of page.answer) {
      if (type !== 'file' || size === undefined) continue
      const sha256 = lfs?.oid && /^[0-9a-f]{64}$/.test(lfs.oid) ? lfs.oid : null
      files.push({ name: path, sizeBytes: lfs?.size ?? size, sha256, gitSha1: lfs ? null : oid && /^[0-9a-f]{40}$/.test(oid) ? oid : null })
    }
    if (files.length > maximumFiles) throw new AppError('bad-input', `${repository} has more than ${maximumFiles.toLocaleString('en')} files.`, 'Download the part that you need yourself, then import its folder.')
    search = nextPage(page.response.response.headers.get('link'))
  }
  return files
}

async function readDataset(access: HubAccess, repository: string, revision: string, signal: AbortSignal): Promise<HubDataset> {
  const { answer } = await askHub(access, 'datasets', repository, `/revision/${encodeRevision(revision)}`, factsSchema, signal)
  const files = await listFiles(access, repository, answer.sha, signal)
  const configs = revision === convertedRevision ? [] : (answer.cardData?.configs ?? []).map(toConfig)
  return { kind: 'datasets', repository, commit: answer.sha, licence: licenceOf(answer), files, parts: planParts(files, configs), isConverted: revision === convertedRevision }
}

/** @throws AppError 'not-found', 'unauthorised', 'no-network', 'bad-download'; 'bad-input' where nothing can be read */
export async function getHubDataset(access: HubAccess, repository: string, revision: string, signal: AbortSignal): Promise<HubDataset> {
  const own = await readDataset(access, repository, revision, signal)
  if (own.parts.some(({ form }) => form !== 'folder') || revision === convertedRevision) return readable(own)
  const converted = await readDataset(access, repository, convertedRevision, signal).catch((thrown: unknown) => {
    if (thrown instanceof AppError && ['not-found', 'unauthorised'].includes(thrown.code)) return null
    throw thrown
  })
  // The licence stands in the card, which the converted branch lacks.
  return readable(converted !== null && converted.parts.length > 0 ? { ...converted, licence: own.licence } : own)
}

function readable(dataset: HubDataset): HubDataset {
  if (dataset.parts.length > 0) return dataset
  const endings = [...new Set(dataset.files.map(({ name }) => /\.[a-z0-9]{1,8}$/i.exec(name)?.[0]).filter((ending) => ending !== undefined))]
  throw new AppError('bad-input', `${dataset.repository} has no files of a form that is read here: expected Parquet, CSV, TSV, JSON lines, tar shards, or pictures with captions, found ${endings.slice(0, 6).join(', ') || 'no files'}.`,
    'Download and unpack its archives yourself, then import the folder or the table.')
}
