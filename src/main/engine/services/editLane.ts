// Acts that may take several turns run one after the other, so that an undo never meets half an edit. Between two steps of an
// act other calls are answered.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../store/openStore'

export class EditLane {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(act: () => Generator<void, T>): Promise<T> {
    const result = this.#last.then(() => this.#stepThrough(act()))
    this.#last = result.catch(() => undefined)
    return result
  }

  /** When nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#last
  }

  async #stepThrough<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      const step = steps.next()
      if (step.done) return step.value
      await nextTurn()
    }
  }
}

const lanes = new WeakMap<Store, EditLane>()

/** One lane for each open project. */
export function editLaneOf(store: Store): EditLane {
  const lane = lanes.get(store) ?? new EditLane()
  lanes.set(store, lane)
  return lane
}
