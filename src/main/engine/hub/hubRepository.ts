// What models and data sets on a hub have in common: names, revisions, licences, files with their check sums.
import { z } from 'zod'
import { AppError } from '../../../shared/errors'
import { hubError, hubGet, type HubAccess, type HubResponse, type RepositoryKind } from './hubRequest'

export interface HubFile {
  /** With forward slashes; a path within the repository. */
  name: string
  sizeBytes: number
  /** Of the content; null where the hub knows only git's. */
  sha256: string | null
  /** Git's name of the blob: SHA-1 of a header and the content. */
  gitSha1: string | null
}

export interface HubRepository {
  kind: RepositoryKind
  repository: string
  /** The commit; downloads name it, so that all files are of one state. */
  commit: string
  licence: string | null
  files: HubFile[]
}

export const repositoryFactsSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  cardData: z.object({ license: z.union([z.string(), z.array(z.string())]).optional() }).nullish(),
  tags: z.array(z.string()).optional(),
})

const repositoryName = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/
const revisionName = /^[\w][\w./-]{0,99}$/
const examples: Record<RepositoryKind, string> = { models: 'chs20/FuseLIP-S-CC3M-MM', datasets: 'nlphuji/flickr30k' }
const kindNames: Record<RepositoryKind, string> = { models: 'model', datasets: 'data set' }

/** `owner/name`, also as the address of its page. @throws AppError 'bad-input' */
export function parseRepositoryName(kind: RepositoryKind, text: string): string {
  const name = text.trim().replace(/^https?:\/\/[^/]+\//, '').replace(/^datasets\//, '').replace(/\/(tree\/[^/]+)?\/?$/, '')
  if (!repositoryName.test(name) || name.includes('..')) {
    throw new AppError('bad-input', `“${text}” is not the name of a ${kindNames[kind]} on the hub.`, `Give owner/name, for example ${examples[kind]}.`)
  }
  return name
}

/** For a path; branches such as refs/convert/parquet have slashes. @throws AppError 'bad-input' */
export function encodeRevision(revision: string): string {
  if (!revisionName.test(revision) || revision.includes('..')) throw new AppError('bad-input', `“${revision}” is not a revision.`, 'Give a branch, a tag or a commit.')
  return encodeURIComponent(revision)
}

export function licenceOf({ cardData, tags }: z.infer<typeof repositoryFactsSchema>): string | null {
  const given = cardData?.license
  const named = Array.isArray(given) ? given.join(', ') : given
  return named ?? tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null
}

/** Asks the API about a repository. @throws AppError 'not-found', 'unauthorised', 'no-network', 'bad-download' */
export async function askHub<Answer>(
  access: HubAccess, kind: RepositoryKind, repository: string, rest: string, schema: z.ZodType<Answer>, signal: AbortSignal,
): Promise<{ answer: Answer; response: HubResponse }> {
  const response = await hubGet(access, `/api/${kind}/${repository}${rest}`, { signal, kind })
  if (!response.response.ok) {
    await response.response.body?.cancel()
    throw hubError(response, `The ${kindNames[kind]} ${repository}`, access, kind)
  }
  const parsed = schema.safeParse(await response.response.json().catch(() => null))
  if (!parsed.success) throw new AppError('bad-download', `${new URL(access.endpoint).host} does not answer as a hub does.`, 'Check the address of the mirror.')
  return { answer: parsed.data, response }
}

/** Where the bytes of a file are asked for. */
export function resolvePath({ kind, repository, commit }: HubRepository, fileName: string): string {
  const path = fileName.split('/').map(encodeURIComponent).join('/')
  return `${kind === 'datasets' ? '/datasets' : ''}/${repository}/resolve/${commit}/${path}`
}
