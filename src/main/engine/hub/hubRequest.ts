// Requests to a hub: redirects by hand, so that the token never leaves the hub's own host, and errors in plain words.
// Source: the HTTP API of the Hugging Face hub (huggingface.co/docs/hub/api), as huggingface_hub uses it.
import { AppError } from '../../../shared/errors'

export interface HubAccess {
  /** Without a slash at its end; a mirror speaks the same API. */
  endpoint: string
  token: string | null
}

export const publicEndpoint = 'https://huggingface.co'
const maximumRedirects = 8
const redirectStatuses = new Set([301, 302, 303, 307, 308])
/** The two halves of the API. */
export type RepositoryKind = 'models' | 'datasets'

const mirrorAdvice = 'A mirror can be set in the Models view under Pull, or with fuselip models hub --endpoint URL.'
const offlineAdvice: Record<RepositoryKind, string> = {
  models: `Check the connection. Without one: download the files of the model on another computer (its page on the hub, “Files”) into one folder, bring it here and import it: in the Models view, or with fuselip models import FOLDER. ${mirrorAdvice}`,
  datasets: `Check the connection. Without one: download the files of the data set on another computer (its page on the hub, “Files”) into one folder, bring it here and import the folder or its table. ${mirrorAdvice} What was downloaded before is listed and needs no network.`,
}
const tokenAdvice = 'give a token: in the Models view under Pull, or with fuselip models hub --token.'

const isLoopback = (url: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
/** A token over a plain connection could be read by anyone on the way. */
const isSafeForToken = (url: URL): boolean => url.protocol === 'https:' || isLoopback(url)

/** @throws AppError 'bad-input' */
export function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new AppError('bad-input', `“${text}” is not the address of a hub.`, `Give an address such as ${publicEndpoint}, without a name, password or question mark in it.`)
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new AppError('bad-input', `The hub “${text}” would be reached without encryption.`, 'Give its https address.')
  }
  return url.href.replace(/\/+$/, '')
}

export interface HubResponse {
  response: Response
  /** Headers of every answer on the way, later ones first to be asked; the hub describes a file in the first. */
  header(name: string): string | null
}

function unreachable(url: URL, cause: unknown, kind: RepositoryKind): AppError {
  const inner = (cause as { cause?: { code?: unknown; message?: unknown } }).cause
  const reason = String(inner?.code ?? inner?.message ?? (cause as Error).message)
  return new AppError('no-network', `${url.host} cannot be reached (${reason}).`, offlineAdvice[kind], { cause })
}

/**
 * GET with redirects followed. The token goes to the endpoint's own origin only.
 * @throws AppError 'no-network'; an AbortError where the signal fired
 */
export async function hubGet(access: HubAccess, path: string, options: { headers?: Record<string, string>; signal: AbortSignal; kind?: RepositoryKind }): Promise<HubResponse> {
  const first = new URL(`${access.endpoint}${path}`)
  let url = first
  const seen: Headers[] = []
  for (let hop = 0; hop <= maximumRedirects; hop++) {
    const headers: Record<string, string> = { 'user-agent': 'fuselip-studio', ...options.headers }
    if (access.token && url.origin === first.origin && isSafeForToken(url)) headers['authorization'] = `Bearer ${access.token}`
    let response: Response
    try {
      response = await fetch(url, { headers, redirect: 'manual', signal: options.signal })
    } catch (thrown) {
      if (options.signal.aborted) throw thrown
      throw unreachable(url, thrown, options.kind ?? 'models')
    }
    seen.unshift(response.headers)
    if (!redirectStatuses.has(response.status)) {
      return { response, header: (name) => seen.map((found) => found.get(name)).find((value) => value !== null) ?? null }
    }
    await response.body?.cancel()
    url = nextUrl(url, response.headers.get('location'))
  }
  throw new AppError('bad-download', `${first.host} redirects more than ${maximumRedirects} times.`, 'Try again later, or set another mirror.')
}

function nextUrl(url: URL, location: string | null): URL {
  const next = location !== null && URL.canParse(location, url.href) ? new URL(location, url.href) : null
  if (!next || !/^https?:$/.test(next.protocol)) throw new AppError('bad-download', `${url.host} redirects to no address.`, 'Try again later, or set another mirror.')
  if (url.protocol === 'https:' && next.protocol === 'http:') {
    throw new AppError('bad-download', `${url.host} redirects to ${next.host} without encryption, which is refused.`, 'Try again later, or set another mirror.')
  }
  return next
}

/** What an answer other than success means. `what` names what was asked for. */
export function hubError({ response, header }: HubResponse, what: string, access: HubAccess, kind: RepositoryKind = 'models'): AppError {
  const code = header('x-error-code')
  const { status } = response
  const noun = kind === 'models' ? 'model' : 'data set'
  if (code === 'GatedRepo') {
    return new AppError('unauthorised', `${what} is gated: its owner must grant access first.`, access.token ? `Ask for access on the page of the ${noun}, with the account of the token.` : `Ask for access on the page of the ${noun}, then ${tokenAdvice}`)
  }
  if (code === 'RevisionNotFound') return new AppError('not-found', `${what} does not exist in that revision.`, 'Check the revision, or leave it out.')
  if (status === 401 || status === 403) {
    return access.token
      ? new AppError('unauthorised', `${what} does not exist, or the token may not read it (${status}).`, 'Check the name, and whether the token is still valid.')
      : new AppError('not-found', `${what} does not exist, or is private (${status}).`, `Check the name. For a private ${noun} ${tokenAdvice}`)
  }
  if (status === 404) return new AppError('not-found', `${what} does not exist on ${new URL(access.endpoint).host}.`, kind === 'models' ? 'Check the name; fuselip models published lists the models that are known here.' : 'Check the name: owner/name, as in the address of its page.')
  if (status === 429) return new AppError('bad-download', 'The hub answers no more requests for now (429).', 'Wait a few minutes, then run the same command again; what was downloaded is kept.')
  return new AppError('bad-download', `The hub answers ${status} for ${what}.`, 'Try again later; what was downloaded is kept.')
}
