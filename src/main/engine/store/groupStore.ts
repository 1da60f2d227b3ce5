// Groups of pairs that should share a batch: those of the data, and those of the last mining.
import type { Database } from './database'

export interface GroupOfPair {
  groupId: number
  origin: 'data' | 'mined'
  /** Name of the group in the imported data; null for mined groups. */
  key: string | null
}

export class GroupStore {
  constructor(private readonly database: Database) {}

  /** Puts a pair into the group that the imported data names. */
  addToDataGroup(key: string, pairId: number): void {
    this.database.run("INSERT INTO groups (origin, key) VALUES ('data', ?) ON CONFLICT (key) DO NOTHING", key)
    this.database.run('INSERT OR IGNORE INTO groupMembers (groupId, pairId) SELECT id, ? FROM groups WHERE key = ?', pairId, key)
  }

  addMember(groupId: number, pairId: number): void {
    this.database.run('INSERT OR IGNORE INTO groupMembers (groupId, pairId) VALUES (?, ?)', groupId, pairId)
  }

  /** A group of the data without a name, for pairs that are made here. */
  createData(): number {
    return this.database.run("INSERT INTO groups (origin) VALUES ('data')").insertedId
  }

  /** Takes the groups of the last mining away and writes new ones, as lists of pair ids. */
  replaceMined(groups: readonly (readonly number[])[]): void {
    this.database.transaction(() => {
      this.database.run("DELETE FROM groups WHERE origin = 'mined'")
      for (const pairIds of groups) {
        const groupId = this.database.run("INSERT INTO groups (origin) VALUES ('mined')").insertedId
        for (const pairId of pairIds) this.database.run('INSERT OR IGNORE INTO groupMembers (groupId, pairId) VALUES (?, ?)', groupId, pairId)
      }
    })
  }

  /** Lists of pair ids, in the order of the groups. */
  list(origin: 'data' | 'mined' | 'any' = 'any'): number[][] {
    const rows = this.database.all<{ members: string }>(
      `SELECT json_group_array(m.pairId) AS members FROM groups g JOIN groupMembers m ON m.groupId = g.id
       WHERE ? IN ('any', g.origin) GROUP BY g.id ORDER BY g.id`, origin)
    return rows.map(row => JSON.parse(row.members) as number[])
  }

  /** Groups by pair id, oldest first; pairs without a group are not in it. */
  listOfPairs(pairIds: readonly number[]): Map<number, GroupOfPair[]> {
    const rows = this.database.all<GroupOfPair & { pairId: number }>(
      `SELECT m.pairId, g.id AS groupId, g.origin, g.key FROM json_each(?) j JOIN groupMembers m ON m.pairId = j.value JOIN groups g ON g.id = m.groupId
       ORDER BY m.pairId, g.id`, JSON.stringify(pairIds))
    const groups = new Map<number, GroupOfPair[]>()
    for (const { pairId, ...group } of rows) groups.set(pairId, [...(groups.get(pairId) ?? []), group])
    return groups
  }

  count(origin: 'data' | 'mined'): number {
    return this.database.count('SELECT count(*) FROM groups g WHERE origin = ? AND EXISTS (SELECT 1 FROM groupMembers m WHERE m.groupId = g.id)', origin)
  }
}
