// Killed processes and full disks, both real.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { pairFilterSchema } from '../../src/shared/contract/pairs'
import { runImport } from '../../src/main/engine/services/import/runImport'
import { Database } from '../../src/main/engine/store/database'
import { openStore } from '../../src/main/engine/store/openStore'
import { picture, writeFolder } from '../helpers/pictures'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
const child = (name: string): string => join(import.meta.dirname, '..', 'helpers', 'children', name)

async function folderOfPictures(name: string, count: number): Promise<string> {
  const files: Record<string, string | number> = {}
  for (let index = 0; index < count; index++) {
    files[`${index}.png`] = index + 1
    files[`${index}.txt`] = `picture ${index}`
  }
  return writeFolder(join(root, name), files)
}

/** Starts an import in another process and kills it as soon as `done` rows are committed, a few milliseconds into the next batch. */
function killAfter(projectDir: string, source: string, done: number, delayMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const importer = spawn(process.execPath, ['--import', 'tsx', child('importSlowly.ts'), projectDir, source], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    importer.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.split('\n').some(line => Number(line) >= done)) setTimeout(() => importer.kill('SIGKILL'), delayMs)
    })
    importer.once('error', reject)
    importer.once('exit', () => resolve(!output.includes('end')))
  })
}

test('a process killed in mid-import leaves a whole project, and importing again completes it', async () => {
  const count = 900
  const source = await folderOfPictures('many', count)
  const projectDir = join(root, 'killed')
  for (const [done, delayMs] of [[0, 5], [200, 12], [200, 40]] as const) {
    expect(await killAfter(projectDir, source, done, delayMs)).toBe(true)
    if (!existsSync(join(projectDir, 'project.sqlite'))) continue
    const store = openStore(projectDir)
    const pairCount = store.project.counts().pairCount
    expect(pairCount % 200).toBe(0)
    expect(store.imports.list().reduce((sum, record) => sum + record.addedPairCount, 0)).toBe(pairCount)
    for (const image of store.images.list()) {
      const bytes = readFileSync(store.files.absolute(image.relativePath ?? ''))
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(image.hash)
    }
    expect(readdirSync(join(projectDir, 'cache', 'incoming'))).toEqual([])
    store.close()
    const database = new Database(join(projectDir, 'project.sqlite'))
    expect(database.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(database.all('PRAGMA foreign_key_check')).toEqual([])
    database.run("INSERT INTO pairsText (pairsText) VALUES ('integrity-check')")
    database.close()
  }
  const store = openStore(projectDir)
  const before = store.project.counts().pairCount
  expect(before).toBeGreaterThan(0)
  const record = await runImport(store, source, null, { task: 'caption', split: 'train' }, { signal: new AbortController().signal, onProgress: () => undefined })
  // Each try went on behind the last committed row of the one before, so nothing was looked at twice.
  expect(record).toMatchObject({ addedPairCount: count, knownPairCount: 0, problemCount: 0 })
  expect(record.finishedAtMs).not.toBeNull()
  expect(new Set(store.pairs.list(pairFilterSchema.parse({}), 'oldest', 0, -1).map(pair => pair.right.text)).size).toBe(count)
  expect(store.imports.list()).toHaveLength(1)
  store.close()
})

test('a database that cannot grow says so, keeps what it had and works again afterwards', () => {
  const database = new Database(join(root, 'full.sqlite'))
  database.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT) STRICT; PRAGMA max_page_count = 10')
  database.run('INSERT INTO notes (note) VALUES (?)', 'kept')
  const fill = (): void => database.transaction(() => {
    for (let index = 0; index < 100; index++) database.run('INSERT INTO notes (note) VALUES (?)', 'x'.repeat(2000))
  })
  expect(fill).toThrow(expect.objectContaining({ code: 'disk-full' }))
  expect(database.count('SELECT count(*) FROM notes')).toBe(1)
  database.exec('PRAGMA max_page_count = 10000')
  fill()
  expect(database.count('SELECT count(*) FROM notes')).toBe(101)
  database.close()
})

// A disk of 4 MB needs a mount of one's own, which Linux gives in a namespace; elsewhere the test above stands alone.
const canMount = process.platform === 'linux' && spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', root]).status === 0
if (!canMount) console.warn('NOT RUN: the full-disk import needs `unshare -rm` and a tmpfs, which this machine does not give.')

test.runIf(canMount)('a full disk ends an import with what was committed whole, and space lets it go on', async () => {
  const files: Record<string, string | Uint8Array> = {}
  const rows = Array.from({ length: 200 }, (_, index) => `,question ${index},answer ${index}`)
  for (let index = 0; index < 60; index++) {
    files[`${index}.png`] = await picture(index, 200, 200).png().toBuffer()
    rows.push(`${index}.png,,picture ${index}`)
  }
  const source = await writeFolder(join(root, 'large'), { ...files, 'pairs.csv': `image,question,answer\n${rows.join('\n')}\n` })
  const mountDir = join(root, 'mount')
  mkdirSync(mountDir)
  const { stdout } = await promisify(execFile)('unshare', ['-rm', process.execPath, '--import', 'tsx', child('importOnFullDisk.ts'), mountDir, join(source, 'pairs.csv')])
  const result = JSON.parse(stdout) as { failure: { code: string; message: string }; afterFailure: object; editCode: string; readable: boolean; after: object }
  expect(result.failure.code).toBe('disk-full')
  expect(result.failure.message).toContain('200 pairs')
  expect(result.afterFailure).toEqual({ pairs: 200, brokenCopies: 0, incoming: 0 })
  expect(result.editCode).toBe('disk-full')
  expect(result.readable).toBe(true)
  expect(result.after).toEqual({ pairs: 260, brokenCopies: 0 })
})
