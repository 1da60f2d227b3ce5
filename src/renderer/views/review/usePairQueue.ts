// The queue of pairs to review. It is read in batches and kept in order, so that going back and undoing lead to the pair
// that was there. A decision shows at once and is taken back when the engine refuses it.
import { computed, ref, shallowRef, watch } from 'vue'
import type { Pair, Split, Status } from '@shared/contract/entities'
import { pairFilterSchema, type PairSort } from '@shared/contract/pairs'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { usePairEdits } from '@renderer/composables/usePairEdits'
import { useHistoryStore } from '@renderer/stores/history'

const batchSize = 60
/** More is read when fewer than this many are left. */
const reserve = 20

export function usePairQueue() {
  const api = useApi()
  const edits = usePairEdits()
  const history = useHistoryStore()
  const items = shallowRef<Pair[]>([])
  const position = ref(0)
  /** Unreviewed pairs in the engine that are not in `items`. */
  const beyondCount = ref(0)
  const sort = ref<PairSort>('lowest-score')
  const split = ref<Split | null>(null)
  const isLoaded = ref(false)
  const error = shallowRef<AppError | null>(null)
  let isReading = false
  let generation = 0

  const current = computed(() => items.value[position.value] ?? null)
  const next = computed(() => items.value.slice(position.value + 1, position.value + 13))
  const total = computed(() => items.value.length + beyondCount.value)
  const reviewedCount = computed(() => items.value.filter((pair) => pair.status !== 'unreviewed').length)

  async function read(): Promise<void> {
    const asked = generation
    const offset = items.value.filter((pair) => pair.status === 'unreviewed').length
    const filter = pairFilterSchema.parse({ status: 'unreviewed', split: split.value })
    const answer = await api.pairs.list({ filter, sort: sort.value, offset, limit: batchSize })
    if (asked !== generation) return
    const known = new Set(items.value.map((pair) => pair.id))
    items.value = [...items.value, ...answer.pairs.filter((pair) => !known.has(pair.id))]
    beyondCount.value = Math.max(0, answer.total - items.value.filter((pair) => pair.status === 'unreviewed').length)
  }

  async function readMore(): Promise<void> {
    if (isReading || (isLoaded.value && beyondCount.value === 0)) return
    isReading = true
    try {
      await history.inOrder(read)
      error.value = null
    } catch (thrown) {
      error.value = readError(thrown)
    } finally {
      isReading = false
      isLoaded.value = true
    }
  }

  async function restart(): Promise<void> {
    generation += 1
    items.value = []
    position.value = 0
    beyondCount.value = 0
    isLoaded.value = false
    isReading = false
    await readMore()
  }

  function put(pair: Pair): void {
    items.value = items.value.map((other) => (other.id === pair.id ? pair : other))
  }

  function move(step: number): void {
    position.value = Math.min(items.value.length, Math.max(0, position.value + step))
    if (items.value.length - position.value < reserve) void readMore()
  }

  async function decide(status: Status): Promise<void> {
    const pair = current.value
    if (!pair) return
    put({ ...pair, status })
    move(1)
    const changed = await edits.setStatus([pair.id], status)
    if (changed) changed.forEach(put)
    else {
      put(pair)
      position.value = items.value.findIndex((other) => other.id === pair.id)
    }
  }

  async function change(work: Promise<Pair[] | null>): Promise<void> {
    const changed = await work
    changed?.forEach(put)
  }

  watch(() => history.restored, (restored) => {
    restored.forEach(put)
    const index = items.value.findIndex((pair) => pair.id === restored[0]?.id)
    if (index >= 0) position.value = index
  })
  watch([sort, split], () => void restart())

  return {
    items, position, current, next, total, reviewedCount, sort, split, isLoaded, error, restart, decide,
    skip: () => move(1),
    back: () => move(-1),
    goTo: (pair: Pair) => { position.value = items.value.findIndex((other) => other.id === pair.id) },
    editText: (pair: Pair, side: 'left' | 'right', text: string) => change(edits.editText(pair, side, text)),
    addTag: (pair: Pair, tag: string) => change(edits.addTag([pair.id], tag)),
    removeTag: (pair: Pair, tag: string) => change(edits.removeTag([pair.id], tag)),
  }
}
