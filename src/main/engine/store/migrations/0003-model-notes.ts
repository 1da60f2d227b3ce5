// What people write about bundled and tuned models. Imported models carry their notes in their own folder, because they
// belong to no project.
import type { Migration } from './index'

export const modelNotes: Migration = {
  name: 'model-notes',
  sql: `
CREATE TABLE modelNotes (
  modelId TEXT PRIMARY KEY,
  notes TEXT NOT NULL CHECK (notes <> ''),
  updatedAtMs INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
}
