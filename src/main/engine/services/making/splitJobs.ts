// Splitting pairs by shares: a preview of the outcome and its leaks, and a job that moves the pairs as one act.
import type { Split, Task } from '../../../../shared/contract/entities'
import type { SplitOptions, SplitPreview } from '../../../../shared/contract/make'
import type { PairScope } from '../../../../shared/contract/pairs'
import { AppError } from '../../../../shared/errors'
import type { JobRunner } from '../../jobs/runner'
import type { RowChange } from '../../store/historyStore'
import type { Store } from '../../store/openStore'
import type { ChangeBus } from '../changes'
import { editLabel } from '../editLabel'
import { publishEdit } from '../pairs'
import { breathe, runLongAct } from './longAct'
import { readSplitColumns, splitNames, taskNames } from './splitColumns'
import { findLeaks, joinTied, planSplits, type SplitColumns, type SplitPlan } from './splitPlan'

/** Pairs of a transaction. */
const chunkSize = 4000

export class SplitJobs {
  constructor(private readonly dependencies: { store: Store; jobs: JobRunner; changes: ChangeBus }) {}

  /** @throws AppError 'bad-input' when no split has a share */
  async preview(scope: PairScope, options: SplitOptions, signal?: AbortSignal): Promise<SplitPreview> {
    const { columns, roots, plan } = await this.#plan(scope, options, { signal })
    const { pairIds, splits, isInScope, tasks } = columns
    const inScope = (index: number): boolean => isInScope[index] === 1
    return {
      pairCount: isInScope.reduce((sum, value) => sum + value, 0),
      movedCount: pairIds.reduce((sum, _, index) => sum + Number(plan.splits[index] !== splits[index]), 0),
      setCount: plan.setCount, largestSetSize: plan.largestSetSize, heldCount: plan.heldCount,
      before: countByTask(tasks, splits, inScope), after: countByTask(tasks, plan.splits, inScope),
      leaksBefore: findLeaks(roots, splits), leaksAfter: findLeaks(roots, plan.splits),
    }
  }

  /** @throws AppError 'bad-input' before the job, as preview */
  start(scope: PairScope, options: SplitOptions): { jobId: number } {
    requireShare(options)
    const { store, jobs, changes } = this.dependencies
    const job = jobs.start({ kind: 'make', title: 'Split pairs' }, async ({ signal, enterPhase, report }) => {
      enterPhase('reading pairs', store.pairs.countAll())
      const { columns, plan } = await this.#plan(scope, options, { signal, onRows: report })
      const moves = movesOf(columns, plan)
      const total = moves.reduce((sum, { indices }) => sum + indices.length, 0)
      enterPhase('moving pairs', total)
      let done = 0
      try {
        const count = await runLongAct({
          store, signal, label: (moved) => editLabel('split', moved),
          next: () => {
            const move = moves.find(({ indices }) => indices.length > 0)
            if (move === undefined) return null
            const wanted = move.indices.splice(-chunkSize).map((index) => columns.pairIds[index]!)
            // Someone may have moved some of them since they were read.
            const ids = store.pairs.having(wanted, 'split', move.from)
            const changesOfMove: RowChange[] = ids.length === 0 ? [] : [{ kind: 'column', column: 'split', ids, before: move.from, after: move.to }]
            done += wanted.length
            return { chunk: { changes: changesOfMove, isDone: false }, count: ids.length }
          },
          onChunk: () => report(done),
        })
        return `${count.toLocaleString('en')} pairs moved, ${plan.setCount.toLocaleString('en')} sets of pairs kept together`
      } finally {
        publishEdit(changes)
      }
    })
    return { jobId: job.id }
  }

  async #plan(scope: PairScope, options: SplitOptions, work: { signal?: AbortSignal; onRows?: (count: number) => void }): Promise<{ columns: SplitColumns; roots: Int32Array; plan: SplitPlan }> {
    requireShare(options)
    const { shares, keepTogether, isStratified, seed } = options
    const columns = await readSplitColumns(this.dependencies.store, scope, work)
    const roots = joinTied(columns)
    await breathe()
    const plan = planSplits(columns, roots, { shares: splitNames.map((split) => shares[split]), keepTogether, isStratified, seed })
    await breathe()
    return { columns, roots, plan }
  }
}

function requireShare({ shares }: SplitOptions): void {
  if (Object.values(shares).every((share) => share === 0)) {
    throw new AppError('bad-input', 'No split has a share, so the pairs could go nowhere.', 'Give train, validation or test a share above 0, for example 80, 10 and 10.')
  }
}

/** The pairs that go from one split to another, for each two splits; the last ones of a list are taken first. */
function movesOf({ pairIds, splits }: SplitColumns, plan: SplitPlan): { from: Split; to: Split; indices: number[] }[] {
  const moves = splitNames.flatMap((from) => splitNames.filter((to) => to !== from).map((to) => ({ from, to, indices: [] as number[] })))
  const byKey = new Map(moves.map((move) => [`${move.from}/${move.to}`, move]))
  for (let index = pairIds.length - 1; index >= 0; index--) {
    const [from, to] = [splits[index]!, plan.splits[index]!]
    if (from !== to) byKey.get(`${splitNames[from]!}/${splitNames[to]!}`)!.indices.push(index)
  }
  return moves
}

function countByTask(tasks: Uint8Array, splits: Uint8Array, isCounted: (index: number) => boolean): SplitPreview['before'] {
  const counts: Partial<Record<Task, Record<Split, number>>> = {}
  tasks.forEach((task, index) => {
    if (!isCounted(index)) return
    const ofTask = (counts[taskNames[task]!] ??= { train: 0, validation: 0, test: 0 })
    ofTask[splitNames[splits[index]!]!]++
  })
  return counts
}
