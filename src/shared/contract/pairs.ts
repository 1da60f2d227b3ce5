import { z } from 'zod'
import { procedure } from './procedure'
import { id, pairSchema, splitSchema, statusSchema, taskSchema } from './entities'

export const pairFilterSchema = z.strictObject({
  /** In the filter language (see ../filter): terms, words and quoted phrases, NOT, OR and parentheses. Empty matches all. */
  query: z.string().max(4000).default(''),
})
export type PairFilter = z.infer<typeof pairFilterSchema>

/** `nearest` follows the first `near` term of the filter; without one it is the same as oldest. */
export const pairSortSchema = z.enum(['newest', 'oldest', 'lowest-score', 'highest-score', 'disagreement', 'edge', 'rarity', 'nearest'])
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

/** More pairs than this are meant by a filter, not by their ids. */
export const mostNamedPairs = 100_000
/** Pairs that an act is about: these, or all that match a filter but for some. A filter sends no ids, however many match. */
export const pairScopeSchema = z.union([
  z.strictObject({ ids: z.array(id).min(1).max(mostNamedPairs) }),
  z.strictObject({ filter: pairFilterSchema, except: z.array(id).max(mostNamedPairs).default([]) }),
])
export type PairScope = z.infer<typeof pairScopeSchema>

const tag = z.string().trim().min(1).max(60)
export const pairChangeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('status'), status: statusSchema }),
  z.strictObject({ kind: z.literal('split'), split: splitSchema }),
  z.strictObject({ kind: z.literal('flag'), isFlagged: z.boolean() }),
  z.strictObject({ kind: z.literal('addTag'), tag }),
  z.strictObject({ kind: z.literal('removeTag'), tag }),
])
export type PairChange = z.infer<typeof pairChangeSchema>

/** Find and replace. Texts by templates are made in `make`. */
export const textChangeSchema = z.strictObject({
  kind: z.literal('replaceText'), side: z.enum(['left', 'right', 'both']), find: z.string().min(1).max(500),
  /** Else the characters themselves are looked for. */
  isRegex: z.boolean().default(false), matchesCase: z.boolean().default(false),
  /** With `isRegex`, `$1` or `$<name>` stand for what a group found. */
  replacement: z.string().max(2000),
})
export type TextChange = z.infer<typeof textChangeSchema>

export const bulkChangeSchema = z.union([pairChangeSchema, textChangeSchema])
export type BulkChange = z.infer<typeof bulkChangeSchema>

export const bulkPreviewSchema = z.object({
  /** Pairs of the scope; those of them that would change; those that are left alone because a side would lose its only content. */
  count: z.number(),
  changeCount: z.number(),
  refusedCount: z.number(),
  examples: z.array(z.object({ pairId: id, before: z.string(), after: z.string() })),
})
export type BulkPreview = z.infer<typeof bulkPreviewSchema>

/** More changed pairs than this are not sent back; whoever shows some reads them again. */
export const mostChangedPairs = 500
const changed = z.object({
  /** The changed pairs as they are now; empty when there are more than `mostChangedPairs`. */
  pairs: z.array(pairSchema),
  changedCount: z.number(),
  history: historySchema,
})
export type ChangedPairs = z.infer<typeof changed>

export const savedFilterSchema = z.object({ id, name: z.string(), filter: pairFilterSchema, sort: pairSortSchema, savedAtMs: z.number() })
export type SavedFilter = z.infer<typeof savedFilterSchema>
const filterName = z.string().trim().min(1).max(80)

export const pairsContract = {
  list: procedure('Lists one window of the pairs that match a filter.',
    z.strictObject({
      filter: pairFilterSchema.prefault({}), sort: pairSortSchema.default('oldest'),
      offset: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(500).default(100),
    }),
    z.object({ pairs: z.array(pairSchema), total: z.number() })),
  get: procedure('Gets one pair.', z.object({ id }), pairSchema),
  getMany: procedure('Gets pairs by their ids; those that do not exist are left out.', z.strictObject({ ids: z.array(id).max(500) }), z.array(pairSchema)),
  countFacets: procedure('Counts the pairs of a filter by status, split, task and tag.', z.strictObject({ filter: pairFilterSchema.prefault({}) }), facetsSchema),
  countScope: procedure('Counts the pairs that an act is about, and those of them that a change would change.',
    z.strictObject({ scope: pairScopeSchema, change: pairChangeSchema.nullable().default(null) }),
    z.object({ count: z.number(), changeCount: z.number() })),
  setStatus: procedure('Accepts, rejects or resets pairs.', z.strictObject({ scope: pairScopeSchema, status: statusSchema }), changed),
  setSplit: procedure('Moves pairs to a split.', z.strictObject({ scope: pairScopeSchema, split: splitSchema }), changed),
  addTag: procedure('Adds a tag to pairs.', z.strictObject({ scope: pairScopeSchema, tag }), changed),
  removeTag: procedure('Removes a tag from pairs.', z.strictObject({ scope: pairScopeSchema, tag }), changed),
  editText: procedure('Changes the text of one side. `revision` must be the one that was shown, so that no later edit is overwritten; where `shown` tells the text that was shown, only another text counts as an edit.',
    z.strictObject({ id, side: z.enum(['left', 'right']), text: z.string().max(10_000), revision: z.number().int(), shown: z.string().max(10_000).nullable().optional() }), changed),
  preview: procedure('Tells how many pairs of a scope a change would change, with a few examples. Nothing is changed.',
    z.strictObject({ scope: pairScopeSchema, change: bulkChangeSchema }), bulkPreviewSchema),
  change: procedure('Makes one change to all pairs of a scope, as one act that can be undone.',
    z.strictObject({ scope: pairScopeSchema, change: bulkChangeSchema }), changed.extend({ /** The job that does it, where it takes long; null when it is done. */ jobId: id.nullable() })),
}

export const filtersContract = {
  list: procedure('Lists the filters that were saved, by name.', z.object({}), z.array(savedFilterSchema)),
  save: procedure('Saves a filter with its order under a name, in the place of one with that name.',
    z.strictObject({ name: filterName, filter: pairFilterSchema, sort: pairSortSchema }), z.array(savedFilterSchema)),
  rename: procedure('Gives a saved filter another name.', z.strictObject({ filterId: id, name: filterName }), z.array(savedFilterSchema)),
  remove: procedure('Removes a saved filter; pairs stay as they are.', z.strictObject({ filterId: id }), z.array(savedFilterSchema)),
}

/** What to do where another window has edited the same since: refuse and tell, write over it, or give the entry up. */
const onConflict = z.enum(['ask', 'overwrite', 'skip']).default('ask')
/** One act of the project. */
export const historyEntrySchema = z.object({ id, label: z.string(), atMs: z.number(), isUndone: z.boolean(), changeCount: z.number(), /** Whether this window may take it back. */ isMine: z.boolean() })
export type HistoryEntry = z.infer<typeof historyEntrySchema>

export const pairHistoryEntrySchema = historyEntrySchema.omit({ changeCount: true, isMine: true }).extend({
  /** What was before and after; null where there was none. */
  changes: z.array(z.object({ field: z.enum(['leftText', 'rightText', 'status', 'split', 'task', 'tags', 'isFlagged', 'leftImageId', 'rightImageId', 'pair']), before: z.string().nullable(), after: z.string().nullable() })),
})
export type PairHistoryEntry = z.infer<typeof pairHistoryEntrySchema>

export const historyContract = {
  list: procedure('Lists acts, newest first, those that were undone included.',
    z.strictObject({ beforeId: id.nullable().default(null), limit: z.number().int().min(1).max(200).default(50) }), z.object({ entries: z.array(historyEntrySchema), hasMore: z.boolean() })),
  listForPair: procedure('Lists the acts that changed one pair, newest first, with what was before and after.', z.strictObject({ pairId: id }), z.array(pairHistoryEntrySchema)),
  goTo: procedure('Undoes or redoes acts until a given one is the last that stands; null takes all back.', z.strictObject({ entryId: id.nullable() }), changed),
  get: procedure('Tells what can be undone and redone.', z.object({}), historySchema),
  undo: procedure('Takes back the last edit of this window, or of windows that are closed.', z.strictObject({ onConflict }), changed),
  redo: procedure('Repeats the edit that was taken back last.', z.strictObject({ onConflict }), changed),
}
