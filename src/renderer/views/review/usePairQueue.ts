// The queue of pairs to review.
import { computed, onScopeDispose, ref, watch } from 'vue'
import type { Pair, Split, Status } from '@shared/contract/entities'
import type { PairSort } from '@shared/contract/pairs'
import { filterOf } from '@shared/filter/writeFilter'
import { useApi } from '@renderer/api/api'
import { windowId } from '@renderer/api/windowId'
import { useDecisionQueue } from '@renderer/composables/useDecisionQueue'
import { usePairEdits } from '@renderer/composables/usePairEdits'
import { useChangesStore } from '@renderer/stores/changes'
import { useSettingsStore } from '@renderer/stores/settings'
import { pageStartOf, sheetSize } from './sheetPages'
import { useHistoryStore } from '@renderer/stores/history'

export function usePairQueue() {
  const edits = usePairEdits()
  const history = useHistoryStore()
  const settings = useSettingsStore()
  const api = useApi()
  const changes = useChangesStore()
  const sort = ref<PairSort>('lowest-score')
  const split = ref<Split | null>(null)
  const queue = useDecisionQueue<Pair>({
    batchSize: 60,
    advances: () => settings.settings.reviewAdvances,
    read: async (api, offset, limit) => {
      const filter = filterOf({ status: 'unreviewed', split: split.value })
      const { pairs, total } = await api.pairs.list({ filter, sort: sort.value, offset, limit })
      return { items: pairs, total }
    },
    isListed: (pair) => pair.status === 'unreviewed' && (split.value === null || pair.split === split.value),
  })
  const reviewedCount = computed(() => queue.items.value.filter((pair) => pair.status !== 'unreviewed').length)

  async function change(work: Promise<Pair[] | null>): Promise<void> {
    queue.put((await work) ?? [])
  }

  // What another window made of pairs that are read already; the place in the queue stays.
  onScopeDispose(changes.onPairs((named) => {
    const ids = (named?.pairIds ?? []).filter((id) => queue.items.value.some((pair) => pair.id === id))
    if (named?.windowId !== windowId() && ids.length > 0) void api.pairs.getMany({ ids }).then(queue.put, () => undefined)
  }))
  const page = computed(() => queue.items.value.slice(pageStartOf(queue.position.value), pageStartOf(queue.position.value) + sheetSize))

  /** Accepts what is still undecided on the page in one act, and goes on to the next page. */
  async function acceptRest(): Promise<void> {
    const rest = page.value.filter((pair) => pair.status === 'unreviewed')
    if (rest.length === 0) return
    queue.put(rest.map((pair) => ({ ...pair, status: 'accepted' as const })))
    queue.move(pageStartOf(queue.position.value) + sheetSize - queue.position.value)
    const changed = await edits.setStatus(rest.map(({ id }) => id), 'accepted')
    queue.put(changed ?? rest)
    if (!changed) queue.goTo(rest[0]!.id)
  }

  watch(() => history.restored, queue.restore)
  watch([sort, split], () => void queue.restart())

  return {
    ...queue, page, acceptRest, reviewedCount, sort, split,
    decide: (status: Status) => queue.decide((pair) => ({ ...pair, status }), (pair) => edits.setStatus([pair.id], status)),
    goTo: (pair: Pair) => queue.goTo(pair.id),
    toggleFlag: (pair: Pair) => change(edits.setFlag([pair.id], !pair.isFlagged)),
    toggleTag: (pair: Pair, tag: string) => change(pair.tags.includes(tag) ? edits.removeTag([pair.id], tag) : edits.addTag([pair.id], tag)),
    editText: (pair: Pair, side: 'left' | 'right', text: string, shown: string | null) => change(edits.editText(pair, side, text, shown)),
    addTag: (pair: Pair, tag: string) => change(edits.addTag([pair.id], tag)),
    removeTag: (pair: Pair, tag: string) => change(edits.removeTag([pair.id], tag)),
  }
}
