// The list of snapshots; what they hold lies in their folders.
import { AppError } from '../../../shared/errors'
import type { Database } from './database'

export interface StoredSnapshot {
  id: number
  name: string
  folderName: string
  sha256: string
  /** JSON. */
  manifest: string
  createdAtMs: number
  verifiedAtMs: number | null
  differenceCount: number | null
}

export type NewSnapshot = Pick<StoredSnapshot, 'name' | 'folderName' | 'sha256' | 'manifest' | 'createdAtMs'>

export class SnapshotStore {
  constructor(private readonly database: Database) {}

  add({ name, folderName, sha256, manifest, createdAtMs }: NewSnapshot): number {
    return this.database.run('INSERT INTO snapshots (name, folderName, sha256, manifest, createdAtMs) VALUES (?, ?, ?, ?, ?)', name, folderName, sha256, manifest, createdAtMs).insertedId
  }

  /** @throws AppError 'not-found' */
  get(snapshotId: number): StoredSnapshot {
    const snapshot = this.database.get<StoredSnapshot>('SELECT * FROM snapshots WHERE id = ?', snapshotId)
    if (snapshot === undefined) throw new AppError('not-found', `There is no snapshot ${snapshotId} in this project.`, 'Reload the list of snapshots.')
    return snapshot
  }

  isNameTaken(name: string): boolean {
    return this.database.count('SELECT count(*) FROM snapshots WHERE name = ?', name) > 0
  }

  /** Newest first. */
  list(): StoredSnapshot[] {
    return this.database.all<StoredSnapshot>('SELECT * FROM snapshots ORDER BY id DESC')
  }

  setVerified(snapshotId: number, verifiedAtMs: number, differenceCount: number): void {
    this.database.run('UPDATE snapshots SET verifiedAtMs = ?, differenceCount = ? WHERE id = ?', verifiedAtMs, differenceCount, snapshotId)
  }

  remove(snapshotId: number): void {
    this.database.run('DELETE FROM snapshots WHERE id = ?', snapshotId)
  }

  setOfRun(runId: number, snapshotId: number): void {
    this.database.run('UPDATE runs SET snapshotId = ? WHERE id = ?', snapshotId, runId)
  }

  /** Runs by snapshot id, oldest first. */
  listRuns(): Map<number, { id: number; name: string }[]> {
    const rows = this.database.all<{ id: number; name: string; snapshotId: number }>('SELECT id, name, snapshotId FROM runs WHERE snapshotId IS NOT NULL ORDER BY id')
    const runs = new Map<number, { id: number; name: string }[]>()
    for (const { snapshotId, ...run } of rows) runs.set(snapshotId, [...(runs.get(snapshotId) ?? []), run])
    return runs
  }
}
