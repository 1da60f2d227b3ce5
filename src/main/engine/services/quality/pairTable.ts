// What a check keeps of every pair while it compares all with all: no texts, only what names them.
import type { Task } from '../../../../shared/contract/entities'
import { hashText } from '../../compute/quality/contentHash'
import { normaliseText } from '../../compute/quality/textFindings'
import type { CheckedPair } from '../../store/findingStore'

export const tasks: readonly Task[] = ['caption', 'vqa', 'edit', 'transform', 'region', 'compose']

export interface TableRow {
  pairId: number
  task: Task
  isTraining: boolean
  /** 0 for none. */
  leftImageId: number
  rightImageId: number
  /** Names both texts, normalised. */
  textKey: number
}

export class PairTable {
  readonly #rows: TableRow[] = []

  add(pair: CheckedPair): void {
    const text = (value: string | null): string => (value === null ? '\0' : normaliseText(value))
    this.#rows.push({
      pairId: pair.id, task: pair.task, isTraining: pair.split === 'train', leftImageId: pair.leftImageId ?? 0, rightImageId: pair.rightImageId ?? 0,
      textKey: hashText(`${text(pair.leftText)}\n${text(pair.rightText)}`),
    })
  }

  get rows(): readonly TableRow[] {
    return this.#rows
  }
}

/** Rows with equal keys, where there are at least two; null leaves a row out. */
export function groupRows(rows: readonly TableRow[], keyOf: (row: TableRow) => string | null): TableRow[][] {
  const first = new Map<number, TableRow>()
  const groups = new Map<number, TableRow[]>()
  for (const row of rows) {
    const text = keyOf(row)
    if (text === null) continue
    const key = hashText(text)
    const earlier = first.get(key)
    if (earlier === undefined) {
      first.set(key, row)
      continue
    }
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [earlier, row])
  }
  return [...groups.values()]
}
