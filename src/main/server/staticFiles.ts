// Serves the built page. A path is resolved inside the folder and then checked again by its real path, so that neither
// `..`, an encoded slash nor a link leads out of it. The page routes by hash, so `/` is its only address.
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { securityHeaders } from '@shared/contentPolicy'

export const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** The file for a URL path, or null when there is none inside the folder. */
export async function findStaticFile(folder: string, pathname: string): Promise<string | null> {
  let decoded: string
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    return null
  }
  if (decoded.includes('\0') || decoded.includes('\\') || decoded.split('/').includes('..')) return null
  try {
    const root = await realpath(folder)
    const file = await realpath(join(root, decoded === '/' ? 'index.html' : decoded))
    if (!file.startsWith(root + sep)) return null
    return (await stat(file)).isFile() ? file : null
  } catch {
    return null
  }
}

export async function sendFile(response: ServerResponse, file: string, headers: Record<string, string>): Promise<void> {
  const { size } = await stat(file)
  response.writeHead(200, { ...securityHeaders, ...headers, 'Content-Length': String(size) })
  if (response.req.method === 'HEAD') {
    response.end()
    return
  }
  await new Promise<void>((resolve) => {
    const stream = createReadStream(file)
    // Headers are already out: all that is left to tell a reader is a broken connection.
    stream.on('error', () => response.destroy())
    response.on('close', () => {
      stream.destroy()
      resolve()
    })
    stream.pipe(response)
  })
}

/** Files under /assets/ carry a hash in their name, so a browser may keep them for good. */
export async function serveStatic(response: ServerResponse, folder: string, pathname: string): Promise<boolean> {
  const file = await findStaticFile(folder, pathname)
  if (file === null) return false
  await sendFile(response, file, {
    'Content-Type': contentTypes[extname(file)] ?? 'application/octet-stream',
    'Cache-Control': pathname.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
  })
  return true
}
