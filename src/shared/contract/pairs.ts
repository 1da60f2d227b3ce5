import { z } from 'zod'
import { procedure } from './procedure'
import { id, pairSchema, splitSchema, statusSchema, taskSchema } from './entities'

export const pairFilterSchema = z.strictObject({
  status: statusSchema.nullable().default(null),
  split: splitSchema.nullable().default(null),
  task: taskSchema.nullable().default(null),
  tag: z.string().nullable().default(null),
  /** Full-text search over both texts; words are joined by AND, the last one may be a prefix. Empty matches all. */
  text: z.string().max(500).default(''),
})
export type PairFilter = z.infer<typeof pairFilterSchema>

export const pairSortSchema = z.enum(['newest', 'oldest', 'lowest-score', 'highest-score'])
export type PairSort = z.infer<typeof pairSortSchema>

export const facetsSchema = z.object({
  total: z.number(),
  status: z.record(statusSchema, z.number()),
  split: z.record(splitSchema, z.number()),
  task: z.record(taskSchema, z.number()),
  tags: z.array(z.object({ tag: z.string(), count: z.number() })),
})
export type Facets = z.infer<typeof facetsSchema>

export const historySchema = z.object({
  /** What the next undo would take back, for example “accept 1 pair”; null when there is nothing. */
  undoLabel: z.string().nullable(),
  redoLabel: z.string().nullable(),
})
export type History = z.infer<typeof historySchema>

const ids = z.array(id).min(1).max(100_000)
const changed = z.object({ pairs: z.array(pairSchema), history: historySchema })

export const pairsContract = {
  list: procedure('Lists one window of the pairs that match a filter.',
    z.strictObject({
      filter: pairFilterSchema.prefault({}), sort: pairSortSchema.default('oldest'),
      offset: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(500).default(100),
    }),
    z.object({ pairs: z.array(pairSchema), total: z.number() })),
  get: procedure('Gets one pair.', z.object({ id }), pairSchema),
  countFacets: procedure('Counts the pairs of a filter by status, split, task and tag.', z.strictObject({ filter: pairFilterSchema.prefault({}) }), facetsSchema),
  setStatus: procedure('Accepts, rejects or resets pairs.', z.strictObject({ ids, status: statusSchema }), changed),
  setSplit: procedure('Moves pairs to a split.', z.strictObject({ ids, split: splitSchema }), changed),
  addTag: procedure('Adds a tag to pairs.', z.strictObject({ ids, tag: z.string().trim().min(1).max(60) }), changed),
  removeTag: procedure('Removes a tag from pairs.', z.strictObject({ ids, tag: z.string().trim().min(1).max(60) }), changed),
  editText: procedure('Changes the text of one side. `revision` must be the one that was shown, so that no later edit is overwritten.',
    z.strictObject({ id, side: z.enum(['left', 'right']), text: z.string().max(10_000), revision: z.number().int() }), changed),
}

export const historyContract = {
  get: procedure('Tells what can be undone and redone.', z.object({}), historySchema),
  undo: procedure('Takes back the last edit of the project.', z.object({}), changed),
  redo: procedure('Repeats the edit that was taken back last.', z.object({}), changed),
}
