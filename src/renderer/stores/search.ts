// The query being written, the results of the last one, and what was done with them. The draft outlives a reload within
// the session; recent queries are kept in the browser.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { AppError } from '@shared/errors'
import type { Split } from '@shared/contract/entities'
import type { Hit, QueryImage, SearchColumn } from '@shared/contract/search'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from './changes'

export type SearchTarget = 'images' | 'texts' | 'any'

export interface SearchQuery {
  text: string
  image: QueryImage | null
  target: SearchTarget
  split: Split | null
}

/** A query without what belongs to one session: uploaded pictures are forgotten when the engine ends. */
export interface RecentQuery {
  text: string
  imageId: number | null
}

const draftKey = 'studio.searchDraft'
const recentKey = 'studio.recentQueries'
const mostRecent = 12
const hitLimit = 24

const emptyQuery: SearchQuery = { text: '', image: null, target: 'images', split: null }

export const hitKey = (hit: Pick<Hit, 'pair' | 'side'>): string => `${hit.pair.id}:${hit.side}`

export const useSearchStore = defineStore('search', () => {
  const api = useApi()
  const changes = useChangesStore()
  const draft = ref<SearchQuery>({ ...emptyQuery, ...readStored<Partial<SearchQuery>>(sessionStorage, draftKey, {}) })
  /** Null means the current model of the project. */
  const modelId = ref<string | null>(null)
  /** Null shows one column. */
  const secondModelId = ref<string | null>(null)
  const state = ref<'idle' | 'searching' | 'ready' | 'failed'>('idle')
  const error = shallowRef<AppError | null>(null)
  const columns = shallowRef<readonly SearchColumn[]>([])
  /** The query whose results are shown; null before the first. */
  const answered = shallowRef<SearchQuery | null>(null)
  const savedHits = shallowRef<ReadonlyMap<string, 'positive' | 'negative'>>(new Map())
  const recent = ref<RecentQuery[]>(readStored<RecentQuery[]>(localStorage, recentKey, []))
  const hasChangedSince = ref(false)

  const canSearch = computed(() => draft.value.text.trim() !== '' || draft.value.image !== null)
  /** Pairs changed after the results were found. */
  const isStale = computed(() => state.value === 'ready' && hasChangedSince.value)

  let asked = 0
  /** Saved hits whose change the engine has yet to tell; they do not make the results old. */
  let ownChanges = 0
  async function search(currentModelId: string): Promise<void> {
    if (!canSearch.value) return
    const query: SearchQuery = { ...draft.value, text: draft.value.text.trim(), image: draft.value.image && { ...draft.value.image } }
    const first = modelId.value ?? currentModelId
    const modelIds = secondModelId.value !== null && secondModelId.value !== first ? [first, secondModelId.value] : [first]
    const number = ++asked
    state.value = 'searching'
    try {
      const answer = await api.search.query({ ...query, modelIds, limit: hitLimit })
      if (number !== asked) return
      columns.value = answer.columns
      answered.value = query
      savedHits.value = new Map()
      error.value = null
      hasChangedSince.value = false
      state.value = 'ready'
      remember(query)
    } catch (thrown) {
      if (number !== asked) return
      error.value = readError(thrown)
      state.value = 'failed'
    }
  }

  /** Keeps a hit as a positive or a hard negative of the query that found it. */
  async function save(hit: Hit, verdict: 'positive' | 'negative'): Promise<void> {
    if (answered.value === null) return
    const { text, image } = answered.value
    ownChanges++
    try {
      await api.search.saveHit({ text, image, hitPairId: hit.pair.id, hitSide: hit.side, verdict })
    } catch (thrown) {
      ownChanges--
      throw thrown
    }
    savedHits.value = new Map(savedHits.value).set(hitKey(hit), verdict)
  }

  function remember({ text, image }: SearchQuery): void {
    if (image?.kind === 'query') return
    const entry: RecentQuery = { text, imageId: image?.imageId ?? null }
    recent.value = [entry, ...recent.value.filter((other) => other.text !== entry.text || other.imageId !== entry.imageId)].slice(0, mostRecent)
    localStorage.setItem(recentKey, JSON.stringify(recent.value))
  }

  function forgetRecent(): void {
    recent.value = []
    localStorage.removeItem(recentKey)
  }

  function clear(): void {
    asked++
    draft.value = { ...emptyQuery, target: draft.value.target, split: draft.value.split }
    columns.value = []
    answered.value = null
    error.value = null
    state.value = 'idle'
  }

  watch(draft, (value) => sessionStorage.setItem(draftKey, JSON.stringify(value)), { deep: true })
  watch(() => changes.counters.pairs, () => {
    if (ownChanges > 0) ownChanges--
    else hasChangedSince.value = true
  })
  watch(() => changes.counters.project, () => {
    hasChangedSince.value = true
  })

  return { draft, modelId, secondModelId, state, error, columns, answered, savedHits, recent, canSearch, isStale, search, save, clear, forgetRecent }
})

function readStored<T>(storage: Storage, key: string, otherwise: T): T {
  try {
    return (JSON.parse(storage.getItem(key) ?? 'null') as T | null) ?? otherwise
  } catch {
    return otherwise
  }
}
