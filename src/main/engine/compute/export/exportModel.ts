// Writes a model for use elsewhere: as the reference's checkpoint, as ONNX graphs, or both, whole or not at all.
import { readdir, stat, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import { readModelFolder } from '../fuselip/modelFolder'
import { titokJson } from '../titok/titokConfig'
import { insideJsonName, readTokenizerFolder } from '../titok/tokenizerFolder'
import { writeJson } from '../training/checkpoint'
import { replaceFolder } from '../training/replaceFolder'
import { writeSafetensors } from '../weights/safetensors'
import { writeOnnxBundle } from './onnxBundle'
import { toReferenceJson, toReferenceWeights } from './referenceModel'
import { writeTorchFile } from './torchFile'

/** Facts of a model that neither config.json nor the weights hold. */
export const studioJsonName = 'fuselip-studio.json'

export type ExportForm = 'pytorch' | 'safetensors' | 'onnx'

export interface ExportRequest {
  modelDir: string
  tokenizerDir: string
  /** Created; refused where it exists and is not empty. */
  outputDir: string
  forms: ExportForm[]
  /** Halves checkpoints; each number is rounded to 11 significant bits. ONNX graphs stay in float32. */
  halfPrecision: boolean
  name: string
  licence: string
  /** Markdown of README.md. */
  card: string
}

export interface ExportResult {
  files: { name: string; bytes: number }[]
}

async function listFiles(dir: string, prefix = ''): Promise<ExportResult['files']> {
  const entries = await readdir(dir, { withFileTypes: true })
  const lists = await Promise.all(entries.map(async (entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return listFiles(path, `${prefix}${entry.name}/`)
    return [{ name: `${prefix}${entry.name}`, bytes: (await stat(path)).size }]
  }))
  return lists.flat().sort((a, b) => a.name.localeCompare(b.name))
}

/** @throws AppError 'conflict' */
export async function refuseFullFolder(dir: string): Promise<void> {
  const names = await readdir(dir).catch((thrown: unknown) => {
    if ((thrown as { code?: unknown }).code === 'ENOENT') return []
    throw new AppError('bad-input', `“${dir}” cannot be used as a folder: ${(thrown as Error).message}.`, 'Choose another folder.', { cause: thrown })
  })
  if (names.length) throw new AppError('conflict', `The folder “${dir}” is not empty, so nothing was written.`, 'Choose an empty or new folder.')
}

/**
 * @param onPhase what is written now, and how many of all parts are done
 * @throws AppError 'conflict', 'bad-model', 'disk-full', …
 */
export async function exportModel(request: ExportRequest, onPhase: (phase: string, done: number, total: number) => void, signal: AbortSignal): Promise<ExportResult> {
  const { forms, halfPrecision, outputDir, name, licence } = request
  await refuseFullFolder(outputDir)
  const total = forms.length + (forms.includes('onnx') ? 1 : 0)
  let done = 0
  const next = (phase: string): void => {
    signal.throwIfAborted()
    onPhase(phase, done, total)
    done += 1
  }
  const model = await readModelFolder(request.modelDir)
  const tokenizer = await readTokenizerFolder(request.tokenizerDir)
  const format = halfPrecision ? 'F16' : 'F32'
  await replaceFolder(outputDir, async (dir) => {
    const weights = toReferenceWeights(model.weights, model.config, tokenizer)
    if (forms.includes('pytorch') || forms.includes('safetensors')) {
      await writeJson(join(dir, 'config.json'), toReferenceJson(model.config, model.json, tokenizer.config))
      // Checkpoints hold the encoder alone.
      await writeJson(join(dir, insideJsonName), titokJson({ ...tokenizer.config, decoder: null }))
    }
    if (forms.includes('pytorch')) {
      next('writing pytorch_model.bin')
      await writeTorchFile(join(dir, 'pytorch_model.bin'), weights, format)
    }
    if (forms.includes('safetensors')) {
      next('writing model.safetensors')
      await writeSafetensors(join(dir, 'model.safetensors'), weights, { format, metadata: { format: 'pt' } })
    }
    if (forms.includes('onnx')) {
      const onnxDir = join(dir, 'onnx')
      await mkdir(onnxDir)
      await writeOnnxBundle(onnxDir, { name, licence, config: model.config, weights: model.weights, tokenizer },
        (graph) => next(graph === 0 ? 'tracing the image encoder' : 'tracing the sequence encoder'))
    }
    signal.throwIfAborted()
    // What the files above have no place for; an import here reads it.
    await writeJson(join(dir, studioJsonName), { version: 1, name, licence, repairsText: model.config.repairsText === true })
    await writeFile(join(dir, 'README.md'), request.card)
  })
  onPhase('done', total, total)
  return { files: await listFiles(outputDir) }
}
