// `studio://app/…`: the page's files and pictures. A scheme of our own gives the page one fixed origin without a port,
// so that its policy can say 'self', and no other program can connect to it.
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { securityHeaders } from '@shared/contentPolicy'
import { AppError } from '@shared/errors'
import { maxUploadBytes, queryImageUploadPath } from '@shared/media'
import { parseMediaPath, type MediaRequest } from '@shared/mediaRequest'
import type { HostMediaFile } from '../engine/hostChannel'
import type { EngineProcess } from './engineProcess'

export const scheme = 'studio'
export const pageOrigin = `${scheme}://app`
export const pageAddress = `${pageOrigin}/index.html`

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

type Engine = Pick<EngineProcess<unknown>, 'request'>

const answer = (status: number, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>): Response =>
  new Response(body, { status, headers: { ...securityHeaders, ...headers } })

function refuse(thrown: unknown): Response {
  const error = AppError.from(thrown)
  const status = error.code === 'not-found' ? 404 : error.code === 'internal' ? 500 : 400
  return answer(status, JSON.stringify(error.toJson()), { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
}

function fileOf(wanted: MediaRequest, engine: Engine): Promise<HostMediaFile> {
  switch (wanted.kind) {
    case 'image': return engine.request('imageFile', { imageId: wanted.imageId, size: wanted.size })
    case 'query-image': return engine.request('queryImageFile', { queryImageId: wanted.queryImageId })
    case 'drawing': return engine.request('drawingFile', { drawingId: wanted.drawingId })
    case 'array': return engine.request('arrayFile', { arrayId: wanted.arrayId })
  }
}

async function sendPicture(pathname: string, engine: Engine): Promise<Response> {
  const wanted = parseMediaPath(pathname)
  if (wanted === null) throw new AppError('not-found', `No picture has the address ${pathname}.`)
  const file = await fileOf(wanted, engine)
  return answer(200, new Uint8Array(await readFile(file.path)), { 'Content-Type': file.contentType, 'ETag': `"${file.tag}"`, 'Cache-Control': 'private, max-age=31536000, immutable' })
}

async function takePicture(request: Request, engine: Engine): Promise<Response> {
  const tooLarge = () => new AppError('bad-input', `The picture is larger than ${maxUploadBytes / 1024 / 1024} MiB.`, 'Choose a smaller picture.')
  if (Number(request.headers.get('content-length') ?? 0) > maxUploadBytes) throw tooLarge()
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.length > maxUploadBytes) throw tooLarge()
  if (bytes.length === 0) throw new AppError('bad-input', 'The upload is empty.', 'Send the bytes of a picture.')
  return answer(200, JSON.stringify(await engine.request('addQueryImage', { bytes })), { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
}

async function sendPageFile(pathname: string, rendererDir: string): Promise<Response> {
  const missing = () => new AppError('not-found', `There is no ${pathname}.`)
  let name: string
  try {
    name = decodeURIComponent(pathname)
  } catch {
    throw missing()
  }
  if (name.includes('\0') || name.includes('\\') || name.split('/').includes('..')) throw missing()
  const root = await realpath(rendererDir)
  const relative = name === '/' ? 'index.html' : name
  const file = await realpath(join(root, relative)).catch(() => null)
  const contentType = contentTypes[extname(relative)]
  if (file === null || !file.startsWith(root + sep) || contentType === undefined) throw missing()
  return answer(200, new Uint8Array(await readFile(file)), { 'Content-Type': contentType, 'Cache-Control': 'no-cache' })
}

/** Answers every request of the page; anything but `studio://app` is refused. */
export function createProtocolHandler(rendererDir: string, engine: Engine): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      const url = new URL(request.url)
      if (url.protocol !== `${scheme}:` || url.host !== 'app') throw new AppError('not-found', `${request.url} is not part of the studio.`)
      if (request.method === 'POST' && url.pathname === queryImageUploadPath) return await takePicture(request, engine)
      if (request.method !== 'GET') throw new AppError('bad-input', `${url.pathname} answers GET only.`)
      return url.pathname.startsWith('/media/') ? await sendPicture(url.pathname, engine) : await sendPageFile(url.pathname, rendererDir)
    } catch (thrown) {
      return refuse(thrown)
    }
  }
}
