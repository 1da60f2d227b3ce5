// The Electron host: set-ups in order, then the window.
import { app, BrowserWindow, dialog, ipcMain, Menu, net, protocol, session, shell } from 'electron'
import { createDialogs, serveDialogs } from './app/dialogs'
import { createChannel, forkEngine } from './app/electronEngine'
import { createEngineProcess } from './app/engineProcess'
import { lockContents, lockSession } from './app/lockdown'
import { menuTemplate } from './app/menu'
import { appPaths, projectArgument } from './app/paths'
import { createProtocolHandler, pageOrigin, scheme } from './app/protocol'
import { openWindow, windowOptions } from './app/window'
import { dataFolder } from './dataFolder'

const paths = appPaths(import.meta.dirname)
/** Set by `electron-vite dev` only. */
const devServer = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']
const origin = devServer ? new URL(devServer).origin : pageOrigin

async function start(): Promise<void> {
  const engine = createEngineProcess({
    fork: () => forkEngine(paths.engineScript, {
      projectDir: projectArgument(process.argv), dataDir: dataFolder(process.env), resourcesDir: paths.resourcesDir, computeScript: paths.computeScript,
    }),
    createChannel,
    onRestarted: (reason) => console.error(`${reason.message} It was started again.`),
    onLost: (reason) => dialog.showErrorBox('FuseLIP Studio', [reason.message, reason.advice].filter(Boolean).join('\n\n')),
  })
  const studioWindow = (): BrowserWindow | undefined => BrowserWindow.getAllWindows()[0]

  const answer = createProtocolHandler(paths.rendererDir, engine)
  protocol.handle(scheme, answer)
  lockSession(session.defaultSession)
  app.on('web-contents-created', (_event, contents) => lockContents(contents, origin, (url) => void shell.openExternal(url)))
  serveDialogs(ipcMain, createDialogs((options) => {
    const parent = studioWindow()
    return parent ? dialog.showOpenDialog(parent, options) : dialog.showOpenDialog(options)
  }, engine), (url) => url.startsWith(`${origin}/`))
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, !app.isPackaged)))

  if (devServer) {
    // The dev server owns every path but the pictures, which only the engine has.
    session.defaultSession.protocol.handle('http', (request) => {
      const url = new URL(request.url)
      return url.pathname.startsWith('/media/') ? answer(new Request(`${pageOrigin}${url.pathname}`, request)) : net.fetch(request, { bypassCustomProtocolHandlers: true })
    })
  }

  const open = (): Promise<void> => openWindow(new BrowserWindow(windowOptions(paths.preloadScript)), engine, devServer)
  app.on('second-instance', () => {
    const window = studioWindow()
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  app.on('activate', () => {
    if (!studioWindow()) void open()
  })
  app.on('window-all-closed', () => app.quit())
  let isClosed = false
  app.on('before-quit', (event) => {
    if (isClosed) return
    event.preventDefault()
    void engine.close().finally(() => {
      isClosed = true
      app.quit()
    })
  })
  await open()
}

protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } }])
app.enableSandbox()
if (app.requestSingleInstanceLock()) {
  app.whenReady().then(start).catch((thrown: unknown) => {
    dialog.showErrorBox('FuseLIP Studio', thrown instanceof Error ? thrown.message : String(thrown))
    app.exit(1)
  })
} else {
  app.quit()
}
