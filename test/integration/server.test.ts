// The browser host over real sockets: who gets in, what is served, and that nothing outside its folders is.
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { os } from '@orpc/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { AppError } from '../../src/shared/errors'
import { type BrowserHost, startBrowserHost } from '../../src/main/server/browserHost'
import type { MediaSource } from '../../src/main/server/mediaRoutes'

const router = { echo: os.input(z.object({ text: z.string() })).handler(({ input }) => input.text.toUpperCase()) }

let folder: string
let host: BrowserHost
let uploaded: Buffer[]
let cookie: string

interface Answer { status: number; headers: Record<string, string | string[] | undefined>; body: string }

/** Unlike fetch, sends paths and Host headers exactly as given. */
function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: host.port, path, method: options.method ?? 'GET', headers: options.headers ?? {} }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(options.body)
  })
}

const origin = () => `http://127.0.0.1:${host.port}`

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fuselip-server-'))
  const rendererDir = join(folder, 'renderer')
  await mkdir(join(rendererDir, 'assets'), { recursive: true })
  await writeFile(join(rendererDir, 'index.html'), '<!doctype html><title>page</title>')
  await writeFile(join(rendererDir, 'assets', 'a-123.js'), 'export {}')
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await symlink(join(folder, 'secret.txt'), join(rendererDir, 'link.txt'))
  await writeFile(join(folder, 'picture.png'), 'png bytes')
  uploaded = []
  const media: MediaSource = {
    imageFile: async (imageId) => {
      if (imageId !== 7) throw new AppError('not-found', `There is no picture ${imageId}.`)
      return { path: join(folder, 'picture.png'), contentType: 'image/png', tag: 'seven' }
    },
    queryImageFile: async () => ({ path: join(folder, 'picture.png'), contentType: 'image/png', tag: 'query' }),
    arrayFile: async (arrayId) => ({ path: join(folder, 'picture.png'), contentType: 'application/octet-stream', tag: arrayId }),
    drawingFile: async (drawingId) => ({ path: join(folder, 'picture.png'), contentType: 'image/png', tag: drawingId }),
    addQueryImage: async (bytes) => {
      uploaded.push(bytes)
      return 'q1'
    },
  }
  host = await startBrowserHost({ router, media, rendererDir, port: 0, token: 'right-token', maxUploadBytes: 1000 })
  cookie = `fuselip-${host.port}=right-token`
})

afterEach(async () => {
  await host.close()
  await rm(folder, { recursive: true })
})

describe('the door', () => {
  it('changes the token for a cookie that scripts and other sites cannot use', async () => {
    const answer = await ask('/?token=right-token')
    expect(answer.status).toBe(303)
    expect(answer.headers['location']).toBe('/')
    expect(answer.headers['set-cookie']?.[0]).toBe(`${cookie}; HttpOnly; SameSite=Strict; Path=/`)
  })

  it.each([['/', 401], ['/?token=wrong', 401], ['/assets/a-123.js', 401], ['/media/images/7/full', 401]])('refuses %s without the token', async (path, status) => {
    const answer = await ask(path)
    expect(answer.status).toBe(status)
    expect(answer.body).not.toContain('right-token')
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('refuses a wrong cookie and the cookie of another port', async () => {
    expect((await ask('/', { headers: { cookie: `fuselip-${host.port}=wrong` } })).status).toBe(401)
    expect((await ask('/', { headers: { cookie: 'fuselip-1=right-token' } })).status).toBe(401)
  })

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost@evil.example', '192.168.1.4', '[::2]'])('refuses the Host %j', async (name) => {
    expect((await ask('/', { headers: { host: name, cookie } })).status).toBe(403)
    expect((await ask('/?token=right-token', { headers: { host: name } })).status).toBe(403)
  })

  it.each(['localhost:9000', '127.0.0.1:1', '[::1]:9000', 'LOCALHOST'])('accepts the Host %s, as a tunnel sends it', async (name) => {
    expect((await ask('/', { headers: { host: name, cookie } })).status).toBe(200)
  })

  it('does not listen beyond loopback unless told to', async () => {
    const options = { router, media: {} as MediaSource, rendererDir: folder, host: '0.0.0.0', port: 0 }
    await expect(startBrowserHost(options)).rejects.toThrow('can be reached from other computers')
    const open = await startBrowserHost({ ...options, allowRemote: true })
    expect(open.url).toContain('http://localhost:')
    await open.close()
  })
})

describe('files', () => {
  it('serves the page with a strict policy', async () => {
    for (const path of ['/', '/index.html']) {
      const answer = await ask(path, { headers: { cookie } })
      expect(answer.status).toBe(200)
      expect(answer.body).toContain('<title>page</title>')
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
      expect(answer.headers['content-security-policy']).not.toContain('unsafe-eval')
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
    }
    const asset = await ask('/assets/a-123.js', { headers: { cookie } })
    expect(asset.headers['cache-control']).toContain('immutable')
    expect(asset.headers['content-type']).toContain('text/javascript')
  })

  it.each(['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%2f..%2fsecret.txt', '/..\\secret.txt', '/link.txt', '/%00.txt', '/%zz.js', '/none.js', '//secret.txt', '/library', '/assets', '/../../etc/passwd'])(
    'gives nothing for %s', async (path) => {
      const answer = await ask(path, { headers: { cookie } })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.body).not.toContain('secret\n')
      expect(answer.body).not.toBe('secret')
    })

  it('answers GET only', async () => {
    expect((await ask('/', { method: 'DELETE', headers: { cookie, origin: origin() } })).status).toBe(405)
  })
})

describe('pictures', () => {
  it('serves a picture once and then says that it has not changed', async () => {
    const first = await ask('/media/images/7/thumbnail', { headers: { cookie } })
    expect([first.status, first.body, first.headers['etag'], first.headers['content-type']]).toEqual([200, 'png bytes', '"seven"', 'image/png'])
    expect(first.headers['cross-origin-resource-policy']).toBe('same-origin')
    const second = await ask('/media/images/7/thumbnail', { headers: { cookie, 'if-none-match': '"seven"' } })
    expect([second.status, second.body]).toEqual([304, ''])
  })

  it('sends computed pictures by the hash of their bytes', async () => {
    const answer = await ask(`/media/drawings/${'0a'.repeat(32)}`, { headers: { cookie } })
    expect([answer.status, answer.body, answer.headers.etag]).toEqual([200, 'png bytes', `"${'0a'.repeat(32)}"`])
  })

  it('sends the numbers of maps to those with the token alone', async () => {
    const path = `/media/arrays/${'0a'.repeat(32)}`
    const answer = await ask(path, { headers: { cookie } })
    expect([answer.status, answer.body, answer.headers['content-type']]).toEqual([200, 'png bytes', 'application/octet-stream'])
    expect((await ask(path)).status).toBe(401)
  })

  it.each(['/media/images/8/full', '/media/images/7/huge', '/media/images/..%2f7/full', '/media/images/0/full', '/media/x', '/media/query-images/a.b', '/media/drawings/abc', '/media/arrays/abc', `/media/arrays/${'g'.repeat(64)}`, `/media/drawings/../${'a'.repeat(64)}`, `/media/drawings/${'A'.repeat(64)}`])('answers 404 for %s', async (path) => {
    const answer = await ask(path, { headers: { cookie } })
    expect(answer.status).toBe(404)
    expect((JSON.parse(answer.body) as { code: string }).code).toBe('not-found')
  })

  it('takes a picture from its own page and refuses other pages', async () => {
    const body = Buffer.from('picture')
    const accepted = await ask('/media/query-images', { method: 'POST', body, headers: { cookie, origin: origin() } })
    expect([accepted.status, JSON.parse(accepted.body)]).toEqual([200, { queryImageId: 'q1' }])
    for (const foreign of [{} as Record<string, string>, { origin: 'http://evil.example' }, { origin: 'null' }, { origin: `http://127.0.0.1:${host.port + 1}` }]) {
      expect((await ask('/media/query-images', { method: 'POST', body, headers: { cookie, ...foreign } })).status).toBe(403)
    }
    expect(uploaded).toHaveLength(1)
  })

  it('refuses what is too large, announced or not, and what is empty', async () => {
    const body = Buffer.alloc(1001)
    const announced = await ask('/media/query-images', { method: 'POST', body, headers: { cookie, 'origin': origin(), 'content-length': '1001' } })
    const chunked = await ask('/media/query-images', { method: 'POST', body, headers: { cookie, 'origin': origin(), 'transfer-encoding': 'chunked' } })
    const empty = await ask('/media/query-images', { method: 'POST', headers: { cookie, origin: origin() } })
    expect([announced.status, chunked.status, empty.status]).toEqual([413, 413, 400])
    expect(uploaded).toHaveLength(0)
  })
})

describe('calls', () => {
  const open = (headers: Record<string, string>, path = '/rpc') =>
    new Promise<WebSocket>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers })
      socket.on('open', () => resolve(socket))
      socket.on('error', reject)
    })

  it('answers calls of its own page', async () => {
    const socket = await open({ cookie, origin: origin() })
    const client = createORPCClient<{ echo(input: { text: string }): Promise<string> }>(new RPCLink({ websocket: socket as never }))
    expect(await client.echo({ text: 'hello' })).toBe('HELLO')
    socket.close()
  })

  it('refuses sockets without cookie, from other pages, with another Host, and elsewhere', async () => {
    await expect(open({ origin: origin() })).rejects.toThrow('401')
    await expect(open({ cookie })).rejects.toThrow('403')
    await expect(open({ cookie, origin: 'http://evil.example' })).rejects.toThrow('403')
    await expect(open({ cookie, origin: 'http://evil.example', host: 'evil.example' })).rejects.toThrow('403')
    await expect(open({ cookie, origin: origin() }, '/other')).rejects.toThrow('404')
  })

  it('closes with a socket open', async () => {
    const socket = await open({ cookie, origin: origin() })
    const closed = new Promise<number>((resolve) => socket.on('close', resolve))
    await host.close()
    expect(await closed).toBe(1001)
    host = await startBrowserHost({ router, media: {} as MediaSource, rendererDir: folder, port: 0 })
  })
})

describe('ports', () => {
  let other: Server
  afterEach(() => new Promise((resolve) => other.close(resolve)))

  it('names a taken port instead of taking another one', async () => {
    other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    await expect(startBrowserHost({ router, media: {} as MediaSource, rendererDir: folder, port })).rejects.toThrow(`Port ${port} is taken`)
  })

  it('takes the next free port when none was named', async () => {
    other = createServer()
    const first = await startBrowserHost({ router, media: {} as MediaSource, rendererDir: folder })
    const second = await startBrowserHost({ router, media: {} as MediaSource, rendererDir: folder })
    expect(second.port).toBeGreaterThan(first.port)
    await Promise.all([first.close(), second.close()])
    await new Promise<void>((resolve) => other.listen(0, resolve))
  })
})
