// What the Models view knows beyond the list of models: which one is selected, how each scored, and what can be done.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { AppError } from '@shared/errors'
import type { Model, Split } from '@shared/contract/entities'
import type { Evaluation } from '@shared/contract/search'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from './changes'
import { useJobsStore } from './jobs'
import { useModelsStore } from './models'
import { useNoticesStore } from './notices'
import { useProjectStore } from './project'

const selectedKey = 'studio.selectedModel'

export const useModelRegistryStore = defineStore('modelRegistry', () => {
  const api = useApi()
  const models = useModelsStore()
  const project = useProjectStore()
  const changes = useChangesStore()
  const jobs = useJobsStore()
  const notices = useNoticesStore()
  const loadState = ref<'loading' | 'ready' | 'failed'>('loading')
  const loadError = shallowRef<AppError | null>(null)
  const evaluations = shallowRef<readonly Evaluation[]>([])
  const chosenId = ref<string | null>(localStorage.getItem(selectedKey))
  /** The other model of a comparison; null takes one by itself. */
  const chosenOtherId = ref<string | null>(null)
  /** Models whose measuring was asked for here, by job. */
  const measuredBy = shallowRef<ReadonlyMap<number, string>>(new Map())

  const find = (modelId: string | null): Model | null => models.models.find((model) => model.id === modelId) ?? null
  /** A model that is gone gives way to the current one of the project, then to the first. */
  const selected = computed(() => find(chosenId.value) ?? find(project.currentModelId) ?? models.models[0] ?? null)
  const measuring = computed(() => new Set(jobs.active.flatMap((job) => measuredBy.value.get(job.id) ?? [])))

  /** The newest measurement of a model on a split; null while there is none. */
  const evaluationOf = (modelId: string, split: Split = 'test'): Evaluation | null =>
    evaluations.value.find((entry) => entry.modelId === modelId && entry.split === split) ?? null

  function select(modelId: string): void {
    chosenId.value = modelId
    localStorage.setItem(selectedKey, modelId)
  }

  async function load(): Promise<void> {
    try {
      const [found] = await Promise.all([api.evaluation.list({}), models.load()])
      evaluations.value = found
      loadError.value = null
      loadState.value = 'ready'
    } catch (thrown) {
      loadError.value = readError(thrown)
      loadState.value = 'failed'
    }
  }

  async function use(modelId: string): Promise<void> {
    await notices.attempt(async () => {
      await project.setCurrentModel(modelId)
      notices.show({ tone: 'good', title: `${models.nameOf(modelId)} is the current model`, text: 'Mining, scores and search use it from now on.' })
    })
  }

  async function measure(modelId: string, split: Split = 'test'): Promise<void> {
    await notices.attempt(async () => {
      const { jobId } = await api.evaluation.start({ modelId, split })
      measuredBy.value = new Map(measuredBy.value).set(jobId, modelId)
      await jobs.follow(jobId)
    })
  }

  watch(() => [changes.counters.models, changes.counters.project], () => { if (loadState.value !== 'loading') void load() })

  return { loadState, loadError, evaluations, selected, chosenOtherId, measuring, find, evaluationOf, select, load, use, measure }
})
