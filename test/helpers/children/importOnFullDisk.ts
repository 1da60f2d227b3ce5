// Runs in a mount namespace of its own (`unshare -rm`): puts a project on a very small disk, fills it, and prints what
// happened as JSON. Arguments: an empty folder to mount at, a CSV whose pictures do not fit.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createStore } from '../../../src/main/engine/store/openStore'
import { runImport } from '../../../src/main/engine/services/import/runImport'

const [mountDir = '', table = ''] = process.argv.slice(2)
const mount = (options: string): void => void execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mountDir])
const codeOf = (thrown: unknown): string => (thrown as { code?: string }).code ?? String(thrown)

mount('size=4m')
const store = createStore(join(mountDir, 'project'), { name: 'small', isSample: false })
const pairs = (): number => store.project.counts().pairCount
const brokenCopies = (): number => readdirSync(join(store.projectDir, 'images'), { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .filter(entry => createHash('sha256').update(readFileSync(join(entry.parentPath, entry.name))).digest('hex') !== basename(entry.name, '.png')).length
const attempt = (): Promise<unknown> => runImport(store, table, null, { task: 'caption', split: 'train' }, { signal: new AbortController().signal, onProgress: () => undefined })

const failure = await attempt().then(() => ({ code: 'none', message: '' }), (thrown: unknown) => ({ code: codeOf(thrown), message: (thrown as Error).message }))
const afterFailure = { pairs: pairs(), brokenCopies: brokenCopies(), incoming: readdirSync(join(store.projectDir, 'cache', 'incoming')).length }

// Not a byte left, and then an edit that needs many.
const fillers = ['a', 'b'].map(name => join(mountDir, name))
for (const [index, size] of [64 * 1024, 4096].entries()) {
  const chunks: Buffer[] = []
  try {
    for (;;) {
      chunks.push(Buffer.alloc(size))
      writeFileSync(fillers[index] ?? '', Buffer.concat(chunks))
    }
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOSPC') throw thrown
  }
}
const before = store.pairs.get(1)
let editCode = 'none'
for (let round = 0; round < 200 && editCode === 'none'; round++) {
  try {
    const { rightText } = store.pairs.getRows([1]).get(1) ?? { rightText: null }
    store.history.edit('edit', [{ kind: 'pair', id: 1, before: { rightText }, after: { rightText: `${round} `.repeat(3000) } }])
  } catch (thrown) {
    editCode = codeOf(thrown)
  }
}
const readable = store.pairs.get(1).id === before.id && store.history.get()
for (const filler of fillers) rmSync(filler, { force: true })

mount('remount,size=64m')
await attempt()
const after = { pairs: pairs(), brokenCopies: brokenCopies() }
store.close()
console.log(JSON.stringify({ failure, afterFailure, editCode, readable: readable !== false, after }))
