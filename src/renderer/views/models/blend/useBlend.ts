// What the forgetting slider shows and does: which two models, which probe set, what is measured so far. The engine
// measures; this only asks, tells where the slider stands, and reads again while the job goes on.
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import type { Blend, Probe, ProbeChoice } from '@shared/contract/blend'
import type { Model } from '@shared/contract/entities'
import type { AppError } from '@shared/errors'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { useChangesStore } from '@renderer/stores/changes'
import { isActive, useJobsStore } from '@renderer/stores/jobs'
import { useModelsStore } from '@renderer/stores/models'
import { useNoticesStore } from '@renderer/stores/notices'
import { measuredCount, nearestPoint } from './blendCurve'

/** Two models of these can be blended; the engine looks at every tensor, this only keeps the lists short. */
export const isLike = (one: Model, other: Model): boolean =>
  one.id !== other.id && one.imageTokenizerId === other.imageTokenizerId && one.widthCount === other.widthCount
  && one.layerCount === other.layerCount && one.parameterCount === other.parameterCount

const positionCount = 11

export function useBlend(model: Ref<Model>) {
  const api = useApi()
  const models = useModelsStore()
  const jobs = useJobsStore()
  const changes = useChangesStore()
  const notices = useNoticesStore()
  const likes = computed(() => models.models.filter((other) => isLike(model.value, other)))
  const baseId = ref<string | null>(null)
  const tunedId = ref<string | null>(null)
  const choices = shallowRef<ProbeChoice[]>([])
  const probe = shallowRef<Probe | null>(null)
  const blend = shallowRef<Blend | null>(null)
  const error = shallowRef<AppError | null>(null)
  const isLoading = ref(true)
  /** Share of the tuned model, 0…1. */
  const amount = ref(0.5)

  const line = computed(() => (baseId.value && tunedId.value ? { baseModelId: baseId.value, tunedModelId: tunedId.value, probe: probe.value, positionCount } : null))
  const job = computed(() => jobs.jobs.find(({ id }) => id === blend.value?.jobId) ?? null)
  const isMeasuring = computed(() => job.value !== null && isActive(job.value))
  const doneCount = computed(() => (blend.value ? measuredCount(blend.value, probe.value !== null) : 0))
  const isComplete = computed(() => doneCount.value === positionCount)
  const nearest = computed(() => nearestPoint(blend.value?.points ?? [], amount.value))

  /** The selected model is the tuned one where a run made it, and the base otherwise. */
  async function choosePair(): Promise<void> {
    if (likes.value.length === 0) return
    const runs = await api.runs.list({})
    const baseOf = (other: Model): string | null => runs.find(({ id }) => id === other.runId)?.baseModelId ?? null
    const parent = likes.value.find(({ id }) => id === baseOf(model.value))
    const child = likes.value.find((other) => baseOf(other) === model.value.id) ?? likes.value[0]
    const isChild = parent !== undefined || (model.value.kind !== 'bundled' && likes.value.some(({ kind }) => kind === 'bundled'))
    baseId.value = isChild ? (parent ?? likes.value.find(({ kind }) => kind === 'bundled'))!.id : model.value.id
    tunedId.value = isChild ? model.value.id : (child?.id ?? null)
  }

  async function load(): Promise<void> {
    const asked = line.value
    if (!asked) {
      blend.value = null
      return
    }
    try {
      const found = await api.blend.get(asked)
      if (asked !== line.value) return
      blend.value = found
      error.value = null
    } catch (thrown) {
      if (asked === line.value) error.value = readError(thrown)
    }
  }

  /** A set that is general by itself is taken; anything else is for the person to choose. */
  async function loadChoices(): Promise<void> {
    if (!baseId.value) return
    choices.value = await api.blend.listProbes({ baseModelId: baseId.value })
    if (probe.value === null && choices.value[0]?.probe.kind === 'toybox') probe.value = choices.value[0].probe
  }

  async function start(): Promise<void> {
    isLoading.value = true
    try {
      if (models.models.length === 0) await models.load()
      await choosePair()
      await loadChoices()
      await load()
    } catch (thrown) {
      error.value = readError(thrown)
    } finally {
      isLoading.value = false
    }
  }

  async function measure(): Promise<void> {
    const asked = line.value
    if (!asked) return
    await notices.attempt(async () => {
      const { jobId } = await api.blend.measure({ ...asked, focus: amount.value })
      if (blend.value && asked === line.value) blend.value = { ...blend.value, jobId }
      await jobs.follow(jobId)
    })
  }

  /** The positions near the slider come first. */
  async function moveTo(next: number): Promise<void> {
    amount.value = next
    const jobId = isMeasuring.value ? job.value?.id : null
    if (jobId) await notices.attempt(() => api.blend.focus({ jobId, amount: next }))
  }

  async function save(name: string): Promise<void> {
    if (!line.value) return
    const { baseModelId, tunedModelId } = line.value
    await notices.attempt(async () => {
      const { jobId } = await api.blend.save({ baseModelId, tunedModelId, amount: amount.value, name, probe: probe.value })
      await jobs.follow(jobId)
    })
  }

  /** Another project as the probe set. */
  function addProject(projectToken: string, name: string): void {
    const added: ProbeChoice = { probe: { kind: 'project', projectToken, split: null }, name: `Project “${name}”`, description: 'Pairs of another project. It is as general as what was imported there.', pairCount: null }
    choices.value = [...choices.value.filter((choice) => JSON.stringify(choice.probe) !== JSON.stringify(added.probe)), added]
    probe.value = added.probe
  }

  watch(line, () => { if (!isLoading.value) void load() })
  // The first pair is chosen by `start`, which reads everything in order.
  watch(baseId, () => { if (!isLoading.value) void notices.attempt(loadChoices) })
  watch(() => changes.lastJob, (last) => { if (last && last.id === blend.value?.jobId) void load() })
  watch(() => [changes.counters.pairs, changes.counters.project], () => void load())

  return { likes, baseId, tunedId, choices, probe, blend, error, isLoading, amount, job, isMeasuring, doneCount, isComplete, nearest, start, load, measure, moveTo, save, addProject, positionCount }
}
