// Data sets from the hub: what one offers, a job that downloads parts of it, and the parts that are whole. They lie in the
// data folder, one folder for each commit, because several projects may be made of one data set; the readers of imports
// then read them like any other folder or table, without a network.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { HubDatasetOffer, HubSource } from '../../../shared/contract/import'
import { AppError } from '../../../shared/errors'
import { replaceFile } from '../compute/weights/replaceFile'
import { baseName, type DatasetPart } from '../hub/datasetParts'
import type { DownloadTiming } from '../hub/download'
import { getHubDataset } from '../hub/hubDataset'
import { parseRepositoryName, type HubFile } from '../hub/hubRepository'
import type { JobRunner } from '../jobs/runner'
import { fetchFiles, megabytes, refuseFullDisk, sumBytes } from './hubFiles'
import type { HubSettings } from './hubSettings'
import { toProjectSplit } from './import/pairDraft'
import type { Picker } from './picker'
import { toFolderName } from './project'

export interface HubDatasetsDependencies {
  hub: HubSettings
  jobs: JobRunner
  picker: Picker
  dataDir: string
  /** For tests. */
  timing?: DownloadTiming
}

interface Wanted {
  repository: string
  revision: string
}

/** Written beside a part once every file of it was checked. */
const recordName = '.fuselip-dataset.json'
const recordSchema = z.object({
  repository: z.string(), commit: z.string(), licence: z.string().nullable(), partId: z.string(), config: z.string(), split: z.string(),
  sizeBytes: z.number(), fetchedAtMs: z.number(),
  /** Below the part's folder; an empty name is the folder itself. */
  sourceNames: z.array(z.string()),
})
type PartRecord = z.infer<typeof recordSchema>

export class HubDatasets {
  constructor(private readonly needs: HubDatasetsDependencies) {}

  /** @throws AppError 'bad-input', 'no-network', 'not-found', 'unauthorised', 'bad-download' */
  async lookUp({ repository: text, revision }: Wanted, signal = new AbortController().signal): Promise<HubDatasetOffer> {
    const repository = parseRepositoryName('datasets', text)
    const dataset = await getHubDataset(await this.needs.hub.access(), repository, revision, signal)
    const parts = await Promise.all(dataset.parts.map(async (part) => {
      const { id, config, split, form, files } = part
      return { id, config, split, form, fileCount: files.length, totalBytes: sumBytes(files), presentBytes: await this.#presentBytes(this.#partDir(dataset.repository, dataset.commit, part), part) }
    }))
    return { repository, commit: dataset.commit, licence: dataset.licence, isConverted: dataset.isConverted, parts }
  }

  /** @throws AppError 'bad-input' for a name that cannot be one */
  fetch({ repository: text, revision, partIds }: Wanted & { partIds: readonly string[] }): { jobId: number } {
    const repository = parseRepositoryName('datasets', text)
    const job = this.needs.jobs.start({ kind: 'pull', title: `Download ${repository}` }, async (context) => {
      const access = await this.needs.hub.access()
      context.enterPhase(`asking ${new URL(access.endpoint).host}`)
      const dataset = await getHubDataset(access, repository, revision, context.signal)
      const parts = partIds.map((wanted) => dataset.parts.find(({ id }) => id === wanted) ?? unknownPart(wanted, dataset.parts))
      const licence = `Licence: ${dataset.licence ?? 'not stated'}.`
      context.log(`${repository} at ${dataset.commit.slice(0, 12)}: ${parts.map(({ id }) => id).join(', ')}. ${licence}`)
      await mkdir(this.#root, { recursive: true })
      const missingBytes = await Promise.all(parts.map(async (part) => Math.max(0, sumBytes(part.files) - await this.#presentBytes(this.#partDir(repository, dataset.commit, part), part))))
      await refuseFullDisk(this.#root, missingBytes.reduce((sum, bytes) => sum + bytes, 0), 'The download needs')
      for (const part of parts) {
        const dir = this.#partDir(repository, dataset.commit, part)
        await fetchFiles(access, dataset, part.files.map((file) => ({ file, path: join(dir, ...localName(part, file).split('/')) })), context, this.needs.timing)
        const record: PartRecord = {
          repository, commit: dataset.commit, licence: dataset.licence, partId: part.id, config: part.config, split: part.split,
          sizeBytes: sumBytes(part.files), fetchedAtMs: Date.now(), sourceNames: sourceNamesOf(part),
        }
        await replaceFile(join(dir, recordName), (file) => file.writeFile(JSON.stringify(record)).then(() => undefined))
      }
      return `${repository}: ${parts.map(({ id }) => id).join(', ')}, ${megabytes(parts.reduce((sum, { files }) => sum + sumBytes(files), 0))}. ${licence}`
    })
    return { jobId: job.id }
  }

  async list(): Promise<HubSource[]> {
    const found: HubSource[] = []
    for (const dir of await this.#listPartDirs()) {
      const record = await readRecord(dir)
      if (record === null) continue
      const { sourceNames, ...facts } = record
      found.push({
        ...facts, projectSplit: toProjectSplit(record.split),
        sources: sourceNames.map((name) => ({ token: this.needs.picker.tokenForPath(join(dir, name)), name: name === '' ? record.partId : name })),
      })
    }
    return found.sort((a, b) => b.fetchedAtMs - a.fetchedAtMs)
  }

  /** @throws AppError 'not-found' */
  async remove({ repository, commit, partId }: { repository: string; commit: string; partId: string }): Promise<HubSource[]> {
    for (const dir of await this.#listPartDirs()) {
      const record = await readRecord(dir)
      if (record === null || record.repository !== repository || record.commit !== commit || record.partId !== partId) continue
      await rm(dir, { recursive: true, force: true })
      return this.list()
    }
    throw new AppError('not-found', `${partId} of ${repository} is not in the data folder.`, 'Reload the list.')
  }

  get #root(): string {
    return join(this.needs.dataDir, 'datasets')
  }

  /** The last folder names the part, because imports are listed by it. */
  #partDir(repository: string, commit: string, { config, split }: DatasetPart): string {
    const [owner = '', name = ''] = repository.split('/')
    const isPlain = /^[\w.-]{1,30}$/.test(config) && /^[\w.-]{1,30}$/.test(split)
    const partName = isPlain ? `${config} ${split}` : `${config.slice(0, 20)} ${split.slice(0, 20)} ${createHash('sha256').update(`${config}/${split}`).digest('hex').slice(0, 8)}`
    return join(this.#root, `${owner}--${name}`, commit.slice(0, 12), toFolderName(`${name.slice(0, 30)} ${partName}`))
  }

  async #listPartDirs(): Promise<string[]> {
    const foldersIn = async (dir: string): Promise<string[]> =>
      (await readdir(dir, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isDirectory()).map((entry) => join(dir, entry.name))
    const nested = async (dirs: string[]): Promise<string[]> => (await Promise.all(dirs.map(foldersIn))).flat()
    return nested(await nested(await foldersIn(this.#root)))
  }

  /** Finished files, and what there is of the one that was on its way. */
  async #presentBytes(dir: string, part: DatasetPart): Promise<number> {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
    if (entries.length === 0) return 0
    const wanted = new Set(part.files.map((file) => baseName(localName(part, file))))
    const own = entries.filter((entry) => entry.isFile() && (wanted.has(entry.name) || entry.name.endsWith('.part')))
    const sizes = await Promise.all(own.map((entry) => stat(join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0)))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
}

/** Parquet files and shards are read as one folder, so their own folders go into their names. */
const localName = ({ form }: DatasetPart, { name }: HubFile): string => (form === 'parquet' || form === 'webdataset' ? name.replaceAll('/', '--') : name)

const sourceNamesOf = (part: DatasetPart): string[] =>
  part.form === 'table' ? part.files.map(({ name }) => name).filter((name) => /\.(csv|tsv|jsonl|ndjson|json)$/i.test(name)) : ['']

async function readRecord(dir: string): Promise<PartRecord | null> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(join(dir, recordName), 'utf8')))
  } catch {
    // Not whole yet, or of another version: it is fetched again.
    return null
  }
}

function unknownPart(wanted: string, parts: readonly DatasetPart[]): never {
  throw new AppError('not-found', `The data set has no part “${wanted}”.`, `Choose among: ${parts.map(({ id }) => id).slice(0, 20).join(', ')}.`)
}
