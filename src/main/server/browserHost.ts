// The browser host: the same interface and the same contract as the Electron window, over HTTP and WebSocket.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AnyRouter } from '@orpc/server'
import { AppError } from '@shared/errors'
import { accessCookie, cookieName, createAccessToken, isSameToken, readCookie, tokenParameter } from './accessToken'
import { listen } from './listen'
import { type MediaSource, serveMedia } from './mediaRoutes'
import { isAllowedHost, isLoopbackHost, isSameOrigin } from './requestGuard'
import { send, sendError } from './respond'
import { addRpcSocket } from './rpcSocket'
import { serveStatic } from './staticFiles'

export interface BrowserHostOptions {
  router: AnyRouter
  media: MediaSource
  rendererDir: string
  /** Loopback unless `allowRemote` is set. */
  host?: string
  /** Null takes the default port or the next free one. */
  port?: number | null
  allowRemote?: boolean
  /** For tests; a random one otherwise. */
  token?: string
  maxUploadBytes?: number
}

export interface BrowserHost {
  port: number
  /** The address with the token: what the person opens. */
  url: string
  close(): Promise<void>
}

const closedDoor = `<!doctype html><html lang="en"><meta charset="utf-8"><title>FuseLIP Studio</title>
<h1>This address needs its token</h1><p>Open the address that the terminal printed when the studio started; it ends in ?${tokenParameter}=…</p></html>`

export async function startBrowserHost(options: BrowserHostOptions): Promise<BrowserHost> {
  const { host = '127.0.0.1', port = null, allowRemote = false, token = createAccessToken(), media, rendererDir } = options
  if (!isLoopbackHost(host) && !allowRemote) {
    throw new AppError('bad-input', `The address ${host} can be reached from other computers.`, 'Add --allow-remote if that is what you want, or use an SSH tunnel to the loopback address.')
  }
  const guard = { allowRemote, names: [host.toLowerCase()] }
  let boundPort = 0

  const hasCookie = (request: IncomingMessage): boolean => isSameToken(readCookie(request.headers.cookie, cookieName(boundPort)), token)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAllowedHost(request.headers.host, guard)) {
      sendError(response, new AppError('unauthorised', 'The Host header does not name this studio.', 'Open the address that the terminal printed.'), 403)
      return
    }
    if (!request.url?.startsWith('/')) {
      sendError(response, new AppError('bad-input', 'The address of a request begins with a slash.'), 400)
      return
    }
    // Joined as text: `//name` would otherwise be read as another host.
    const url = new URL(`http://studio${request.url}`)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && url.searchParams.has(tokenParameter) && isSameToken(url.searchParams.get(tokenParameter), token)) {
      send(response, 303, 'text/plain', '', { 'Location': url.pathname, 'Set-Cookie': accessCookie(boundPort, token) })
      return
    }
    if (!hasCookie(request)) {
      if (isRead && !url.pathname.startsWith('/media/')) send(response, 401, 'text/html; charset=utf-8', closedDoor)
      else sendError(response, new AppError('unauthorised', 'The access token is missing or wrong.', 'Open the address that the terminal printed.'))
      return
    }
    if (!isRead && !isSameOrigin(request.headers.origin, request.headers.host)) {
      sendError(response, new AppError('unauthorised', 'The request comes from another site.'), 403)
      return
    }
    if (url.pathname.startsWith('/media/')) await serveMedia(request, response, media, url.pathname, options.maxUploadBytes)
    else if (!isRead) sendError(response, new AppError('bad-input', 'Pages answer GET only.'), 405, { Allow: 'GET, HEAD' })
    // Browsers ask for it unbidden.
    else if (url.pathname === '/favicon.ico') send(response, 204, 'image/x-icon', '')
    else if (!(await serveStatic(response, rendererDir, url.pathname))) sendError(response, new AppError('not-found', `There is no ${url.pathname}.`))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      sendError(response, thrown)
    })
  })
  // Thumbnails come in bursts over few connections; slow clients may not hold them for ever.
  server.requestTimeout = 120_000
  const closeSockets = addRpcSocket(server, options.router, (request) => {
    if (!isAllowedHost(request.headers.host, guard) || !isSameOrigin(request.headers.origin, request.headers.host)) return '403 Forbidden'
    return hasCookie(request) ? null : '401 Unauthorized'
  })

  boundPort = await listen(server, host, port)
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return {
    port: boundPort,
    url: `http://${shownHost}:${boundPort}/?${tokenParameter}=${token}`,
    close: () =>
      new Promise((resolve) => {
        closeSockets()
        server.close(() => resolve())
        server.closeIdleConnections()
        // Requests in flight get a moment to end.
        setTimeout(() => server.closeAllConnections(), 1500).unref()
      }),
  }
}
