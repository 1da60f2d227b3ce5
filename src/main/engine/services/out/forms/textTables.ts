// CSV, TSV and JSON lines, each one file beside a folder of pictures.
import { join } from 'node:path'
import type { OutPair } from '../outPair'
import type { PictureOutput } from '../pictureOutput'
import { TextFile } from '../textFile'
import type { FormWriter, OutForm } from './outForm'
import { columnsOf, toRow, type OutRow, type TableColumn } from './tableRow'

/**
 * RFC 4180: quotation marks around what could be misread, and doubled inside.
 * @param guarded puts an apostrophe before what a spreadsheet would run as a formula. That changes the text, so it is a
 * choice: a caption may well begin with a dash.
 */
export function toCell(text: string | null, delimiter: string, guarded = false): string {
  const cell = guarded && text !== null && /^[=+\-@\t\r]/.test(text) ? `'${text}` : (text ?? '')
  return cell.includes(delimiter) || /["\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

export const toLine = (cells: readonly (string | null)[], delimiter: string, guarded = false): string => `${cells.map(cell => toCell(cell, delimiter, guarded)).join(delimiter)}\n`

/** Empty cells are null; tags are a list unless one of them holds what separates them. */
export const toJsonLine = (row: OutRow, columns: readonly TableColumn[]): string =>
  `${JSON.stringify(Object.fromEntries(columns.map(name => [name, name === 'tags' && row.tags !== null && !row.tags.startsWith('[') ? row.tags.split(',') : row[name]])))}\n`

async function placeBoth(folder: string, pictures: PictureOutput, { left, right }: OutPair): Promise<{ left: string | null; right: string | null }> {
  return {
    left: left.picture === null ? null : await pictures.placeIn(folder, left.picture),
    right: right.picture === null ? null : await pictures.placeIn(folder, right.picture),
  }
}

function textTable(form: 'csv' | 'tsv' | 'jsonl'): OutForm {
  return {
    form,
    canHold: () => true,
    open: async (folder, pictures, { derived, guardFormulas }): Promise<FormWriter> => {
      const columns = columnsOf(derived)
      const file = await TextFile.create(join(folder, `pairs.${form}`))
      const delimiter = form === 'tsv' ? '\t' : ','
      if (form !== 'jsonl') await file.write(toLine(columns, delimiter))
      return {
        write: async pair => {
          const row = toRow(pair, pictures, await placeBoth(folder, pictures, pair))
          await file.write(form === 'jsonl' ? toJsonLine(row, columns) : toLine(columns.map(name => row[name]), delimiter, guardFormulas))
        },
        finish: async () => void (await file.finish()),
        abandon: () => file.abandon(),
      }
    },
  }
}

export const csvForm = textTable('csv')
export const tsvForm = textTable('tsv')
export const jsonlForm = textTable('jsonl')
