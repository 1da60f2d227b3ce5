import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { expect, test } from 'vitest'
import { Database } from '../../../src/main/engine/store/database'
import { currentVersion, migrate, migrations } from '../../../src/main/engine/store/migrations/index'
import { createStore, openStore } from '../../../src/main/engine/store/openStore'
import { pairRow } from '../../helpers/pairRows'
import { temporaryFolder } from '../../helpers/temporaryFolder'

const root = temporaryFolder()
const folder = (name: string): string => join(root, name)

function errorOf(work: () => unknown): { code?: string; message: string; advice?: string | null } {
  try {
    work()
  } catch (thrown) {
    return thrown as { code: string; message: string; advice: string | null }
  }
  throw new Error('It should have failed.')
}

test('a new project has its folders and facts, and opens again with what was written', () => {
  const created = createStore(folder('new'), { name: 'Birds', isSample: false })
  const pairId = created.history.createPair('add 1 pair', pairRow())
  created.close()
  for (const name of ['images', 'thumbnails', 'runs', 'cache', 'project.sqlite']) expect(existsSync(join(folder('new'), name))).toBe(true)
  const opened = openStore(folder('new'))
  expect(opened.project.get()).toMatchObject({ name: 'Birds', isSample: false, currentModelId: 'bundled:nano' })
  expect(opened.pairs.get(pairId).right.text).toBe('an answer')
  opened.close()
})

test('a folder without a project, and a folder with one, are told apart', () => {
  expect(errorOf(() => openStore(folder('nothing')))).toMatchObject({ code: 'not-found' })
  createStore(folder('twice'), { name: 'a', isSample: false }).close()
  expect(errorOf(() => createStore(folder('twice'), { name: 'b', isSample: false }))).toMatchObject({ code: 'conflict' })
})

test('every migration runs on a real database and leaves its version', () => {
  const database = new Database(folder('migrations.sqlite'))
  migrate(database)
  expect(database.count('PRAGMA user_version')).toBe(migrations.length)
  expect(database.all<{ integrity_check: string }>('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  const tables = database.all<{ name: string; strict: number }>("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'")
  expect(tables.length).toBeGreaterThan(15)
  expect(tables.filter(table => table.strict !== 1).map(table => table.name)).toEqual([])
  migrate(database)
  database.close()
})

test('a migration that fails leaves the version before it', () => {
  const database = new Database(folder('broken.sqlite'))
  database.exec('CREATE TABLE runs (id INTEGER)')
  expect(() => migrate(database)).toThrow(/already exists/)
  expect(database.count('PRAGMA user_version')).toBe(0)
  expect(database.all("SELECT name FROM sqlite_schema WHERE name = 'pairs'")).toEqual([])
  database.close()
})

test('a project from a newer version is refused untouched', () => {
  createStore(folder('newer'), { name: 'a', isSample: false }).close()
  const path = join(folder('newer'), 'project.sqlite')
  const connection = new DatabaseSync(path)
  connection.exec(`PRAGMA user_version = ${currentVersion + 6}`)
  connection.close()
  const before = readFileSync(path)
  const names = readdirSync(folder('newer'))
  const error = errorOf(() => openStore(folder('newer')))
  expect(error.code).toBe('newer-project')
  expect(error.message).toContain(`version ${currentVersion + 6}`)
  expect(error.message).toContain(`version ${currentVersion}.`)
  expect(error.advice).toContain('newer')
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(readdirSync(folder('newer'))).toEqual(names)
  // The refusal gave the lock back: the same error comes again, not “locked”.
  expect(errorOf(() => openStore(folder('newer'))).code).toBe('newer-project')
})

test('a file that is no database is refused; an empty one is a project cut short at birth', () => {
  mkdirSync(folder('foreign'))
  writeFileSync(join(folder('foreign'), 'project.sqlite'), 'not a database')
  expect(errorOf(() => openStore(folder('foreign'))).code).toBe('unreadable-file')
  mkdirSync(folder('empty'))
  writeFileSync(join(folder('empty'), 'project.sqlite'), '')
  const store = openStore(folder('empty'))
  expect(store.project.get().name).toBe('empty')
  store.close()
})

test('a second opening is refused, in this process and in another, until the first ends, even by a kill', async () => {
  const here = createStore(folder('locked'), { name: 'a', isSample: false })
  expect(errorOf(() => openStore(folder('locked')))).toMatchObject({ code: 'project-locked' })
  here.close()
  const script = `import { openStore } from './src/main/engine/store/openStore.ts'
    const store = openStore(${JSON.stringify(folder('locked'))}); console.log('open'); setInterval(() => store.project.get(), 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', code => reject(new Error(`The child ended early with ${code}.`)))
  })
  expect(errorOf(() => openStore(folder('locked'))).code).toBe('project-locked')
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  openStore(folder('locked')).close()
})

test('transactions nest, roll back wholly, and refuse to wait', () => {
  const store = createStore(folder('transactions'), { name: 'a', isSample: false })
  expect(() => store.transaction(() => {
    store.project.rename('b')
    throw new Error('no')
  })).toThrow('no')
  expect(store.project.get().name).toBe('a')
  store.transaction(() => {
    store.project.rename('c')
    expect(() => store.transaction(() => {
      store.project.rename('d')
      throw new Error('inner')
    })).toThrow('inner')
  })
  expect(store.project.get().name).toBe('c')
  expect(() => store.transaction(async () => store.project.rename('e'))).toThrow('must not wait')
  expect(store.project.get().name).toBe('c')
  store.close()
})
