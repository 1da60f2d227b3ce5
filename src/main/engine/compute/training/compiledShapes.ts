// Compiled graphs by the shapes they were compiled for: the one unused for longest goes when there are too many of them, or
// when together they hold too much memory (each keeps what its largest run needed).

export interface CompiledGraph {
  dispose(): Promise<void>
}

const modestBytes = 2 ** 31
const modestCount = 4

/** Memory that graphs of a size may hold together: a modest amount or a few of them, and never more than `maxBytes`. */
export const keptBytesFor = (bytes: number, maxBytes: number): number => Math.min(maxBytes, Math.max(modestBytes, modestCount * bytes))

interface Entry<G> {
  graph: Promise<G>
  bytes: number
}

export class CompiledShapes<G extends CompiledGraph> {
  readonly #entries = new Map<string, Entry<G>>()

  constructor(private readonly maxCount: number, private readonly maxBytes = Infinity) {}

  /** @param bytes estimate of what the graph holds while it is kept; one graph is always kept, however large */
  async get(key: string, bytes: number, compile: () => Promise<G>): Promise<G> {
    const known = this.#entries.get(key)
    this.#entries.delete(key)
    // Before the new one is compiled, so that both are never there together.
    if (!known) await this.#makeRoom(bytes)
    const entry = known ?? { graph: compile(), bytes }
    this.#entries.set(key, entry)
    entry.graph.catch(() => { if (this.#entries.get(key) === entry) this.#entries.delete(key) })
    return entry.graph
  }

  async #makeRoom(bytes: number): Promise<void> {
    const limitBytes = keptBytesFor(bytes, this.maxBytes)
    const heldBytes = (): number => [...this.#entries.values()].reduce((total, entry) => total + entry.bytes, 0)
    while (this.#entries.size > 0 && (this.#entries.size >= this.maxCount || heldBytes() + bytes > limitBytes)) {
      const [oldest, { graph }] = [...this.#entries][0]!
      this.#entries.delete(oldest)
      await (await graph).dispose()
    }
  }

  async dispose(): Promise<void> {
    for (const { graph } of this.#entries.values()) await (await graph).dispose()
    this.#entries.clear()
  }
}
