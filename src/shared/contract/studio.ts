import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { procedure, streamProcedure } from './procedure'
import { id, jobSchema } from './entities'

export const deviceSchema = z.object({
  id: z.string(), name: z.string(), kind: z.enum(['cpu', 'webgpu', 'cuda']), isUsable: z.boolean(),
  /** Why it cannot be used; null when it can. */
  reason: z.string().nullable(),
})
export type Device = z.infer<typeof deviceSchema>

export const listedDeviceSchema = deviceSchema.extend({
  /** Of the whole device; null where it does not tell. */
  memoryBytes: z.number().nullable(),
  /** Training speed with the project's current model, in pairs; null until it was measured. */
  samplesPerSecond: z.number().nullable(),
  /** Whether work goes here while the settings leave it open. */
  isFastest: z.boolean(),
})
export type ListedDevice = z.infer<typeof listedDeviceSchema>

const settingsFields = {
  theme: z.enum(['system', 'dark', 'light']),
  /** Null picks the fastest. */
  deviceId: z.string().nullable(),
  /** Null uses every core. */
  threadCount: z.number().int().min(1).max(256).nullable(),
  gridSizePx: z.number().int().min(80).max(400),
  /** One pair at a time, or a page of them. */
  reviewLayout: z.enum(['single', 'sheet']),
  /** Whether a decision goes on to the next pair. */
  reviewAdvances: z.boolean(),
  /** Tags of the keys 1 to 9; the empty string where none is assigned. */
  quickTags: z.array(z.string().trim().max(60)).max(9),
  /** Action name → key, where a person changed the default. */
  keys: z.record(z.string(), z.string().max(40)),
}

export const settingsSchema = z.strictObject({
  theme: settingsFields.theme.default('system'),
  deviceId: settingsFields.deviceId.default(null),
  threadCount: settingsFields.threadCount.default(null),
  gridSizePx: settingsFields.gridSizePx.default(160),
  reviewLayout: settingsFields.reviewLayout.default('single'),
  reviewAdvances: settingsFields.reviewAdvances.default(true),
  quickTags: settingsFields.quickTags.default([]),
  keys: settingsFields.keys.default({}),
})

/** Without defaults: a default would reset every setting that a change does not name. */
export const settingsChangeSchema = z.strictObject(settingsFields).partial()
export type Settings = z.infer<typeof settingsSchema>

export const studioStatusSchema = z.object({
  version: z.string(), host: z.enum(['electron', 'browser', 'cli']), projectName: z.string(),
  device: deviceSchema, memoryBytes: z.number(), startedAtMs: z.number(),
})
export type StudioStatus = z.infer<typeof studioStatusSchema>

/** What changed; whoever shows it reads it again. */
export const changeSchema = z.discriminatedUnion('topic', [
  z.object({ topic: z.literal('job'), job: jobSchema }),
  z.object({ topic: z.literal('run'), runId: id }),
  z.object({
    topic: z.literal('pairs'),
    /** The window that made the change, so that nobody is told of their own; null or left out for jobs and the command line. */
    windowId: z.string().nullable().optional(),
    /** Pairs whose content changed while the list of all pairs stayed as it is; null or left out when more may have changed. */
    pairIds: z.array(id).nullable().optional(),
  }),
  z.object({ topic: z.literal('filters') }),
  z.object({ topic: z.literal('negatives') }),
  z.object({ topic: z.literal('attention') }),
  z.object({ topic: z.literal('quality') }),
  z.object({ topic: z.literal('project') }),
  z.object({ topic: z.literal('models') }),
  z.object({ topic: z.literal('settings') }),
  z.object({ topic: z.literal('windows') }),
])
export type Change = z.infer<typeof changeSchema>

export const openWindowSchema = z.object({
  /** Whether it is the one that asks. */
  isOwn: z.boolean(),
  /** “Window 2”, in the order in which they were opened. */
  name: z.string(),
  /** The pair that is looked at there; null for none. */
  pairId: id.nullable(),
})
export type OpenWindow = z.infer<typeof openWindowSchema>

export const folderEntrySchema = z.object({ token: z.string(), name: z.string(), kind: z.enum(['folder', 'table', 'project', 'image', 'weights']) })
export type FolderEntry = z.infer<typeof folderEntrySchema>

export const studioContract = {
  getStatus: procedure('Tells version, host, device and memory.', z.object({}), studioStatusSchema),
  listWindows: procedure('Lists the windows and browser tabs that are open on this studio, and the pair that each looks at.', z.object({}), z.array(openWindowSchema)),
  lookAt: procedure('Tells which pair this window looks at, for the others to see.', z.strictObject({ pairId: id.nullable() }), z.array(openWindowSchema)),
  watch: streamProcedure('Streams what changes, for as long as the client listens.').input(z.object({})).output(eventIterator(changeSchema)),
}

export const settingsContract = {
  get: procedure('Gets the settings.', z.object({}), settingsSchema),
  set: procedure('Changes the settings that are given and keeps the others.', settingsChangeSchema, settingsSchema),
}

export const jobsContract = {
  list: procedure('Lists jobs, newest first.', z.strictObject({ limit: z.number().int().min(1).max(200).default(50) }), z.array(jobSchema)),
  get: procedure('Gets one job.', z.object({ jobId: id }), jobSchema),
  listLog: procedure('Lists the log lines of a job.', z.object({ jobId: id }), z.array(z.object({ atMs: z.number(), line: z.string() }))),
  cancel: procedure('Cancels a queued or running job.', z.object({ jobId: id }), jobSchema),
}

export const tokensContract = {
  start: procedure('Starts a job that tokenizes every picture without cached tokens.', z.object({}), z.object({ jobId: id })),
}

export const devicesContract = {
  list: procedure('Lists the devices that could run the model, with the speeds that were measured before.', z.object({}), z.array(listedDeviceSchema)),
  measure: procedure('Starts a job that measures the training speed of every usable device with the current model.', z.object({}), z.object({ jobId: id })),
}

export const pickerContract = {
  listFolder: procedure('Lists a folder for the file picker. Entries are opaque tokens; null starts at the home folder.',
    z.strictObject({ token: z.string().nullable().default(null) }),
    z.object({ token: z.string(), name: z.string(), parentToken: z.string().nullable(), entries: z.array(folderEntrySchema) })),
}
