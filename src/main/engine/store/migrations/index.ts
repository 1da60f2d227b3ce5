// The list of schema versions. `user_version` of a project is the number of migrations that were applied to it.
import { AppError } from '../../../../shared/errors'
import type { Database } from '../database'
import { firstLight } from './0001-first-light'
import { modelJobs } from './0002-model-jobs'
import { modelNotes } from './0003-model-notes'
import { codebookUse } from './0004-codebook-use'
import { importProgress } from './0005-import-progress'
import { query } from './0006-query'
import { review } from './0007-review'
import { snapshots } from './0008-snapshots'
import { bin } from './0009-bin'
import { people } from './0010-people'
import { maps } from './0011-maps'
import { quality } from './0012-quality'
import { bulkEdits } from './0013-bulk-edits'
import { near } from './0014-near'

export interface Migration {
  name: string
  sql: string
}

export const migrations: readonly Migration[] = [firstLight, modelJobs, modelNotes, codebookUse, importProgress, query, review, snapshots, bin, people, maps, quality, bulkEdits, near]
export const currentVersion = migrations.length

/** Marks our files among SQLite files (`PRAGMA application_id`): the letters FLIP. */
export const applicationId = 0x464c4950

export function newerProjectError(version: number): AppError {
  return new AppError('newer-project',
    `This project has version ${version}; this FuseLIP Studio reads projects up to version ${currentVersion}. Nothing was changed.`,
    'Open it with the newer FuseLIP Studio that wrote it, or update this one.')
}

/** Brings a database to the current version, one transaction per migration. */
export function migrate(database: Database): void {
  const version = database.count('PRAGMA user_version')
  if (version > currentVersion) throw newerProjectError(version)
  migrations.slice(version).forEach((migration, index) => {
    database.transaction(() => {
      database.exec(migration.sql)
      database.exec(`PRAGMA application_id = ${applicationId}`)
      database.exec(`PRAGMA user_version = ${version + index + 1}`)
    })
  })
}
