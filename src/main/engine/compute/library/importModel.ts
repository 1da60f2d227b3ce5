// Takes a model from wherever it lies into the studio's own layout: float32 safetensors, config.json with every size
// spelled out, and the image tokenizer in a folder of its own, shared by all models with the same encoder.
import { copyFile, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../../../shared/errors'
import { studioJsonName } from '../export/exportModel'
import { readModelJson, toModelFolder, tokenizerPrefix, type ModelJson } from '../fuselip/modelFolder'
import { writeJson, writeModelFolder } from '../training/checkpoint'
import { replaceFolder } from '../training/replaceFolder'
import { encoderFingerprint, insideJsonName, insidePrefix, isTokenizerJson, publishedKind, readTokenizerFolder, type TokenizerFolder } from '../titok/tokenizerFolder'
import { publishedTitokJson, readTitokConfig, titokJson, type TitokConfig } from '../titok/titokConfig'
import type { WeightMap } from '../weights/namedArray'
import { writeSafetensors } from '../weights/safetensors'
import { findWeightFile, readWeightFile } from '../weights/weightFiles'
import { weightsUnder } from '../weights/weightMap'

export interface ImportRequest {
  /** A folder, or one file of weights with its config.json beside or above it. */
  sourcePath: string
  /** Where the model goes; not there yet. */
  modelDir: string
  tokenizersDir: string
  /** Tokenizer folders that are installed, by id. */
  knownTokenizers: Record<string, string>
  /** Written beside the model: where it came from. */
  record: Record<string, unknown>
}

export type ImportResult =
  | { kind: 'fuselip'; tokenizerId: string; parameterCount: number }
  | { kind: 'tokenizer'; tokenizerId: string }

/** In this order; the second is what the reference's trainer writes, one folder above its checkpoints. */
const configNames = ['config.json', 'fuse-clip-config.json']
export const recordName = 'import.json'
const maximumCardBytes = 512 * 1024

interface Source {
  dir: string
  weightFile: string
  json: ModelJson
}

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false)

async function findSource(sourcePath: string): Promise<Source> {
  const found = await stat(sourcePath).catch((cause: unknown) => {
    throw new AppError('unreadable-file', `“${sourcePath}” cannot be read: ${(cause as Error).message}.`, 'Check the path and its permissions.', { cause })
  })
  const dir = found.isDirectory() ? sourcePath : dirname(sourcePath)
  const weightFile = found.isDirectory() ? await findWeightFile(dir) : sourcePath
  for (const folder of [dir, dirname(dir)]) {
    for (const name of configNames) if (await exists(join(folder, name))) return { dir, weightFile, json: await readModelJson(folder, name) }
  }
  throw new AppError('bad-model', `There is no config.json beside “${basename(weightFile)}”.`, 'Put the config.json of the model into its folder; the trainer writes one as fuse-clip-config.json.')
}

function tokenizerName({ isLegacy, isNormalised, codebookSize }: TitokConfig): string {
  return isLegacy && isNormalised ? `titok-s-${codebookSize}` : !isLegacy && !isNormalised ? `titok-b-${codebookSize}` : `titok-${codebookSize}`
}

/** Adds the tokenizer, or its decoder, unless it is there. @returns its id */
async function installTokenizer(tokenizer: TokenizerFolder, request: ImportRequest, record: Record<string, unknown>): Promise<string> {
  const fingerprint = encoderFingerprint(tokenizer)
  for (const [id, dir] of Object.entries(request.knownTokenizers)) {
    const known = await readTokenizerFolder(dir).catch(() => null)
    if (!known || encoderFingerprint(known) !== fingerprint) continue
    // The codes are the same; only a decoder that was missing is worth replacing anything.
    if (known.config.decoder || !tokenizer.config.decoder || dirname(dir) !== request.tokenizersDir) return id
    await writeTokenizer(dir, tokenizer, record)
    return id
  }
  const id = `${tokenizerName(tokenizer.config)}-${fingerprint.slice(0, 8)}`
  await writeTokenizer(join(request.tokenizersDir, id), tokenizer, record)
  return id
}

async function writeTokenizer(dir: string, { config, weights }: TokenizerFolder, record: Record<string, unknown>): Promise<void> {
  await replaceFolder(dir, async (temporaryDir) => {
    await writeJson(join(temporaryDir, 'config.json'), titokJson(config))
    await writeSafetensors(join(temporaryDir, 'model.safetensors'), weights, { metadata: { format: 'pt' } })
    await writeJson(join(temporaryDir, recordName), record)
  })
}

async function tokenizerOf(weights: WeightMap, { dir, json }: Source): Promise<TokenizerFolder | null> {
  const inside = weightsUnder(weights, insidePrefix)
  if (inside.size === 0) return null
  const spelled = (await exists(join(dir, insideJsonName))) ? await readModelJson(dir, insideJsonName) : null
  const kind = publishedKind(String(json['image_tokenizer'] ?? ''))
  const configJson = spelled ?? (kind && publishedTitokJson[kind]) ?? guessJson(inside)
  return { config: readTitokConfig(inside, configJson), weights: inside }
}

/** By the size of a code, which differs between the two published kinds. */
function guessJson(weights: WeightMap): unknown {
  const tokenSize = weights.get('quantize.embedding.weight')?.shape[1]
  if (tokenSize === 12) return publishedTitokJson['titok-s']
  if (tokenSize === 64) return publishedTitokJson['titok-b']
  throw new AppError('bad-model', `Expected an image tokenizer with codes of 12 or 64 numbers, found ${tokenSize ?? 'none'}.`, `Add its configuration as “${insideJsonName}”.`)
}

/** Published checkpoints were trained on repaired text; exports of this studio say it themselves. */
async function repairsText({ dir, json }: Source): Promise<boolean> {
  if (typeof json['repairsText'] === 'boolean') return json['repairsText']
  if (await exists(join(dir, studioJsonName))) return (await readModelJson(dir, studioJsonName))['repairsText'] === true
  return json['headCount'] === undefined
}

/** What an import here spells itself; the rest of config.json is kept. */
function ownKeys(json: ModelJson): ModelJson {
  const { training: _training, repairsText: _repairsText, ...kept } = json
  return kept
}

/**
 * @param onPhase what is done now
 * @throws AppError 'bad-model', 'unreadable-file', 'disk-full'; nothing is left behind then but a tokenizer that was whole
 */
export async function importModel(request: ImportRequest, onPhase: (phase: string) => void, signal: AbortSignal): Promise<ImportResult> {
  onPhase('reading the model')
  const source = await findSource(request.sourcePath)
  if (isTokenizerJson(source.json)) {
    const tokenizer = await readTokenizerFolder(source.dir)
    signal.throwIfAborted()
    onPhase('writing the image tokenizer')
    return { kind: 'tokenizer', tokenizerId: await installTokenizer(tokenizer, request, request.record) }
  }
  const all = await readWeightFile(source.weightFile)
  signal.throwIfAborted()
  const tokenizer = await tokenizerOf(all, source)
  const { config, weights, json } = toModelFolder(all, source.json)
  const named = String(json['imageTokenizer'] ?? '')
  if (!tokenizer && !Object.hasOwn(request.knownTokenizers, named)) {
    throw new AppError(
      'bad-model', `The model has no image tokenizer inside (${tokenizerPrefix}…), and “${named || 'none'}” is not installed.`,
      'Import its image tokenizer first, or choose the checkpoint as it was published.',
    )
  }
  onPhase('writing the image tokenizer')
  const tokenizerId = tokenizer ? await installTokenizer(tokenizer, request, { ...request.record, name: undefined }) : named
  signal.throwIfAborted()
  onPhase('writing the model')
  const { repairsText: _absent, ...sizes } = config
  await writeModelFolder(request.modelDir, {
    config: (await repairsText(source)) ? { ...sizes, repairsText: true } : sizes,
    baseJson: { ...ownKeys(json), imageTokenizer: tokenizerId }, weights, training: {},
  })
  await writeJson(join(request.modelDir, recordName), request.record)
  await copyCard(source.dir, request.modelDir)
  let parameterCount = 0
  for (const { data } of weights.values()) parameterCount += data.length
  return { kind: 'fuselip', tokenizerId, parameterCount }
}

async function copyCard(from: string, to: string): Promise<void> {
  const names = await readdir(from)
  for (const name of ['README.md', 'LICENSE', 'LICENSE.txt', 'LICENSE.md'].filter((wanted) => names.includes(wanted))) {
    if ((await stat(join(from, name))).size <= maximumCardBytes) await copyFile(join(from, name), join(to, name))
  }
}
