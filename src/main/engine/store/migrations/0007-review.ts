// What reviewing keeps: flags, when each pair was decided, and how much attention each deserves.
import type { Migration } from './index'

export const review: Migration = {
  name: 'review',
  sql: `
-- “Look again”.
ALTER TABLE pairs ADD COLUMN isFlagged INTEGER NOT NULL DEFAULT 0 CHECK (isFlagged IN (0, 1));
CREATE INDEX pairsByFlag ON pairs (id) WHERE isFlagged = 1;

-- The last decision about each pair; none for pairs that are unreviewed, or came into the project already decided.
CREATE TABLE decisions (
  pairId INTEGER PRIMARY KEY REFERENCES pairs(id) ON DELETE CASCADE,
  isAccepted INTEGER NOT NULL,
  decidedAtMs INTEGER NOT NULL
) STRICT;
CREATE INDEX decisionsByTime ON decisions (decidedAtMs);
INSERT INTO decisions (pairId, isAccepted, decidedAtMs) SELECT id, status = 'accepted', updatedAtMs FROM pairs WHERE status <> 'unreviewed'
    -- The sample comes with decisions that nobody here made.
    AND (SELECT isSample FROM project) = 0;
CREATE TRIGGER decisionsUpdate AFTER UPDATE OF status ON pairs WHEN new.status <> old.status BEGIN
  DELETE FROM decisions WHERE pairId = new.id AND new.status = 'unreviewed';
  INSERT OR REPLACE INTO decisions (pairId, isAccepted, decidedAtMs)
    SELECT new.id, new.status = 'accepted', new.updatedAtMs WHERE new.status <> 'unreviewed';
END;

-- Every pair has a row, so that an order by attention walks an index from its first row to its last. Null: not measured, or the
-- pair was changed since. Larger values come first in every order.
CREATE TABLE attention (
  pairId INTEGER PRIMARY KEY REFERENCES pairs(id) ON DELETE CASCADE,
  -- Distance of the ranks that two models give the pair, 0…1.
  disagreement REAL,
  -- How likely it is to be accepted, 0…1, and how near that is to even: 1 − |2p − 1|.
  acceptProbability REAL,
  edge REAL,
  cluster INTEGER,
  clusterSize INTEGER,
  -- 1 for the rarest pair, 0 for the most common.
  rarity REAL
) STRICT;
INSERT INTO attention (pairId) SELECT id FROM pairs;
CREATE INDEX attentionByDisagreement ON attention (disagreement DESC, pairId);
CREATE INDEX attentionByEdge ON attention (edge DESC, pairId);
CREATE INDEX attentionByRarity ON attention (rarity DESC, pairId);
CREATE INDEX attentionByAcceptance ON attention (acceptProbability);
CREATE INDEX attentionByCluster ON attention (cluster);
CREATE TRIGGER attentionInsert AFTER INSERT ON pairs BEGIN INSERT INTO attention (pairId) VALUES (new.id); END;

-- Scores of pairs under models besides the current one, by the state of the model's weights.
CREATE TABLE modelScores (
  modelId TEXT NOT NULL,
  pairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  score REAL NOT NULL,
  PRIMARY KEY (modelId, pairId)
) STRICT, WITHOUT ROWID;
CREATE INDEX modelScoresByPair ON modelScores (pairId);

-- What was measured on another content says nothing about this one.
CREATE TRIGGER attentionContent AFTER UPDATE OF leftText, rightText, leftImageId, rightImageId ON pairs BEGIN
  DELETE FROM modelScores WHERE pairId = new.id;
  UPDATE attention SET disagreement = NULL, acceptProbability = NULL, edge = NULL, cluster = NULL, clusterSize = NULL, rarity = NULL WHERE pairId = new.id;
END;

CREATE TABLE attentionState (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  modelId TEXT NOT NULL,
  -- The state of its weights that the measurement saw.
  cacheId TEXT NOT NULL,
  -- Null when one model was measured alone.
  otherModelId TEXT,
  clusterCount INTEGER NOT NULL,
  measuredAtMs INTEGER NOT NULL,
  -- Decisions that were learned from; null while there were too few.
  learnedCount INTEGER,
  -- Figures of what was learned, as JSON; null while there were too few decisions.
  figures TEXT
) STRICT;
`,
}
