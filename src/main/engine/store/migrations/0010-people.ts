// Which window made an edit, so that each person's undo takes back their own.
import type { Migration } from './index'

export const people: Migration = {
  name: 'people',
  sql: `
-- A random name that a window gives itself. Null: the command line, or an edit from before.
ALTER TABLE history ADD COLUMN windowId TEXT;
`,
}
