// What is known of pictures by their pixels, and what a check of the data set found.
import type { Migration } from './index'

export const quality: Migration = {
  name: 'quality',
  sql: `
CREATE TABLE pictureMeasures (
  imageId INTEGER PRIMARY KEY REFERENCES images(id) ON DELETE CASCADE,
  -- Of the way of measuring; pictures with an older one are measured anew.
  version INTEGER NOT NULL,
  -- Why the picture could not be read; then everything below is null.
  error TEXT,
  sharpness REAL,
  brightness REAL,
  contrast REAL,
  entropyBits REAL,
  -- Four unsigned 32-bit numbers, little endian: hash of the whole (high, low), hash of the inside. Null for one colour.
  hashes BLOB
) STRICT;
CREATE INDEX pictureMeasuresBySharpness ON pictureMeasures (sharpness);
CREATE INDEX pictureMeasuresByBrightness ON pictureMeasures (brightness);
CREATE INDEX pictureMeasuresByContrast ON pictureMeasures (contrast);

-- Apart from the measures, which are read for all pictures at once; tiles are read for the few that may be copies.
CREATE TABLE pictureTiles (
  imageId INTEGER PRIMARY KEY REFERENCES images(id) ON DELETE CASCADE,
  tiles BLOB NOT NULL
) STRICT;

-- How far a pair is from others, of the last check that had vectors.
CREATE TABLE pairDistances (
  pairId INTEGER PRIMARY KEY REFERENCES pairs(id) ON DELETE CASCADE,
  -- Robust deviations below the median of the mean cosine to the nearest neighbours.
  outlierness REAL NOT NULL,
  -- The pair whose right side fits the left side best, and how well; null when none fits better than its own.
  betterPairId INTEGER REFERENCES pairs(id) ON DELETE SET NULL,
  betterScore REAL
) STRICT;
CREATE INDEX pairDistancesByBetter ON pairDistances (betterPairId) WHERE betterPairId IS NOT NULL;

CREATE TABLE findings (
  -- A check writes under a new number, which becomes the present one when it is complete.
  checkId INTEGER NOT NULL,
  kind TEXT NOT NULL,
  pairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  value REAL NOT NULL,
  -- The higher, the worse; orders the findings of a kind.
  severity REAL NOT NULL,
  detail TEXT NOT NULL,
  relatedPairId INTEGER REFERENCES pairs(id) ON DELETE SET NULL,
  clusterId INTEGER,
  -- Length of both texts when they were judged: another length means that the text was mended since. Null for other kinds.
  textLength INTEGER,
  PRIMARY KEY (checkId, kind, pairId)
) STRICT, WITHOUT ROWID;
CREATE INDEX findingsBySeverity ON findings (checkId, kind, severity DESC, pairId);
CREATE INDEX findingsByPair ON findings (pairId);
CREATE INDEX findingsByRelated ON findings (relatedPairId) WHERE relatedPairId IS NOT NULL;
CREATE INDEX findingsByCluster ON findings (checkId, kind, clusterId) WHERE clusterId IS NOT NULL;

-- Decisions of people that something found is right as it is. They outlast checks.
CREATE TABLE findingDismissals (
  kind TEXT NOT NULL,
  pairId INTEGER NOT NULL REFERENCES pairs(id) ON DELETE CASCADE,
  dismissedAtMs INTEGER NOT NULL,
  PRIMARY KEY (kind, pairId)
) STRICT, WITHOUT ROWID;
CREATE INDEX findingDismissalsByPair ON findingDismissals (pairId);

CREATE TABLE qualityState (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  checkId INTEGER NOT NULL DEFAULT 0,
  -- Null before the first check.
  checkedAtMs INTEGER,
  -- project.revision when the check began.
  revision INTEGER NOT NULL DEFAULT 0,
  -- JSON: figures of the check that the summary shows, see qualityStore.
  figures TEXT NOT NULL DEFAULT '{}',
  -- JSON: kind to value, where a person chose another than the initial one.
  thresholds TEXT NOT NULL DEFAULT '{}'
) STRICT;
INSERT INTO qualityState (id) VALUES (1);
CREATE INDEX pairsByRevision ON pairs (revision);

-- Findings that still hold: of the present check, of pairs that were not rejected, whose text is the one that was judged, that
-- did not move to training, and that still have another of their duplicates beside them. Dismissed ones are among them.
CREATE VIEW liveFindings AS
SELECT f.kind, f.pairId, f.value, f.severity, f.detail, f.relatedPairId, f.clusterId
FROM qualityState s CROSS JOIN findings f ON f.checkId = s.checkId CROSS JOIN pairs p ON p.id = f.pairId
WHERE p.status <> 'rejected'
  AND (f.textLength IS NULL OR f.textLength = length(coalesce(p.leftText, '')) + length(coalesce(p.rightText, '')))
  AND (f.kind <> 'leak' OR p.split <> 'train')
  AND (f.clusterId IS NULL OR EXISTS (
    SELECT 1 FROM findings g CROSS JOIN pairs q ON q.id = g.pairId
    WHERE g.checkId = f.checkId AND g.kind = f.kind AND g.clusterId = f.clusterId AND g.pairId <> f.pairId AND q.status <> 'rejected'));

CREATE VIEW openFindings AS
SELECT * FROM liveFindings l WHERE NOT EXISTS (SELECT 1 FROM findingDismissals d WHERE d.kind = l.kind AND d.pairId = l.pairId);
`,
}
