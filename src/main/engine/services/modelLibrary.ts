// Models and image tokenizers that do not come with the studio and belong to no project: pulled, imported, made from
// nothing. They lie in the data folder, one folder each, and `import.json` says where each came from.
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Tokenizer } from '../../../shared/contract/models'
import { AppError } from '../../../shared/errors'
import { listFolders } from '../compute/training/replaceFolder'
import { replaceFile } from '../compute/weights/replaceFile'
import { isModelFolder, readShapes } from './modelFolder'

const recordSchema = z.object({
  name: z.string().nullish(),
  /** In words: the repository and commit, the folder, or “random weights”. */
  source: z.string(),
  licence: z.string().nullable(),
  addedAtMs: z.number(),
  /** The models that it was made of, and how much of each, 0…1; their names stay readable when they are gone. */
  parents: z.array(z.object({ modelId: z.string(), name: z.string(), share: z.number() })).nullish(),
  /** What a person wrote about it. */
  notes: z.string().nullish(),
})
export type ModelRecord = z.infer<typeof recordSchema>

const unknownRecord: ModelRecord = { name: null, source: 'unknown', licence: null, addedAtMs: 0 }
const recordName = 'import.json'
const abandonedAfterMs = 24 * 60 * 60 * 1000
/** Ids come from config.json files too; such a name stays in its folder. */
export const isFolderId = (id: string): boolean => /^[A-Za-z0-9][\w.-]{0,119}$/.test(id) && !id.includes('..')

export class ModelLibrary {
  readonly modelsDir: string
  readonly tokenizersDir: string
  readonly downloadsDir: string
  readonly #bundledDir: string

  constructor(dataDir: string, resourcesDir: string) {
    this.modelsDir = join(dataDir, 'models')
    this.tokenizersDir = join(dataDir, 'tokenizers')
    this.downloadsDir = join(dataDir, 'downloads')
    this.#bundledDir = join(resourcesDir, 'models')
  }

  /** Folder names of the models; folders that are being written are not among them. */
  async listIds(): Promise<string[]> {
    return (await listFolders(this.modelsDir)).filter(isFolderId)
  }

  modelDir(folderId: string): string {
    if (!isFolderId(folderId)) throw new AppError('not-found', `There is no model “${folderId}”.`)
    return join(this.modelsDir, folderId)
  }

  async record(dir: string): Promise<ModelRecord> {
    const text = await readFile(join(dir, recordName), 'utf8').catch(() => null)
    const parsed = recordSchema.safeParse(text === null ? null : safeJson(text))
    return parsed.success ? parsed.data : unknownRecord
  }

  /** Changes the name or the notes. */
  async annotate(folderId: string, change: Partial<Pick<ModelRecord, 'name' | 'notes'>>): Promise<void> {
    const dir = this.modelDir(folderId)
    const record = await this.record(dir)
    await replaceFile(join(dir, recordName), (file) => file.writeFile(`${JSON.stringify({ ...record, ...change }, null, 2)}\n`))
  }

  /** The tokenizer stays: other models and cached codes may depend on it, and it is small. */
  async remove(folderId: string): Promise<void> {
    await rm(this.modelDir(folderId), { recursive: true, force: true })
  }

  /** A free folder name made of a name; folders are made at once, so that two jobs never choose the same. */
  async reserve(name: string): Promise<string> {
    await mkdir(this.modelsDir, { recursive: true })
    await mkdir(this.tokenizersDir, { recursive: true })
    await Promise.all([this.modelsDir, this.tokenizersDir].map(removeAbandoned))
    const base = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'model'
    for (let suffix = 1; ; suffix++) {
      const id = suffix === 1 ? base : `${base}-${suffix}`
      const made = await mkdir(join(this.modelsDir, id)).then(() => true, (thrown: unknown) => {
        if ((thrown as { code?: unknown }).code === 'EEXIST') return false
        throw AppError.from(thrown)
      })
      if (made) return id
    }
  }

  /** @throws AppError 'bad-model' for an id that could lead out of the folder */
  async tokenizerDir(tokenizerId: string): Promise<string> {
    if (!isFolderId(tokenizerId)) throw new AppError('bad-model', `The model names an image tokenizer “${tokenizerId.slice(0, 100)}”, which is no name of a folder.`, 'Import the model again.')
    const installed = join(this.tokenizersDir, tokenizerId)
    return (await isModelFolder(installed)) ? installed : join(this.#bundledDir, tokenizerId)
  }

  /** Id → folder of every tokenizer. Bundled ones come first: a size without a repository means one of them. */
  async tokenizerDirs(): Promise<Record<string, string>> {
    const found: Record<string, string> = {}
    for (const parent of [this.#bundledDir, this.tokenizersDir]) {
      for (const name of (await listFolders(parent)).filter(isFolderId)) {
        const dir = join(parent, name)
        const shapes = (await isModelFolder(dir)) ? await readShapes(dir).catch(() => null) : null
        if (shapes?.has('quantize.embedding.weight')) found[name] = dir
      }
    }
    return found
  }

  async listTokenizers(): Promise<Tokenizer[]> {
    return Promise.all(Object.entries(await this.tokenizerDirs()).map(async ([id, dir]) => {
      const shapes = await readShapes(dir)
      const { name, licence } = await this.record(dir)
      const axis = (weight: string, at: number): number => shapes.get(weight)?.[at] ?? 0
      const patchesPerSide = Math.sqrt(axis('encoder.positional_embedding', 0) - 1)
      return {
        id, name: name ?? id, licence: dir.startsWith(this.#bundledDir) ? 'MIT' : licence,
        imageSizePx: Math.round(patchesPerSide * axis('encoder.patch_embed.weight', 2)),
        codeCount: axis('latent_tokens', 0), codebookSize: axis('quantize.embedding.weight', 0),
        hasDecoder: shapes.has('decoder.decoder_embed.weight'),
      }
    }))
  }
}

/**
 * What a kill left half-written. Only after a day, because another studio with the same data folder may be writing.
 */
async function removeAbandoned(dir: string): Promise<void> {
  const whole = new Set(await listFolders(dir))
  for (const name of await readdir(dir)) {
    const path = join(dir, name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
    if (!whole.has(name) && name.includes('.writing-') && Date.now() - mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true })
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
