// Where pairs go that are deleted, or whose making is undone. A binned pair is kept as JSON with its tags, groups and
// judgements, outside of the table that everything else reads, so that no query has to leave it out.
import type { Database } from './database'

/** First and last id, both inclusive. */
export type IdRange = [first: number, last: number]

/** Short lists of ids as ranges; ids must be ascending. */
export function toRanges(ids: Iterable<number>): IdRange[] {
  const ranges: IdRange[] = []
  for (const id of ids) {
    const last = ranges.at(-1)
    if (last !== undefined && id === last[1] + 1) last[1] = id
    else ranges.push([id, id])
  }
  return ranges
}

/** Columns that come back as they were. Those left out are given anew, or are not of the pair. */
const ownColumns = new Set(['id', 'revision', 'updatedAtMs'])
/** A pair that was imported again since keeps the key. */
const keptUnique = `CASE WHEN EXISTS (SELECT 1 FROM pairs x WHERE x.importKey = b.row ->> '$.importKey') THEN NULL ELSE b.row ->> '$.importKey' END`
/** A score of another model says nothing under this one. */
const ofCurrentModel = (column: string): string => `CASE WHEN b.row ->> '$.scoreModelId' = (SELECT currentModelId FROM project) THEN b.row ->> '$.${column}' END`

/** SQLite writes numbers into JSON with 15 digits; 17 bring every number back. */
const exactly = (column: string): string => `json(CASE WHEN ${column} IS NULL THEN 'null' ELSE printf('%!.17g', ${column}) END)`

export class BinStore {
  #info: { name: string; type: string }[] | null = null

  constructor(private readonly database: Database) {}

  /** Takes pairs out of the project; ids without a pair are passed over. Within a transaction of the caller. */
  put(ranges: readonly IdRange[]): void {
    const object = ['id', ...this.columns].map(name => `'${name}', ${this.realColumns.has(name) ? exactly(`p.${name}`) : `p.${name}`}`).join(', ')
    for (const [first, last] of ranges) {
      this.database.run(
        `INSERT INTO binnedPairs (id, row, tags, groupIds, judgements)
         SELECT p.id, json_object(${object}), (SELECT json_group_array(t.tag) FROM pairTags t WHERE t.pairId = p.id),
           (SELECT json_group_array(m.groupId) FROM groupMembers m WHERE m.pairId = p.id),
           (SELECT json_group_array(json_array(j.pairId, j.otherPairId, j.verdict, j.judgedAtMs)) FROM judgements j WHERE j.pairId = p.id OR j.otherPairId = p.id)
         FROM pairs p WHERE p.id BETWEEN ? AND ?`, first, last)
      this.database.run('DELETE FROM pairs WHERE id BETWEEN ? AND ?', first, last)
      this.database.run(
        `UPDATE images SET isHidden = 1 WHERE sourceImageId IS NOT NULL AND id IN (${imagesOfBinned})
           AND NOT EXISTS (SELECT 1 FROM pairs WHERE leftImageId = images.id) AND NOT EXISTS (SELECT 1 FROM pairs WHERE rightImageId = images.id)`,
        first, last, first, last)
    }
  }

  /** Brings pairs back, with what hung on them. */
  restore(ranges: readonly IdRange[], revision: number): void {
    const values = this.columns.map(name => {
      if (name === 'importKey') return keptUnique
      return name === 'score' || name === 'scoreModelId' ? ofCurrentModel(name) : `b.row ->> '$.${name}'`
    })
    for (const [first, last] of ranges) {
      const range = 'b.id BETWEEN ? AND ?'
      this.database.run(`UPDATE images SET isHidden = 0 WHERE isHidden = 1 AND id IN (${imagesOfBinned})`, first, last, first, last)
      this.database.run(
        `INSERT INTO pairs (id, ${this.columns.join(', ')}, revision, updatedAtMs)
         SELECT b.id, ${values.join(', ')}, ?, ? FROM binnedPairs b WHERE ${range} ORDER BY b.id`, revision, Date.now(), first, last)
      this.database.run(`INSERT INTO pairTags (pairId, tag) SELECT b.id, t.value FROM binnedPairs b, json_each(b.tags) t WHERE ${range}`, first, last)
      this.database.run(
        `INSERT OR IGNORE INTO groupMembers (groupId, pairId)
         SELECT g.id, b.id FROM binnedPairs b, json_each(b.groupIds) m JOIN groups g ON g.id = m.value WHERE ${range}`, first, last)
      // One between two binned pairs waits until both are back.
      this.database.run(
        `INSERT OR IGNORE INTO judgements (pairId, otherPairId, verdict, judgedAtMs)
         SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3 FROM binnedPairs b, json_each(b.judgements) j
         WHERE ${range} AND EXISTS (SELECT 1 FROM pairs WHERE id = j.value ->> 0) AND EXISTS (SELECT 1 FROM pairs WHERE id = j.value ->> 1)`, first, last)
      this.database.run('DELETE FROM binnedPairs WHERE id BETWEEN ? AND ?', first, last)
    }
  }

  /** Hands what was binned just now to the entry that can bring it back. */
  giveTo(entryId: number): void {
    this.database.run('UPDATE binnedPairs SET entryId = ? WHERE entryId IS NULL', entryId)
  }

  count(): number {
    return this.database.count('SELECT count(*) FROM binnedPairs')
  }

  private get columns(): string[] {
    return this.info.map(({ name }) => name).filter(name => !ownColumns.has(name))
  }

  private get realColumns(): ReadonlySet<string> {
    return new Set(this.info.filter(({ type }) => type === 'REAL').map(({ name }) => name))
  }

  private get info(): { name: string; type: string }[] {
    return (this.#info ??= this.database.all<{ name: string; type: string }>("SELECT name, type FROM pragma_table_info('pairs')"))
  }
}

const imagesOfBinned = `SELECT row ->> '$.leftImageId' FROM binnedPairs WHERE id BETWEEN ? AND ? UNION SELECT row ->> '$.rightImageId' FROM binnedPairs WHERE id BETWEEN ? AND ?`
