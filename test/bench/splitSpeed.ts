// What splitting and deleting cost in a project of a million pairs: `node --import tsx test/bench/splitSpeed.ts DIR`. The longest
// wait is how long another call may have to wait for its turn.
import { ChangeBus } from '../../src/main/engine/services/changes'
import { PairActsService } from '../../src/main/engine/services/making/pairActs'
import { SplitJobs } from '../../src/main/engine/services/making/splitJobs'
import { JobRunner } from '../../src/main/engine/jobs/runner'
import { openMillion } from './millionProject'

const projectDir = process.argv[2]
if (projectDir === undefined) throw new Error('Give a folder for the project; it is made at the first run.')
const { store } = openMillion(projectDir, 1_000_000)
const changes = new ChangeBus()
const jobs = new JobRunner(store.jobs, (change) => changes.publish(change))
const splits = new SplitJobs({ store, jobs, changes })
const acts = new PairActsService({ store, changes })
const tickMs = 5
let [longestMs, lastMs] = [0, performance.now()]
const timer = setInterval(() => {
  longestMs = Math.max(longestMs, performance.now() - lastMs - tickMs)
  lastMs = performance.now()
}, tickMs)

async function measure(name: string, work: () => Promise<string>): Promise<void> {
  ;[longestMs, lastMs] = [0, performance.now()]
  const [startedMs, usage] = [performance.now(), process.cpuUsage()]
  const outcome = await work()
  const { user, system } = process.cpuUsage(usage)
  console.log(`${name}: ${((user + system) / 1e6).toFixed(1)} s processor, ${((performance.now() - startedMs) / 1000).toFixed(1)} s wall, longest wait ${Math.round(longestMs)} ms; ${outcome}`)
}

const scope = { filter: { query: '' }, except: [] }
const options = { shares: { train: 80, validation: 10, test: 10 }, keepTogether: true, isStratified: true, seed: 1 }
await measure('preview of a split', async () => `${(await splits.preview(scope, options)).movedCount} pairs would move`)
await measure('split', async () => (await jobs.wait(splits.start(scope, options).jobId)).summary ?? '')
await measure('delete 100,000 pairs', async () => `${(await acts.remove({ filter: { query: 'id:1..100000' }, except: [] })).changedCount} deleted`)
clearInterval(timer)
store.close()
