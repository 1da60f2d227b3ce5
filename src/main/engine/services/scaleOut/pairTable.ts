// The table of the published trainer's `csv-multimodal`: columns for picture and text of both sides. The first three are named
// as that code names them; the right text, which it has no column for, is called caption.
import { TextFile } from '../out/textFile'
import { toLine } from '../out/forms/textTables'
import type { GroupRow, SnapshotRow } from '../snapshots/snapshotFormat'

export const tableColumns = ['input_image', 'edit', 'output_image', 'caption', 'group', 'task', 'pair_id'] as const

export interface TableRow {
  leftImage: string | null
  rightImage: string | null
  row: SnapshotRow
}

const line = ({ leftImage, rightImage, row }: TableRow, group: string | null): string =>
  toLine([leftImage, row.left_text, rightImage, row.right_text, group, row.task, String(row.id)], ',')

/**
 * Gives every pair at most one group, as the trainer's samplers need it: those of the data first, then mined ones, then
 * pairs that people judged to be hard negatives of each other. Groups of which fewer than two pairs are left fall away.
 * @param isIn whether a pair is in the table
 */
export function disjointGroups(groups: readonly GroupRow[], negatives: readonly (readonly [number, number])[], isIn: (pairId: number) => boolean): Map<number, { name: string; size: number }> {
  const groupOf = new Map<number, { name: string; size: number }>()
  const add = (name: string, pairIds: readonly number[]): void => {
    const free = [...new Set(pairIds)].filter(id => isIn(id) && !groupOf.has(id))
    if (free.length < 2) return
    for (const id of free) groupOf.set(id, { name, size: free.length })
  }
  for (const origin of ['data', 'mined'] as const) for (const { id, pairs } of groups.filter(group => group.origin === origin)) add(`${origin}-${id}`, pairs)
  negatives.forEach((pair, index) => add(`judged-${index + 1}`, pair))
  return groupOf
}

/** Rows of one group stand together; a group waits in memory until its last row comes. */
export class PairTableFile {
  readonly #waiting = new Map<string, TableRow[]>()
  rowCount = 0
  groupCount = 0

  private constructor(private readonly file: TextFile, private readonly groupOf: ReadonlyMap<number, { name: string; size: number }>) {}

  static async create(path: string, groupOf: ReadonlyMap<number, { name: string; size: number }>): Promise<PairTableFile> {
    const file = await TextFile.create(path)
    await file.write(toLine(tableColumns, ','))
    return new PairTableFile(file, groupOf)
  }

  async add(row: TableRow): Promise<void> {
    this.rowCount++
    const group = this.groupOf.get(row.row.id)
    if (group === undefined) return this.file.write(line(row, null))
    const rows = [...(this.#waiting.get(group.name) ?? []), row]
    this.#waiting.set(group.name, rows)
    if (rows.length === group.size) await this.#writeGroup(group.name)
  }

  /** @returns the SHA-256 of the file */
  async finish(): Promise<string> {
    // Groups that lost a row to a broken picture.
    for (const name of [...this.#waiting.keys()]) await this.#writeGroup(name)
    return this.file.finish()
  }

  abandon(): Promise<void> {
    return this.file.abandon()
  }

  async #writeGroup(name: string): Promise<void> {
    const rows = this.#waiting.get(name) ?? []
    this.#waiting.delete(name)
    if (rows.length > 1) this.groupCount++
    for (const row of rows) await this.file.write(line(row, rows.length > 1 ? name : null))
  }
}
