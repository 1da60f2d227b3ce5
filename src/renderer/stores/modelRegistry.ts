// What the Models view knows beyond the list of models: which one is selected, how each scored, what it came from, and
// what can be done with it.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { AppError } from '@shared/errors'
import type { Model, Split } from '@shared/contract/entities'
import type { Lineage, LineageRun, ModelDetails } from '@shared/contract/models'
import type { Evaluation } from '@shared/contract/search'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from './changes'
import { useJobsStore } from './jobs'
import { useModelsStore } from './models'
import { useNoticesStore } from './notices'
import { useProjectStore } from './project'

export type RegistryDialog = 'pull' | 'import' | 'create' | 'export' | 'remove'

const selectedKey = 'studio.selectedModel'
const noLineage: Lineage = { runs: [], blends: [] }

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
  const lineage = shallowRef<Lineage>(noLineage)
  const details = shallowRef<ModelDetails | null>(null)
  const detailsError = shallowRef<AppError | null>(null)
  const dialog = ref<RegistryDialog | null>(null)
  const chosenId = ref<string | null>(localStorage.getItem(selectedKey))
  /** The other model of a comparison; null takes one by itself. */
  const chosenOtherId = ref<string | null>(null)
  /** Models whose measuring was asked for here, by job. */
  const measuredBy = shallowRef<ReadonlyMap<number, string>>(new Map())

  const find = (modelId: string | null): Model | null => models.models.find((model) => model.id === modelId) ?? null
  const runOf = (runId: number | null): LineageRun | null => lineage.value.runs.find((run) => run.runId === runId) ?? null
  /** A model that is gone gives way to the current one of the project, then to the first. */
  const selected = computed(() => find(chosenId.value) ?? find(project.currentModelId) ?? models.models[0] ?? null)
  const selectedId = computed(() => selected.value?.id ?? null)
  const measuring = computed(() => new Set(jobs.active.flatMap((job) => measuredBy.value.get(job.id) ?? [])))

  /** The model that another one was tuned from; a name for one that is gone. */
  const baseOf = (model: Model): { id: string; name: string } | null => {
    const run = runOf(model.runId)
    return run && { id: run.baseModelId, name: models.nameOf(run.baseModelId) }
  }
  /** Comparing is most often asked against what a model came from, else against the current one. */
  const other = computed(() => {
    if (!selected.value) return null
    const candidates = [chosenOtherId.value, baseOf(selected.value)?.id ?? null, project.currentModelId, ...models.models.map(({ id }) => id)]
    return find(candidates.find((id) => id !== null && id !== selectedId.value && find(id) !== null) ?? null)
  })
  /** A tuned model has the licence of the model it came from. */
  function licenceOf(model: Model): string | null {
    let at: Model | null = model
    for (let depth = 0; at !== null && depth < 20; depth++) {
      if (at.licence) return at.licence
      at = find(runOf(at.runId)?.baseModelId ?? null)
    }
    return null
  }
  /** The newest measurement of a model on a split; null while there is none. */
  const evaluationOf = (modelId: string, split: Split = 'test'): Evaluation | null =>
    evaluations.value.find((entry) => entry.modelId === modelId && entry.split === split) ?? null

  function select(modelId: string): void {
    chosenId.value = modelId
    localStorage.setItem(selectedKey, modelId)
  }

  async function load(): Promise<void> {
    try {
      const [found, known] = await Promise.all([api.evaluation.list({}), api.models.getLineage({}), models.load()])
      evaluations.value = found
      lineage.value = known
      loadError.value = null
      loadState.value = 'ready'
    } catch (thrown) {
      loadError.value = readError(thrown)
      loadState.value = 'failed'
    }
  }

  async function loadDetails(): Promise<void> {
    const modelId = selectedId.value
    if (details.value?.modelId !== modelId) details.value = null
    if (modelId === null) return
    try {
      const found = await api.models.getDetails({ modelId })
      if (modelId !== selectedId.value) return
      details.value = found
      detailsError.value = null
    } catch (thrown) {
      if (modelId === selectedId.value) detailsError.value = readError(thrown)
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

  const rename = (modelId: string, name: string): Promise<unknown> => notices.attempt(async () => {
    await api.models.rename({ modelId, name })
    await load()
  })

  /** What a person typed is not given up with the call that carried it: the notice holds it and tries again. */
  async function setNotes(modelId: string, notes: string): Promise<void> {
    try {
      await api.models.setNotes({ modelId, notes })
      await loadDetails()
    } catch (thrown) {
      const error = readError(thrown)
      notices.show({
        tone: 'bad', title: error.message, text: [error.advice, `Not saved: “${notes}”`].filter(Boolean).join(' '),
        action: { label: 'Save again', run: () => void setNotes(modelId, notes) },
      })
    }
  }

  /** Deletes an imported model, or the run of a tuned one. @throws what the engine refuses with */
  async function remove(model: Model): Promise<void> {
    if (model.runId === null) await api.models.remove({ modelId: model.id })
    else await api.runs.remove({ runId: model.runId })
    notices.show({ title: model.runId === null ? `${model.name} is deleted` : 'The run and its models are deleted' })
    await load()
  }

  watch(() => [changes.counters.models, changes.counters.project], () => {
    if (loadState.value === 'loading') return
    void load()
    void loadDetails()
  })
  watch([selectedId, loadState], () => { if (loadState.value === 'ready') void loadDetails() })

  return {
    loadState, loadError, evaluations, lineage, details, detailsError, dialog, selected, chosenOtherId, other, measuring,
    find, runOf, baseOf, licenceOf, evaluationOf, select, load, use, measure, rename, setNotes, remove,
  }
})
