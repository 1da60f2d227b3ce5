// The token inspector: a picture as codes and back, what the model predicts for hidden tokens, and use of the codebook.
// Pictures are named by `drawingId` and fetched by URL (see ../media.ts).
import { z } from 'zod'
import { id } from './entities'
import { pairFilterSchema } from './pairs'
import { procedure } from './procedure'
import { queryImageSchema } from './search'

/** The hash of the drawn bytes: the same picture has the same id for ever. */
export const drawingIdSchema = z.string().regex(/^[0-9a-f]{64}$/)

const modelId = z.string().nullable().default(null)
const code = z.number().int().min(0).max(65_535)
const codes = z.array(code).min(1).max(1024)

/** How two pictures of one size compare. */
export const comparisonSchema = z.object({
  /** Null for equal pictures, whose ratio has no bound. */
  psnrDecibel: z.number().nullable(),
  /** At most 1. */
  structuralSimilarity: z.number(),
  /** What differs, brightened `differenceGain` times (more where it is little). */
  differenceId: drawingIdSchema,
  differenceGain: z.number(),
})
export type Comparison = z.infer<typeof comparisonSchema>

export const inspectedTokenizerSchema = z.object({
  id: z.string(),
  imageSizePx: z.number(),
  codeCount: z.number(),
  codebookSize: z.number(),
  hasDecoder: z.boolean(),
})

export const inspectedPictureSchema = z.object({
  modelId: z.string(),
  tokenizer: inspectedTokenizerSchema,
  sourceWidthPx: z.number(),
  sourceHeightPx: z.number(),
  /** The picture as the tokenizer reads it: squashed to its size. */
  originalId: drawingIdSchema,
  codes: z.array(z.object({
    code,
    /** The next nearest code of the codebook. */
    rival: code,
    /** Distance of the latent to its code, and to the rival: alike where the choice was close. */
    distance: z.number(),
    rivalDistance: z.number(),
  })),
  /** Null where the tokenizer has no decoder. */
  reconstruction: comparisonSchema.extend({ drawingId: drawingIdSchema }).nullable(),
  compression: z.object({
    bitsPerCode: z.number(),
    codeBits: z.number(),
    /** Of the picture as the tokenizer reads it and as it came, at 24 bits a pixel. */
    modelPixelBits: z.number(),
    sourcePixelBits: z.number(),
    /** Null for a picture without a file of its own. */
    fileBits: z.number().nullable(),
  }),
})
export type InspectedPicture = z.infer<typeof inspectedPictureSchema>
export type InspectedCode = InspectedPicture['codes'][number]

const labelFields = {
  kind: z.enum(['code', 'word', 'start', 'end', 'mask']),
  id: z.number().int(),
  /** The spelling of a word, the number of a code, the name of a mark. */
  label: z.string(),
  code: code.nullable(),
  /** False for a piece of a word that goes on in the next token. */
  endsWord: z.boolean(),
}

export const tokenSchema = z.object({ ...labelFields, position: z.number().int().min(0), canMask: z.boolean() })
export type Token = z.infer<typeof tokenSchema>

export const tokenRowSchema = z.object({
  tokens: z.array(tokenSchema),
  /** Tokens that did not fit into the context of the model. */
  cutCount: z.number(),
  /** Why the model can predict nothing here; null when it can. */
  obstacle: z.string().nullable(),
})
export type TokenRow = z.infer<typeof tokenRowSchema>

export const predictedTokenSchema = z.object({
  position: z.number().int(),
  /** Likeliest first; probabilities are over words and codes together. */
  words: z.array(z.object({ ...labelFields, probability: z.number() })),
  codes: z.array(z.object({ code, probability: z.number() })),
  wordMass: z.number(),
  codeMass: z.number(),
  /** Of what was hidden, and its rank among all words and codes. */
  trueProbability: z.number(),
  trueRank: z.number(),
})
export type PredictedToken = z.infer<typeof predictedTokenSchema>

export const maskPredictionSchema = z.object({
  predictions: z.array(predictedTokenSchema),
  /** The picture with the likeliest code in every hidden place; null where no code was hidden or none can be drawn. */
  filled: comparisonSchema.extend({ drawingId: drawingIdSchema, codes, fromId: drawingIdSchema }).nullable(),
})
export type MaskPrediction = z.infer<typeof maskPredictionSchema>

export const codebookUseSchema = z.object({
  tokenizerId: z.string(),
  codebookSize: z.number(),
  /** Pictures that were counted, and those that could not be read. */
  pictureCount: z.number(),
  failedCount: z.number(),
  /** How often each code occurs, by code. */
  counts: z.array(z.number()),
  usedCount: z.number(),
  entropyBits: z.number(),
  /** As many equally frequent codes would be as uneven. */
  perplexity: z.number(),
  countedAtMs: z.number(),
  /** Pictures came or went since. */
  isStale: z.boolean(),
})
export type CodebookUse = z.infer<typeof codebookUseSchema>

const sequence = { image: queryImageSchema.nullable().default(null), text: z.string().max(10_000).nullable().default(null), modelId }

export const inspectorContract = {
  inspectPicture: procedure('Tells the codes of a picture and how well they bring it back.', z.strictObject({ image: queryImageSchema, modelId }), inspectedPictureSchema),
  drawCodes: procedure('Draws codes as a picture, and what differs from the picture of other codes.',
    z.strictObject({ codes, comparedWith: codes.nullable().default(null), modelId }),
    z.object({ drawingId: drawingIdSchema, comparison: comparisonSchema.nullable() })),
  listTokens: procedure('Lists the tokens that a picture, a text or both are to a model.', z.strictObject(sequence), tokenRowSchema),
  predict: procedure('Hides tokens of a picture, a text or both, and tells what the model expects in their places.',
    z.strictObject({ ...sequence, positions: z.array(z.number().int().min(0)).min(1).max(1024), count: z.number().int().min(1).max(50).default(5) }), maskPredictionSchema),
  countUse: procedure('Starts a job that counts how often the pictures of a filter use each code.', z.strictObject({ filter: pairFilterSchema.prefault({}), modelId }), z.object({ jobId: id })),
  getUse: procedure('Gets the last count of codes of a filter; null before the first.', z.strictObject({ filter: pairFilterSchema.prefault({}), modelId }), codebookUseSchema.nullable()),
}
