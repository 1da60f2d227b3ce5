// The semantic filter of the Library: neighbourhoods that the present filter names, and asking for another one. A new one takes
// the place of the one before, and the list then goes from the nearest pair on.
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { Near } from '@shared/contract/near'
import type { QueryImage } from '@shared/contract/search'
import { numbersOfTerm, withFilter, withoutTerm } from '@shared/filter/rewriteFilter'
import { parseFilter } from '@shared/filter/parseFilter'
import { useApi } from '@renderer/api/api'
import { useNoticesStore } from './notices'
import { usePairsStore } from './pairs'

export interface NearQuestion {
  text: string
  image: QueryImage | null
  side: Near['side']
  most: number
  minimum: number | null
}

export const useNearStore = defineStore('near', () => {
  const api = useApi()
  const notices = useNoticesStore()
  const pairs = usePairsStore()
  const known = shallowRef<ReadonlyMap<number, Near>>(new Map())
  const isAsking = shallowRef(false)
  const nearIds = computed(() => {
    const tree = parseFilter(pairs.filter.query).value
    return tree ? [...new Set(numbersOfTerm(tree, 'near'))] : []
  })
  /** What the filter names, in its order; those that are gone are left out. */
  const named = computed(() => nearIds.value.flatMap((id) => known.value.get(id) ?? []))

  async function ask(question: NearQuestion): Promise<boolean> {
    isAsking.value = true
    const found = await notices.attempt(() => api.near.find(question))
    isAsking.value = false
    if (!found) return false
    known.value = new Map(known.value).set(found.near.id, found.near)
    pairs.filter.query = withFilter(pairs.filter.query, `near:${found.near.id}`)
    pairs.sort = 'nearest'
    if (found.leftOutCount) notices.show({ tone: 'plain', title: 'Some pairs were left out', text: `${found.leftOutCount.toLocaleString('en')} pairs have no embedding under the current model.` })
    return true
  }

  function remove(): void {
    pairs.filter.query = withoutTerm(pairs.filter.query, 'near')
    if (pairs.sort === 'nearest') pairs.sort = 'oldest'
  }

  watch(nearIds, async (ids) => {
    const missing = ids.filter((id) => !known.value.has(id))
    if (!missing.length) return
    // Without it the filter still works; only its chip has no picture.
    const found = await api.near.list({ nearIds: missing }).catch(() => [])
    known.value = new Map([...known.value, ...found.map((near): [number, Near] => [near.id, near])])
  }, { immediate: true })

  return { named, isAsking, ask, remove }
})
