// Texts by a template over the pairs of a scope: a preview with examples, and a job that writes them as one act.
import type { TemplateOptions, TemplatePreview } from '../../../../shared/contract/make'
import type { PairScope } from '../../../../shared/contract/pairs'
import { fillTemplate, readTemplate, type Template, type TemplateField, type TemplateValues } from '../../../../shared/captionTemplate'
import type { JobRunner } from '../../jobs/runner'
import type { RowChange } from '../../store/historyStore'
import type { TemplateRow } from '../../store/makingStore'
import type { Store } from '../../store/openStore'
import { scopeCondition } from '../../store/scopeSql'
import type { ChangeBus } from '../changes'
import { editLabel } from '../editLabel'
import { publishEdit } from '../pairs'
import { breathe, runLongAct } from './longAct'

const chunkSize = 1000
/** A preview reads so many and scales up. */
const countedPairs = 20_000
const exampleCount = 8
/** What a text may be; longer ones are no captions. */
const longestText = 10_000

export class TemplateJobs {
  constructor(private readonly dependencies: { store: Store; jobs: JobRunner; changes: ChangeBus }) {}

  /** @throws AppError 'bad-input' for a template with unknown fields */
  async preview(scope: PairScope, options: TemplateOptions): Promise<TemplatePreview> {
    const { store } = this.dependencies
    const template = readTemplate(options.template)
    const condition = scopeCondition(scope)
    const pairCount = store.pairs.countScope(scope)
    const missing: Partial<Record<TemplateField, number>> = {}
    const examples: TemplatePreview['examples'] = []
    let [seen, changeCount, after] = [0, 0, 0]
    while (seen < countedPairs) {
      const rows = store.making.listForTemplates(condition, after, chunkSize)
      if (rows.length === 0) break
      for (const row of rows) {
        const written = write(template, row, options)
        if (written.missing !== null) missing[written.missing] = (missing[written.missing] ?? 0) + 1
        if (written.text === null) continue
        changeCount++
        if (examples.length < exampleCount) examples.push({ pairId: row.id, imageId: row.leftImageId ?? row.rightImageId, before: textOf(row, options.side), after: written.text })
      }
      seen += rows.length
      after = rows.at(-1)!.id
      await breathe()
    }
    const scale = seen === 0 ? 1 : pairCount / seen
    return {
      pairCount, examples, isEstimate: seen < pairCount, changeCount: Math.round(changeCount * scale),
      missing: Object.fromEntries(Object.entries(missing).map(([field, count]) => [field, Math.round(count * scale)])),
    }
  }

  /** @throws AppError 'bad-input' before the job, as preview */
  start(scope: PairScope, options: TemplateOptions): { jobId: number } {
    const { store, jobs, changes } = this.dependencies
    const template = readTemplate(options.template)
    const condition = scopeCondition(scope)
    const job = jobs.start({ kind: 'make', title: 'Write texts by a template' }, async ({ signal, enterPhase, report }) => {
      enterPhase('writing texts', store.pairs.countScope(scope))
      let [after, done] = [0, 0]
      try {
        const count = await runLongAct({
          store, signal, label: (changed) => `write the ${options.side} text of ${editLabel('', changed).trim()} by a template`,
          next: () => {
            const rows = store.making.listForTemplates(condition, after, chunkSize)
            if (rows.length === 0) return null
            after = rows.at(-1)!.id
            done += rows.length
            const edits = rows.flatMap((row) => changeOf(template, row, options))
            return { chunk: { changes: edits, isDone: false }, count: edits.length }
          },
          onChunk: () => report(done),
        })
        return `${count.toLocaleString('en')} texts written, ${(done - count).toLocaleString('en')} pairs left as they were`
      } finally {
        publishEdit(changes)
      }
    })
    return { jobId: job.id }
  }
}

const textOf = (row: TemplateRow, side: 'left' | 'right'): string | null => (side === 'left' ? row.leftText : row.rightText)

/** A null text without a missing field: the pair stays as it is. */
function write(template: Template, row: TemplateRow, { side, onlyEmpty }: TemplateOptions): { text: string | null; missing: TemplateField | null } {
  const before = textOf(row, side)
  if (onlyEmpty && before !== null) return { text: null, missing: null }
  const filled = fillTemplate(template, valuesOf(row))
  if (filled.text === null) return filled
  const text = filled.text.slice(0, longestText)
  return { text: text === '' || text === before ? null : text, missing: null }
}

function changeOf(template: Template, row: TemplateRow, options: TemplateOptions): RowChange[] {
  const { text } = write(template, row, options)
  if (text === null) return []
  const key = options.side === 'left' ? 'leftText' : 'rightText'
  const { score, scoreModelId } = row
  return [{ kind: 'pair', id: row.id, before: { [key]: row[key], score, scoreModelId }, after: { [key]: text, score: null, scoreModelId: null } }]
}

function valuesOf({ id, leftText, rightText, tag, tags, task, split, status, sourceName }: TemplateRow): TemplateValues {
  const steps = (sourceName ?? '').split(/[/\\]/)
  const file = steps.pop() ?? ''
  return { id: String(id), leftText, rightText, tag, tags, task, split, status, file: file.replace(/\.[^.]+$/, ''), folder: steps.at(-1) ?? null }
}
