// Tells whoever listens what has changed; they read it again. Listeners run at once, in the order in which they came.
import type { Change } from '../../../shared/contract/studio'

export class ChangeBus {
  private readonly listeners = new Set<(change: Change) => void>()

  publish(change: Change): void {
    for (const listener of [...this.listeners]) listener(change)
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }
}
