// Edits of pairs: each goes through the engine, shows its result at once and says what went wrong.
import type { Pair, Split, Status } from '@shared/contract/entities'
import type { History } from '@shared/contract/pairs'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useHistoryStore } from '@renderer/stores/history'
import { useNoticesStore } from '@renderer/stores/notices'
import { usePairsStore } from '@renderer/stores/pairs'

type Changed = { pairs: Pair[]; history: History }

export function usePairEdits() {
  const api = useApi()
  const history = useHistoryStore()
  const notices = useNoticesStore()
  const pairs = usePairsStore()

  async function take(work: Promise<Changed>): Promise<Pair[]> {
    const changed = await work
    history.set(changed.history)
    pairs.put(changed.pairs)
    return changed.pairs
  }
  /** Gives the changed pairs, or null when the edit failed. */
  const apply = (work: () => Promise<Changed>): Promise<Pair[] | null> => notices.attempt(() => history.inOrder(() => take(work())))

  /** What a person typed is not given up with the call that carried it: the notice holds it and tries again. */
  async function editText(pair: Pair, side: 'left' | 'right', text: string): Promise<Pair[] | null> {
    const send = (): Promise<Pair[]> => history.inOrder(() => take(api.pairs.editText({ id: pair.id, side, text, revision: pair.revision })))
    try {
      return await send()
    } catch (thrown) {
      const error = readError(thrown)
      notices.show({
        tone: 'bad', title: error.message, text: [error.advice, `Not saved: “${text}”`].filter(Boolean).join(' '),
        action: error.code === 'conflict' ? null : { label: 'Save again', run: () => void editText(pair, side, text) },
      })
      return null
    }
  }

  return {
    editText,
    setStatus: (ids: number[], status: Status) => apply(() => api.pairs.setStatus({ ids, status })),
    setSplit: (ids: number[], split: Split) => apply(() => api.pairs.setSplit({ ids, split })),
    addTag: (ids: number[], tag: string) => apply(() => api.pairs.addTag({ ids, tag })),
    removeTag: (ids: number[], tag: string) => apply(() => api.pairs.removeTag({ ids, tag })),
  }
}
