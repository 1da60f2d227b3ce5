// Edits of very many pairs are done and taken back part by part, so that no part holds the database for long.
import type { Migration } from './index'

export const bulkEdits: Migration = {
  name: 'bulk-edits',
  sql: `
-- 0 while a part is not done, or is taken back, ahead of its entry: where a part differs from its entry, a process was ended
-- in the middle, and the next opening brings the part back to it.
ALTER TABLE historyParts ADD COLUMN isApplied INTEGER NOT NULL DEFAULT 1;
UPDATE historyParts SET isApplied = 0 WHERE entryId IN (SELECT id FROM history WHERE isUndone = 1);
CREATE INDEX historyPartsByState ON historyParts (isApplied, entryId);
`,
}
