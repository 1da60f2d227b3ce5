// Making pairs: regions, questions, edits, dropped things; transformations and templates over many pairs; splits by shares.
import { z } from 'zod'
import { templateFieldNames } from '../captionTemplate'
import { imageRecipeSchema } from '../imageRecipe'
import { publishedPlainShare, transformFamilyNames } from '../imageTransforms'
import { id, pairSchema, splitSchema, statusSchema, taskSchema } from './entities'
import { historySchema, pairScopeSchema } from './pairs'
import { procedure } from './procedure'
import { queryImageSchema } from './search'

const text = z.string().trim().min(1).max(10_000)
export const boxSchema = imageRecipeSchema.shape.cropBoxPx.unwrap().unwrap()
const made = z.object({ pairs: z.array(pairSchema), history: historySchema })
const job = z.object({ jobId: id })

export const pictureToMarkSchema = z.object({
  imageId: id, widthPx: z.number(), heightPx: z.number(), sourceName: z.string(),
  /** Where new pairs of the picture go: the split of its other pairs, so that nothing leaks. */
  split: splitSchema,
  regions: z.array(z.object({ pair: pairSchema, box: boxSchema })),
  questions: z.array(pairSchema),
  countByTask: z.partialRecord(taskSchema, z.number()),
})
export type PictureToMark = z.infer<typeof pictureToMarkSchema>

const newSideSchema = z.strictObject({ image: queryImageSchema.nullable().default(null), text: text.nullable().default(null) })
export const newPairSchema = z.strictObject({ left: newSideSchema, right: newSideSchema, task: taskSchema })
export type NewPair = z.infer<typeof newPairSchema>

export const transformOptionsSchema = z.strictObject({
  families: z.array(z.enum(transformFamilyNames)).min(1).default([...transformFamilyNames]),
  /** Of the pictures, in percent, that stay as they are. */
  plainPercent: z.number().min(0).max(100).default(publishedPlainShare * 100),
  seed: z.number().int().min(0).default(1),
  status: statusSchema.default('accepted'),
})
export type TransformOptions = z.infer<typeof transformOptionsSchema>

export const transformPreviewSchema = z.object({
  pictureCount: z.number(),
  chosenCount: z.number(), pairCount: z.number(),
  countByFamily: z.record(z.enum(transformFamilyNames), z.number()),
  /** The counts were scaled up from the first pictures of a large scope. */
  isEstimate: z.boolean(),
  /** What the families make of one picture, by drawings; null where a side is the picture itself, or without pictures. */
  example: z.object({
    imageId: id,
    groups: z.array(z.object({ family: z.enum(transformFamilyNames), items: z.array(z.object({ text: z.string(), leftDrawingId: z.string().nullable(), rightDrawingId: z.string().nullable() })) })),
  }).nullable(),
})
export type TransformPreview = z.infer<typeof transformPreviewSchema>

export const templateOptionsSchema = z.strictObject({
  template: z.string().max(2000),
  side: z.enum(['left', 'right']),
  /** Pairs that have a text on this side keep it. */
  onlyEmpty: z.boolean().default(false),
})
export type TemplateOptions = z.infer<typeof templateOptionsSchema>

export const templatePreviewSchema = z.object({
  pairCount: z.number(), changeCount: z.number(),
  /** Pairs that lack a field, by the field. */
  missing: z.partialRecord(z.enum(templateFieldNames as [string, ...string[]]), z.number()),
  isEstimate: z.boolean(),
  examples: z.array(z.object({ pairId: id, imageId: id.nullable(), before: z.string().nullable(), after: z.string() })),
})
export type TemplatePreview = z.infer<typeof templatePreviewSchema>

const share = z.number().min(0).max(100)
export const splitOptionsSchema = z.strictObject({
  /** Only their proportion counts. */
  shares: z.strictObject({ train: share, validation: share, test: share }).default({ train: 80, validation: 10, test: 10 }),
  /** Pairs that share a picture, the source of a derived one, or a group of the data go together. */
  keepTogether: z.boolean().default(true),
  /** Shares hold for each task. */
  isStratified: z.boolean().default(true),
  seed: z.number().int().min(0).default(1),
})
export type SplitOptions = z.infer<typeof splitOptionsSchema>

const countBySplit = z.record(splitSchema, z.number())
const leaks = z.object({ setCount: z.number(), pairCount: z.number() })
export const splitPreviewSchema = z.object({
  pairCount: z.number(), movedCount: z.number(),
  setCount: z.number(), largestSetSize: z.number(),
  /** Pairs that go where a pair outside of the scope holds them. */
  heldCount: z.number(),
  before: z.partialRecord(taskSchema, countBySplit), after: z.partialRecord(taskSchema, countBySplit),
  /** In the whole project: what hangs together and lies in more than one split. */
  leaksBefore: leaks, leaksAfter: leaks,
})
export type SplitPreview = z.infer<typeof splitPreviewSchema>

export const makeContract = {
  getPicture: procedure('Gets a picture with its regions and questions. A derived picture gives its source.', z.strictObject({ imageId: id }), pictureToMarkSchema),
  addRegion: procedure('Makes a pair of a picture with a phrase and the part of it that the phrase means.', z.strictObject({ imageId: id, box: boxSchema, phrase: text }), made),
  changeRegion: procedure('Changes the box or the phrase of a region. `revision` must be the one that was shown.',
    z.strictObject({ id, box: boxSchema, phrase: text, revision: z.number().int() }), made),
  addQuestions: procedure('Makes pairs of a picture with questions and their answers.',
    z.strictObject({ imageId: id, items: z.array(z.strictObject({ question: text, answer: text })).min(1).max(50) }), made),
  addEdit: procedure('Makes a pair of a picture with an edit and the edited picture, and one for the way back where its words are given.',
    z.strictObject({
      before: queryImageSchema, after: queryImageSchema, text, caption: text.nullable().default(null),
      inverse: z.strictObject({ text, caption: text.nullable().default(null) }).nullable().default(null),
    }), made),
  addPairs: procedure('Makes pairs of texts and pictures that were dropped or pasted.', z.strictObject({ pairs: z.array(newPairSchema).min(1).max(200) }), made),
  previewTransforms: procedure('Tells what transformations of the pictures of a scope would make, with an example of each family.',
    z.strictObject({ scope: pairScopeSchema, options: transformOptionsSchema.prefault({}), exampleAfterImageId: z.number().int().min(0).default(0) }), transformPreviewSchema),
  startTransforms: procedure('Starts a job that makes pairs of transformations of the pictures of a scope.', z.strictObject({ scope: pairScopeSchema, options: transformOptionsSchema.prefault({}) }), job),
  previewTemplate: procedure('Tells what a template would write, with examples.', z.strictObject({ scope: pairScopeSchema, options: templateOptionsSchema }), templatePreviewSchema),
  startTemplate: procedure('Starts a job that writes the texts of a template.', z.strictObject({ scope: pairScopeSchema, options: templateOptionsSchema }), job),
  previewSplits: procedure('Tells how many pairs of each task splitting by shares would put where, and what leaks now and then.',
    z.strictObject({ scope: pairScopeSchema, options: splitOptionsSchema.prefault({}) }), splitPreviewSchema),
  startSplits: procedure('Starts a job that splits the pairs of a scope by shares.', z.strictObject({ scope: pairScopeSchema, options: splitOptionsSchema.prefault({}) }), job),
  removePairs: procedure('Takes pairs out of the project; undo brings them back.', z.strictObject({ scope: pairScopeSchema }), made.extend({ changedCount: z.number() })),
  duplicatePairs: procedure('Makes a copy of each pair.', z.strictObject({ scope: pairScopeSchema }), made.extend({ changedCount: z.number() })),
  swapSides: procedure('Swaps left and right of pairs.', z.strictObject({ scope: pairScopeSchema }), made.extend({ changedCount: z.number() })),
  setTask: procedure('Changes the task of pairs.', z.strictObject({ scope: pairScopeSchema, task: taskSchema }), made.extend({ changedCount: z.number() })),
}
