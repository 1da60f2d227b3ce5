// Models in and out: the list, the hub, import, export, and models made from nothing.
import { z } from 'zod'
import { errorSchema, id, modelSchema, runStateSchema } from './entities'
import { procedure } from './procedure'

const percent = z.number()
/** Accuracy in percent as published (arXiv 2506.03096); higher is better. */
export const publishedScoresSchema = z.object({
  classification: percent, vqa: percent, retrieval: percent, grounding: percent, imagenet: percent, vgCrop: percent, oiCrop: percent, oiPosition: percent, tgit: percent,
})

export const publishedModelSchema = z.object({
  /** `owner/name` on the hub. */
  repository: z.string(),
  name: z.string(),
  kind: z.enum(['fuselip', 'tokenizer']),
  description: z.string(),
  /** Null for image tokenizers. */
  scores: publishedScoresSchema.nullable(),
})
export type PublishedModel = z.infer<typeof publishedModelSchema>

export const tokenizerSchema = z.object({
  id: z.string(),
  name: z.string(),
  imageSizePx: z.number(),
  /** Codes of one picture. */
  codeCount: z.number(),
  codebookSize: z.number(),
  /** Whether codes can be drawn as a picture again. */
  hasDecoder: z.boolean(),
  licence: z.string().nullable(),
})
export type Tokenizer = z.infer<typeof tokenizerSchema>

export const modelSizeSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  width: z.number().int().positive(),
  headCount: z.number().int().positive(),
  layerCount: z.number().int().positive(),
  contextLength: z.number().int().min(4),
  /** The tokenizer that this size is meant for: what it gives decides the vocabulary. */
  codebookSize: z.number().int().positive(),
  imageTokenCount: z.number().int().positive(),
  /** Trained numbers with that tokenizer; the tied embedding counts once, the frozen tokenizer not at all. */
  parameterCount: z.number(),
  /** An installed tokenizer that fits; null when there is none. */
  tokenizerId: z.string().nullable(),
  /** Where the tokenizer can be pulled from; null for the bundled one. */
  tokenizerRepository: z.string().nullable(),
})
export type ModelSize = z.infer<typeof modelSizeSchema>

/** The token itself never leaves the engine. */
export const hubSchema = z.object({ endpoint: z.string(), hasToken: z.boolean(), tokenSource: z.enum(['environment', 'saved']).nullable() })
export type Hub = z.infer<typeof hubSchema>

export const exportFormSchema = z.enum(['pytorch', 'safetensors', 'onnx'])
export type ExportForm = z.infer<typeof exportFormSchema>

/** What the hub says about a model, before anything is downloaded. */
export const hubOfferSchema = z.object({
  repository: z.string(),
  commit: z.string(),
  /** Null where its owner states none. */
  licence: z.string().nullable(),
  fileCount: z.number(),
  totalBytes: z.number(),
  /** Of an earlier download that was broken off; a pull goes on from there. */
  presentBytes: z.number(),
})
export type HubOffer = z.infer<typeof hubOfferSchema>

export const modelDetailsSchema = z.object({
  modelId: z.string(),
  /** Free text; empty where nothing was written. */
  notes: z.string(),
  /** Everything in its folder: weights, configuration, and for the last checkpoint of a run what it needs to go on. */
  folderBytes: z.number(),
  /** Embeddings of this project that are cached for it. */
  cachedVectorCount: z.number(),
  cacheBytes: z.number(),
  /** Why it cannot be deleted now; null when it can. */
  obstacle: errorSchema.nullable(),
})
export type ModelDetails = z.infer<typeof modelDetailsSchema>

export const lineageRunSchema = z.object({
  runId: id,
  name: z.string(),
  state: runStateSchema,
  baseModelId: z.string(),
  step: z.number(),
  /** The models that it has left behind. */
  modelIds: z.array(z.string()),
  /** The data that it was started on; null where it cannot be read any more. */
  snapshot: z.object({
    sha256: z.string(), pairCount: z.number(), validationCount: z.number(), groupCount: z.number().nullable(), judgementCount: z.number(),
    /** Some of its pictures, spread over the pairs. */
    imageIds: z.array(id),
  }).nullable(),
  /** The total loss at evenly spread steps, for a small curve. */
  losses: z.array(z.number()),
})
export type LineageRun = z.infer<typeof lineageRunSchema>

export const lineageSchema = z.object({
  runs: z.array(lineageRunSchema),
  /** Models that are mixtures of others. */
  blends: z.array(z.object({ modelId: z.string(), parents: z.array(z.object({ modelId: z.string(), name: z.string(), share: z.number() })) })),
})
export type Lineage = z.infer<typeof lineageSchema>

const job = z.object({ jobId: id })
const modelName = z.string().trim().min(1).max(120)

export const modelsContract = {
  list: procedure('Lists the models that can be used: bundled, imported and tuned.', z.object({}), z.array(modelSchema)),
  listTokenizers: procedure('Lists the image tokenizers that are installed.', z.object({}), z.array(tokenizerSchema)),
  listSizes: procedure('Lists the sizes of models that can be made from random weights, with their parameter counts.', z.object({}), z.array(modelSizeSchema)),
  listPublished: procedure('Lists the published models that can be pulled from the hub, with their scores.', z.object({}), z.array(publishedModelSchema)),
  lookUp: procedure('Asks the hub about a model without downloading it: licence, files and their size.',
    z.strictObject({ repository: z.string().min(1).max(300), revision: z.string().min(1).max(100).default('main') }), hubOfferSchema),
  pull: procedure('Starts a job that downloads a model from the hub, checks it, and adds it to the models.',
    z.strictObject({ repository: z.string().min(1).max(300), revision: z.string().min(1).max(100).default('main'), name: modelName.nullable().default(null) }), job),
  import: procedure('Starts a job that adds a model from a folder, or a checkpoint file with config.json beside it.',
    z.strictObject({ sourceToken: z.string(), name: modelName.nullable().default(null) }), job),
  create: procedure('Starts a job that makes a model of a size from random weights, ready to be trained from scratch.',
    z.strictObject({ sizeId: z.string(), tokenizerId: z.string().nullable().default(null), name: modelName.nullable().default(null), seed: z.number().int().min(0).max(2 ** 31 - 1).default(1) }), job),
  export: procedure('Starts a job that writes a model into a new folder as PyTorch or safetensors checkpoint, ONNX graphs, or several of them, with a card.',
    z.strictObject({
      modelId: z.string(),
      /** The folder in which a new one is made. */
      folderToken: z.string(),
      folderName: z.string().trim().regex(/^[A-Za-z0-9][\w. -]{0,99}$/, 'Use letters, digits, spaces, dots and dashes.'),
      forms: z.array(exportFormSchema).min(1).max(3).default(['safetensors', 'onnx']),
      halfPrecision: z.boolean().default(false),
      /** Null takes the licence of the base model. */
      licence: z.string().trim().min(1).max(120).nullable().default(null),
    }), job),
  getDetails: procedure('Tells the notes, the disk use and what stands in the way of deleting a model.', z.strictObject({ modelId: z.string() }), modelDetailsSchema),
  setNotes: procedure('Keeps free text about a model; the empty text takes it away.', z.strictObject({ modelId: z.string(), notes: z.string().max(10_000) }), z.object({})),
  getLineage: procedure('Tells what each model was made of: runs with their data and base, and mixtures of models.', z.object({}), lineageSchema),
  rename: procedure('Renames an imported model, or the run that a tuned model belongs to.', z.strictObject({ modelId: z.string(), name: modelName }), z.object({})),
  remove: procedure('Deletes an imported model and what is cached for it. Refused while a project run needs it.', z.strictObject({ modelId: z.string() }), z.object({})),
  getHub: procedure('Gets the address of the hub and whether a token is set.', z.object({}), hubSchema),
  setHub: procedure('Sets the address of the hub (a mirror) or the token; null goes back to the public hub or forgets the token.',
    z.strictObject({ endpoint: z.string().max(300).nullable().optional(), token: z.string().max(300).nullable().optional() }), hubSchema),
}
