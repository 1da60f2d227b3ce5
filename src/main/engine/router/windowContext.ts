// Which window a call comes from: a header that the page sends with each call, over WebSocket and MessagePort alike.
import { windowHeader } from '../../../shared/bridge'

export interface WindowContext {
  /** Given by oRPC's RequestHeadersPlugin; left out for calls inside this process. */
  reqHeaders?: Headers
}

/** Null for the command line, and for anything that is no name a page would give itself. */
export function windowIdOf({ reqHeaders }: WindowContext): string | null {
  const given = reqHeaders?.get(windowHeader) ?? null
  return given !== null && /^[\w-]{8,64}$/.test(given) ? given : null
}
