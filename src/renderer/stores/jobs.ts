// Jobs of the engine, kept up to date by its change stream. The interface only re-reads them; it never owns one.
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { Job, JobKind } from '@shared/contract/entities'
import { useApi } from '@renderer/api/api'
import { useChangesStore } from './changes'
import { useNoticesStore } from './notices'
import { useShellStore } from './shell'

export const isActive = (job: Job): boolean => job.state === 'queued' || job.state === 'running'

export const useJobsStore = defineStore('jobs', () => {
  const api = useApi()
  const changes = useChangesStore()
  const notices = useNoticesStore()
  const shell = useShellStore()
  /** Newest first. */
  const jobs = shallowRef<Job[]>([])
  const active = computed(() => jobs.value.filter(isActive))
  /** The job the status bar speaks of; null when none is at work. */
  const current = computed(() => active.value.find((job) => job.state === 'running') ?? active.value[0] ?? null)

  async function load(): Promise<void> {
    jobs.value = await api.jobs.list({ limit: 50 })
  }

  function put(job: Job): void {
    const before = jobs.value.find((other) => other.id === job.id)
    jobs.value = [job, ...jobs.value.filter((other) => other.id !== job.id)].sort((a, b) => b.id - a.id)
    const hasEnded = before !== undefined && isActive(before) && !isActive(job)
    // The open tray already shows how the job ended.
    if (!hasEnded || shell.isJobTrayOpen) return
    if (job.state === 'done') notices.show({ tone: 'good', title: `${job.title}: done`, text: job.summary })
    if (job.state === 'failed') notices.show({ tone: 'bad', title: `${job.title} failed`, text: describeFailure(job) })
  }

  async function cancel(jobId: number): Promise<void> {
    await notices.attempt(async () => put(await api.jobs.cancel({ jobId })))
  }

  /** Puts a job that a call has just started in the list, before the change stream tells of it. */
  async function follow(jobId: number): Promise<void> {
    if (!jobs.value.some((job) => job.id === jobId)) put(await api.jobs.get({ jobId }))
  }

  const activeOf = (kind: JobKind): Job | null => active.value.find((job) => job.kind === kind) ?? null

  watch(() => changes.lastJob, (job) => { if (job) put(job) })
  watch(() => changes.counters.job, () => { if (!changes.lastJob) void notices.attempt(load) })

  return { jobs, active, current, load, put, cancel, follow, activeOf }
})

const describeFailure = (job: Job): string | null =>
  job.error ? [job.error.message, job.error.advice].filter(Boolean).join(' ') : null
