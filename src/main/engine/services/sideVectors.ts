// The cached embeddings of a project in memory: one matrix per model with a row for each different side, and for every pair
// the rows of its sides. Maps, the semantic filter and search read it. What changes later is brought up to date by the
// revisions of the pairs, so that accepting a pair does not read 100,000 vectors again.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sideKey } from '../store/embeddingStore'
import type { SideRow } from '../store/mapStore'
import type { Store } from '../store/openStore'

export interface PairVectors {
  /** [R, D], L2-normalised. Shared memory: other threads read it without a copy. */
  vectors: Float32Array
  width: number
  rowCount: number
  /** Ascending. */
  pairIds: Int32Array
  /** Rows of the sides, in the order of `pairIds`; −1 where a side is not embedded. */
  leftRows: Int32Array
  rightRows: Int32Array
  /** Of the project when it was read. */
  revision: number
}

export interface ReadProgress {
  signal?: AbortSignal
  report?: (done: number, total: number) => void
}

/** Pairs in one read: some 20 ms of the database. */
const pageSize = 1024
/** Matrices above this many bytes together leave, the one used longest ago first; the newest stays in any case. */
const keptBytes = 768 * 2 ** 20

interface Known {
  matrix: VectorMatrix
  rowOf: Map<string, number>
  /** By pair: rows of left and right, and the keys of sides that were not embedded yet. */
  pairs: Map<number, [number, number]>
  missing: Map<number, SideRow>
  revision: number
  cachedCount: number
  answer: PairVectors | null
}

export class SideVectors {
  readonly #known = new Map<string, Known>()
  readonly #reading = new Map<string, Promise<PairVectors>>()

  constructor(private readonly store: Store, private readonly capacityBytes = keptBytes) {}

  /** Sides without a cached vector have no row. @param cacheId of a model and the state of its weights */
  async get(cacheId: string, progress: ReadProgress = {}): Promise<PairVectors> {
    // Two who ask at once wait for one read.
    const before = this.#reading.get(cacheId)
    if (before) await before.catch(() => undefined)
    const reading = this.#read(cacheId, progress)
    this.#reading.set(cacheId, reading)
    try {
      return await reading
    } finally {
      if (this.#reading.get(cacheId) === reading) this.#reading.delete(cacheId)
    }
  }

  async #read(cacheId: string, progress: ReadProgress): Promise<PairVectors> {
    const known = this.#known.get(cacheId) ?? { matrix: new VectorMatrix(), rowOf: new Map(), pairs: new Map(), missing: new Map(), revision: -1, cachedCount: 0, answer: null }
    const { revision } = this.store.project.get()
    const cachedCount = this.store.embeddings.count(cacheId)
    if (known.answer === null || known.revision !== revision || known.cachedCount !== cachedCount) {
      // Until all is read nothing of it counts as known, so that a read that is broken off begins again.
      known.answer = null
      if (known.cachedCount !== cachedCount) await this.#readMissing(cacheId, known, progress)
      await this.#readChanged(cacheId, known, progress)
      await this.#dropRemoved(known)
      known.revision = revision
      known.cachedCount = cachedCount
      known.answer = toAnswer(known)
    }
    // Taken out and put in again: the map is in order of use.
    this.#known.delete(cacheId)
    this.#known.set(cacheId, known)
    this.#evict(cacheId)
    return known.answer
  }

  async #readMissing(cacheId: string, known: Known, { signal }: ReadProgress): Promise<void> {
    const waiting = [...known.missing.values()]
    for (let start = 0; start < waiting.length; start += pageSize) {
      signal?.throwIfAborted()
      this.#take(cacheId, known, waiting.slice(start, start + pageSize))
      await nextTurn()
    }
  }

  async #readChanged(cacheId: string, known: Known, { signal, report }: ReadProgress): Promise<void> {
    const total = this.store.project.counts().pairCount
    let done = 0
    for (let afterId = 0; ; ) {
      signal?.throwIfAborted()
      const page = this.store.maps.listSides(afterId, pageSize, known.revision)
      if (!page.length) return
      this.#take(cacheId, known, page)
      afterId = page.at(-1)!.id
      done += page.length
      report?.(Math.min(done, total), total)
      await nextTurn()
    }
  }

  #take(cacheId: string, known: Known, page: readonly SideRow[]): void {
    const keys = page.map((row) => [sideKey(row.leftImageId, row.leftText), sideKey(row.rightImageId, row.rightText)] as const)
    const wanted = keys.flat().filter((key) => !known.rowOf.has(key))
    for (const [key, vector] of this.store.embeddings.getMany(cacheId, wanted)) known.rowOf.set(key, known.matrix.add(vector))
    page.forEach((row, i) => {
      const rows: [number, number] = [known.rowOf.get(keys[i]![0]) ?? -1, known.rowOf.get(keys[i]![1]) ?? -1]
      known.pairs.set(row.id, rows)
      if (rows.includes(-1)) known.missing.set(row.id, row)
      else known.missing.delete(row.id)
    })
  }

  /** Pairs leave a project by an undone import alone, so counting is enough to see whether one did. */
  async #dropRemoved(known: Known): Promise<void> {
    if (known.pairs.size === this.store.project.counts().pairCount) return
    const present = new Set<number>()
    const lastId = this.store.maps.lastId()
    for (let first = 1; first <= lastId; first += pageSize * 16) {
      for (const id of this.store.maps.listIds(first, first + pageSize * 16 - 1)) present.add(id)
      await nextTurn()
    }
    for (const id of known.pairs.keys()) {
      if (present.has(id)) continue
      known.pairs.delete(id)
      known.missing.delete(id)
    }
  }

  #evict(newest: string): void {
    let bytes = 0
    for (const { matrix } of this.#known.values()) bytes += matrix.byteCount
    for (const [cacheId, { matrix }] of this.#known) {
      if (bytes <= this.capacityBytes || cacheId === newest) return
      this.#known.delete(cacheId)
      bytes -= matrix.byteCount
    }
  }
}

/** Rows that grow; the memory doubles when it is full. */
class VectorMatrix {
  #values = new Float32Array(new SharedArrayBuffer(0))
  width = 0
  rowCount = 0

  get byteCount(): number {
    return this.#values.byteLength
  }

  get rows(): Float32Array {
    return this.#values.subarray(0, this.rowCount * this.width)
  }

  add(vector: Float32Array): number {
    this.width ||= vector.length
    const needed = (this.rowCount + 1) * this.width
    if (needed > this.#values.length) {
      const grown = new Float32Array(new SharedArrayBuffer(Math.max(1024 * this.width, needed, this.#values.length * 2) * 4))
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values.set(vector, this.rowCount * this.width)
    return this.rowCount++
  }
}

function toAnswer({ matrix, pairs, revision }: Known): PairVectors {
  const pairIds = Int32Array.from(pairs.keys()).sort()
  const leftRows = pairIds.map((id) => pairs.get(id)![0])
  const rightRows = pairIds.map((id) => pairs.get(id)![1])
  return { vectors: matrix.rows, width: matrix.width, rowCount: matrix.rowCount, pairIds, leftRows, rightRows, revision }
}
