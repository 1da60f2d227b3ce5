// How far an import came and what it read, so that one that was broken off goes on behind its last committed row.
import type { Migration } from './index'

export const importProgress: Migration = {
  name: 'import-progress',
  sql: `
-- Both null for imports from before. SHA-256 of the path: a project that is passed on must not tell where its data lay.
ALTER TABLE imports ADD COLUMN pathHash TEXT;
-- Names the rows: form, columns, defaults, and size and time of the files.
ALTER TABLE imports ADD COLUMN sourceKey TEXT;
ALTER TABLE imports ADD COLUMN doneRowCount INTEGER NOT NULL DEFAULT 0;
CREATE INDEX importsByPath ON imports (pathHash, id);
`,
}
