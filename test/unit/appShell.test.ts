// The thin Electron shell with fakes in place of Electron: what the page gets, and what it is kept from.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { engineLostMessage, enginePortMessage, pickFileChannel, pickFolderChannel } from '../../src/shared/bridge'
import { AppError } from '../../src/shared/errors'
import { createDialogs, serveDialogs } from '../../src/main/app/dialogs'
import type { Page } from '../../src/main/app/engineProcess'
import { isOpenable, lockContents, lockSession } from '../../src/main/app/lockdown'
import { menuTemplate } from '../../src/main/app/menu'
import { appPaths, projectArgument } from '../../src/main/app/paths'
import { createProtocolHandler } from '../../src/main/app/protocol'
import { openWindow, windowOptions } from '../../src/main/app/window'
import { dataFolder } from '../../src/main/dataFolder'

type Listener = (event: { preventDefault(): void; url: string }) => void

describe('window', () => {
  it('is sandboxed and isolated, without Node', () => {
    expect(windowOptions('/preload.cjs').webPreferences).toMatchObject({
      contextIsolation: true, sandbox: true, nodeIntegration: false, nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false, webSecurity: true, webviewTag: false, preload: '/preload.cjs',
    })
  })

  it('hands a channel to the page on every load and shows itself when ready', async () => {
    const log: unknown[] = []
    const listeners = new Map<string, () => void>()
    let page: Page<string> | undefined
    const window = {
      once: (event: string, listener: () => void) => listeners.set(event, listener),
      show: () => log.push('show'),
      loadURL: async (url: string) => void log.push(url),
      webContents: {
        on: (event: string, listener: () => void) => listeners.set(event, listener),
        postMessage: (channel: string, message: null, ports?: string[]) => log.push([channel, message, ports]),
        isDestroyed: () => false,
      },
    }
    await openWindow(window, { connectPage: (to: Page<string>) => (page = to) })
    listeners.get('ready-to-show')?.()
    expect(page).toBeUndefined()
    listeners.get('did-finish-load')?.()
    page?.sendEnginePort('port')
    page?.sendEngineLost()
    expect(log).toEqual(['studio://app/index.html', 'show', [enginePortMessage, null, ['port']], [engineLostMessage, null, undefined]])
  })
})

describe('lockdown', () => {
  it('keeps the page where it is and sends known links to the browser of the person', () => {
    const listeners = new Map<string, Listener>()
    const opened: string[] = []
    let openWindowHandler: ((details: { url: string }) => { action: 'deny' }) | undefined
    lockContents({
      on: (event: string, listener: unknown) => listeners.set(event, listener as Listener),
      setWindowOpenHandler: (handler) => (openWindowHandler = handler),
    }, 'studio://app', (url) => opened.push(url))
    const isStopped = (event: string, url: string) => {
      let stopped = false
      listeners.get(event)?.({ url, preventDefault: () => (stopped = true) })
      return stopped
    }
    expect(isStopped('will-navigate', 'https://evil.example/')).toBe(true)
    expect(isStopped('will-navigate', 'studio://application/index.html')).toBe(true)
    expect(isStopped('will-redirect', 'file:///etc/passwd')).toBe(true)
    expect(isStopped('will-frame-navigate', 'https://evil.example/')).toBe(true)
    expect(isStopped('will-navigate', 'studio://app/index.html#/review')).toBe(false)
    expect(isStopped('will-attach-webview', '')).toBe(true)
    expect(openWindowHandler?.({ url: 'https://arxiv.org/abs/2506.03096' })).toEqual({ action: 'deny' })
    expect(openWindowHandler?.({ url: 'https://evil.example' })).toEqual({ action: 'deny' })
    expect(opened).toEqual(['https://arxiv.org/abs/2506.03096'])
  })

  it.each(['http://github.com', 'file:///a', 'javascript:alert(1)', 'https://github.com.evil.example', 'nonsense'])('does not open %s', (url) => {
    expect(isOpenable(url)).toBe(false)
  })

  it('grants nothing but copying to the clipboard', () => {
    const granted: string[] = []
    const checks: (() => boolean)[] = []
    lockSession({
      setPermissionRequestHandler: (handler) => {
        for (const name of ['media', 'geolocation', 'notifications', 'clipboard-read', 'clipboard-sanitized-write', 'fullscreen']) {
          handler(null, name, (isGranted) => isGranted && granted.push(name))
        }
      },
      setPermissionCheckHandler: (handler) => checks.push(handler),
      setDevicePermissionHandler: (handler) => checks.push(handler),
    })
    expect(granted).toEqual(['clipboard-sanitized-write'])
    expect(checks.map((check) => check())).toEqual([false, false])
  })
})

describe('dialogs', () => {
  const setUp = (answer: { canceled: boolean; filePaths: string[] }) => {
    const asked: unknown[] = []
    const engine = { request: async (_name: string, input: unknown) => (asked.push(input), { token: 'T1' }) }
    return { asked, dialogs: createDialogs(async () => answer, engine as never) }
  }

  it('gives a token and a name, never the path', async () => {
    const { asked, dialogs } = setUp({ canceled: false, filePaths: ['/home/me/pictures'] })
    expect(await dialogs.pickFolder()).toEqual({ token: 'T1', name: 'pictures' })
    expect(asked).toEqual([{ path: '/home/me/pictures' }])
  })

  it('gives null when the dialog was closed', async () => {
    const { asked, dialogs } = setUp({ canceled: true, filePaths: [] })
    expect([await dialogs.pickFile(), asked.length]).toEqual([null, 0])
  })

  it('opens for the own page only', async () => {
    const handlers = new Map<string, (event: { senderFrame: { url: string } | null }) => unknown>()
    serveDialogs({ handle: (channel, listener) => handlers.set(channel, listener) }, setUp({ canceled: true, filePaths: [] }).dialogs, (url) => url.startsWith('studio://app/'))
    expect([...handlers.keys()]).toEqual([pickFolderChannel, pickFileChannel])
    const pick = handlers.get(pickFolderChannel)
    expect(() => pick?.({ senderFrame: { url: 'https://evil.example/' } })).toThrow('for the studio only')
    expect(() => pick?.({ senderFrame: null })).toThrow('for the studio only')
    expect(await pick?.({ senderFrame: { url: 'studio://app/index.html' } })).toBeNull()
  })
})

describe('protocol', () => {
  let folder: string
  let answer: (request: Request) => Promise<Response>
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fuselip-protocol-'))
    await mkdir(join(folder, 'renderer', 'assets'), { recursive: true })
    await writeFile(join(folder, 'renderer', 'index.html'), '<title>page</title>')
    await writeFile(join(folder, 'renderer', 'assets', 'a.js'), 'export {}')
    await writeFile(join(folder, 'secret.html'), 'secret')
    await writeFile(join(folder, 'picture.png'), 'png bytes')
    answer = createProtocolHandler(join(folder, 'renderer'), {
      request: async (name: string, input: { imageId?: number; bytes?: Uint8Array }) => {
        if (name === 'addQueryImage') return { queryImageId: `q${input.bytes?.length}` }
        if (name === 'drawingFile') return { path: join(folder, 'picture.png'), contentType: 'image/png', tag: 'drawn' }
        if (name === 'arrayFile') return { path: join(folder, 'picture.png'), contentType: 'application/octet-stream', tag: 'numbers' }
        if (input.imageId === 8) throw new AppError('not-found', 'There is no picture 8.')
        return { path: join(folder, 'picture.png'), contentType: 'image/png', tag: 'seven' }
      },
    } as never)
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('serves the page under the strict policy', async () => {
    for (const path of ['/', '/index.html']) {
      const page = await answer(new Request(`studio://app${path}`))
      expect([page.status, await page.text(), page.headers.get('content-type')]).toEqual([200, '<title>page</title>', 'text/html; charset=utf-8'])
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    }
    expect((await answer(new Request('studio://app/assets/a.js'))).headers.get('content-type')).toContain('javascript')
  })

  it('asks the engine for pictures', async () => {
    const picture = await answer(new Request('studio://app/media/images/7/full'))
    expect([picture.status, await picture.text(), picture.headers.get('etag')]).toEqual([200, 'png bytes', '"seven"'])
    const drawing = await answer(new Request(`studio://app/media/drawings/${'0a'.repeat(32)}`))
    expect([drawing.status, drawing.headers.get('etag')]).toEqual([200, '"drawn"'])
    const numbers = await answer(new Request(`studio://app/media/arrays/${'0a'.repeat(32)}`))
    expect([numbers.status, numbers.headers.get('etag'), numbers.headers.get('content-type')]).toEqual([200, '"numbers"', 'application/octet-stream'])
    const missing = await answer(new Request('studio://app/media/images/8/full'))
    expect([missing.status, await missing.json()]).toEqual([404, { code: 'not-found', message: 'There is no picture 8.', advice: null }])
  })

  it('takes a query picture', async () => {
    const upload = (body: string) => answer(new Request('studio://app/media/query-images', { method: 'POST', body }))
    expect(await (await upload('12345')).json()).toEqual({ queryImageId: 'q5' })
    expect((await upload('')).status).toBe(400)
  })

  it.each(['studio://app/%2e%2e%2fsecret.html', 'studio://app/..%5csecret.html', 'studio://app/none.js', 'studio://other/index.html', 'https://app/index.html'])('refuses %s', async (url) => {
    const refusal = await answer(new Request(url))
    expect(refusal.status).toBe(404)
    expect(await refusal.text()).not.toBe('secret')
  })
})

describe('paths, arguments and menu', () => {
  it('finds the parts of the build', () => {
    expect(appPaths('/app/out/main')).toEqual({
      engineScript: '/app/out/main/engine.js', computeScript: '/app/out/main/compute.js', preloadScript: '/app/out/preload/index.cjs',
      rendererDir: '/app/out/renderer', resourcesDir: '/app/resources',
    })
  })

  it.each([[['--project', '/p'], '/p'], [['--project=/p'], '/p'], [['--project'], null], [[], null]])('reads %j', (argv, expected) => {
    expect(projectArgument(argv)).toBe(expected)
  })

  it('keeps data where the system expects it', () => {
    expect(dataFolder({ FUSELIP_DATA_DIR: '/d' }, 'linux', '/home/me')).toBe('/d')
    expect(dataFolder({}, 'linux', '/home/me')).toBe('/home/me/.local/share/fuselip-studio')
    expect(dataFolder({ XDG_DATA_HOME: '/x' }, 'linux', '/home/me')).toBe('/x/fuselip-studio')
    expect(dataFolder({}, 'darwin', '/Users/me')).toContain('Application Support')
  })

  it('leaves undo to the page and developer tools out of a packaged app', () => {
    const text = JSON.stringify(menuTemplate('linux', false))
    expect(text).not.toContain('undo')
    expect(text).not.toContain('toggleDevTools')
    expect(JSON.stringify(menuTemplate('darwin', true))).toContain('toggleDevTools')
  })
})
