// A channel to the fake engine that can be cut and mended, under the real connection: what a page lives through when the
// engine ends and starts again.
import type { ClientContext, ClientLink } from '@orpc/client'
import type { OpenTransport } from '@renderer/api/transport'
import type { FakeApi } from './fakeApi'

type Procedure = (input: unknown, options: { signal?: AbortSignal }) => Promise<unknown>

export interface FakeEngineLine {
  openTransport: OpenTransport
  /** Ends the channel; calls under way fail, and none can be opened until it is mended. */
  cut: () => void
  mend: () => void
}

export function createEngineLine(fake: FakeApi): FakeEngineLine {
  let isUp = true
  let endChannel = (): void => undefined

  const openTransport: OpenTransport = () => {
    if (!isUp) return Promise.reject(new Error('Nobody listens.'))
    const ended = new AbortController()
    const closed = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()))
    const broken = closed.then(() => Promise.reject(new Error('The channel broke.')))
    broken.catch(() => undefined)
    endChannel = () => ended.abort()

    async function* relay(source: AsyncIterable<unknown>): AsyncGenerator<unknown> {
      const iterator = source[Symbol.asyncIterator]()
      for (;;) {
        const step = (await Promise.race([iterator.next(), broken])) as IteratorResult<unknown>
        if (step.done) return
        yield step.value
      }
    }

    const link: ClientLink<ClientContext> = {
      call: async (path, input, options) => {
        if (ended.signal.aborted) throw new Error('The channel broke.')
        const [group, verb] = path as [string, string]
        const procedure = (fake.api as unknown as Record<string, Record<string, Procedure>>)[group]![verb]!
        const answer = await Promise.race([procedure(input, { signal: options.signal }), broken])
        return isStream(answer) ? relay(answer) : answer
      },
    }
    return Promise.resolve({ link, closed, close: endChannel })
  }

  return {
    openTransport,
    cut: () => {
      isUp = false
      endChannel()
    },
    mend: () => { isUp = true },
  }
}

const isStream = (value: unknown): value is AsyncIterable<unknown> => typeof value === 'object' && value !== null && Symbol.asyncIterator in value
