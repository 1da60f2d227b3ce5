// One change to many pairs, with a look beforehand at what it would do. Texts are computed in portions, so that other calls are
// answered in between and a search that takes too long ends.
import type { BulkChange, BulkPreview, ChangedPairs, PairChange, PairScope, TextChange } from '../../../../shared/contract/pairs'
import type { JobRunner } from '../../jobs/runner'
import type { RowChange } from '../../store/historyStore'
import type { Store } from '../../store/openStore'
import type { PairRow } from '../../store/pairStore'
import type { ChangeBus } from '../changes'
import { editLabel } from '../editLabel'
import { breathe, runLongAct } from '../making/longAct'
import { answerEdit, publishEdit, type PairsService } from '../pairs'
import { textChanger, type ChangedText } from './textChange'

interface Asked {
  scope: PairScope
  change: BulkChange
}

export interface BulkEditsDependencies {
  store: Store
  pairs: PairsService
  jobs: JobRunner
  changes: ChangeBus
}

const portionSize = 500
const exampleCount = 5
/** Up to here it is done before the answer; longer acts are jobs. */
const mostAtOnce = 2 * portionSize

const isTextChange = (change: BulkChange): change is TextChange => change.kind === 'replaceText'
const labelOf = (count: number): string => editLabel('replace text in', count)

export class BulkEdits {
  constructor(private readonly dependencies: BulkEditsDependencies) {}

  /** @throws AppError 'bad-input' for a pattern that cannot be used */
  async preview({ scope, change }: Asked, signal?: AbortSignal): Promise<BulkPreview> {
    const { pairs } = this.dependencies.store
    const count = pairs.countScope(scope)
    if (!isTextChange(change)) {
      const ids = pairs.listChanging(scope, change)
      const examples = pairs.getRows([...ids.slice(0, exampleCount)])
      return { count, changeCount: ids.length, refusedCount: 0, examples: [...examples].map(([pairId, row]) => ({ pairId, ...describe(row, change) })) }
    }
    const preview: BulkPreview = { count, changeCount: 0, refusedCount: 0, examples: [] }
    const next = this.#portions(scope, change)
    for (let portion = next(); portion !== null; portion = next()) {
      signal?.throwIfAborted()
      for (const changed of portion) addTo(preview, changed)
      await breathe()
    }
    return preview
  }

  async change({ scope, change }: Asked): Promise<ChangedPairs & { jobId: number | null }> {
    const { store, pairs, jobs, changes } = this.dependencies
    if (!isTextChange(change)) return { ...(await pairs.change(scope, change)), jobId: null }
    const ids = store.pairs.listScope(scope)
    // Before a job, so that a pattern that cannot be read is told at once.
    const next = this.#portions({ ids: [...ids] }, change)
    if (ids.length <= mostAtOnce) {
      const found: ChangedText[] = []
      for (let portion = next(); portion !== null; portion = next()) found.push(...portion)
      const edits = this.#rowChanges(found)
      const touched = store.history.edit(labelOf(edits.length), edits)
      if (touched.hasPairs) publishEdit(changes, touched.pairIds)
      return { ...answerEdit(store, touched), jobId: null }
    }
    const job = jobs.start({ kind: 'make', title: 'Replace text' }, async ({ signal, enterPhase, report }) => {
      enterPhase('replacing text', ids.length)
      let done = 0
      try {
        const count = await runLongAct({
          store, signal, label: labelOf,
          next: () => {
            const portion = next()
            if (portion === null) return null
            done = Math.min(ids.length, done + portionSize)
            const edits = this.#rowChanges(portion)
            return { chunk: { changes: edits, isDone: false }, count: edits.length }
          },
          onChunk: () => report(done),
        })
        return `${count.toLocaleString('en')} pairs have another text`
      } finally {
        publishEdit(changes)
      }
    })
    return { pairs: [], changedCount: 0, history: store.history.get(), jobId: job.id }
  }

  /** Changed texts of the next pairs of a scope; null at its end. The scope is fixed when it is asked for first. */
  #portions(scope: PairScope, change: TextChange): () => ChangedText[] | null {
    const { pairs } = this.dependencies.store
    const changeTexts = textChanger(change)
    const ids = pairs.listScope(scope)
    let start = 0
    return () => {
      if (start >= ids.length) return null
      const rows = pairs.getRows([...ids.slice(start, start + portionSize)])
      start += portionSize
      return changeTexts(rows)
    }
  }

  /** The score was measured on the old text. */
  #rowChanges(found: readonly ChangedText[]): RowChange[] {
    const kept = found.filter(({ isRefused }) => !isRefused)
    const rows = this.dependencies.store.pairs.getRows(kept.map(({ pairId }) => pairId))
    return kept.map(({ pairId, before, after }) => {
      const { score, scoreModelId } = rows.get(pairId)!
      return { kind: 'pair', id: pairId, before: { ...before, score, scoreModelId }, after: { ...after, score: null, scoreModelId: null } }
    })
  }
}

function addTo(preview: BulkPreview, { pairId, side, before, after, isRefused }: ChangedText): void {
  if (isRefused) {
    preview.refusedCount += 1
    return
  }
  preview.changeCount += 1
  if (preview.examples.length < exampleCount) preview.examples.push({ pairId, before: before[side] ?? '', after: after[side] ?? '' })
}

function describe(row: PairRow, change: PairChange): { before: string; after: string } {
  const tags = (list: readonly string[]): string => (list.length === 0 ? 'no tags' : list.join(', '))
  switch (change.kind) {
    case 'status': return { before: row.status, after: change.status }
    case 'split': return { before: row.split, after: change.split }
    case 'flag': return { before: row.isFlagged === 1 ? 'flagged' : 'not flagged', after: change.isFlagged ? 'flagged' : 'not flagged' }
    case 'addTag': return { before: tags(row.tags), after: tags([...row.tags, change.tag]) }
    case 'removeTag': return { before: tags(row.tags), after: tags(row.tags.filter((tag) => tag !== change.tag)) }
  }
}
