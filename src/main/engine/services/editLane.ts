// Acts that may take several turns run one after the other, so that an undo never meets half an edit. Between two steps of an
// act other calls are answered.
import type { Store } from '../store/openStore'
import { runInSteps } from './steps'

export class EditLane {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(act: () => Generator<void, T>): Promise<T> {
    const result = this.#last.then(() => runInSteps(act()))
    this.#last = result.catch(() => undefined)
    return result
  }

  /** When nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#last
  }
}

const lanes = new WeakMap<Store, EditLane>()

/** One lane for each open project. */
export function editLaneOf(store: Store): EditLane {
  const lane = lanes.get(store) ?? new EditLane()
  lanes.set(store, lane)
  return lane
}
