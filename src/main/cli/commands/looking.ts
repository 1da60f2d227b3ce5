// Commands that only look: search, devices, jobs.
import { resolve } from 'node:path'
import { AppError } from '@shared/errors'
import { followJob } from '../followJob'
import { formatDuration, formatTable } from '../terminal'
import { type CommandContext, following, report, withEngine } from './context'
import type { Split } from '@shared/contract/entities'

export interface SearchOptions {
  image?: string
  model: string[]
  target: 'images' | 'texts' | 'any'
  split?: Split
  limit: number
}

export const search = (context: CommandContext, text: string, options: SearchOptions): Promise<void> =>
  withEngine(context, async ({ client }) => {
    if (text === '' && !options.image) throw new AppError('bad-input', 'There is nothing to search for.', 'Give a text, --image FILE, or both.')
    if (options.model.length > 2) throw new AppError('bad-input', `At most two models can be compared; ${options.model.length} were given.`)
    const image = options.image ? { kind: 'query' as const, ...(await client.search.useImagePath({ path: resolve(options.image) })) } : null
    const modelIds = options.model.length > 0 ? options.model : [(await client.project.get({})).currentModelId]
    const { columns } = await client.search.query({ text, image, modelIds, target: options.target, split: options.split ?? null, limit: options.limit })
    report(context.terminal, { columns }, () =>
      columns.map((column) => {
        const rows = column.hits.map((hit, index) => [String(index + 1), hit.score.toFixed(4), `${hit.pair.id} ${hit.side}`, hit.pair[hit.side].text ?? hit.pair.right.text ?? hit.pair.left.text ?? ''])
        return `${column.modelId}: ${column.candidateCount} candidates in ${formatDuration(column.elapsedMs)}\n${formatTable(['#', 'Score', 'Pair', 'Text'], rows)}`
      }).join('\n\n'))
  })

export interface DevicesOptions {
  measure: boolean
}

export const listDevices = (context: CommandContext, options: DevicesOptions): Promise<void> =>
  withEngine(context, async (session) => {
    const { client } = session
    if (options.measure) await followJob((await client.devices.measure({})).jobId, following(context, session))
    const devices = await client.devices.list({})
    report(context.terminal, devices, () => formatTable(['Device', 'Name', 'Kind', 'Memory', 'Pairs/s', 'Usable'], devices.map((device) => [
      device.id, device.name, device.kind,
      device.memoryBytes === null ? 'unknown' : `${(device.memoryBytes / 2 ** 30).toFixed(1)} GiB`,
      device.samplesPerSecond === null ? 'not measured' : device.samplesPerSecond.toFixed(1),
      device.isUsable ? (device.isFastest ? 'yes, the default' : 'yes') : `no: ${device.reason ?? 'unknown reason'}`,
    ])))
  })

export const listJobs = (context: CommandContext, options: { limit: number }): Promise<void> =>
  withEngine(context, async ({ client }) => {
    const jobs = await client.jobs.list({ limit: options.limit })
    report(context.terminal, jobs, () =>
      jobs.length === 0 ? 'No jobs yet.' : formatTable(['Job', 'Kind', 'State', 'Result'], jobs.map((job) => [String(job.id), job.kind, job.state, job.error?.message ?? job.summary ?? job.phase])))
  })
