// What is being made: the part of the view, and the picture that regions, questions and edits are about. It goes through the
// pictures of the Library's list.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Pair } from '@shared/contract/entities'
import type { PictureToMark } from '@shared/contract/make'
import type { History } from '@shared/contract/pairs'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useHistoryStore } from './history'
import { useNoticesStore } from './notices'
import { usePairsStore } from './pairs'
import { useSelectionStore } from './selection'

export const makeTabs = ['regions', 'questions', 'edit', 'new', 'transforms', 'template', 'splits'] as const
export type MakeTab = (typeof makeTabs)[number]

export const useMakeStore = defineStore('make', () => {
  const api = useApi()
  const history = useHistoryStore()
  const notices = useNoticesStore()
  const pairs = usePairsStore()
  const selection = useSelectionStore()
  const tab = ref<MakeTab>('regions')
  const picture = shallowRef<PictureToMark | null>(null)
  const error = shallowRef<AppError | null>(null)
  /** Looked for pictures, and found none. */
  const isEmpty = ref(false)
  /** The place in the Library's list; null before the first picture. */
  const index = ref<number | null>(null)
  const pictureId = computed(() => picture.value?.imageId ?? null)

  async function show(imageId: number): Promise<void> {
    try {
      picture.value = await api.make.getPicture({ imageId })
      error.value = null
      isEmpty.value = false
    } catch (thrown) {
      error.value = readError(thrown)
    }
  }

  async function pairAt(place: number): Promise<Pair | null> {
    if (pairs.at(place) === null) await pairs.show(place, place)
    return pairs.at(place)
  }

  /** Goes on to the next pair with another picture; at an end it stays. False where there is none. */
  async function step(direction: 1 | -1, start: number): Promise<boolean> {
    for (let place = start; place >= 0 && place < (pairs.total ?? 0); place += direction) {
      const pair = await pairAt(place)
      const imageId = pair?.left.imageId ?? pair?.right.imageId ?? null
      if (imageId === null) continue
      const before = pictureId.value
      index.value = place
      await show(imageId)
      if (pictureId.value !== before || error.value !== null) return true
    }
    return false
  }

  /** The picture in focus in the Library, else the first one. */
  async function load(): Promise<void> {
    if (pairs.total === null) await pairs.refresh()
    error.value = pairs.error
    if (error.value !== null) return
    const place = selection.focusIndex ?? index.value ?? 0
    picture.value = null
    const found = (await step(1, place)) || (await step(1, 0))
    isEmpty.value = !found
  }

  async function reload(): Promise<void> {
    if (pictureId.value !== null) await show(pictureId.value)
  }

  /** Makes something, shows what went wrong, and reads the picture again. Gives null where it failed. */
  async function make<T extends { history: History }>(work: () => Promise<T>): Promise<T | null> {
    const made = await notices.attempt(() => history.inOrder(work))
    if (made === null) return null
    history.set(made.history)
    await reload()
    return made
  }

  return {
    tab, picture, error, isEmpty, pictureId, load, reload, show, make,
    next: () => step(1, (index.value ?? -1) + 1), previous: () => step(-1, (index.value ?? 0) - 1),
  }
})
