// A model folder: `config.json`, `model.safetensors` and an optional card `README.md`. Bundled models, checkpoints of
// runs and imported models all have this layout. Only the header of the weights is read here.
import { open, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../../shared/errors'
import { checkHeaderLength, parseHeader } from '../compute/weights/safetensorsHeader'

export const modelConfigSchema = z.object({
  width: z.number().int().positive(),
  headCount: z.number().int().positive(),
  layerCount: z.number().int().positive(),
  contextLength: z.number().int().positive(),
  codebookSize: z.number().int().positive(),
  imageTokenCount: z.number().int().positive(),
  hasMask: z.boolean(),
  imageTokenizer: z.string().min(1),
  repairsText: z.boolean().optional(),
  /** What a run writes into its checkpoints. */
  training: z.object({ step: z.number().int().optional() }).optional(),
})

export interface ModelFolder {
  dir: string
  config: z.infer<typeof modelConfigSchema>
  parameterCount: number
  createdAtMs: number
  /** Of the weights. */
  sizeBytes: number
  /** Changes whenever the weights do; part of the key of everything cached for the model. */
  weightsTag: string
  card: string | null
}

/** @throws AppError 'bad-model' naming what is missing or wrong */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const weightsPath = join(dir, 'model.safetensors')
  const [config, weights, card] = await Promise.all([
    readConfig(join(dir, 'config.json')),
    readWeightsHeader(weightsPath),
    readFile(join(dir, 'README.md'), 'utf8').catch(() => null),
  ])
  return { dir, config, card, ...weights }
}

export async function isModelFolder(dir: string): Promise<boolean> {
  const found = await Promise.all(['config.json', 'model.safetensors'].map((name) => stat(join(dir, name)).then(() => true, () => false)))
  return found.every(Boolean)
}

async function readConfig(path: string): Promise<ModelFolder['config']> {
  try {
    return modelConfigSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message
    throw new AppError('bad-model', `The model configuration “${path}” cannot be used: ${reason}`, 'Copy the model folder again.', { cause })
  }
}

type WeightFacts = Pick<ModelFolder, 'parameterCount' | 'createdAtMs' | 'sizeBytes' | 'weightsTag'>

async function readWeightsHeader(path: string): Promise<WeightFacts> {
  const { shapes, sizeBytes, mtimeMs } = await readHeader(path)
  const parameterCount = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((product, length) => product * length, 1), 0)
  return { parameterCount, sizeBytes, createdAtMs: Math.round(mtimeMs), weightsTag: `${Math.round(mtimeMs).toString(36)}-${sizeBytes.toString(36)}` }
}

/** Shapes of all tensors of a model or tokenizer folder, from the header of its weights. @throws AppError 'bad-model' */
export const readShapes = async (dir: string): Promise<Map<string, number[]>> => (await readHeader(join(dir, 'model.safetensors'))).shapes

async function readHeader(path: string): Promise<{ shapes: Map<string, number[]>; sizeBytes: number; mtimeMs: number }> {
  const label = `“${basename(path)}”`
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new AppError('bad-model', `The weights ${path} cannot be opened: ${(cause as Error).message}.`, 'Copy the model folder again.', { cause })
  })
  try {
    const { size, mtimeMs } = await file.stat()
    const lengthField = Buffer.alloc(8)
    await file.read(lengthField, 0, 8, 0)
    const headerBytes = checkHeaderLength(lengthField.readBigUInt64LE(), size, label)
    const header = Buffer.alloc(headerBytes)
    await file.read(header, 0, headerBytes, 8)
    const { entries } = parseHeader(header.toString('utf8'), size - 8 - headerBytes, label)
    return { shapes: new Map(entries.map(({ name, shape }) => [name, shape])), sizeBytes: size, mtimeMs }
  } finally {
    await file.close()
  }
}
