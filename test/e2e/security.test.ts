// The running studio over HTTP, as other programs and other pages on this computer meet it.
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { maxUploadBytes, queryImageUploadPath } from '../../src/shared/media'
import { type RunningStudio, startStudio } from '../helpers/startStudio'

let studio: RunningStudio
let cookie: string

interface Answer { status: number; headers: Record<string, string | string[] | undefined>; body: string }

function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: studio.port, path, method: options.method ?? 'GET', headers: options.headers ?? {} }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    request.on('error', reject)
    request.end(options.body)
  })
}

const refusalOf = (headers: Record<string, string>): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${studio.port}/rpc`, { headers })
    socket.on('open', () => {
      socket.close()
      resolve('open')
    })
    socket.on('error', (error) => resolve(error.message))
  })

beforeAll(async () => {
  studio = await startStudio()
  const answer = await ask(`/?token=${studio.token}`)
  cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
})
afterAll(() => studio?.stop())

describe('the running studio', () => {
  it('listens on loopback with a long random token', () => {
    expect(studio.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/)
    expect(cookie).toMatch(/^fuselip-\d+=/)
  })

  it('refuses a missing or wrong token everywhere', async () => {
    for (const path of ['/', '/index.html', '/?token=wrong', '/media/images/1/thumbnail', '/media/query-images/x']) {
      const answer = await ask(path)
      expect([path, answer.status]).toEqual([path, 401])
      expect(answer.body).not.toContain(studio.token)
    }
    expect(await refusalOf({ origin: studio.origin })).toContain('401')
  })

  it('refuses another Host, as DNS rebinding sends it', async () => {
    expect((await ask('/', { headers: { cookie, host: `evil.example:${studio.port}` } })).status).toBe(403)
    expect(await refusalOf({ cookie, origin: `http://evil.example:${studio.port}`, host: `evil.example:${studio.port}` })).toContain('403')
  })

  it('refuses another Origin', async () => {
    const body = Buffer.from('x')
    expect((await ask(queryImageUploadPath, { method: 'POST', body, headers: { cookie, origin: 'http://evil.example' } })).status).toBe(403)
    expect((await ask(queryImageUploadPath, { method: 'POST', body, headers: { cookie } })).status).toBe(403)
    expect(await refusalOf({ cookie, origin: 'http://localhost:1' })).toContain('403')
    expect(await refusalOf({ cookie, origin: studio.origin })).toBe('open')
  })

  it('gives nothing outside its page', async () => {
    for (const path of ['/../package.json', '/%2e%2e/%2e%2e/package.json', '/..%2f..%2fpackage.json', '/assets/..%2f..%2fmain/cli.js', '/../../../../etc/passwd', '/..%5c..%5cpackage.json']) {
      const answer = await ask(path, { headers: { cookie } })
      expect([path, answer.status]).toEqual([path, 404])
    }
  })

  it('refuses an upload that is too large before it is sent, and what is no picture', async () => {
    const origin = studio.origin
    const large = await ask(queryImageUploadPath, { method: 'POST', headers: { cookie, origin, 'content-length': String(maxUploadBytes + 1) }, body: Buffer.alloc(10) }).catch((error: Error) => ({ status: 413, body: error.message }))
    expect(large.status).toBe(413)
    const nonsense = await ask(queryImageUploadPath, { method: 'POST', headers: { cookie, origin }, body: Buffer.from('not a picture') })
    expect(nonsense.status).toBe(415)
    expect((JSON.parse(nonsense.body) as { code: string }).code).toBe('unreadable-image')
  })

  it('serves the page under a strict policy, and pictures that can be kept', async () => {
    const page = await ask('/', { headers: { cookie } })
    expect([page.status, page.headers['content-security-policy']]).toEqual([200, expect.stringContaining("default-src 'none'; script-src 'self'")])
    const picture = await ask('/media/images/1/thumbnail', { headers: { cookie } })
    expect([picture.status, picture.headers['content-type'], picture.headers['cache-control']]).toEqual([200, expect.stringMatching(/^image\//), expect.stringContaining('immutable')])
    const again = await ask('/media/images/1/thumbnail', { headers: { cookie, 'if-none-match': String(picture.headers['etag']) } })
    expect(again.status).toBe(304)
  })
})
