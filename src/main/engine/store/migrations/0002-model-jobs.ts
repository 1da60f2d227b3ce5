// Jobs that bring models in and out. The list of kinds leaves the schema: the contract checks it, and SQLite can change
// it only by building the table anew. Logs and runs point at jobs, so both are carried across by hand.
import type { Migration } from './index'

export const modelJobs: Migration = {
  name: 'model-jobs',
  sql: `
CREATE TABLE jobsKept AS SELECT * FROM jobs;
CREATE TABLE jobLogKept AS SELECT * FROM jobLog;
CREATE TABLE runJobsKept AS SELECT id, jobId FROM runs;
CREATE TABLE jobSequencesKept AS SELECT name, seq FROM sqlite_sequence WHERE name IN ('jobs', 'jobLog');
DROP TABLE jobLog;
DROP TABLE jobs;
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind <> ''),
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
INSERT INTO jobs (id, kind, title, state, phase, done, total, createdAtMs, startedAtMs, endedAtMs, error, summary, runId)
  SELECT id, kind, title, state, phase, done, total, createdAtMs, startedAtMs, endedAtMs, error, summary, runId FROM jobsKept;
INSERT INTO jobLog (id, jobId, atMs, line) SELECT id, jobId, atMs, line FROM jobLogKept;
UPDATE runs SET jobId = (SELECT jobId FROM runJobsKept k WHERE k.id = runs.id);
DELETE FROM sqlite_sequence WHERE name IN ('jobs', 'jobLog');
INSERT INTO sqlite_sequence (name, seq) SELECT name, seq FROM jobSequencesKept;
DROP TABLE jobsKept;
DROP TABLE jobLogKept;
DROP TABLE runJobsKept;
DROP TABLE jobSequencesKept;
`,
}
