// The other windows on this project: which are open, what each looks at, and what they made of the pair that is shown here.
// Told are only decisions on the pair in sight: everything else simply shows as it is now.
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { Pair } from '@shared/contract/entities'
import type { OpenWindow } from '@shared/contract/studio'
import { useApi } from '@renderer/api/api'
import { windowId } from '@renderer/api/windowId'
import { splitLabels, statusLabels } from '@renderer/lib/pairWords'
import { useChangesStore } from './changes'
import { useNoticesStore } from './notices'

export const useOthersStore = defineStore('others', () => {
  const api = useApi()
  const changes = useChangesStore()
  const notices = useNoticesStore()
  const windows = shallowRef<OpenWindow[]>([])
  const others = computed(() => windows.value.filter(({ isOwn }) => !isOwn))
  let shown: Pair | null = null
  let toldId: number | null = null

  async function load(): Promise<void> {
    windows.value = await api.studio.listWindows({})
  }

  /** The pair in sight; null for none. */
  function lookAt(pair: Pair | null): void {
    shown = pair
    const id = pair?.id ?? null
    if (id === toldId) return
    toldId = id
    // Nobody waits for it, and a lost channel tells it again with the next pair.
    void api.studio.lookAt({ pairId: id }).then((list) => { windows.value = list }, () => undefined)
  }

  /** Names of the other windows that look at a pair. */
  const lookingAt = (pairId: number): string[] => others.value.filter((other) => other.pairId === pairId).map(({ name }) => name)

  async function tell(before: Pair): Promise<void> {
    const after = (await api.pairs.getMany({ ids: [before.id] }))[0]
    if (!after) return
    const decided = before.status !== after.status
    if (!decided && before.split === after.split) return
    notices.show({
      title: decided ? `Pair ${before.id} is now ${statusLabels[after.status].toLowerCase()}: decided in another window` : `Pair ${before.id} is now in ${splitLabels[after.split].toLowerCase()}: moved in another window`,
      text: decided ? `It was ${statusLabels[before.status].toLowerCase()} here.` : `It was in ${splitLabels[before.split].toLowerCase()} here.`,
      action: {
        label: 'Put it back',
        run: () => void notices.attempt(() => (decided ? api.pairs.setStatus({ scope: { ids: [before.id] }, status: before.status }) : api.pairs.setSplit({ scope: { ids: [before.id] }, split: before.split }))),
      },
    })
  }

  changes.onPairs((change) => {
    if (shown && change?.pairIds?.includes(shown.id) && change.windowId !== windowId()) void notices.attempt(() => tell(shown!))
  })
  watch(() => changes.counters.windows, () => void notices.attempt(load))

  return { windows, others, load, lookAt, lookingAt }
})
