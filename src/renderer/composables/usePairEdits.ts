// Edits of pairs: each goes through the engine, shows its result at once and says what went wrong.
import type { Pair, Split, Status, Task } from '@shared/contract/entities'
import type { ChangedPairs, PairScope } from '@shared/contract/pairs'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useConflictsStore } from '@renderer/stores/conflicts'
import { useHistoryStore } from '@renderer/stores/history'
import { useNoticesStore } from '@renderer/stores/notices'
import { usePairsStore } from '@renderer/stores/pairs'

/** Pairs by id, or those of a filter. */
type Target = number[] | PairScope
const scopeOf = (target: Target): PairScope => (Array.isArray(target) ? { ids: target } : target)

export function usePairEdits() {
  const api = useApi()
  const history = useHistoryStore()
  const notices = useNoticesStore()
  const pairs = usePairsStore()
  const conflicts = useConflictsStore()

  async function take(work: Promise<ChangedPairs>): Promise<Pair[]> {
    const changed = await work
    history.set(changed.history)
    pairs.put(changed.pairs)
    return changed.pairs
  }
  /** Gives the changed pairs, or null when the edit failed. */
  const apply = (work: () => Promise<ChangedPairs>): Promise<Pair[] | null> => notices.attempt(() => history.inOrder(() => take(work())))

  /**
   * What a person typed is not given up with the call that carried it: where another window changed the same text, both are
   * shown; else the notice holds it and tries again.
   * @param shown the text that stood there when the edit began
   */
  async function editText(pair: Pair, side: 'left' | 'right', text: string, shown: string | null = pair[side].text): Promise<Pair[] | null> {
    const send = (): Promise<Pair[]> => history.inOrder(() => take(api.pairs.editText({ id: pair.id, side, text, revision: pair.revision, shown })))
    try {
      return await send()
    } catch (thrown) {
      const error = readError(thrown)
      const theirs = error.code === 'conflict' ? await notices.attempt(() => api.pairs.get({ id: pair.id })) : null
      if (theirs) {
        pairs.put([theirs])
        conflicts.add({ pairId: pair.id, side, base: shown ?? '', mine: text, theirs, save: (chosen) => void editText(theirs, side, chosen) })
        return [theirs]
      }
      notices.show({
        tone: 'bad', title: error.message, text: [error.advice, `Not saved: “${text}”`].filter(Boolean).join(' '),
        action: error.code === 'conflict' ? null : { label: 'Save again', run: () => void editText(pair, side, text, shown) },
      })
      return null
    }
  }

  return {
    editText,
    setStatus: (target: Target, status: Status) => apply(() => api.pairs.setStatus({ scope: scopeOf(target), status })),
    setSplit: (target: Target, split: Split) => apply(() => api.pairs.setSplit({ scope: scopeOf(target), split })),
    setFlag: (target: Target, isFlagged: boolean) => apply(() => api.pairs.change({ scope: scopeOf(target), change: { kind: 'flag', isFlagged } })),
    addTag: (target: Target, tag: string) => apply(() => api.pairs.addTag({ scope: scopeOf(target), tag })),
    removeTag: (target: Target, tag: string) => apply(() => api.pairs.removeTag({ scope: scopeOf(target), tag })),
    remove: (target: Target) => apply(() => api.make.removePairs({ scope: scopeOf(target) })),
    duplicate: (target: Target) => apply(() => api.make.duplicatePairs({ scope: scopeOf(target) })),
    swapSides: (target: Target) => apply(() => api.make.swapSides({ scope: scopeOf(target) })),
    setTask: (target: Target, task: Task) => apply(() => api.make.setTask({ scope: scopeOf(target), task })),
  }
}
