// The models that can be used, bundled and tuned, and how they are called in the interface.
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { Model } from '@shared/contract/entities'
import { useApi } from '@renderer/api/api'
import { useChangesStore } from './changes'
import { useNoticesStore } from './notices'

export const useModelsStore = defineStore('models', () => {
  const api = useApi()
  const changes = useChangesStore()
  const notices = useNoticesStore()
  const models = shallowRef<Model[]>([])
  const options = computed(() => models.value.map((model) => ({ value: model.id, label: model.name })))

  async function load(): Promise<void> {
    models.value = await api.models.list({})
  }

  /** A model that is gone is named by its id, so that old results stay readable. */
  const nameOf = (modelId: string | null): string => models.value.find((model) => model.id === modelId)?.name ?? modelId ?? 'no model'

  watch(() => changes.counters.models, () => void notices.attempt(load))

  return { models, options, load, nameOf }
})
