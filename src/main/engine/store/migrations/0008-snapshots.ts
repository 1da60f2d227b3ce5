// Frozen versions of the data, and which run was started on which.
import type { Migration } from './index'

export const snapshots: Migration = {
  name: 'snapshots',
  sql: `
CREATE TABLE snapshots (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  -- Below the folder snapshots of the project.
  folderName TEXT NOT NULL UNIQUE,
  -- Of the list of checksums, which names every file.
  sha256 TEXT NOT NULL,
  -- snapshot.json of the folder, so that a list needs no files.
  manifest TEXT NOT NULL,
  createdAtMs INTEGER NOT NULL,
  -- Both null until the checksums were looked at.
  verifiedAtMs INTEGER,
  differenceCount INTEGER
) STRICT;
ALTER TABLE runs ADD COLUMN snapshotId INTEGER REFERENCES snapshots(id) ON DELETE SET NULL;
CREATE INDEX runsBySnapshot ON runs (snapshotId);
`,
}
