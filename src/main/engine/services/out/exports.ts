// Exports of pairs, each as a job.
import type { DataExportOptions, NewFolder } from '../../../../shared/contract/exports'
import type { PairScope } from '../../../../shared/contract/pairs'
import type { JobRunner } from '../../jobs/runner'
import type { Store } from '../../store/openStore'
import type { Picker } from '../picker'
import { countExport, exportData, type ExportResult } from './exportData'
import { refuseTaken, targetOf } from './newFolder'

/** As many reasons are worth reading. */
const listedProblems = 200

const counted = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'pair' : 'pairs'}`

export function summarizeExport({ pairCount, unheldCount, brokenCount }: ExportResult, path: string): string {
  const unheld = unheldCount === 0 ? '' : `, ${counted(unheldCount)} that the form cannot hold left out`
  const broken = brokenCount === 0 ? '' : `, ${counted(brokenCount)} with unreadable pictures left out`
  return `${counted(pairCount)}${unheld}${broken}, in ${path}`
}

export class ExportsService {
  constructor(private readonly store: Store, private readonly jobs: JobRunner, private readonly picker: Picker) {}

  count({ scope, options }: { scope: PairScope; options: DataExportOptions }, signal?: AbortSignal): Promise<{ pairCount: number; leftOutCount: number }> {
    return countExport(this.store, scope, options, signal)
  }

  /** @throws AppError 'conflict' when the name is taken, before there is a job */
  async start({ scope, options, ...folder }: NewFolder & { scope: PairScope; options: DataExportOptions }): Promise<{ jobId: number }> {
    const target = targetOf(this.picker, folder)
    await refuseTaken(target)
    const job = this.jobs.start({ kind: 'export', title: `Export ${folder.folderName}` }, async context => {
      context.enterPhase('writing pairs')
      let problemCount = 0
      const result = await exportData(this.store, scope, options, target, {
        signal: context.signal,
        onProgress: (done, total) => context.report(done, total),
        onProblem: line => { if (problemCount++ < listedProblems) context.log(line) },
      })
      return summarizeExport(result, target.path)
    })
    return { jobId: job.id }
  }
}
