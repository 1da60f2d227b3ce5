// A window on the pairs that match a filter. Pages are fetched when they come into sight; those nearest to it are kept until
// something changes, and a change re-reads only the pages in sight.
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { pairFilterSchema, type Facets, type PairFilter, type PairSort } from '@shared/contract/pairs'
import type { Pair } from '@shared/contract/entities'
import type { AppError } from '@shared/errors'
import type { TermName } from '@shared/filter/filterTerms'
import { withTerm, wordsOfTerm } from '@shared/filter/rewriteFilter'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { isJump, nearestPages, pagesOf, type Sight } from '@renderer/lib/pageWindow'
import { useChangesStore } from './changes'

export const pageSize = 100
/** The most that one call may ask for. */
const longestWindow = 500
/** Some 4000 pairs: a few megabytes, and many screens to scroll back through. */
export const mostPages = 40
/** Calls under way at a time. Pages that have left the sight when their turn comes are not asked for. */
const mostCalls = 2
/** Between two jumps of a scrollbar that is being dragged; what it passes by is not fetched. */
const restMs = 40

export const usePairsStore = defineStore('pairs', () => {
  const api = useApi()
  const changes = useChangesStore()
  const filter = reactive<PairFilter>(pairFilterSchema.parse({}))
  const sort = ref<PairSort>('oldest')
  const pages = shallowRef<ReadonlyMap<number, Pair[]>>(new Map())
  /** Null until the first answer. */
  const total = ref<number | null>(null)
  const facets = shallowRef<Facets | null>(null)
  const error = shallowRef<AppError | null>(null)
  const isFiltered = computed(() => filter.query.trim() !== '')
  const pending = new Set<number>()
  let sight: Sight = { first: 0, last: 0 }
  let movedAtMs = 0
  const fetching = new Set<Promise<void>>()
  /** Raised when the list means something else, so that late answers to older questions are dropped. */
  let generation = 0

  const at = (index: number): Pair | null => pages.value.get(Math.floor(index / pageSize))?.[index % pageSize] ?? null

  /** Gives whether the page came. */
  async function loadPage(page: number): Promise<boolean> {
    const asked = generation
    pending.add(page)
    try {
      const answer = await api.pairs.list({ filter: { ...filter }, sort: sort.value, offset: page * pageSize, limit: pageSize })
      if (asked !== generation) return false
      total.value = answer.total
      pages.value = nearestPages(new Map(pages.value).set(page, answer.pairs), sight, pageSize, mostPages)
      error.value = null
      return true
    } catch (thrown) {
      if (asked === generation) error.value = readError(thrown)
      return false
    } finally {
      if (asked === generation) pending.delete(page)
    }
  }

  async function loadFacets(): Promise<void> {
    const asked = generation
    try {
      const answer = await api.pairs.countFacets({ filter: { ...filter } })
      if (asked === generation) facets.value = answer
    } catch (thrown) {
      if (asked === generation) error.value = readError(thrown)
    }
  }

  const nextMissing = (): number | undefined => pagesOf(sight, pageSize).find((page) => !pages.value.has(page) && !pending.has(page))

  async function fetchMissing(): Promise<void> {
    for (let page = nextMissing(); page !== undefined; page = nextMissing()) if (!(await loadPage(page))) return
  }

  /**
   * Tells which indices are on screen (inclusive) and fetches the pages that are missing. While jump follows jump, only the place
   * where that comes to rest is fetched.
   */
  async function show(first: number, last: number): Promise<void> {
    const nowMs = performance.now()
    const isResting = nowMs - movedAtMs > restMs || !isJump(sight, { first, last }, pageSize)
    const own: Sight = { first, last }
    sight = own
    movedAtMs = nowMs
    if (!isResting) await new Promise((resolve) => setTimeout(resolve, restMs))
    if (sight !== own) return
    while (fetching.size < mostCalls && nextMissing() !== undefined) {
      const calls: Promise<void> = fetchMissing().finally(() => fetching.delete(calls))
      fetching.add(calls)
    }
    await Promise.all(fetching)
  }

  /** Reads what is in sight again; what is shown stays until the answer is there. */
  async function refresh(): Promise<void> {
    generation += 1
    pending.clear()
    fetching.clear()
    const wanted = pagesOf(sight, pageSize)
    pages.value = new Map([...pages.value].filter(([page]) => wanted.includes(page)))
    await Promise.all([...wanted.map(loadPage), loadFacets()])
  }

  /** Starts over: another filter or order. As many are in sight as before. */
  async function reset(): Promise<void> {
    sight = { first: 0, last: sight.last - sight.first }
    pages.value = new Map()
    await refresh()
  }

  /** The only word of a term that all listed pairs fulfil; null when the filter asks for none or for several. */
  function wordOf<Word extends string>(name: TermName): Word | null {
    const words = wordsOfTerm(filter.query, name)
    return words.length === 1 ? (words[0] as Word) : null
  }

  /** Rewrites one term of the filter; null takes it away. */
  function setWord(name: TermName, word: string | null): void {
    filter.query = withTerm(filter.query, name, word === null ? [] : [word])
  }

  function clearFilter(): void {
    Object.assign(filter, pairFilterSchema.parse({}))
  }

  /** Replaces pairs that an edit has answered with, so that the change shows at once. */
  function put(pairs: Pair[]): void {
    const byId = new Map(pairs.map((pair) => [pair.id, pair]))
    pages.value = new Map([...pages.value].map(([page, list]) => [page, list.map((pair) => byId.get(pair.id) ?? pair)]))
  }

  /** The ids of a range of the list (inclusive), fetched where they are not known. */
  async function idsBetween(first: number, last: number): Promise<number[]> {
    const ids: number[] = []
    for (let offset = first; offset <= last; ) {
      const known = at(offset)
      if (known) {
        ids.push(known.id)
        offset += 1
        continue
      }
      const limit = Math.min(longestWindow, last - offset + 1)
      const answer = await api.pairs.list({ filter: { ...filter }, sort: sort.value, offset, limit })
      if (answer.pairs.length === 0) break
      ids.push(...answer.pairs.map((pair) => pair.id))
      offset += answer.pairs.length
    }
    return ids
  }

  let isRefreshing = false
  let isStale = false
  /** Changes may come several times a second, from an import or from another window; one reading covers those that came during the last. */
  async function refreshSoon(): Promise<void> {
    isStale = true
    if (isRefreshing) return
    isRefreshing = true
    while (isStale) {
      isStale = false
      await refresh()
    }
    isRefreshing = false
  }

  /** Where the list itself stays as it is, only the changed pairs among those on the page are read again. */
  async function follow(ids: number[] | null): Promise<void> {
    const keepsOrder = sort.value === 'oldest' || sort.value === 'newest'
    if (ids === null || isFiltered.value || !keepsOrder) return refreshSoon()
    const known = new Set([...pages.value.values()].flat().map((pair) => pair.id))
    const wanted = ids.filter((id) => known.has(id))
    try {
      if (wanted.length > 0) put(await api.pairs.getMany({ ids: wanted }))
    } catch {
      return refreshSoon()
    }
    await loadFacets()
  }

  changes.onPairs((change) => void follow(change?.pairIds ?? null))
  watch([filter, sort], () => void reset())

  return { filter, sort, pages, total, facets, error, isFiltered, at, show, refresh, reset, wordOf, setWord, clearFilter, put, idsBetween }
})
