// What the interface asks about imports. The job that runs one is started by the router with `run`.
import type { ColumnMapping, ImportPreview, ImportProblem, ImportRecord, PreviewPair, SourceKind } from '../../../../shared/contract/import'
import type { Store } from '../../store/openStore'
import type { ChangeBus } from '../changes'
import { publishEdit } from '../pairs'
import type { DrawingsService } from '../drawings'
import type { Picker } from '../picker'
import type { ImportDefaults } from './pairDraft'
import { previewPairs } from './previewPairs'
import { inspectSource, openSource, runImport, type ImportOptions } from './runImport'

export class ImportsService {
  readonly #store: Store
  readonly #picker: Picker
  readonly #changes: ChangeBus
  readonly #drawings: DrawingsService

  constructor(store: Store, picker: Picker, changes: ChangeBus, drawings: DrawingsService) {
    this.#drawings = drawings
    this.#store = store
    this.#picker = picker
    this.#changes = changes
  }

  inspect(sourceToken: string, kind: SourceKind | null = null): Promise<ImportPreview> {
    return inspectSource(this.#picker.pathForToken(sourceToken), { kind, store: this.#store })
  }

  /** @throws AppError as an import does before it writes */
  async previewPairs({ sourceToken, kind, mapping, ...defaults }: ImportDefaults & { sourceToken: string; kind: SourceKind | null; mapping: ColumnMapping | null }): Promise<PreviewPair[]> {
    const source = await openSource(this.#picker.pathForToken(sourceToken), mapping, defaults, kind)
    return previewPairs(source.rows(), defaults, this.#drawings)
  }

  /** Runs to the end; see runImport for what it throws. */
  run(sourcePath: string, mapping: ColumnMapping | null, defaults: ImportDefaults, options: Omit<ImportOptions, 'onBatch'>): Promise<ImportRecord> {
    return runImport(this.#store, sourcePath, mapping, defaults, { ...options, onBatch: () => publishEdit(this.#changes) })
  }

  list(): ImportRecord[] {
    return this.#store.imports.list()
  }

  listProblems(importId: number, offset: number, limit: number): { problems: ImportProblem[]; total: number } {
    this.#store.imports.get(importId)
    return this.#store.imports.listProblems(importId, offset, limit)
  }
}

/** “120 pairs added, 3 already there, 2 problems”: the line that sums up the job. */
export function summarizeImport({ addedPairCount, knownPairCount, problemCount }: ImportRecord): string {
  const count = (value: number, one: string): string => `${value.toLocaleString('en')} ${value === 1 ? one : `${one}s`}`
  const known = knownPairCount === 0 ? '' : `, ${knownPairCount.toLocaleString('en')} already there`
  const problems = problemCount === 0 ? '' : `, ${count(problemCount, 'problem')}`
  return `${count(addedPairCount, 'pair')} added${known}${problems}`
}
