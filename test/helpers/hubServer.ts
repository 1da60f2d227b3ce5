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

export interface HubContent {
  files: Map<string, Buffer>
  licence: string
  token: string | null
  isGated?: boolean
  movedTo?: string
  /** What the card says of configurations. */
  configs?: unknown
  /** The branch that the hub makes, refs/convert/parquet. */
  converted?: Map<string, Buffer>
}

export interface HubServer {
  endpoint: string
  storeOrigin: string
  /** Everything that was asked, in order: host, path and the headers that matter. */
  requests: { host: 'hub' | 'store'; path: string; authorization: string | null; range: string | null }[]
  faults: HubFaults
  /** Repository → its files. Names ending in .safetensors, .bin, .parquet or .tar are large files. */
  models: Map<string, HubContent>
  /** The same for data sets, whose files are listed page by page. */
  datasets: Map<string, HubContent>
  close(): Promise<void>
}

export const commitOf = (repository: string): string => createHash('sha1').update(repository).digest('hex')
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const gitSha1 = (bytes: Buffer): string => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
const isLarge = (name: string): boolean => /\.(safetensors|bin|parquet|tar)$/.test(name)
const convertedRevision = 'refs/convert/parquet'
/** Small, so that every listing of a test has several pages. */
const pageFiles = 2
const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export async function startHub(): Promise<HubServer> {
  const faults: HubFaults = { breakAfterBytes: 0, breakCount: 0, spoil: false, ignoreRange: false, status: 0, statusCount: 0, silent: false, redirectForever: false }
  const requests: HubServer['requests'] = []
  const models: HubServer['models'] = new Map()
  const datasets: HubServer['datasets'] = new Map()
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
    const bytes = [...models.values(), ...datasets.values()].flatMap(({ files, converted }) => [...files.values(), ...(converted?.values() ?? [])]).find((file) => sha256(file) === digest)
    if (bytes) sendFile(request, response, bytes, { etag: '"of-the-store"' })
    else response.writeHead(404).end()
  })
  const storeOrigin = (await listen(store)).replace('127.0.0.1', 'localhost')

  const hub = createServer((request, response) => {
    note('hub', request)
    const url = new URL(request.url ?? '/', 'http://hub')
    const api = /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(revision|tree)\/(.+)$/.exec(url.pathname)
    const resolve = /^(\/datasets)?\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname)
    const kind = api?.[1] ?? (resolve?.[1] ? 'datasets' : 'models')
    const repository = (api ?? resolve)?.[2] ?? ''
    const content = (kind === 'datasets' ? datasets : models).get(repository)
    if (faults.redirectForever) return void response.writeHead(307, { location: request.url }).end()
    if (!content) return void response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end()
    if (content.movedTo) return void response.writeHead(307, { location: url.pathname.replace(repository, content.movedTo) + url.search }).end()
    if (content.isGated) return void response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end()
    if (content.token && request.headers.authorization !== `Bearer ${content.token}`) return void response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end()
    const revision = decodeURIComponent(api?.[4] ?? resolve![3]!)
    const isConverted = content.converted !== undefined && [convertedRevision, commitOf(`${repository} converted`)].includes(revision)
    const commit = commitOf(isConverted ? `${repository} converted` : repository)
    const files = isConverted ? content.converted! : content.files
    if (!isConverted && !['main', commit].includes(revision)) return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end()
    const json = (value: unknown, headers: Record<string, string> = {}): void => void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
    if (api?.[3] === 'tree') {
      const start = Number(url.searchParams.get('cursor') ?? 0)
      const entries = [...files].slice(start, start + pageFiles).map(([path, bytes]) => ({
        type: 'file', path, size: bytes.length, oid: gitSha1(bytes), ...(isLarge(path) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {}),
      }))
      // The public hub names itself in links, whatever host was asked; so does a mirror of it.
      const next = start + pageFiles < files.size ? { link: `<https://huggingface.co${url.pathname}?recursive=true&cursor=${start + pageFiles}>; rel="next"` } : {}
      return json([{ type: 'directory', path: 'data', oid: commit, size: 0 }, ...entries], next as Record<string, string>)
    }
    if (api) {
      const siblings = [...files].map(([rfilename, bytes]) => ({
        rfilename, size: bytes.length, blobId: gitSha1(bytes), ...(isLarge(rfilename) ? { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {}),
      }))
      return json({ id: repository, sha: commit, cardData: { license: content.licence, ...(content.configs === undefined ? {} : { configs: content.configs }) }, tags: [`license:${content.licence}`], siblings })
    }
    const name = decodeURIComponent(resolve![4]!)
    const bytes = files.get(name)
    if (!bytes) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    if (!isLarge(name)) return sendFile(request, response, bytes, { etag: `"${gitSha1(bytes)}"`, 'x-repo-commit': commit })
    response.writeHead(302, { location: `${storeOrigin}/${sha256(bytes)}?signature=1`, 'x-repo-commit': commit, 'x-linked-etag': `"${sha256(bytes)}"`, 'x-linked-size': String(bytes.length) }).end()
  })
  const endpoint = await listen(hub)
  return {
    endpoint, storeOrigin, requests, faults, models, datasets,
    close: async () => {
      for (const server of [hub, store]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}
