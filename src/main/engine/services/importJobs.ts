// Runs an import as a job. The path behind the token is looked up at once, so that a wrong token fails the call.
import { basename } from 'node:path'
import type { ColumnMapping, SourceKind } from '../../../shared/contract/import'
import type { JobRunner } from '../jobs/runner'
import { summarizeImport, type ImportsService } from './import/imports'
import type { ImportDefaults } from './import/pairDraft'
import type { Picker } from './picker'

export type ImportRequest = ImportDefaults & { sourceToken: string; kind: SourceKind | null; startOver: boolean; mapping: ColumnMapping | null }

export class ImportJobs {
  constructor(private readonly jobs: JobRunner, private readonly imports: ImportsService, private readonly picker: Picker) {}

  start({ sourceToken, kind, startOver, mapping, ...defaults }: ImportRequest): { jobId: number } {
    const path = this.picker.pathForToken(sourceToken)
    const job = this.jobs.start({ kind: 'import', title: `Import ${basename(path)}` }, async (context) => {
      context.enterPhase('reading pairs')
      const record = await this.imports.run(path, mapping, defaults, { signal: context.signal, kind, startOver, onProgress: (done, total) => context.report(done, total) })
      if (record.problemCount) context.log(`${record.problemCount} rows or files could not be used; the import lists them with their reasons.`)
      return summarizeImport(record)
    })
    return { jobId: job.id }
  }
}
