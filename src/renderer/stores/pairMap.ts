// The map that the Library shows: which one, its points, what they are coloured by, and which of them the filter matches.
// Everything is read again when pairs change; points are fetched again only when they are other ones.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { mapFieldSchema, mapMethodSchema, mapSideSchema, type MapColour, type MapField, type MapMethod, type MapSide, type PairMap } from '@shared/contract/maps'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { fetchNumbers } from '@renderer/api/fetchNumbers'
import { readError } from '@renderer/api/readError'
import { oneOf, useStored } from '@renderer/composables/useStored'
import { useChangesStore } from './changes'
import { useJobsStore } from './jobs'
import { useNoticesStore } from './notices'
import { usePairsStore } from './pairs'

export interface MapPoints {
  /** Ascending. */
  pairIds: Int32Array
  /** [N, 2] */
  places: Float32Array
}

export type MapValues = { kind: 'category'; colour: Extract<MapColour, { kind: 'category' }>; values: Uint8Array } | { kind: 'gradient'; colour: Extract<MapColour, { kind: 'gradient' }>; values: Float32Array }

/** Edits come in bursts; colours of all points are not read after each. */
const burstMs = 250

export const usePairMapStore = defineStore('pairMap', () => {
  const api = useApi()
  const changes = useChangesStore()
  const jobs = useJobsStore()
  const notices = useNoticesStore()
  const pairs = usePairsStore()
  const side = useStored<MapSide>('studio.map.side', 'pair', oneOf(mapSideSchema.options))
  const method = useStored<MapMethod>('studio.map.method', 'umap', oneOf(mapMethodSchema.options))
  const field = useStored<MapField>('studio.map.field', 'status', oneOf(mapFieldSchema.options))
  /** Undefined until the first answer; null where the map was not made yet. */
  const map = shallowRef<PairMap | null | undefined>(undefined)
  const points = shallowRef<MapPoints | null>(null)
  const values = shallowRef<MapValues | null>(null)
  /** One byte per point; null without a filter. */
  const matches = shallowRef<Uint8Array | null>(null)
  const matchCount = ref<number | null>(null)
  const error = shallowRef<AppError | null>(null)
  const job = computed(() => jobs.activeOf('map'))
  const isStale = computed(() => Boolean(map.value && map.value.newCount + map.value.changedCount > 0))
  const isOpen = ref(false)
  let generation = 0
  let shownPointsId = ''
  let timer: ReturnType<typeof setTimeout> | undefined

  const name = () => ({ modelId: null, side: side.value, method: method.value })

  async function load(): Promise<void> {
    const asked = ++generation
    try {
      const found = await api.maps.get(name())
      if (asked !== generation) return
      if (found && found.pointsId !== shownPointsId) {
        const bytes = await fetchNumbers(found.pointsId)
        if (asked !== generation) return
        values.value = null
        matches.value = null
        points.value = { pairIds: new Int32Array(bytes, 0, found.pairCount), places: new Float32Array(bytes, found.pairCount * 4) }
        shownPointsId = found.pointsId
      }
      map.value = found
      error.value = null
      if (found) await Promise.all([loadValues(asked), loadMatches(asked)])
    } catch (thrown) {
      if (asked === generation) error.value = readError(thrown)
    }
  }

  async function loadValues(asked: number): Promise<void> {
    const colour = await api.maps.colour({ ...name(), field: field.value })
    const bytes = await fetchNumbers(colour.valuesId)
    if (asked !== generation) return
    values.value = colour.kind === 'category' ? { kind: 'category', colour, values: new Uint8Array(bytes) } : { kind: 'gradient', colour, values: new Float32Array(bytes) }
  }

  async function loadMatches(asked: number): Promise<void> {
    if (!pairs.isFiltered) {
      matches.value = null
      matchCount.value = null
      return
    }
    const answer = await api.maps.match({ ...name(), filter: { ...pairs.filter } })
    const bytes = await fetchNumbers(answer.valuesId)
    if (asked !== generation) return
    matches.value = new Uint8Array(bytes)
    matchCount.value = answer.matchCount
  }

  async function make(): Promise<void> {
    await notices.attempt(async () => {
      const { jobId } = await api.maps.make(name())
      await jobs.follow(jobId)
    })
  }

  /** The number of a pair's point; null where the map does not have the pair. */
  function pointOf(pairId: number): number | null {
    const ids = points.value?.pairIds
    if (!ids) return null
    let low = 0
    let high = ids.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      if (ids[middle] === pairId) return middle
      if (ids[middle]! < pairId) low = middle + 1
      else high = middle - 1
    }
    return null
  }

  function loadSoon(): void {
    clearTimeout(timer)
    if (isOpen.value) timer = setTimeout(() => void load(), burstMs)
  }

  /** Reads the map, and keeps it up to date until `close`. */
  function open(): void {
    isOpen.value = true
    void load()
  }
  function close(): void {
    isOpen.value = false
    clearTimeout(timer)
  }

  watch([side, method], () => {
    map.value = undefined
    points.value = null
    values.value = null
    shownPointsId = ''
    if (isOpen.value) void load()
  })
  watch(field, () => { if (isOpen.value) void load() })
  watch(() => ({ ...pairs.filter }), loadSoon)
  watch([() => changes.counters.pairs, () => changes.counters.project, () => changes.counters.models], loadSoon)

  return { side, method, field, map, points, values, matches, matchCount, error, job, isStale, load, make, pointOf, open, close }
})
