// What the filter language asks for, filters that people keep, and indexes for both.
import type { Migration } from './index'

export const query: Migration = {
  name: 'query',
  sql: `
CREATE TABLE filters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  -- The filter as JSON, as the contract has it.
  filter TEXT NOT NULL,
  sort TEXT NOT NULL,
  savedAtMs INTEGER NOT NULL
) STRICT;
-- The import that brought the pair; null for pairs from before and for those made by hand.
ALTER TABLE pairs ADD COLUMN importId INTEGER REFERENCES imports(id) ON DELETE SET NULL;
CREATE INDEX pairsByImport ON pairs (importId) WHERE importId IS NOT NULL;
-- Characters of the longer text, as the filter asks for it.
CREATE INDEX pairsByLength ON pairs (max(length(coalesce(leftText, '')), length(coalesce(rightText, ''))));
`,
}
