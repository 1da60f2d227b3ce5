// Which pairs a tuned model was trained on, from the snapshots of the runs that led to it. A set that was trained on cannot
// show forgetting, and a test split that was trained on cannot show learning; so the person is told.
import { sideKey } from '../../store/embeddingStore'
import type { Store } from '../../store/openStore'
import { readSnapshot } from '../runSnapshot'
import type { SidePair } from './measuredSet'

const runOfModel = /^run:(\d+):(?:best|last)$/
const longestChain = 20

const keyOf = ({ left, right }: SidePair): string => `${sideKey(left.imageId, left.text)} ${sideKey(right.imageId, right.text)}`

export class TrainedPairs {
  readonly #keysOfRun = new Map<number, Promise<ReadonlySet<string> | null>>()

  constructor(private readonly store: Pick<Store, 'runs' | 'files'>) {}

  /** Runs from the tuned model back to the base; null where they do not lead there. */
  runsBetween(baseModelId: string, tunedModelId: string): number[] | null {
    const runs = this.store.runs.list()
    const runIds: number[] = []
    for (let modelId = tunedModelId; modelId !== baseModelId;) {
      const run = runs.find(({ id }) => id === Number(runOfModel.exec(modelId)?.[1]))
      if (!run || runIds.length === longestChain) return null
      runIds.push(run.id)
      modelId = run.baseModelId
    }
    return runIds
  }

  /** Null where the runs are not known, or one of their snapshots is not readable any more. */
  async countAmong(pairs: readonly SidePair[], baseModelId: string, tunedModelId: string): Promise<number | null> {
    const runIds = this.runsBetween(baseModelId, tunedModelId)
    if (!runIds) return null
    const sets = await Promise.all(runIds.map((runId) => this.#keys(runId)))
    if (sets.some((keys) => keys === null)) return null
    return pairs.filter((pair) => sets.some((keys) => keys!.has(keyOf(pair)))).length
  }

  /** A run that is over never changes its pairs, and one that is on its way never changes them either. */
  #keys(runId: number): Promise<ReadonlySet<string> | null> {
    const known = this.#keysOfRun.get(runId)
    if (known) return known
    const keys = readSnapshot(this.store.files.runDir(runId)).then(({ pairs }) => new Set(pairs.map(keyOf)), () => null)
    this.#keysOfRun.set(runId, keys)
    return keys
  }
}
