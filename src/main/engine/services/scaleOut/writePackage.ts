// Writes a snapshot as a package for the published trainer: tables, pictures, launch script, SkyPilot task, README, checksums.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import sharp from 'sharp'
import type { Recipe } from '../../../../shared/recipe'
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import { applyRecipe } from '../../compute/image/applyRecipe'
import { decodeImage } from '../../compute/image/decodeImage'
import { stepsPerEpoch } from '../../compute/training/sampler'
import { derivedHash } from '../../store/imageStore'
import { breathe } from '../out/exportData'
import { TextFile } from '../out/textFile'
import { fileNames, groupRowSchema, judgementRowSchema, readManifest, readRows, snapshotRowSchema, type GroupRow, type JudgementRow, type SnapshotRow } from '../snapshots/snapshotFormat'
import { hashFile } from '../snapshots/verifySnapshot'
import { writePackageCard } from './packageCard'
import { disjointGroups, PairTableFile } from './pairTable'
import { toTrainerFlags, type Precision, type TransformerSize } from './trainerFlags'
import { writeSkyTask, writeTrainScript, type ScriptFacts } from './trainScript'

export interface PackageRequest {
  snapshotFolder: string
  snapshotSha256: string
  /** Of the studio’s resources; holds train_pairs.py. */
  scaleOutDir: string
  slug: string
  recipe: Recipe
  recipeOrigin: string
  baseModelId: string
  size: TransformerSize
  isOwnSize: boolean
  contextLength: number
  precision: Precision
  gpuCount: number
  gpuKind: string
  nodeCount: number
  /** Writes pytorch_model.bin into the folder that it is given; null starts from random weights. */
  writeStart: ((folder: string) => Promise<void>) | null
}

export interface PackageProgress {
  signal: AbortSignal
  onPhase: (phase: string, total: number | null) => void
  onProgress: (done: number, total: number) => void
}

export interface PackageResult {
  trainCount: number
  validationCount: number
  groupCount: number
}

/** The choice of a run: accepted pairs of the training split, validation pairs that are not rejected. */
const tableOf = ({ split, status }: SnapshotRow): 'train' | 'validation' | null =>
  split === 'train' && status === 'accepted' ? 'train' : split === 'validation' && status !== 'rejected' ? 'validation' : null

/** @param folder empty, becomes the package @throws AppError 'unreadable-file' for a broken snapshot, 'unreadable-image', 'disk-full', 'cancelled' */
export async function writePackage(folder: string, request: PackageRequest, progress: PackageProgress): Promise<PackageResult> {
  const { snapshotFolder, recipe } = request
  const manifest = await readManifest(snapshotFolder)
  const { groups, negatives, lostJudgementCount, trainIds } = await readTies(snapshotFolder)
  const groupOf = recipe.useHardNegatives ? disjointGroups(groups, negatives, id => trainIds.has(id)) : new Map<number, never>()
  const tables = await writeTables(folder, request, groupOf, manifest.counts.pairs, progress)
  if (request.writeStart !== null) {
    progress.onPhase('writing the weights to start from', null)
    await request.writeStart(join(folder, 'start'))
  }
  const trainer = toTrainerFlags(recipe, { size: request.size, contextLength: request.contextLength, precision: request.precision, stepsPerEpoch: stepsPerEpoch(tables.trainCount, recipe.batchSize) })
  const script: ScriptFacts = {
    slug: request.slug, batchSize: recipe.batchSize, keepGroups: recipe.useHardNegatives, gpuCount: request.gpuCount, gpuKind: request.gpuKind, nodeCount: request.nodeCount,
    diskGigabytes: 256, hasStart: request.writeStart !== null, flags: trainer.flags,
  }
  const { baseModelId, size, isOwnSize, recipeOrigin, snapshotSha256 } = request
  await writeFile(join(folder, 'train.sh'), writeTrainScript(script), { mode: 0o755 })
  await writeFile(join(folder, 'sky.yaml'), writeSkyTask(script))
  await writeFile(join(folder, 'recipe.json'), `${JSON.stringify(recipe, null, 2)}\n`)
  await copyFile(join(request.scaleOutDir, 'train_pairs.py'), join(folder, 'train_pairs.py'))
  await writeFile(join(folder, 'README.md'), writePackageCard({ manifest, snapshotSha256, script, trainer, size, isOwnSize, baseModelId, recipeOrigin, lostJudgementCount, ...tables }))
  progress.onPhase('writing checksums', null)
  await writeChecksums(folder, progress.signal)
  return tables
}

/** What ties pairs together, and which of them the trainer has no place for. */
async function readTies(snapshotFolder: string): Promise<{ groups: GroupRow[]; negatives: [number, number][]; lostJudgementCount: number; trainIds: Set<number> }> {
  const trainIds = new Set<number>()
  for await (const row of readRows<SnapshotRow>(snapshotFolder, fileNames.pairs, snapshotRowSchema)) if (tableOf(row) === 'train') trainIds.add(row.id)
  const groups: GroupRow[] = []
  for await (const group of readRows<GroupRow>(snapshotFolder, fileNames.groups, groupRowSchema)) groups.push(group)
  const negatives: [number, number][] = []
  let lostJudgementCount = 0
  for await (const { pair, other, verdict } of readRows<JudgementRow>(snapshotFolder, fileNames.judgements, judgementRowSchema)) {
    if (!trainIds.has(pair) || !trainIds.has(other)) continue
    if (verdict === 'negative') negatives.push([pair, other])
    else lostJudgementCount++
  }
  return { groups, negatives, lostJudgementCount, trainIds }
}

async function writeTables(folder: string, { snapshotFolder }: PackageRequest, groupOf: ReadonlyMap<number, { name: string; size: number }>, total: number, { signal, onPhase, onProgress }: PackageProgress): Promise<PackageResult> {
  onPhase('writing pairs', total)
  const train = await PairTableFile.create(join(folder, 'train.csv'), groupOf)
  const validation = await PairTableFile.create(join(folder, 'validation.csv'), new Map())
  try {
    let done = 0
    for await (const row of readRows<SnapshotRow>(snapshotFolder, fileNames.pairs, snapshotRowSchema)) {
      signal.throwIfAborted()
      const table = tableOf(row)
      if (table !== null) {
        await (table === 'train' ? train : validation).add({
          row, leftImage: await placePicture(snapshotFolder, folder, row.left_image, row.left_recipe), rightImage: await placePicture(snapshotFolder, folder, row.right_image, row.right_recipe),
        })
      }
      if (++done % 100 === 0) {
        onProgress(done, total)
        await breathe()
      }
    }
    await train.finish()
    await validation.finish()
    return { trainCount: train.rowCount, validationCount: validation.rowCount, groupCount: train.groupCount }
  } catch (thrown) {
    await train.abandon()
    await validation.abandon()
    throw thrown
  }
}

/** @returns the path below the package */
async function placePicture(from: string, to: string, image: string | null, recipe: ImageRecipe | null): Promise<string | null> {
  if (image === null) return null
  const source = join(from, ...image.split('/'))
  const hash = basename(image, extname(image))
  const name = recipe === null ? basename(image) : `${derivedHash(hash, recipe)}.png`
  const path = `images/${name.slice(0, 2)}/${name}`
  const target = join(to, ...path.split('/'))
  if (await stat(target).then(() => true, () => false)) return path
  await mkdir(dirname(target), { recursive: true })
  if (recipe === null) await copyFile(source, target, constants.COPYFILE_FICLONE)
  else {
    const { width, height, data } = applyRecipe(await decodeImage(source), recipe)
    await writeFile(target, await sharp(data, { raw: { width, height, channels: 3 } }).png({ compressionLevel: 3 }).toBuffer())
  }
  return path
}

/** Of every file but its own; pictures that kept their name are named by their hash. */
async function writeChecksums(folder: string, signal: AbortSignal): Promise<void> {
  const file = await TextFile.create(join(folder, fileNames.checksums))
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile() && entry.name !== fileNames.checksums)
  const paths = entries.map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/')).sort()
  for (const path of paths) await file.write(`${await hashFile(join(folder, ...path.split('/')), signal)}  ${path}\n`)
  await file.finish()
}

/** Letters, digits and dashes: the name of a cluster, a folder of logs and a model. */
export function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '')
  return /^[a-z]/.test(plain) ? plain : `run-${plain || createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}
