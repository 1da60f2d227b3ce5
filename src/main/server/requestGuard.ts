// Keeps other web pages out. A page on another site can make a browser send requests here, and can point its own name at
// 127.0.0.1 (DNS rebinding); it can forge neither the Host nor the Origin header. The port of Host is not compared,
// because a tunnel (`ssh -L 9000:localhost:7411`) changes it.
import { isIP } from 'node:net'

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** The host name of a Host header without its port; null when it is malformed. */
export function hostName(header: string | undefined): string | null {
  if (!header) return null
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header)
  return match?.[1]?.toLowerCase() ?? null
}

export interface GuardOptions {
  /** True where the host listens beyond loopback; addresses written as numbers are then accepted too. */
  allowRemote: boolean
  /** Names that are accepted besides loopback, for example the `--host` of the command line. */
  names: readonly string[]
}

export function isAllowedHost(header: string | undefined, options: GuardOptions): boolean {
  const name = hostName(header)
  if (name === null) return false
  if (loopbackNames.has(name) || options.names.includes(name)) return true
  // A name can be rebound to another address, an address cannot.
  return options.allowRemote && isIP(name.replace(/^\[|\]$/g, '')) !== 0
}

/** True when the request comes from a page that this very host served. Browsers send Origin with every WebSocket and POST. */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (!origin || !host) return false
  return origin === `http://${host}` || origin === `https://${host}`
}
