// Which pairs each tag is on, in memory, to count the tags of any set of pairs.
import type { Database } from './database'
import { hasBit, type PairBits } from './pairBits'
import type { PairChanges } from './pairWatch'

/** Beyond this reading all tags is quicker than mending their lists. */
const mostMended = 500

export class PairTags {
  /** Ids by tag; null until it is asked for. */
  #byTag: Map<string, Int32Array> | null = null

  constructor(private readonly database: Database) {}

  /** Tags that are on at least one pair of the set, the most frequent first. */
  count(bits: PairBits): { tag: string; count: number }[] {
    this.#byTag ??= this.#read()
    const counts = [...this.#byTag].map(([tag, ids]) => {
      let count = 0
      for (const id of ids) if (hasBit(bits, id)) count += 1
      return { tag, count }
    })
    return counts.filter(({ count }) => count > 0).sort((first, second) => second.count - first.count || (first.tag < second.tag ? -1 : 1))
  }

  forget(): void {
    this.#byTag = null
  }

  follow({ changed }: PairChanges): void {
    const ids = changed.get('tags')
    if (ids === undefined || this.#byTag === null) return
    if (ids === null || ids.length > mostMended) this.#byTag = null
    else this.#mend(this.#byTag, new Set(ids))
  }

  #mend(byTag: Map<string, Int32Array>, changedIds: ReadonlySet<number>): void {
    for (const [tag, ids] of byTag) byTag.set(tag, ids.filter((id) => !changedIds.has(id)))
    const now = this.database.all<{ tag: string; pairId: number }>('SELECT tag, pairId FROM pairTags WHERE pairId IN (SELECT value FROM json_each(?))', JSON.stringify([...changedIds]))
    for (const tag of new Set(now.map((row) => row.tag))) {
      byTag.set(tag, Int32Array.from([...(byTag.get(tag) ?? []), ...now.filter((row) => row.tag === tag).map((row) => row.pairId)]))
    }
  }

  #read(): Map<string, Int32Array> {
    const rows = this.database.all<{ tag: string; ids: string }>('SELECT tag, json_group_array(pairId) AS ids FROM pairTags GROUP BY tag')
    return new Map(rows.map(({ tag, ids }) => [tag, Int32Array.from(JSON.parse(ids) as number[])]))
  }
}
