// `fuselip serve`: the studio in a browser, on this computer or through a tunnel from another one.
import { spawn } from 'node:child_process'
import { startBrowserHost } from '../../server/browserHost'
import { type CommandContext, report, withEngine } from './context'

export interface ServeOptions {
  port?: number
  host: string
  allowRemote: boolean
  open: boolean
  rendererDir: string
}

/** Opens the address in the person's browser; the printed address serves where that fails. */
function openInBrowser(url: string): void {
  const [command, ...parameters] = process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open']
  const child = spawn(command as string, [...parameters, url], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}

const untilInterrupted = (interrupt: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (interrupt.aborted) resolve()
    else interrupt.addEventListener('abort', () => resolve(), { once: true })
  })

export const serve = (context: CommandContext, options: ServeOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const host = await startBrowserHost({
      router: session.router, media: session.media, rendererDir: options.rendererDir,
      host: options.host, port: options.port ?? null, allowRemote: options.allowRemote,
    })
    if (options.allowRemote) context.terminal.note('Warning: other computers can reach this studio, without encryption. Whoever has the address below can read and change the project.')
    report(context.terminal, { url: host.url, port: host.port }, () => `FuseLIP Studio: ${host.url}\nCtrl+C ends it.`)
    if (options.open) openInBrowser(host.url)
    try {
      await untilInterrupted(context.interrupt)
    } finally {
      await host.close()
    }
  }, { host: 'browser' })
