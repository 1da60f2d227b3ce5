// A queue of things to decide about one by one: pairs in Review, candidates in Negatives. It is read in batches and kept
// in order, so that going back and undoing lead to what was there. A decision shows at once and is taken back when the
// engine refuses it.
import { computed, ref, shallowRef, watch } from 'vue'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useConnection } from '@renderer/composables/useConnection'
import { useChangesStore } from '@renderer/stores/changes'
import { useHistoryStore } from '@renderer/stores/history'

export interface QueueWindow<Item> {
  items: Item[]
  /** How many the engine's list holds in all. */
  total: number
}

export interface QueueSource<Item> {
  batchSize: number
  read: (api: ReturnType<typeof useApi>, offset: number, limit: number) => Promise<QueueWindow<Item>>
  /** Whether the engine's list still holds an item, after what was decided about it. */
  isListed: (item: Item) => boolean
  /** Whether a decision goes on to the next item; it does where this is not given. */
  advances?: () => boolean
}

/** More is read when fewer than this many are left. */
const reserve = 20
/** How many of the next items a view may show ahead. */
const previewCount = 24

export function useDecisionQueue<Item extends { id: number }>(source: QueueSource<Item>) {
  const api = useApi()
  const history = useHistoryStore()
  const changes = useChangesStore()
  const connection = useConnection()
  const items = shallowRef<readonly Item[]>([])
  const position = ref(0)
  /** Items of the engine's list that are not in `items`. */
  const beyondCount = ref(0)
  const isLoaded = ref(false)
  const error = shallowRef<AppError | null>(null)
  /** Items that an undo brought in; they may lie further down the engine's list than what was read of it. */
  const strays = new Set<number>()
  let isReading = false
  /** Raised when the list means something else, so that late answers to older questions are dropped. */
  let generation = 0

  const current = computed(() => items.value[position.value] ?? null)
  const next = computed(() => items.value.slice(position.value + 1, position.value + 1 + previewCount))
  const total = computed(() => items.value.length + beyondCount.value)

  async function read(): Promise<void> {
    const asked = generation
    const offset = items.value.filter((item) => source.isListed(item) && !strays.has(item.id)).length
    const answer = await source.read(api, offset, source.batchSize)
    if (asked !== generation) return
    const known = new Set(items.value.map((item) => item.id))
    items.value = [...items.value, ...answer.items.filter((item) => !known.has(item.id))]
    for (const { id } of answer.items) strays.delete(id)
    beyondCount.value = Math.max(0, answer.total - items.value.filter(source.isListed).length)
  }

  /** Reads the list again without leaving the item in sight; what was passed already stays for going back. */
  async function readAgain(): Promise<void> {
    const asked = generation
    const answer = await source.read(api, 0, source.batchSize)
    if (asked !== generation) return
    const fresh = new Map(answer.items.map((item) => [item.id, item]))
    const kept = items.value.slice(0, position.value + 1).map((item) => fresh.get(item.id) ?? item)
    for (const { id } of kept) fresh.delete(id)
    items.value = [...kept, ...fresh.values()]
    strays.clear()
    beyondCount.value = Math.max(0, answer.total - items.value.filter(source.isListed).length)
  }

  const readMore = async (): Promise<void> => {
    if (!isLoaded.value || beyondCount.value > 0) await attempt(read)
  }
  const refresh = async (): Promise<void> => {
    if (isLoaded.value) await attempt(readAgain)
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    if (isReading) return
    const asked = generation
    isReading = true
    try {
      await history.inOrder(work)
      if (asked === generation) error.value = null
    } catch (thrown) {
      if (asked === generation) error.value = readError(thrown)
    } finally {
      if (asked === generation) {
        isReading = false
        isLoaded.value = true
      }
    }
  }

  async function restart(): Promise<void> {
    generation += 1
    items.value = []
    strays.clear()
    position.value = 0
    beyondCount.value = 0
    isLoaded.value = false
    isReading = false
    await readMore()
  }

  function put(changed: readonly Item[]): void {
    const byId = new Map(changed.map((item) => [item.id, item]))
    items.value = items.value.map((item) => byId.get(item.id) ?? item)
  }

  function move(step: number): void {
    position.value = Math.min(items.value.length, Math.max(0, position.value + step))
    if (items.value.length - position.value < reserve) void readMore()
  }

  function goTo(id: number): void {
    const index = items.value.findIndex((item) => item.id === id)
    if (index >= 0) position.value = index
  }

  /**
   * @param look the item as it looks once the decision is made
   * @param send asks the engine; gives the items that changed, or null when it refused
   */
  async function decide(look: (item: Item) => Item, send: (item: Item) => Promise<readonly Item[] | null>): Promise<void> {
    const item = current.value
    if (!item) return
    put([look(item)])
    if (source.advances?.() !== false) move(1)
    const changed = await send(item)
    put(changed ?? [item])
    if (!changed) goTo(item.id)
  }

  /** Shows what an undo or a redo put back, and goes to the first of it, even when it was decided long ago. */
  function restore(restored: readonly Item[]): void {
    const first = restored[0]
    if (!first) return
    put(restored)
    const restoredIds = new Set(restored.map((item) => item.id))
    const known = items.value.find((item) => restoredIds.has(item.id))
    if (known) return goTo(known.id)
    if (!source.isListed(first)) return
    strays.add(first.id)
    items.value = items.value.toSpliced(position.value, 0, first)
  }

  // Changes may have been missed while the engine was away; at the end of the list new items are what one waits for.
  watch(connection, (state, before) => { if (state === 'connected' && before === 'reconnecting') void refresh() })
  watch(() => changes.counters.pairs, () => { if (current.value === null) void refresh() })

  return { items, position, current, next, total, isLoaded, error, restart, put, decide, restore, goTo, move, skip: () => move(1), back: () => move(-1) }
}
