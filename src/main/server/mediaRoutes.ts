// Pictures by URL: thumbnails and originals of the project, pictures that a person gives to Search, and computed ones.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '@shared/errors'
import { maxUploadBytes, queryImageUploadPath } from '@shared/media'
import { parseMediaPath, type MediaRequest } from '@shared/mediaRequest'
import { send, sendError, sendJson } from './respond'
import { sendFile } from './staticFiles'

export interface MediaFile {
  path: string
  contentType: string
  /** Names the content; equal tags mean equal bytes. */
  tag: string
}

export interface MediaSource {
  imageFile(imageId: number, size: 'thumbnail' | 'full'): Promise<MediaFile>
  queryImageFile(queryImageId: string): Promise<MediaFile>
  drawingFile(drawingId: string): Promise<MediaFile>
  arrayFile(arrayId: string): Promise<MediaFile>
  /** Takes the bytes of a picture and gives its id. */
  addQueryImage(bytes: Buffer): Promise<string>
}

/** Reads a whole request body, or fails as soon as it is larger than the limit. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = () => new AppError('bad-input', `The picture is larger than ${limitBytes / 1024 / 1024} MiB.`, 'Choose a smaller picture.')
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > limitBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function upload(request: IncomingMessage, response: ServerResponse, media: MediaSource, limitBytes: number): Promise<void> {
  try {
    const bytes = await readBody(request, limitBytes)
    if (bytes.length === 0) throw new AppError('bad-input', 'The upload is empty.', 'Send the bytes of a picture.')
    sendJson(response, 200, { queryImageId: await media.addQueryImage(bytes) })
  } catch (thrown) {
    const isTooLarge = thrown instanceof AppError && thrown.message.includes('larger than')
    // The rest of a body that is too large is not read; the connection cannot be used again.
    sendError(response, thrown, isTooLarge ? 413 : undefined, isTooLarge ? { Connection: 'close' } : {})
  }
}

function fileOf(wanted: MediaRequest, media: MediaSource): Promise<MediaFile> {
  switch (wanted.kind) {
    case 'image': return media.imageFile(wanted.imageId, wanted.size)
    case 'query-image': return media.queryImageFile(wanted.queryImageId)
    case 'drawing': return media.drawingFile(wanted.drawingId)
    case 'array': return media.arrayFile(wanted.arrayId)
  }
}

async function download(request: IncomingMessage, response: ServerResponse, media: MediaSource, pathname: string): Promise<void> {
  const wanted = parseMediaPath(pathname)
  if (wanted === null) throw new AppError('not-found', `No picture has the address ${pathname}.`)
  const file = await fileOf(wanted, media)
  const headers = { 'ETag': `"${file.tag}"`, 'Cache-Control': 'private, max-age=31536000, immutable' }
  if (request.headers['if-none-match'] === headers.ETag) send(response, 304, file.contentType, '', headers)
  else await sendFile(response, file.path, { ...headers, 'Content-Type': file.contentType })
}

export async function serveMedia(request: IncomingMessage, response: ServerResponse, media: MediaSource, pathname: string, limitBytes = maxUploadBytes): Promise<void> {
  const isUpload = pathname === queryImageUploadPath
  const allowed = isUpload ? ['POST'] : ['GET', 'HEAD']
  if (!allowed.includes(request.method ?? '')) {
    sendError(response, new AppError('bad-input', `${pathname} answers ${allowed.join(' and ')}.`), 405, { Allow: allowed.join(', ') })
  } else if (isUpload) {
    await upload(request, response, media, limitBytes)
  } else {
    await download(request, response, media, pathname)
  }
}
