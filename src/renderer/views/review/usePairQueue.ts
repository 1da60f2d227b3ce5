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
import { useHistoryStore } from '@renderer/stores/history'

export function usePairQueue() {
  const edits = usePairEdits()
  const history = useHistoryStore()
  const api = useApi()
  const changes = useChangesStore()
  const sort = ref<PairSort>('lowest-score')
  const split = ref<Split | null>(null)
  const queue = useDecisionQueue<Pair>({
    batchSize: 60,
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
  watch(() => history.restored, queue.restore)
  watch([sort, split], () => void queue.restart())

  return {
    ...queue, reviewedCount, sort, split,
    decide: (status: Status) => queue.decide((pair) => ({ ...pair, status }), (pair) => edits.setStatus([pair.id], status)),
    goTo: (pair: Pair) => queue.goTo(pair.id),
    editText: (pair: Pair, side: 'left' | 'right', text: string, shown: string | null) => change(edits.editText(pair, side, text, shown)),
    addTag: (pair: Pair, tag: string) => change(edits.addTag([pair.id], tag)),
    removeTag: (pair: Pair, tag: string) => change(edits.removeTag([pair.id], tag)),
  }
}
