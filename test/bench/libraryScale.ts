// How long queries over a million pairs take. Makes the project once (some minutes, 0.6 GB) in the folder that is given, else in
// the folder for temporary files, and uses it again. Processor time hardly depends on what else runs; wall time stands beside
// it. Run: npm run bench:library -- [folder] [pairs]
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PairSort } from '../../src/shared/contract/pairs'
import { openMillion } from './millionProject'

const [folder = join(tmpdir(), 'fuselip-million'), pairs = '1000000'] = process.argv.slice(2)
const pairCount = Number(pairs)
const { store, insert } = openMillion(folder, pairCount)
if (insert) process.stdout.write(`insert: ${insert.pairsPerSecond.toFixed(0)} pairs/s, ${insert.processorMicroseconds.toFixed(0)} µs of the processor each\n`)

function measure(name: string, work: () => unknown): void {
  const usage = process.cpuUsage()
  const startedAtMs = performance.now()
  work()
  const wallMs = performance.now() - startedAtMs
  const { user, system } = process.cpuUsage(usage)
  process.stdout.write(`${name.padEnd(58)} ${((user + system) / 1000).toFixed(1).padStart(8)} ms processor ${wallMs.toFixed(1).padStart(8)} ms wall\n`)
}

const page = (query: string, sort: PairSort = 'oldest', offset = 0): void =>
  measure(`page: ${query || 'all'}, ${sort}, from ${offset}`, () => [store.pairs.list({ query }, sort, offset, 100), store.pairs.count({ query })])

page('')
page('', 'lowest-score')
page('', 'oldest', Math.floor(pairCount * 0.9))
// As the service asks: between two steps other calls are answered.
const steps = store.pairs.index.prepare({ query: '' })
for (let step = 1, isDone = false; !isDone; step += 1) measure(`facets, first, step ${step}`, () => { isDone = steps.next().done === true })
measure('facets, then', () => store.pairs.countFacets({ query: '' }))
for (const query of ['status:accepted', 'score<0.2', 'tag:checked', 'a', 'right:"a"', '"a of"', 'red', 'length>80', 'updated>=today', 'status:accepted score:0.2..0.3 "a" -tag:blur']) page(query, 'lowest-score')
const ids = store.pairs.listIds({ query: 'status:unreviewed' }, 'oldest', 0, 10_000)
measure(`one part of a bulk edit: ${ids.length} pairs`, () => store.history.edit('bench', [{ kind: 'column', column: 'status', ids, before: 'unreviewed', after: 'accepted' }]))
measure('its undo', () => store.history.undo())
page('status:accepted', 'lowest-score')
process.stdout.write(`memory: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB\n`)
store.close()
