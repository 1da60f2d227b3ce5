// What a hub says about a model: its revision, licence and files with their check sums, and which of them are needed here.
import { z } from 'zod'
import { AppError } from '../../../shared/errors'
import type { HubAccess } from './hubRequest'
import { askHub, encodeRevision, licenceOf, parseRepositoryName, repositoryFactsSchema, type HubFile, type HubRepository } from './hubRepository'

const answerSchema = repositoryFactsSchema.extend({
  siblings: z.array(z.object({
    rfilename: z.string(),
    size: z.number().int().min(0).nullish(),
    blobId: z.string().regex(/^[0-9a-f]{40}$/).nullish(),
    lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(), size: z.number().int().min(0).optional() }).nullish(),
  })).max(10_000),
})

/** No separators and no leading dot: such a name stays in its folder. */
const plainFileName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/
/** Far above every published model of this kind. */
const maximumFileBytes = 20 * 2 ** 30

/** `owner/name`, also as the address of its page. @throws AppError 'bad-input' */
export const parseRepository = (text: string): string => parseRepositoryName('models', text)

/** @throws AppError 'not-found', 'unauthorised', 'no-network', 'bad-download' */
export async function getHubModel(access: HubAccess, repository: string, revision: string, signal: AbortSignal): Promise<HubRepository> {
  const { answer } = await askHub(access, 'models', repository, `/revision/${encodeRevision(revision)}?blobs=true`, answerSchema, signal)
  const files = answer.siblings.flatMap(({ rfilename, size, blobId, lfs }): HubFile[] => {
    const sizeBytes = lfs?.size ?? size
    if (sizeBytes === null || sizeBytes === undefined) return []
    return [{ name: rfilename, sizeBytes, sha256: lfs?.sha256 ?? null, gitSha1: lfs ? null : blobId ?? null }]
  })
  return { kind: 'models', repository, commit: answer.sha, licence: licenceOf(answer), files }
}

/**
 * The files that an import reads: config.json, one form of the weights (safetensors first), the card and the licence.
 * @throws AppError 'bad-model' where the model is of another kind
 */
export function chooseFiles({ repository, files }: HubRepository): HubFile[] {
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
