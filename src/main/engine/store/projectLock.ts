// One process per project. The lock is an SQLite file held in an exclusive transaction: the operating system drops it
// when the process ends in whatever way, so no stale lock can remain.
import { accessSync, constants } from 'node:fs'
import { basename, join } from 'node:path'
import { AppError } from '../../../shared/errors'
import { Database } from './database'

export interface ProjectLock {
  release(): void
}

/** @throws AppError 'project-locked' when another process, or this one, has the project open; 'unreadable-file' when the folder cannot be written */
export function lockProject(projectDir: string): ProjectLock {
  try {
    accessSync(projectDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new AppError('unreadable-file', `The project folder “${projectDir}” cannot be written: ${(cause as Error).message}.`, 'Change its permissions, or copy it to a folder of your own.', { cause })
  }
  const database = new Database(join(projectDir, 'lock.sqlite'))
  try {
    database.exec('PRAGMA busy_timeout = 0')
    database.exec('BEGIN EXCLUSIVE')
  } catch (thrown) {
    database.close()
    if (!(thrown instanceof Error) || !/database is locked|busy/i.test(thrown.message)) throw thrown
    throw new AppError('project-locked', `The project “${basename(projectDir)}” is already open in another process.`,
      'Close it there, or wait until its command has ended, then try again.', { cause: thrown })
  }
  return { release: () => database.close() }
}
