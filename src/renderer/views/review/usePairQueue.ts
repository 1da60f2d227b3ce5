// The queue of pairs to review.
import { computed, ref, watch } from 'vue'
import type { Pair, Split, Status } from '@shared/contract/entities'
import type { PairSort } from '@shared/contract/pairs'
import { filterOf } from '@shared/filter/writeFilter'
import { useDecisionQueue } from '@renderer/composables/useDecisionQueue'
import { usePairEdits } from '@renderer/composables/usePairEdits'
import { useHistoryStore } from '@renderer/stores/history'

export function usePairQueue() {
  const edits = usePairEdits()
  const history = useHistoryStore()
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

  watch(() => history.restored, queue.restore)
  watch([sort, split], () => void queue.restart())

  return {
    ...queue, reviewedCount, sort, split,
    decide: (status: Status) => queue.decide((pair) => ({ ...pair, status }), (pair) => edits.setStatus([pair.id], status)),
    goTo: (pair: Pair) => queue.goTo(pair.id),
    editText: (pair: Pair, side: 'left' | 'right', text: string) => change(edits.editText(pair, side, text)),
    addTag: (pair: Pair, tag: string) => change(edits.addTag([pair.id], tag)),
    removeTag: (pair: Pair, tag: string) => change(edits.removeTag([pair.id], tag)),
  }
}
