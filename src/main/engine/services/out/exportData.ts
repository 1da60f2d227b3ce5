// Writes pairs in one form: from one moment of the project, batch by batch, whole or not at all.
import type { DataExportOptions, DataForm } from '../../../../shared/contract/exports'
import type { PairScope } from '../../../../shared/contract/pairs'
import type { Store } from '../../store/openStore'
import { cocoForm } from './forms/cocoForm'
import type { OutForm } from './forms/outForm'
import { parquetForm } from './forms/parquetForm'
import { shardForm } from './forms/shardForm'
import { csvForm, jsonlForm, tsvForm } from './forms/textTables'
import { writeNewFolder, type FolderTarget } from './newFolder'
import { readOutPairs } from './outPair'
import { BrokenPicture, PictureOutput } from './pictureOutput'

const forms: Record<DataForm, OutForm> = { csv: csvForm, tsv: tsvForm, jsonl: jsonlForm, parquet: parquetForm, webdataset: shardForm, coco: cocoForm }

export interface ExportProgress {
  signal: AbortSignal
  onProgress: (done: number, total: number) => void
  /** A pair that was left out, with the reason. */
  onProblem: (line: string) => void
}

export interface ExportResult {
  pairCount: number
  /** Pairs that the form has no place for. */
  unheldCount: number
  /** Pairs whose pictures cannot be read. */
  brokenCount: number
}

/** Lets other work of the engine in between two batches. */
export const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** COCO has no place for recipes. */
const settled = (options: DataExportOptions): DataExportOptions => (options.form === 'coco' ? { ...options, derived: 'render' } : options)

export async function countExport(store: Store, scope: PairScope, options: DataExportOptions, signal?: AbortSignal): Promise<{ pairCount: number; leftOutCount: number }> {
  const reader = store.openReader()
  try {
    const total = reader.pairs.countScope(scope)
    const isChoosy = options.form === 'coco' || (options.form === 'webdataset' && options.plainMembers)
    if (!isChoosy) return { pairCount: total, leftOutCount: 0 }
    let leftOutCount = 0
    for (const batch of readOutPairs(reader, scope)) {
      signal?.throwIfAborted()
      leftOutCount += batch.filter(pair => !forms[options.form].canHold(pair, options)).length
      await breathe()
    }
    return { pairCount: total - leftOutCount, leftOutCount }
  } finally {
    reader.close()
  }
}

/** @throws AppError 'conflict', 'disk-full', 'cancelled'; nothing is then left under the name */
export function exportData(store: Store, scope: PairScope, given: DataExportOptions, target: FolderTarget, progress: ExportProgress): Promise<ExportResult> {
  return writeNewFolder(target, folder => fillFolder(store, scope, settled(given), folder, progress))
}

async function fillFolder(store: Store, scope: PairScope, options: DataExportOptions, folder: string, { signal, onProgress, onProblem }: ExportProgress): Promise<ExportResult> {
  const form = forms[options.form]
  const reader = store.openReader()
  const result: ExportResult = { pairCount: 0, unheldCount: 0, brokenCount: 0 }
  const writer = await form.open(folder, new PictureOutput(store.files, options.derived), options)
  try {
    const total = reader.pairs.countScope(scope)
    let done = 0
    onProgress(done, total)
    for (const batch of readOutPairs(reader, scope)) {
      for (const pair of batch) {
        signal.throwIfAborted()
        if (!form.canHold(pair, options)) result.unheldCount++
        else if (await wasWritten(() => writer.write(pair), reason => onProblem(`Pair ${pair.id} is left out: ${reason}`))) result.pairCount++
        else result.brokenCount++
      }
      done += batch.length
      onProgress(done, total)
      await breathe()
    }
    await writer.finish()
    return result
  } catch (thrown) {
    await writer.abandon()
    throw thrown
  } finally {
    reader.close()
  }
}

async function wasWritten(write: () => Promise<void>, onBroken: (reason: string) => void): Promise<boolean> {
  try {
    await write()
    return true
  } catch (thrown) {
    if (!(thrown instanceof BrokenPicture)) throw thrown
    onBroken(thrown.message)
    return false
  }
}
