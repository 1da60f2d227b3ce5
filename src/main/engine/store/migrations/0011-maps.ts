// Maps of the project: where each pair lies on a plane that a layout of its embeddings gave. One per model, side and method.
import type { Migration } from './index'

export const maps: Migration = {
  name: 'maps',
  sql: `
CREATE TABLE maps (
  -- The model in the state of its weights, as in embeddings.
  cacheId TEXT NOT NULL,
  modelId TEXT NOT NULL,
  side TEXT NOT NULL,
  method TEXT NOT NULL,
  -- Of the project when the embeddings were read.
  revision INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  neighbourCount INTEGER NOT NULL,
  -- How many points UMAP was fitted on; the others were placed by their neighbours.
  sampleCount INTEGER NOT NULL,
  -- Share of the variance that both axes show; null for UMAP.
  explained REAL,
  madeAtMs INTEGER NOT NULL,
  -- Ascending ids, 32-bit, little endian.
  pairIds BLOB NOT NULL,
  -- x, y for each pair: 32-bit floats, little endian, in -1…1.
  places BLOB NOT NULL,
  -- One 32-bit hash per pair of what the model saw, to tell which pairs have changed since.
  contents BLOB NOT NULL,
  PRIMARY KEY (modelId, side, method)
) STRICT;
`,
}
