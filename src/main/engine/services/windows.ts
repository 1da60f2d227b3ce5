// The windows and browser tabs that are open, and which pair each looks at. A window is open for as long as it listens to
// changes; one that reconnects keeps its name.
import type { OpenWindow } from '../../../shared/contract/studio'
import { editContext } from '../store/editContext'
import type { ChangeBus } from './changes'

interface Listening {
  name: string
  /** A window that reconnects may listen anew before its old channel is given up. */
  channelCount: number
  pairId: number | null
}

export class WindowsService {
  readonly #windows = new Map<string, Listening>()
  #openedCount = 0

  constructor(private readonly changes: ChangeBus) {}

  get openIds(): ReadonlySet<string> {
    return new Set(this.#windows.keys())
  }

  /** Returns the function that ends it. */
  open(windowId: string): () => void {
    const known = this.#windows.get(windowId)
    const window = known ?? { name: `Window ${++this.#openedCount}`, channelCount: 0, pairId: null }
    window.channelCount++
    this.#windows.set(windowId, window)
    if (known === undefined) this.changes.publish({ topic: 'windows' })
    return () => {
      if (--window.channelCount > 0) return
      this.#windows.delete(windowId)
      this.changes.publish({ topic: 'windows' })
    }
  }

  list(): OpenWindow[] {
    const { windowId } = editContext()
    return [...this.#windows].map(([id, { name, pairId }]) => ({ isOwn: id === windowId, name, pairId }))
  }

  lookAt(pairId: number | null): OpenWindow[] {
    const window = this.#windows.get(editContext().windowId ?? '')
    if (window !== undefined && window.pairId !== pairId) {
      window.pairId = pairId
      if (this.#windows.size > 1) this.changes.publish({ topic: 'windows' })
    }
    return this.list()
  }
}
