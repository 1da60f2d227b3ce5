// Parquet as Hugging Face `datasets` writes it: pictures as {bytes, path}, parts named by split, and the features in the
// file's metadata, so that load_dataset gives pictures and not bytes. With `pictures: files` the columns hold paths.
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteWriter, ParquetWriter, type ColumnSource, type SchemaElement } from 'hyparquet-writer'
import type { Split } from '../../../../../shared/contract/entities'
import type { DataExportOptions } from '../../../../../shared/contract/exports'
import type { OutPair } from '../outPair'
import type { PictureOutput } from '../pictureOutput'
import { bySplit } from './bySplit'
import type { FormWriter, OutForm } from './outForm'
import { columnsOf, toRow, type TableColumn } from './tableRow'

type PictureCell = { bytes: Uint8Array; path: string } | null
type ParquetRow = Record<TableColumn, string | null | PictureCell>

/** A row group waits in memory until it is written; readers hold one, too. */
const groupBytes = 32 * 1024 * 1024
const groupRows = 10_000
const pictureColumns: readonly TableColumn[] = ['left_image', 'right_image']

const isPictureColumn = (name: TableColumn, holdsBytes: boolean): boolean => holdsBytes && pictureColumns.includes(name)

function schemaOf(columns: readonly TableColumn[], holdsBytes: boolean): SchemaElement[] {
  return [{ name: 'schema', num_children: columns.length }, ...columns.flatMap((name): SchemaElement[] => (isPictureColumn(name, holdsBytes)
    ? [{ name, num_children: 2, repetition_type: 'OPTIONAL' }, { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' }, { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }]
    : [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }]))]
}

const featuresOf = (columns: readonly TableColumn[], holdsBytes: boolean): string => JSON.stringify({
  info: { features: Object.fromEntries(columns.map(name => [name, isPictureColumn(name, holdsBytes) ? { _type: 'Image' } : { dtype: 'string', _type: 'Value' }])) },
})

/** One part: row groups go to the disk as they are full. */
class Part {
  sizeBytes = 0
  #waiting: ParquetRow[] = []
  #waitingBytes = 0
  readonly #writer = new ByteWriter()
  readonly #parquet: ParquetWriter

  private constructor(private readonly file: FileHandle, private readonly columns: readonly TableColumn[], private readonly holdsBytes: boolean) {
    this.#parquet = new ParquetWriter({
      writer: this.#writer, schema: schemaOf(columns, holdsBytes), kvMetadata: [{ key: 'huggingface', value: featuresOf(columns, holdsBytes) }], createdBy: 'FuseLIP Studio',
    })
  }

  static async create(path: string, columns: readonly TableColumn[], holdsBytes: boolean): Promise<Part> {
    return new Part(await open(path, 'wx'), columns, holdsBytes)
  }

  async add(row: ParquetRow): Promise<void> {
    this.#waiting.push(row)
    for (const cell of Object.values(row)) this.#waitingBytes += typeof cell === 'string' ? cell.length : (cell?.bytes.byteLength ?? 0)
    if (this.#waiting.length >= groupRows || this.#waitingBytes >= groupBytes) await this.#writeGroup()
  }

  async finish(): Promise<void> {
    try {
      await this.#writeGroup()
      await this.#parquet.finish()
      await this.#flush()
      await this.file.sync()
    } finally {
      await this.file.close()
    }
  }

  abandon(): Promise<void> {
    return this.file.close().catch(() => undefined)
  }

  async #writeGroup(): Promise<void> {
    if (this.#waiting.length === 0) return
    // Pictures are compressed already, and no two are alike: neither a dictionary nor statistics help.
    const columnData = this.columns.map((name): ColumnSource => ({
      name, data: this.#waiting.map(row => row[name]), ...(isPictureColumn(name, this.holdsBytes) ? { encoding: 'PLAIN', codec: 'UNCOMPRESSED', statistics: false } : {}),
    }))
    await this.#parquet.write({ columnData, rowGroupSize: this.#waiting.length })
    this.#waiting = []
    this.#waitingBytes = 0
    await this.#flush()
  }

  async #flush(): Promise<void> {
    const bytes = this.#writer.getBytes()
    this.sizeBytes += bytes.byteLength
    await this.file.writeFile(bytes)
    this.#writer.index = 0
  }
}

function parts(folder: string, split: Split, pictures: PictureOutput, options: DataExportOptions): FormWriter {
  const columns = columnsOf(options.derived)
  const holdsBytes = options.pictures === 'bytes'
  let part: Part | null = null
  let partCount = 0
  const cellOf = async ({ picture }: OutPair['left']): Promise<string | PictureCell> => {
    if (picture === null) return null
    return holdsBytes ? { bytes: await pictures.bytesOf(picture), path: pictures.nameOf(picture) } : pictures.placeIn(folder, picture)
  }
  return {
    write: async pair => {
      const row: ParquetRow = { ...toRow(pair, pictures, { left: null, right: null }), left_image: await cellOf(pair.left), right_image: await cellOf(pair.right) }
      if (part !== null && part.sizeBytes >= options.shardMegabytes * 1024 * 1024) {
        await part.finish()
        part = null
      }
      part ??= await Part.create(join(folder, `${split}-${String(partCount++).padStart(5, '0')}.parquet`), columns, holdsBytes)
      await part.add(row)
    },
    finish: async () => { await part?.finish() },
    abandon: async () => { await part?.abandon() },
  }
}

export const parquetForm: OutForm = {
  form: 'parquet',
  canHold: () => true,
  open: (folder, pictures, options) => Promise.resolve(bySplit(split => parts(folder, split, pictures, options))),
}
