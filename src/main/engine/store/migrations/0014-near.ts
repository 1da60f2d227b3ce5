// Neighbourhoods: the pairs that were nearest to a text, a picture or both when somebody asked, so that a filter can name them.
import type { Migration } from './index'

export const near: Migration = {
  name: 'near',
  sql: `
CREATE TABLE neighbourhoods (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  modelId TEXT NOT NULL,
  text TEXT,
  -- A picture of the project; null for a picture that was given for this query, or none.
  imageId INTEGER REFERENCES images(id) ON DELETE SET NULL,
  -- A picture that was given for this query; it is forgotten when the engine ends.
  queryImageId TEXT,
  side TEXT NOT NULL,
  madeAtMs INTEGER NOT NULL
) STRICT;
CREATE TABLE nearPairs (
  nearId INTEGER NOT NULL REFERENCES neighbourhoods(id) ON DELETE CASCADE,
  pairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  -- Cosine similarity of the query and the nearer side.
  similarity REAL NOT NULL,
  PRIMARY KEY (nearId, pairId)
) STRICT, WITHOUT ROWID;
CREATE INDEX nearPairsByPair ON nearPairs (pairId);
`,
}
