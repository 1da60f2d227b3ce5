// A thin layer over SQLite: prepared statements are kept, transactions nest, and system failures become AppErrors.
// Parameters are positional; every table is STRICT, so a wrong type fails at the insert and not at a later read.
import { DatabaseSync } from '@photostructure/sqlite'
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../../../shared/errors'

export type SqlValue = string | number | bigint | null | Uint8Array
type Statement = ReturnType<InstanceType<typeof DatabaseSync>['prepare']>

export interface RunResult {
  changes: number
  /** Row id of the last insert on this connection. */
  insertedId: number
}

/** Below this an I/O error of SQLite is taken for a full disk: it could not have grown its log by one page. */
const fullDiskBytes = 64 * 1024

export class Database {
  private readonly connection: InstanceType<typeof DatabaseSync>
  private readonly statements = new Map<string, Statement>()
  private depth = 0
  /** Called after work was rolled back, for what was kept in memory of it. */
  onRollBack: () => void = () => undefined

  constructor(readonly path: string) {
    this.connection = new DatabaseSync(path)
  }

  get isOpen(): boolean {
    return this.connection.isOpen
  }

  exec(sql: string): void {
    this.guard(() => this.connection.exec(sql))
  }

  run(sql: string, ...parameters: SqlValue[]): RunResult {
    const result = this.guard(() => this.prepare(sql).run(...parameters))
    return { changes: Number(result.changes), insertedId: Number(result.lastInsertRowid) }
  }

  get<Row>(sql: string, ...parameters: SqlValue[]): Row | undefined {
    return this.guard(() => this.prepare(sql).get(...parameters)) as Row | undefined
  }

  all<Row>(sql: string, ...parameters: SqlValue[]): Row[] {
    return this.guard(() => this.prepare(sql).all(...parameters)) as Row[]
  }

  /** The first column of the only row, for counts. */
  count(sql: string, ...parameters: SqlValue[]): number {
    const row = this.get<Record<string, number>>(sql, ...parameters)
    return row === undefined ? 0 : Number(Object.values(row)[0] ?? 0)
  }

  /** Runs `work` wholly or not at all. A transaction inside another is a savepoint of it. `work` must not wait. */
  transaction<T>(work: () => T): T {
    const level = this.depth
    this.exec(level === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT level_${level}`)
    this.depth = level + 1
    try {
      const result = work()
      if (result instanceof Promise) throw new TypeError('A transaction must not wait: its work returned a promise.')
      this.exec(level === 0 ? 'COMMIT' : `RELEASE level_${level}`)
      return result
    } catch (thrown) {
      this.rollBack(level)
      throw thrown
    } finally {
      this.depth = level
    }
  }

  close(): void {
    this.statements.clear()
    if (this.connection.isOpen) this.connection.close()
  }

  private rollBack(level: number): void {
    // A full disk makes SQLite roll back by itself; a second ROLLBACK would hide the first error.
    if (this.connection.isTransaction) this.connection.exec(level === 0 ? 'ROLLBACK' : `ROLLBACK TO level_${level}; RELEASE level_${level}`)
    this.onRollBack()
  }

  private prepare(sql: string): Statement {
    let statement = this.statements.get(sql)
    if (statement === undefined) {
      statement = this.connection.prepare(sql)
      this.statements.set(sql, statement)
    }
    return statement
  }

  private guard<T>(work: () => T): T {
    try {
      return work()
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : ''
      if (/disk I\/O error/i.test(message) && this.freeBytes() < fullDiskBytes) {
        throw new AppError('disk-full', 'The disk is full; nothing was changed.', 'Free some space, then try again.', { cause: thrown })
      }
      throw /database or disk is full/i.test(message) ? AppError.from(thrown) : thrown
    }
  }

  private freeBytes(): number {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.path))
      return bavail * bsize
    } catch {
      return Infinity
    }
  }
}
