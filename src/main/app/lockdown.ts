// What a page may not do: leave, open windows, embed others, or ask for permissions. Links to the web open in the
// person's own browser, and only from a short list of sites.
export interface LockableContents {
  on(event: 'will-navigate' | 'will-redirect' | 'will-frame-navigate', listener: (event: { preventDefault(): void; url: string }) => void): unknown
  on(event: 'will-attach-webview', listener: (event: { preventDefault(): void }) => void): unknown
  setWindowOpenHandler(handler: (details: { url: string }) => { action: 'deny' }): void
}

export interface LockableSession {
  setPermissionRequestHandler(handler: (contents: unknown, permission: string, callback: (isGranted: boolean) => void) => void): void
  setPermissionCheckHandler(handler: () => boolean): void
  setDevicePermissionHandler(handler: () => boolean): void
}

const openableHosts = new Set(['arxiv.org', 'github.com', 'huggingface.co'])

export function isOpenable(address: string): boolean {
  try {
    const url = new URL(address)
    return url.protocol === 'https:' && openableHosts.has(url.hostname)
  } catch {
    return false
  }
}

export function lockContents(contents: LockableContents, pageOrigin: string, openExternally: (url: string) => void): void {
  const stay = (event: { preventDefault(): void; url: string }): void => {
    // A reload of the page itself is the one navigation that is allowed.
    if (!event.url.startsWith(`${pageOrigin}/index.html`)) event.preventDefault()
  }
  contents.on('will-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-frame-navigate', stay)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (isOpenable(url)) openExternally(url)
    return { action: 'deny' }
  })
}

export function lockSession(session: LockableSession): void {
  session.setPermissionRequestHandler((_contents, permission, callback) => callback(permission === 'clipboard-sanitized-write'))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
}
