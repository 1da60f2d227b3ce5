// The contract over WebSocket, after the same checks as every other request.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AnyRouter } from '@orpc/server'
import { RequestHeadersPlugin } from '@orpc/server/plugins'
import { RPCHandler } from '@orpc/server/ws'
import { rpcPath } from '@shared/bridge'
import { WebSocketServer } from 'ws'

/** Larger than any list of ids that the contract accepts, small enough not to hurt. */
const maxMessageBytes = 8 * 1024 * 1024
/** A tunnel that broke without a word is noticed after two of these. */
const heartbeatMs = 20_000

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Adds the socket to a server. `check` gives the status line of a refusal, or null. Gives a function that closes all. */
export function addRpcSocket(server: Server, router: AnyRouter, check: (request: IncomingMessage) => string | null): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes })
  const handler = new RPCHandler(router, { plugins: [new RequestHeadersPlugin()] })
  const alive = new WeakSet<object>()

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const path = (request.url ?? '').split('?')[0]
    const refusal = path === rpcPath ? check(request) : '404 Not Found'
    if (refusal !== null) {
      refuse(socket, refusal)
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      alive.add(client)
      client.on('pong', () => alive.add(client))
      client.on('error', () => client.terminate())
      void handler.upgrade(client, { context: {} })
    })
  })

  const heartbeat = setInterval(() => {
    for (const client of sockets.clients) {
      if (!alive.delete(client)) client.terminate()
      else client.ping()
    }
  }, heartbeatMs)
  heartbeat.unref()

  return () => {
    clearInterval(heartbeat)
    for (const client of sockets.clients) client.close(1001, 'The studio is closing.')
    sockets.close()
  }
}
