// What a hub says about a model: its revision, licence and files with their check sums, and which of them are needed here.
import { z } from 'zod'
import { AppError } from '../../../shared/errors'
import { hubError, hubGet, type HubAccess } from './hubRequest'

export interface HubFile {
  name: string
  sizeBytes: number
  /** Of the content; null where the hub knows only git's. */
  sha256: string | null
  /** Git's name of the blob: SHA-1 of a header and the content. */
  gitSha1: string | null
}

export interface HubModel {
  repository: string
  /** The commit; downloads name it, so that all files are of one state. */
  commit: string
  licence: string | null
  files: HubFile[]
}

const answerSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  cardData: z.object({ license: z.union([z.string(), z.array(z.string())]).optional() }).nullish(),
  tags: z.array(z.string()).optional(),
  siblings: z.array(z.object({
    rfilename: z.string(),
    size: z.number().int().min(0).nullish(),
    blobId: z.string().regex(/^[0-9a-f]{40}$/).nullish(),
    lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(), size: z.number().int().min(0).optional() }).nullish(),
  })).max(10_000),
})

const repositoryName = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/
const revisionName = /^[\w][\w./-]{0,99}$/
/** No separators and no leading dot: such a name stays in its folder. */
const plainFileName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/
/** Far above every published model of this kind. */
const maximumFileBytes = 20 * 2 ** 30

/** `owner/name`, also as the address of its page. @throws AppError 'bad-input' */
export function parseRepository(text: string): string {
  const name = text.trim().replace(/^https?:\/\/[^/]+\//, '').replace(/\/(tree\/[^/]+)?\/?$/, '')
  if (!repositoryName.test(name) || name.includes('..')) {
    throw new AppError('bad-input', `“${text}” is not the name of a model on the hub.`, 'Give owner/name, for example chs20/FuseLIP-S-CC3M-MM.')
  }
  return name
}

function licenceOf({ cardData, tags }: z.infer<typeof answerSchema>): string | null {
  const given = cardData?.license
  const named = Array.isArray(given) ? given.join(', ') : given
  return named ?? tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null
}

/** @throws AppError 'not-found', 'unauthorised', 'no-network', 'bad-download' */
export async function getHubModel(access: HubAccess, repository: string, revision: string, signal: AbortSignal): Promise<HubModel> {
  if (!revisionName.test(revision) || revision.includes('..')) throw new AppError('bad-input', `“${revision}” is not a revision.`, 'Give a branch, a tag or a commit.')
  const answer = await hubGet(access, `/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`, { signal })
  if (!answer.response.ok) {
    await answer.response.body?.cancel()
    throw hubError(answer, `The model ${repository}`, access)
  }
  const parsed = answerSchema.safeParse(await answer.response.json().catch(() => null))
  if (!parsed.success) throw new AppError('bad-download', `${new URL(access.endpoint).host} does not answer as a hub does.`, 'Check the address of the mirror.')
  const files = parsed.data.siblings.flatMap(({ rfilename, size, blobId, lfs }): HubFile[] => {
    const sizeBytes = lfs?.size ?? size
    if (sizeBytes === null || sizeBytes === undefined) return []
    return [{ name: rfilename, sizeBytes, sha256: lfs?.sha256 ?? null, gitSha1: lfs ? null : blobId ?? null }]
  })
  return { repository, commit: parsed.data.sha, licence: licenceOf(parsed.data), files }
}

/**
 * The files that an import reads: config.json, one form of the weights (safetensors first), the card and the licence.
 * @throws AppError 'bad-model' where the model is of another kind
 */
export function chooseFiles({ repository, files }: HubModel): HubFile[] {
  const plain = new Map(files.filter(({ name }) => plainFileName.test(name)).map((file) => [file.name, file]))
  const shards = (extension: string): string[] => [...plain.keys()].filter((name) => new RegExp(`-\\d+-of-\\d+\\.${extension}$`).test(name))
  const forms: string[][] = [
    ['model.safetensors'], ['model.safetensors.index.json', ...shards('safetensors')],
    ['pytorch_model.bin'], ['pytorch_model.bin.index.json', ...shards('bin')],
    ['open_clip_model.safetensors'], ['open_clip_pytorch_model.bin'],
  ]
  const weights = forms.find((names) => names.every((name) => plain.has(name)) && (names.length > 1 || !names[0]!.endsWith('.json')))
  if (!plain.has('config.json') || !weights) {
    throw new AppError('bad-model', `${repository} has no ${weights ? 'config.json' : 'weights of a known name'}, so it is no FuseLIP or TiTok model.`, 'fuselip models published lists the models that are known here.')
  }
  const extras = ['README.md', 'LICENSE', 'LICENSE.txt', 'LICENSE.md', 'image_tokenizer.json', 'fuselip-studio.json'].filter((name) => plain.has(name))
  const chosen = ['config.json', ...weights, ...extras].map((name) => plain.get(name)!)
  const large = chosen.find(({ sizeBytes }) => sizeBytes > maximumFileBytes)
  if (large) throw new AppError('bad-model', `“${large.name}” has ${large.sizeBytes} bytes, more than any model that can be used here.`)
  return chosen
}
