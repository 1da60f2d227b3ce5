// The open project: its name and its counts, read again whenever pairs or the project change.
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { Project } from '@shared/contract/project'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from './changes'

export const useProjectStore = defineStore('project', () => {
  const api = useApi()
  const changes = useChangesStore()
  const project = shallowRef<Project | null>(null)
  const error = shallowRef<AppError | null>(null)
  const currentModelId = computed(() => project.value?.currentModelId ?? null)

  async function load(): Promise<void> {
    try {
      project.value = await api.project.get({})
      error.value = null
    } catch (thrown) {
      error.value = readError(thrown)
    }
  }

  async function setCurrentModel(modelId: string): Promise<void> {
    project.value = await api.project.setCurrentModel({ modelId })
  }

  async function rename(name: string): Promise<void> {
    project.value = await api.project.rename({ name })
  }

  watch(() => [changes.counters.project, changes.counters.pairs], () => void load())

  return { project, error, currentModelId, load, setCurrentModel, rename }
})
