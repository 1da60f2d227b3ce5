// Who may use the browser host: whoever has the token that the terminal printed. It comes once in the address of the
// first page, is then kept in a cookie that scripts and other sites cannot read, and disappears from the address bar.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export const tokenParameter = 'token'

export const createAccessToken = (): string => randomBytes(24).toString('base64url')

/** Cookies are shared by all ports of a host, so the port is part of the name. */
export const cookieName = (port: number): string => `fuselip-${port}`

export const accessCookie = (port: number, token: string): string =>
  `${cookieName(port)}=${token}; HttpOnly; SameSite=Strict; Path=/`

export function readCookie(header: string | undefined, name: string): string | null {
  for (const part of header?.split(';') ?? []) {
    const separator = part.indexOf('=')
    if (separator > 0 && part.slice(0, separator).trim() === name) return part.slice(separator + 1).trim()
  }
  return null
}

/** Compares digests in constant time, so that neither content nor length of the token can be measured. */
export function isSameToken(given: string | null, expected: string): boolean {
  if (given === null) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
