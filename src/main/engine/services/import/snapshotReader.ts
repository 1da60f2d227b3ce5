// A snapshot comes back as it was: pairs with their own import keys, so that a second time adds nothing, then groups under
// their own names, and judgements.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { ImageRecipe } from '../../../../shared/imageRecipe'
import type { Store } from '../../store/openStore'
import { fileNames, groupRowSchema, judgementRowSchema, readManifest, readRows, snapshotRowSchema, type GroupRow, type JudgementRow, type Manifest, type SnapshotRow } from '../snapshots/snapshotFormat'
import { fingerprintOfFiles } from './fingerprint'
import { describeImage, fileImage, type ImageSource } from './imageSource'
import { draftOfSides, type DraftOrProblem } from './pairDraft'
import { noMapping, sampleCount, type ImportReader, type SourceLook } from './reader'

/** As many rows as are written at once. */
const chunkRows = 2000

/** Pairs that were made by hand have no key of their own. */
const keyOf = (row: SnapshotRow, manifest: Manifest): string => row.import_key ?? createHash('sha256').update(`snapshot ${manifest.uid} ${row.id}`).digest('hex')

/** @returns a reason where the path leads out of the folder */
function imageOf(folder: string, path: string | null, recipe: ImageRecipe | null): ImageSource | null {
  if (path === null) return null
  const image = fileImage(join(folder, ...path.split('/')))
  return recipe === null ? image : { ...image, recipe }
}

function toDraft(folder: string, row: SnapshotRow, manifest: Manifest): DraftOrProblem {
  const location = `pair ${row.id}`
  const escapes = [row.left_image, row.right_image].find(path => path !== null && (path.startsWith('/') || path.split(/[/\\]/).includes('..')))
  if (escapes != null) return { draft: null, problem: { location, code: 'path-escape', reason: `“${escapes}” leads out of the snapshot's folder.` } }
  const drafted = draftOfSides(location, {
    leftImage: imageOf(folder, row.left_image, row.left_recipe), leftText: row.left_text, rightImage: imageOf(folder, row.right_image, row.right_recipe), rightText: row.right_text,
  }, { task: row.task, split: row.split, status: row.status, tags: row.tags })
  return drafted.draft === null ? drafted : { draft: { ...drafted.draft, importKey: keyOf(row, manifest) }, problem: null }
}

async function* readDrafts(folder: string, manifest: Manifest): AsyncGenerator<DraftOrProblem> {
  for await (const row of readRows<SnapshotRow>(folder, fileNames.pairs, snapshotRowSchema)) yield toDraft(folder, row, manifest)
}

/** Groups and judgements once the pairs are there; doing it twice changes nothing. */
async function finish(folder: string, manifest: Manifest, store: Store): Promise<void> {
  const idOf = new Map<number, number>()
  for await (const row of readRows<SnapshotRow>(folder, fileNames.pairs, snapshotRowSchema)) {
    const pairId = store.pairs.findByImportKey(keyOf(row, manifest))
    if (pairId !== null) idOf.set(row.id, pairId)
  }
  const mined: number[][] = []
  for await (const groups of chunks(readRows<GroupRow>(folder, fileNames.groups, groupRowSchema))) {
    store.transaction(() => {
      for (const { origin, key, pairs } of groups) {
        const pairIds = pairs.flatMap(id => idOf.get(id) ?? [])
        if (origin === 'mined') mined.push(pairIds)
        else for (const pairId of pairIds) store.groups.addToDataGroup(key ?? `snapshot ${manifest.uid}`, pairId)
      }
    })
  }
  // Groups that this project mined itself are newer.
  if (mined.length > 0 && store.groups.count('mined') === 0) store.groups.replaceMined(mined.filter(group => group.length > 1))
  for await (const judgements of chunks(readRows<JudgementRow>(folder, fileNames.judgements, judgementRowSchema))) {
    store.negatives.restoreJudgements(judgements.flatMap(({ pair, other, verdict, judged_at_ms: judgedAtMs }) => {
      const [pairId, otherPairId] = [idOf.get(pair), idOf.get(other)]
      return pairId === undefined || otherPairId === undefined ? [] : [{ pairId, otherPairId, verdict, judgedAtMs }]
    }))
  }
}

async function* chunks<Row>(rows: AsyncIterable<Row>): AsyncGenerator<Row[]> {
  let chunk: Row[] = []
  for await (const row of rows) {
    if (chunk.push(row) < chunkRows) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

const isSnapshot = (look: SourceLook): boolean => look.isFolder && [fileNames.manifest, fileNames.pairs, fileNames.checksums].every(name => look.entryNames.includes(name))

export const snapshotReader: ImportReader = {
  kind: 'snapshot', label: 'Snapshot', task: null, usesMapping: false, mayRead: isSnapshot, recognises: isSnapshot,
  preview: async folder => {
    const { counts } = await readManifest(folder)
    const sampleRows: Record<string, string>[] = []
    for await (const row of readRows<SnapshotRow>(folder, fileNames.pairs, snapshotRowSchema)) {
      const shown = (path: string | null, recipe: ImageRecipe | null): string => { const image = imageOf(folder, path, recipe); return image === null ? '' : describeImage(image) }
      sampleRows.push({
        'left picture': shown(row.left_image, row.left_recipe), 'left text': row.left_text ?? '', 'right picture': shown(row.right_image, row.right_recipe), 'right text': row.right_text ?? '',
        task: row.task, split: row.split, status: row.status, tags: row.tags.join(', '),
      })
      if (sampleRows.length >= sampleCount) break
    }
    return { columns: Object.keys(sampleRows[0] ?? {}), sampleRows, sampleProblems: [], suggestedMapping: noMapping, rowCount: counts.pairs }
  },
  open: async folder => {
    const manifest = await readManifest(folder)
    return {
      rows: () => readDrafts(folder, manifest), total: manifest.counts.pairs,
      fingerprint: await fingerprintOfFiles([fileNames.pairs, fileNames.groups, fileNames.judgements].map(name => join(folder, name))),
      finish: store => finish(folder, manifest, store),
    }
  },
}
