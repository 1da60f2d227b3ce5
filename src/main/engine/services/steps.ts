// Work in steps: between two of them other calls are answered.
import { setImmediate as nextTurn } from 'node:timers/promises'

export async function runInSteps<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await nextTurn()
  }
}
