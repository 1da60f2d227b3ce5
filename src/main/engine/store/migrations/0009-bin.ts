// Pairs that were deleted, or whose making was undone, whole enough to come back; and acts that are recorded in parts.
import type { Migration } from './index'

export const bin: Migration = {
  name: 'bin',
  sql: `
CREATE TABLE binnedPairs (
  id INTEGER PRIMARY KEY,
  -- All columns of the pair as a JSON object, so that columns of later versions are kept as well.
  row TEXT NOT NULL,
  tags TEXT NOT NULL,
  groupIds TEXT NOT NULL,
  -- JSON: [pairId, otherPairId, verdict, judgedAtMs] of every judgement about it.
  judgements TEXT NOT NULL,
  -- When its entry of the history goes, nothing can bring the pair back. Null only within the transaction that bins it.
  entryId INTEGER REFERENCES history(id) ON DELETE CASCADE
) STRICT;
CREATE INDEX binnedPairsByEntry ON binnedPairs (entryId);

-- Acts of many pairs are done chunk by chunk; each chunk adds its changes here, in this order.
CREATE TABLE historyParts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  entryId INTEGER NOT NULL REFERENCES history(id) ON DELETE CASCADE,
  changes TEXT NOT NULL
) STRICT;
CREATE INDEX historyPartsByEntry ON historyParts (entryId, id);

-- 1 for a derived picture that only binned pairs show: it is not counted and not tokenized.
ALTER TABLE images ADD COLUMN isHidden INTEGER NOT NULL DEFAULT 0;
CREATE INDEX imagesBySource ON images (sourceImageId) WHERE sourceImageId IS NOT NULL;
`,
}
