// The first schema. Times are milliseconds since 1970, JSON is kept as text, booleans as 0 and 1.
import type { Migration } from './index'

export const firstLight: Migration = {
  name: 'first-light',
  sql: `
CREATE TABLE project (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  isSample INTEGER NOT NULL DEFAULT 0,
  createdAtMs INTEGER NOT NULL,
  currentModelId TEXT NOT NULL,
  -- Raised by every change of pairs. A pair carries the value of its last change as its own revision, so that a
  -- revision is never used twice, not even after undo.
  revision INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE images (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- SHA-256 of the file; for a derived image, of its source's hash and its recipe.
  hash TEXT NOT NULL UNIQUE,
  -- Size as displayed, after the EXIF rotation.
  widthPx INTEGER NOT NULL,
  heightPx INTEGER NOT NULL,
  -- jpeg, png, webp, gif, tiff or avif; null for a derived image.
  format TEXT,
  byteCount INTEGER,
  -- Below the project folder, with forward slashes; null for a derived image.
  relativePath TEXT,
  -- Where it came from, for people; not used to find it again.
  sourceName TEXT NOT NULL DEFAULT '',
  sourceImageId INTEGER REFERENCES images(id),
  recipe TEXT,
  addedAtMs INTEGER NOT NULL,
  CHECK ((relativePath IS NULL) = (sourceImageId IS NOT NULL AND recipe IS NOT NULL))
) STRICT;

CREATE TABLE pairs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  leftImageId INTEGER REFERENCES images(id),
  leftText TEXT,
  rightImageId INTEGER REFERENCES images(id),
  rightText TEXT,
  task TEXT NOT NULL CHECK (task IN ('caption', 'vqa', 'edit', 'transform', 'region', 'compose')),
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  status TEXT NOT NULL CHECK (status IN ('unreviewed', 'accepted', 'rejected')),
  -- Cosine of the two sides under scoreModelId; both null until embedded.
  score REAL,
  scoreModelId TEXT,
  revision INTEGER NOT NULL,
  updatedAtMs INTEGER NOT NULL,
  -- Hash of both sides as they were imported; importing the same row again finds it even after an edit. Null for pairs
  -- that were made by hand.
  importKey TEXT UNIQUE,
  CHECK (leftImageId IS NOT NULL OR leftText IS NOT NULL),
  CHECK (rightImageId IS NOT NULL OR rightText IS NOT NULL),
  CHECK (leftText <> '' AND rightText <> '')
) STRICT;
CREATE INDEX pairsByStatus ON pairs (status, id);
CREATE INDEX pairsBySplit ON pairs (split, status, id);
CREATE INDEX pairsByTask ON pairs (task, id);
CREATE INDEX pairsByScore ON pairs (score, id);
CREATE INDEX pairsByLeftImage ON pairs (leftImageId);
CREATE INDEX pairsByRightImage ON pairs (rightImageId);

CREATE TABLE pairTags (
  pairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  tag TEXT NOT NULL CHECK (tag <> ''),
  PRIMARY KEY (pairId, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX pairTagsByTag ON pairTags (tag, pairId);

CREATE VIRTUAL TABLE pairsText USING fts5 (
  leftText, rightText, content = 'pairs', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE TRIGGER pairsTextInsert AFTER INSERT ON pairs BEGIN
  INSERT INTO pairsText (rowid, leftText, rightText) VALUES (new.id, new.leftText, new.rightText);
END;
CREATE TRIGGER pairsTextDelete AFTER DELETE ON pairs BEGIN
  INSERT INTO pairsText (pairsText, rowid, leftText, rightText) VALUES ('delete', old.id, old.leftText, old.rightText);
END;
CREATE TRIGGER pairsTextUpdate AFTER UPDATE OF leftText, rightText ON pairs BEGIN
  INSERT INTO pairsText (pairsText, rowid, leftText, rightText) VALUES ('delete', old.id, old.leftText, old.rightText);
  INSERT INTO pairsText (rowid, leftText, rightText) VALUES (new.id, new.leftText, new.rightText);
END;

-- Pairs that should share a batch. Origin 'data' comes with the import and is kept; 'mined' is replaced by every mining.
CREATE TABLE groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  origin TEXT NOT NULL CHECK (origin IN ('data', 'mined')),
  -- Name of the group in the imported data; null for mined groups.
  key TEXT UNIQUE
) STRICT;
CREATE TABLE groupMembers (
  groupId INTEGER NOT NULL REFERENCES groups(id) ON DELETE CASCADE,
  pairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  PRIMARY KEY (groupId, pairId)
) STRICT, WITHOUT ROWID;
CREATE INDEX groupMembersByPair ON groupMembers (pairId, groupId);

CREATE TABLE judgements (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  otherPairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  verdict TEXT NOT NULL CHECK (verdict IN ('negative', 'match', 'ignore')),
  judgedAtMs INTEGER NOT NULL,
  UNIQUE (pairId, otherPairId),
  CHECK (pairId <> otherPairId)
) STRICT;
CREATE INDEX judgementsByOther ON judgements (otherPairId);

CREATE TABLE candidates (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  otherPairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  score REAL NOT NULL,
  positiveScore REAL NOT NULL,
  rank INTEGER NOT NULL,
  UNIQUE (pairId, otherPairId)
) STRICT;
CREATE INDEX candidatesByScore ON candidates (score DESC, id);
CREATE INDEX candidatesByOther ON candidates (otherPairId);

CREATE TABLE miningState (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  minedAtMs INTEGER NOT NULL,
  modelId TEXT NOT NULL,
  split TEXT NOT NULL,
  perPair INTEGER NOT NULL,
  margin REAL NOT NULL,
  droppedByGuardCount INTEGER NOT NULL,
  droppedByIdentityCount INTEGER NOT NULL,
  -- project.revision at the time: a higher one now means that pairs changed since.
  revision INTEGER NOT NULL
) STRICT;

-- Undo and redo. Entries with isUndone = 1 are newer than all others and go away with the next edit.
CREATE TABLE history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  label TEXT NOT NULL,
  changes TEXT NOT NULL,
  isUndone INTEGER NOT NULL DEFAULT 0,
  atMs INTEGER NOT NULL
) STRICT;
CREATE INDEX historyByState ON history (isUndone, id);

CREATE TABLE imports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sourceName TEXT NOT NULL,
  startedAtMs INTEGER NOT NULL,
  -- Null while it runs, and for ever when it was broken off.
  finishedAtMs INTEGER,
  addedPairCount INTEGER NOT NULL DEFAULT 0,
  knownPairCount INTEGER NOT NULL DEFAULT 0,
  problemCount INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE importProblems (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  importId INTEGER NOT NULL REFERENCES imports(id) ON DELETE CASCADE,
  location TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX importProblemsByImport ON importProblems (importId, id);

CREATE TABLE imageTokens (
  imageId INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  tokenizerId TEXT NOT NULL,
  -- Unsigned 16-bit codes, little endian.
  codes BLOB NOT NULL,
  PRIMARY KEY (tokenizerId, imageId)
) STRICT, WITHOUT ROWID;

CREATE TABLE embeddings (
  id INTEGER PRIMARY KEY,
  modelId TEXT NOT NULL,
  -- Names a side by its content (see sideKey), so that equal sides are embedded once.
  contentKey TEXT NOT NULL,
  -- 32-bit floats, little endian, normalised.
  vector BLOB NOT NULL,
  UNIQUE (modelId, contentKey)
) STRICT;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('import', 'tokenize', 'mine', 'train', 'evaluate')),
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  phase TEXT NOT NULL DEFAULT '',
  done REAL NOT NULL DEFAULT 0,
  total REAL,
  createdAtMs INTEGER NOT NULL,
  startedAtMs INTEGER,
  endedAtMs INTEGER,
  error TEXT,
  summary TEXT,
  runId INTEGER REFERENCES runs(id) ON DELETE SET NULL
) STRICT;
CREATE TABLE jobLog (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  jobId INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  atMs INTEGER NOT NULL,
  line TEXT NOT NULL
) STRICT;
CREATE INDEX jobLogByJob ON jobLog (jobId, id);

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'stopped', 'finished', 'failed')),
  baseModelId TEXT NOT NULL,
  recipe TEXT NOT NULL,
  device TEXT NOT NULL DEFAULT '',
  step INTEGER NOT NULL DEFAULT 0,
  totalSteps INTEGER NOT NULL DEFAULT 0,
  pairCount INTEGER NOT NULL DEFAULT 0,
  createdAtMs INTEGER NOT NULL,
  endedAtMs INTEGER,
  etaMs REAL,
  -- JSON array of steps, ascending.
  checkpointSteps TEXT NOT NULL DEFAULT '[]',
  error TEXT,
  jobId INTEGER REFERENCES jobs(id) ON DELETE SET NULL
) STRICT;
CREATE TABLE runMetrics (
  runId INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  metric TEXT NOT NULL,
  PRIMARY KEY (runId, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE runValidations (
  runId INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  validation TEXT NOT NULL,
  PRIMARY KEY (runId, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE evaluations (
  modelId TEXT NOT NULL,
  split TEXT NOT NULL,
  result TEXT NOT NULL,
  evaluatedAtMs INTEGER NOT NULL,
  PRIMARY KEY (modelId, split)
) STRICT, WITHOUT ROWID;
`,
}
