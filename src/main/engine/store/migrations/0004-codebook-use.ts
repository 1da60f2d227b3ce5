// How often the pictures of a filter use each code. A count reads every cached code, so its result is kept.
import type { Migration } from './index'

export const codebookUse: Migration = {
  name: 'codebook-use',
  sql: `
CREATE TABLE codebookUse (
  tokenizerId TEXT NOT NULL,
  -- The filter as JSON.
  filter TEXT NOT NULL,
  -- Little-endian 32-bit counts, one for each code.
  counts BLOB NOT NULL,
  pictureCount INTEGER NOT NULL,
  failedCount INTEGER NOT NULL,
  -- Names the set of pictures that was counted, to tell when it is another one.
  pictureSet TEXT NOT NULL,
  countedAtMs INTEGER NOT NULL,
  PRIMARY KEY (tokenizerId, filter)
) STRICT, WITHOUT ROWID;
`,
}
