// The runs of the project: the list, the selected one, and the metrics that charts draw. Everything is read from the
// engine again after a reload; only view settings (smoothing, scale) and which run was looked at are kept in the browser.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { AppError } from '@shared/errors'
import type { Preset, Run, RunPlan } from '@shared/contract/runs'
import type { Recipe } from '@shared/recipe'
import { useApi } from '@renderer/api/api'
import { readError } from '@renderer/api/readError'
import { emptySeries, mergeSeries, nextAfterStep, type RunSeries } from '@renderer/charts/runSeries'
import type { ChartSettings } from '@renderer/charts/metricCharts'
import { useChangesStore } from './changes'

const settingsKey = 'studio.chartSettings'
const selectedKey = 'studio.selectedRun'
const defaultSettings: ChartSettings = { isSmooth: true, smoothing: 0.7, isLogScale: false }

export const useRunsStore = defineStore('runs', () => {
  const api = useApi()
  const changes = useChangesStore()
  const runs = shallowRef<readonly Run[]>([])
  const presets = shallowRef<readonly Preset[]>([])
  const loadState = ref<'loading' | 'ready' | 'failed'>('loading')
  const loadError = shallowRef<AppError | null>(null)
  /** The last thing that was asked for and refused; null when it went well. */
  const actionError = shallowRef<AppError | null>(null)
  const pendingAction = ref<string | null>(null)
  const selectedRunId = ref<number | null>(readNumber(selectedKey))
  const overlayRunId = ref<number | null>(null)
  const seriesByRun = shallowRef<ReadonlyMap<number, RunSeries>>(new Map())
  const settings = ref<ChartSettings>(readSettings())

  const selectedRun = computed(() => runs.value.find((run) => run.id === selectedRunId.value) ?? null)
  const overlayRun = computed(() => runs.value.find((run) => run.id === overlayRunId.value && run.id !== selectedRunId.value) ?? null)
  const selectedSeries = computed(() => seriesOf(selectedRunId.value))
  const overlaySeries = computed(() => (overlayRun.value ? seriesOf(overlayRun.value.id) : null))
  const activeRun = computed(() => runs.value.find((run) => run.state === 'running' || run.state === 'queued') ?? null)

  const seriesOf = (runId: number | null): RunSeries => (runId === null ? emptySeries : (seriesByRun.value.get(runId) ?? emptySeries))
  const setSeries = (runId: number, series: RunSeries): void => {
    seriesByRun.value = new Map(seriesByRun.value).set(runId, series)
  }
  const putRun = (run: Run): void => {
    const isKnown = runs.value.some((known) => known.id === run.id)
    runs.value = isKnown ? runs.value.map((known) => (known.id === run.id ? run : known)) : [run, ...runs.value]
  }

  async function load(): Promise<void> {
    try {
      const [list, presetList] = await Promise.all([api.runs.list({}), api.runs.listPresets({})])
      runs.value = list
      presets.value = presetList
      if (!list.some((run) => run.id === selectedRunId.value)) selectedRunId.value = list[0]?.id ?? null
      loadState.value = 'ready'
      loadError.value = null
      await Promise.all([readSeries(selectedRunId.value), readSeries(overlayRun.value?.id ?? null)])
    } catch (thrown) {
      loadError.value = readError(thrown)
      loadState.value = 'failed'
    }
  }

  /** Reads what is new of a run; everything, when the run is behind what was read (it went back to a checkpoint). */
  async function readSeries(runId: number | null, afresh = false): Promise<void> {
    if (runId === null) return
    const known = afresh ? emptySeries : seriesOf(runId)
    const answer = await api.runs.listMetrics({ runId, afterStep: nextAfterStep(known) })
    setSeries(runId, mergeSeries(known, answer))
  }

  const reading = new Set<number>()
  const readAgain = new Set<number>()
  /** A running run changes often: while one reading is under way, further changes ask for just one more. */
  async function refreshRun(runId: number): Promise<void> {
    if (reading.has(runId)) {
      readAgain.add(runId)
      return
    }
    reading.add(runId)
    try {
      do {
        readAgain.delete(runId)
        const before = runs.value.find((run) => run.id === runId)
        const run = await api.runs.get({ runId })
        putRun(run)
        if (runId !== selectedRunId.value && runId !== overlayRunId.value) continue
        const wentBack = run.step < (seriesOf(runId).metrics.at(-1)?.step ?? 0)
        await readSeries(runId, wentBack || (before !== undefined && before.state !== run.state))
      } while (readAgain.has(runId))
    } catch (thrown) {
      if (readError(thrown).code === 'not-found') await load()
    } finally {
      reading.delete(runId)
    }
  }

  /** With `measure` one micro-batch is computed, for memory and time. */
  const plan = (recipe: Recipe, baseModelId: string | null, measure = false): Promise<RunPlan> => api.runs.plan({ recipe, baseModelId, measure })

  /** Runs one request, keeps its refusal for the view, and tells whether it went well. */
  async function act(name: string, request: () => Promise<unknown>): Promise<boolean> {
    pendingAction.value = name
    actionError.value = null
    try {
      await request()
      return true
    } catch (thrown) {
      actionError.value = readError(thrown)
      return false
    } finally {
      pendingAction.value = null
    }
  }

  const start = (name: string, baseModelId: string | null, recipe: Recipe, snapshotId: number | null = null): Promise<boolean> => act('start', async () => {
    const { runId } = await api.runs.start({ name, baseModelId, recipe, snapshotId })
    putRun(await api.runs.get({ runId }))
    selectedRunId.value = runId
  })
  const pause = (runId: number): Promise<boolean> => act('pause', async () => putRun(await api.runs.pause({ runId })))
  const stop = (runId: number): Promise<boolean> => act('stop', async () => putRun(await api.runs.stop({ runId })))
  /** @param deviceId null leaves it to the settings */
  const resume = (runId: number, deviceId: string | null = null): Promise<boolean> => act('resume', async () => {
    await api.runs.resume({ runId, deviceId })
    await refreshRun(runId)
  })
  const rename = (runId: number, name: string): Promise<boolean> => act('rename', async () => putRun(await api.runs.rename({ runId, name })))
  const remove = (runId: number): Promise<boolean> => act('remove', async () => {
    await api.runs.remove({ runId })
    runs.value = runs.value.filter((run) => run.id !== runId)
    if (selectedRunId.value === runId) selectedRunId.value = runs.value[0]?.id ?? null
    if (overlayRunId.value === runId) overlayRunId.value = null
  })

  // Synchronous, so that changes of two runs in one tick are not taken for one.
  watch(() => changes.counters.run, () => {
    if (changes.lastRunId !== null) void refreshRun(changes.lastRunId)
  }, { flush: 'sync' })
  watch(() => changes.counters.project, () => void load())
  watch([selectedRunId, overlayRunId], () => {
    if (selectedRunId.value !== null) localStorage.setItem(selectedKey, String(selectedRunId.value))
    for (const runId of [selectedRunId.value, overlayRun.value?.id ?? null]) {
      readSeries(runId).catch((thrown: unknown) => {
        actionError.value = readError(thrown)
      })
    }
  })
  watch(settings, (value) => localStorage.setItem(settingsKey, JSON.stringify(value)), { deep: true })

  return {
    runs, presets, loadState, loadError, actionError, pendingAction, selectedRunId, overlayRunId, settings,
    selectedRun, overlayRun, selectedSeries, overlaySeries, activeRun,
    load, refreshRun, plan, start, pause, stop, resume, rename, remove,
  }
})

function readNumber(key: string): number | null {
  const value = Number(localStorage.getItem(key))
  return Number.isInteger(value) && value > 0 ? value : null
}

function readSettings(): ChartSettings {
  try {
    return { ...defaultSettings, ...(JSON.parse(localStorage.getItem(settingsKey) ?? '{}') as Partial<ChartSettings>) }
  } catch {
    return defaultSettings
  }
}
