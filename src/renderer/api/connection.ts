// Keeps one channel to the engine open. A lost channel is opened again with growing pauses; calls made meanwhile wait
// for it, and those that were under way fail, because nobody knows whether they were carried out.
import { createORPCClient, type ClientContext, type ClientLink } from '@orpc/client'
import { readonly, ref, type Ref } from 'vue'
import { AppError } from '@shared/errors'
import type { Api } from './api'
import type { OpenTransport, Transport } from './transport'

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting'

export interface Connection {
  api: Api
  state: Readonly<Ref<ConnectionState>>
  close: () => void
}

const firstPauseMs = 300
const longestPauseMs = 8000
/** How long a call waits for a lost channel before it fails. */
const callPatienceMs = 15_000

export function openConnection(openTransport: OpenTransport): Connection {
  const state = ref<ConnectionState>('connecting')
  let isClosed = false
  let transport: Transport | null = null
  let waiting: ((transport: Transport) => void)[] = []

  async function keepOpen(): Promise<void> {
    let pauseMs = firstPauseMs
    while (!isClosed) {
      try {
        const opened = await openTransport()
        transport = opened
        state.value = 'connected'
        pauseMs = firstPauseMs
        waiting.forEach((resume) => resume(opened))
        waiting = []
        await opened.closed
      } catch {
        // The engine is not there yet, or has gone: the pause below, then again.
      }
      transport = null
      state.value = 'reconnecting'
      if (isClosed) return
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }

  const present = (): Promise<Transport> => {
    if (transport) return Promise.resolve(transport)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting = waiting.filter((entry) => entry !== resume)
        reject(new AppError('internal', 'The engine does not answer.', 'Look whether it is still running; the studio reconnects by itself.'))
      }, callPatienceMs)
      const resume = (opened: Transport) => {
        clearTimeout(timer)
        resolve(opened)
      }
      waiting.push(resume)
    })
  }

  const link: ClientLink<ClientContext> = {
    call: async (path, input, options) => (await present()).link.call(path, input, options),
  }

  void keepOpen()
  return {
    api: createORPCClient(link) as Api,
    state: readonly(state),
    close: () => {
      isClosed = true
      transport?.close()
    },
  }
}
