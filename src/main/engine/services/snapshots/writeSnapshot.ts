// Freezes a scope of pairs into a folder. Pictures are hard links to those of the project where the disk allows it: picture
// files are named by content and never written twice, so a link costs no space and nothing changes it.
import { createHash, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Split, Status, Task } from '../../../../shared/contract/entities'
import type { PairScope } from '../../../../shared/contract/pairs'
import type { SnapshotCounts } from '../../../../shared/contract/snapshots'
import { AppError } from '../../../../shared/errors'
import type { Store } from '../../store/openStore'
import type { StoreReader } from '../../store/storeReader'
import { breathe } from '../out/exportData'
import { readOutPairs, type OutPair, type OutPicture, type OutSide } from '../out/outPair'
import { BrokenPicture, relativePathOf } from '../out/pictureOutput'
import { TextFile } from '../out/textFile'
import { writeSnapshotCard } from './snapshotCard'
import { fileNames, toLine, type GroupRow, type Manifest } from './snapshotFormat'

export interface SnapshotRequest {
  name: string
  scope: PairScope
  /** The scope in words. */
  scopeText: string
  licence: string | null
  notes: string
  createdBy: string
}

export interface SnapshotProgress {
  signal: AbortSignal
  onProgress: (done: number, total: number) => void
  onProblem: (line: string) => void
}

const emptyCounts = (): SnapshotCounts => ({
  pairs: 0, pictures: 0, groups: 0, judgements: 0, byTaskAndSplit: {},
  byTask: { caption: 0, vqa: 0, edit: 0, transform: 0, region: 0, compose: 0 } satisfies Record<Task, number>,
  bySplit: { train: 0, validation: 0, test: 0 } satisfies Record<Split, number>, byStatus: { unreviewed: 0, accepted: 0, rejected: 0 } satisfies Record<Status, number>,
})

function count(counts: SnapshotCounts, { task, split, status }: OutPair): void {
  counts.pairs++
  counts.byTask[task]++
  counts.bySplit[split]++
  counts.byStatus[status]++
  const key = `${task} ${split}`
  counts.byTaskAndSplit[key] = (counts.byTaskAndSplit[key] ?? 0) + 1
}

/** @param folder empty @returns the manifest and the SHA-256 of the checksums @throws AppError 'bad-input' for a scope without pairs, 'disk-full', 'cancelled' */
export async function writeSnapshot(store: Store, folder: string, request: SnapshotRequest, progress: SnapshotProgress): Promise<{ manifest: Manifest; sha256: string }> {
  const reader = store.openReader()
  const checksums = await TextFile.create(join(folder, fileNames.checksums))
  try {
    const { counts, pairIds, leftOut, groups, pairCountByImport } = await writePairs(store, reader, folder, request.scope, checksums, progress)
    if (counts.pairs === 0) throw new AppError('bad-input', 'No pair was chosen, so there is nothing to freeze.', 'Choose another filter, then try again.')
    counts.groups = await writeGroups(folder, groups, checksums)
    counts.judgements = await writeJudgements(reader, folder, pairIds, checksums)
    const { name, scopeText, licence, notes, createdBy } = request
    const { name: projectName, currentModelId } = reader.project.get()
    const manifest: Manifest = {
      format: 'fuselip-snapshot', version: 1, uid: randomUUID(), name, createdAtMs: Date.now(), createdBy, projectName, scope: scopeText, licence, notes, counts, modelId: currentModelId,
      sources: store.imports.list().reverse().flatMap(({ id, sourceName, startedAtMs }) => (pairCountByImport.has(id) ? [{ name: sourceName, pairCount: pairCountByImport.get(id)!, startedAtMs }] : [])),
    }
    await addFile(folder, fileNames.manifest, `${JSON.stringify(manifest, null, 2)}\n`, checksums)
    await addFile(folder, fileNames.card, writeSnapshotCard(manifest, leftOut), checksums)
    return { manifest, sha256: await checksums.finish() }
  } catch (thrown) {
    await checksums.abandon()
    throw thrown
  } finally {
    reader.close()
  }
}

interface WrittenPairs {
  counts: SnapshotCounts
  pairIds: Set<number>
  leftOut: string[]
  groups: Map<number, GroupRow>
  pairCountByImport: Map<number, number>
}

async function writePairs(store: Store, reader: StoreReader, folder: string, scope: PairScope, checksums: TextFile, { signal, onProgress, onProblem }: SnapshotProgress): Promise<WrittenPairs> {
  const file = await TextFile.create(join(folder, fileNames.pairs))
  const written: WrittenPairs = { counts: emptyCounts(), pairIds: new Set(), leftOut: [], groups: new Map(), pairCountByImport: new Map() }
  const placeImage = async (side: OutSide): Promise<string | null> => {
    if (side.picture === null) return null
    const path = relativePathOf(side.picture)
    if (await placePicture(store, folder, side.picture, path)) {
      written.counts.pictures++
      await checksums.write(`${side.picture.source.hash}  ${path}\n`)
    }
    return path
  }
  try {
    const total = reader.pairs.countScope(scope)
    let done = 0
    for (const batch of readOutPairs(reader, scope)) {
      for (const pair of batch) {
        signal.throwIfAborted()
        try {
          const [leftImage, rightImage] = [await placeImage(pair.left), await placeImage(pair.right)]
          await file.write(toLine({
            id: pair.id, left_image: leftImage, left_recipe: pair.left.picture?.image.recipe ?? null, left_text: pair.left.text,
            right_image: rightImage, right_recipe: pair.right.picture?.image.recipe ?? null, right_text: pair.right.text,
            task: pair.task, split: pair.split, status: pair.status, tags: pair.tags, groups: pair.groups.map(({ groupId }) => groupId), import_key: pair.importKey,
          }))
        } catch (thrown) {
          if (!(thrown instanceof BrokenPicture)) throw thrown
          written.leftOut.push(`Pair ${pair.id} is left out: ${thrown.message}`)
          onProblem(written.leftOut.at(-1) ?? '')
          continue
        }
        count(written.counts, pair)
        written.pairIds.add(pair.id)
        if (pair.importId !== null) written.pairCountByImport.set(pair.importId, (written.pairCountByImport.get(pair.importId) ?? 0) + 1)
        for (const { groupId, origin, key } of pair.groups) {
          const group = written.groups.get(groupId) ?? { id: groupId, origin, key, pairs: [] }
          group.pairs.push(pair.id)
          written.groups.set(groupId, group)
        }
      }
      done += batch.length
      onProgress(done, total)
      await breathe()
    }
    await checksums.write(`${await file.finish()}  ${fileNames.pairs}\n`)
    return written
  } catch (thrown) {
    await file.abandon()
    throw thrown
  }
}

/** @returns whether it is new @throws BrokenPicture */
async function placePicture(store: Store, folder: string, { source }: OutPicture, relativePath: string): Promise<boolean> {
  const [from, to] = [store.files.absolute(relativePath), join(folder, ...relativePath.split('/'))]
  await mkdir(dirname(to), { recursive: true })
  try {
    await link(from, to).catch(async (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'EEXIST' || thrown.code === 'ENOENT') throw thrown
      await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    })
    return true
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code === 'ENOENT') throw new BrokenPicture(`The file of picture ${source.id} (“${source.sourceName}”) is missing in the project.`)
    throw thrown
  }
}

async function writeGroups(folder: string, groups: ReadonlyMap<number, GroupRow>, checksums: TextFile): Promise<number> {
  const file = await TextFile.create(join(folder, fileNames.groups))
  for (const group of [...groups.values()].sort((a, b) => a.id - b.id)) await file.write(toLine(group))
  await checksums.write(`${await file.finish()}  ${fileNames.groups}\n`)
  return groups.size
}

async function writeJudgements(reader: StoreReader, folder: string, pairIds: ReadonlySet<number>, checksums: TextFile): Promise<number> {
  const file = await TextFile.create(join(folder, fileNames.judgements))
  let judgementCount = 0
  for (const { pairId, otherPairId, verdict, judgedAtMs } of reader.negatives.listJudgements()) {
    if (!pairIds.has(pairId) || !pairIds.has(otherPairId)) continue
    judgementCount++
    await file.write(toLine({ pair: pairId, other: otherPairId, verdict, judged_at_ms: judgedAtMs }))
  }
  await checksums.write(`${await file.finish()}  ${fileNames.judgements}\n`)
  return judgementCount
}

async function addFile(folder: string, name: string, text: string, checksums: TextFile): Promise<void> {
  await writeFile(join(folder, name), text, { flag: 'wx', flush: true })
  await checksums.write(`${createHash('sha256').update(await readFile(join(folder, name))).digest('hex')}  ${name}\n`)
}
