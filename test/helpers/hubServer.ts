// A hub for tests: the HTTP API of the Hugging Face hub on loopback, with a second server as the file store that large
// files are redirected to, and faults that can be switched on.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HubFaults {
  /** Breaks the connection after this many bytes of a body, this often. */
  breakAfterBytes: number
  breakCount: number
  /** Sends other bytes than announced. */
  spoil: boolean
  /** Ignores Range headers. */
  ignoreRange: boolean
  /** Answers this status instead of a file, this often. */
  status: number
  statusCount: number
  /** Sends nothing more, without closing. */
  silent: boolean
  redirectForever: boolean
}

export interface HubServer {
  endpoint: string
  storeOrigin: string
  /** Everything that was asked, in order: host, path and the headers that matter. */
  requests: { host: 'hub' | 'store'; path: string; authorization: string | null; range: string | null }[]
  faults: HubFaults
  /** Repository → its files. Names ending in .safetensors or .bin are large files. */
  models: Map<string, { files: Map<string, Buffer>; licence: string; token: string | null; isGated?: boolean; movedTo?: string }>
  close(): Promise<void>
}

export const commitOf = (repository: string): string => createHash('sha1').update(repository).digest('hex')
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const gitSha1 = (bytes: Buffer): string => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
const isLarge = (name: string): boolean => /\.(safetensors|bin)$/.test(name)
const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export async function startHub(): Promise<HubServer> {
  const faults: HubFaults = { breakAfterBytes: 0, breakCount: 0, spoil: false, ignoreRange: false, status: 0, statusCount: 0, silent: false, redirectForever: false }
  const requests: HubServer['requests'] = []
  const models: HubServer['models'] = new Map()
  const note = (host: 'hub' | 'store', request: IncomingMessage): void => {
    requests.push({ host, path: request.url ?? '', authorization: request.headers.authorization ?? null, range: request.headers.range ?? null })
  }

  function sendFile(request: IncomingMessage, response: ServerResponse, original: Buffer, headers: Record<string, string>): void {
    if (faults.statusCount > 0) {
      faults.statusCount -= 1
      response.writeHead(faults.status).end()
      return
    }
    const bytes = faults.spoil ? Buffer.from(original).fill(7, 0, 1) : original
    const asked = faults.ignoreRange ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const start = asked ? Number(asked[1]) : 0
    const body = bytes.subarray(start)
    response.writeHead(asked ? 206 : 200, {
      ...headers, 'content-length': String(body.length), ...(asked ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    if (faults.silent) {
      response.write(body.subarray(0, 1))
      return
    }
    if (faults.breakCount > 0) {
      faults.breakCount -= 1
      response.write(body.subarray(0, faults.breakAfterBytes), () => setTimeout(() => response.destroy(), 20))
      return
    }
    response.end(body)
  }

  const store = createServer((request, response) => {
    note('store', request)
    const digest = new URL(request.url ?? '/', 'http://store').pathname.slice(1)
    const bytes = [...models.values()].flatMap(({ files }) => [...files.values()]).find((file) => sha256(file) === digest)
    if (bytes) sendFile(request, response, bytes, { etag: '"of-the-store"' })
    else response.writeHead(404).end()
  })
  const storeOrigin = (await listen(store)).replace('127.0.0.1', 'localhost')

  const hub = createServer((request, response) => {
    note('hub', request)
    const url = new URL(request.url ?? '/', 'http://hub')
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(url.pathname)
    const resolve = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname)
    const repository = (api ?? resolve)?.[1] ?? ''
    const model = models.get(repository)
    if (faults.redirectForever) return void response.writeHead(307, { location: request.url }).end()
    if (!model) return void response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end()
    if (model.movedTo) return void response.writeHead(307, { location: url.pathname.replace(repository, model.movedTo) + url.search }).end()
    if (model.isGated) return void response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end()
    if (model.token && request.headers.authorization !== `Bearer ${model.token}`) return void response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end()
    const commit = commitOf(repository)
    const revision = (api ?? resolve)![2]!
    if (!['main', commit].includes(revision)) return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end()
    if (api) {
      const siblings = [...model.files].map(([rfilename, bytes]) => ({
        rfilename, size: bytes.length, blobId: gitSha1(bytes), ...(isLarge(rfilename) ? { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {}),
      }))
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: repository, sha: commit, cardData: { license: model.licence }, tags: [`license:${model.licence}`], siblings }))
    }
    const name = decodeURIComponent(resolve![3]!)
    const bytes = model.files.get(name)
    if (!bytes) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    if (!isLarge(name)) return sendFile(request, response, bytes, { etag: `"${gitSha1(bytes)}"`, 'x-repo-commit': commit })
    response.writeHead(302, { location: `${storeOrigin}/${sha256(bytes)}?signature=1`, 'x-repo-commit': commit, 'x-linked-etag': `"${sha256(bytes)}"`, 'x-linked-size': String(bytes.length) }).end()
  })
  const endpoint = await listen(hub)
  return {
    endpoint, storeOrigin, requests, faults, models,
    close: async () => {
      for (const server of [hub, store]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}
