// Electron hands the page a MessagePort by window message (see src/shared/bridge.ts); a browser opens a WebSocket.
import { enginePortMessage, type StudioBridge } from '@shared/bridge'
import { openPortTransport, openSocketTransport, type OpenTransport } from './transport'

declare global {
  interface Window {
    studio?: StudioBridge
  }
}

export function chooseTransport(): OpenTransport {
  return window.studio ? openPortTransport(listenForPorts()) : openSocketTransport
}

/** Gives each port once, the newest first; a port that comes while an older one is in use closes the older one. */
function listenForPorts(): () => Promise<MessagePort> {
  let unused: MessagePort | null = null
  let inUse: MessagePort | null = null
  let deliver: ((port: MessagePort) => void) | null = null

  window.addEventListener('message', (event) => {
    const port = event.ports[0]
    if (event.source !== window || event.data !== enginePortMessage || !port) return
    inUse?.dispatchEvent(new Event('close'))
    inUse?.close()
    if (deliver) {
      inUse = port
      deliver(port)
      deliver = null
    } else {
      unused = port
    }
  })

  return () => {
    inUse = null
    if (unused) {
      inUse = unused
      unused = null
      return Promise.resolve(inUse)
    }
    return new Promise((resolve) => {
      deliver = resolve
    })
  }
}
