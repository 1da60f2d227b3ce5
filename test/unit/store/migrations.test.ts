// Projects of older versions keep what they hold. Each starts from the schema as that version wrote it.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Database } from '../../../src/main/engine/store/database'
import { migrate, migrations } from '../../../src/main/engine/store/migrations/index'
import { temporaryFolder } from '../../helpers/temporaryFolder'

test('from version 1: jobs, their logs and the jobs of runs are kept, and new kinds of jobs are taken', () => {
  const database = new Database(join(temporaryFolder(), 'first.sqlite'))
  database.exec(migrations[0]!.sql)
  database.exec('PRAGMA user_version = 1')
  database.run("INSERT INTO jobs (kind, title, state, createdAtMs, summary) VALUES ('train', 'Train', 'done', 5, 'finished')")
  database.run("INSERT INTO jobs (kind, title, state, createdAtMs) VALUES ('import', 'Import', 'failed', 6)")
  database.run("INSERT INTO jobLog (jobId, atMs, line) VALUES (1, 7, 'a line')")
  database.run("INSERT INTO runs (name, state, baseModelId, recipe, createdAtMs, jobId) VALUES ('first', 'finished', 'bundled:nano', '{}', 4, 1)")
  database.run('UPDATE jobs SET runId = 1 WHERE id = 1')
  database.run('DELETE FROM jobs WHERE id = 2')

  migrate(database)
  expect(database.all("SELECT id, kind, title, state, createdAtMs, summary, runId FROM jobs")).toEqual([{ id: 1, kind: 'train', title: 'Train', state: 'done', createdAtMs: 5, summary: 'finished', runId: 1 }])
  expect(database.all('SELECT jobId, atMs, line FROM jobLog')).toEqual([{ jobId: 1, atMs: 7, line: 'a line' }])
  expect(database.all('SELECT jobId FROM runs')).toEqual([{ jobId: 1 }])
  // Ids of deleted jobs are not given again.
  expect(database.run("INSERT INTO jobs (kind, title, state, createdAtMs) VALUES ('pull', 'Pull', 'queued', 8)").insertedId).toBe(3)
  database.run('DELETE FROM jobs WHERE id = 1')
  expect(database.count('SELECT count(*) FROM jobLog')).toBe(0)
  expect(database.all('SELECT jobId FROM runs')).toEqual([{ jobId: null }])
  expect(database.all("SELECT name FROM sqlite_schema WHERE name LIKE '%Kept'")).toEqual([])
  database.close()
})
