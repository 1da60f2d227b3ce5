// A Parquet file, read one row group at a time. Columns without a text mark come as bytes: pictures lie in such columns.
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer, type FileMetaData } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { AppError } from '../../../../shared/errors'

export type ParquetRecord = Record<string, unknown>

/** A row group is held in memory while its rows are taken. */
const largestGroupBytes = 1024 * 1024 * 1024
/** Node's own are several times as fast as those in JavaScript. */
const fastCompressors = { ...compressors, GZIP: (bytes: Uint8Array) => gunzipSync(bytes), BROTLI: (bytes: Uint8Array) => brotliDecompressSync(bytes) }

const broken = (path: string, cause: unknown): AppError =>
  new AppError('unreadable-file', `“${basename(path)}” cannot be read as Parquet: ${(cause as Error).message}.`, 'Get the file again, or write it anew; a download that was cut short has lost its table of contents, which stands at the end.', { cause })

async function withFile<T>(path: string, work: (file: AsyncBuffer) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    return await work({
      byteLength: size,
      slice: async (start, end = size) => {
        const bytes = new Uint8Array(Math.max(0, end - start))
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, start)
        if (bytesRead < bytes.length) throw new Error('the file ends early')
        return bytes.buffer
      },
    })
  } finally {
    await handle.close()
  }
}

/** @throws AppError 'unreadable-file' */
export async function readParquetHead(path: string): Promise<{ metadata: FileMetaData; columns: string[]; rowCount: number }> {
  try {
    const metadata = await withFile(path, file => parquetMetadataAsync(file))
    return { metadata, columns: parquetSchema(metadata).children.map(({ element }) => element.name), rowCount: Number(metadata.num_rows) }
  } catch (cause) {
    throw broken(path, cause)
  }
}

/** @param columns those that are needed; all when null @throws AppError 'unreadable-file', 'bad-input' for a row group that does not fit */
export async function* readParquetRecords(path: string, columns: string[] | null): AsyncGenerator<ParquetRecord> {
  const { metadata } = await readParquetHead(path)
  let rowStart = 0
  for (const [index, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows)
    if (Number(group.total_byte_size) > largestGroupBytes) {
      throw new AppError('bad-input', `Row group ${index + 1} of “${basename(path)}” holds ${Math.ceil(Number(group.total_byte_size) / 2 ** 20).toLocaleString('en')} MiB; at most ${largestGroupBytes / 2 ** 20} MiB are held at once.`,
        'Write the file with smaller row groups, for example row_group_size=1000.')
    }
    yield* await readRows(path, metadata, columns, rowStart, rowEnd)
    rowStart = rowEnd
  }
}

/** The first rows alone: a preview must not read a whole group of pictures where the file tells pages apart. */
export async function readFirstRecords(path: string, count: number): Promise<ParquetRecord[]> {
  const { metadata, rowCount } = await readParquetHead(path)
  return readRows(path, metadata, null, 0, Math.min(count, rowCount))
}

async function readRows(path: string, metadata: FileMetaData, columns: string[] | null, rowStart: number, rowEnd: number): Promise<ParquetRecord[]> {
  if (rowEnd <= rowStart) return []
  try {
    return await withFile(path, file => parquetReadObjects({
      file, metadata, rowStart, rowEnd, compressors: fastCompressors, utf8: false, geoparquet: false, useOffsetIndex: true, ...(columns === null ? {} : { columns }),
    }))
  } catch (cause) {
    throw broken(path, cause)
  }
}
