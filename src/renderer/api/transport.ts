// Two ways to the engine: a MessagePort handed over by the Electron preload script, or a WebSocket on the same origin.
import type { ClientContext, ClientLink } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { windowHeader } from '@shared/bridge'
import { windowId } from './windowId'

export interface Transport {
  link: ClientLink<ClientContext>
  /** Resolves when the channel is gone, however it went. */
  closed: Promise<void>
  close: () => void
}

const headers = (): Record<string, string> => ({ [windowHeader]: windowId() })

export type OpenTransport = () => Promise<Transport>

export const openSocketTransport: OpenTransport = () =>
  new Promise((resolve, reject) => {
    const address = new URL('/rpc', window.location.href)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    const websocket = new WebSocket(address)
    const closed = new Promise<void>((done) => websocket.addEventListener('close', () => done(), { once: true }))
    websocket.addEventListener('error', () => reject(new Error('The engine cannot be reached.')), { once: true })
    websocket.addEventListener('open', () => resolve({ link: new SocketLink({ websocket, headers }), closed, close: () => websocket.close() }), { once: true })
  })

export function openPortTransport(receivePort: () => Promise<MessagePort>): OpenTransport {
  return async () => {
    const port = await receivePort()
    const closed = new Promise<void>((done) => port.addEventListener('close', () => done(), { once: true }))
    const link = new PortLink({ port, headers })
    port.start()
    return { link, closed, close: () => port.close() }
  }
}
