// `npm run bench:latency [-- SECONDS]`: how long the interface waits for an answer while FuseLIP-S trains. The built browser host
// with a project of 20,000 pairs of texts, over its socket, one query after another; first without a training, then with one.
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { WebSocket } from 'ws'
import type { EngineClient } from '../../src/main/engine/engine'
import { initialiseTitok } from '../../src/main/engine/compute/titok/initialise'
import { titokJson } from '../../src/main/engine/compute/titok/titokConfig'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { writeSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import { recipeSchema } from '../../src/shared/recipe'
import { writeTextProject } from '../helpers/textProject'
import { titokSmall } from './synthetic'

const seconds = Number(process.argv[2] ?? 60)
const pairCount = 20_000
/** Sides repeat, so that a search need not embed 40,000 of them first. */
const distinctTexts = 200
const trainedPairs = 256
/** Fills the context length, so that a step is as long as one can be. */
const longText = 'a small red circle beside a large blue square on a green table '.repeat(12)

const pairTexts = (index: number): [string, string] =>
  [`left ${index % distinctTexts} ${longText}`, `right ${Math.floor(index / distinctTexts) % distinctTexts} ${longText}`]
const isAccepted = (index: number): boolean => index % Math.floor(pairCount / trainedPairs) === 0

/** Random weights: a model of the size small needs a tokenizer of 128 codes. */
async function writeTokenizer(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  const random = createRandom(1, 9)
  await writeSafetensors(join(dir, 'model.safetensors'), initialiseTitok(titokSmall, () => random.next()))
  await writeFile(join(dir, 'config.json'), JSON.stringify(titokJson(titokSmall)))
}

const quantile = (sorted: number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
const pause = (ms: number): Promise<void> => new Promise((settle) => setTimeout(settle, ms))

async function measure(title: string, queries: Record<string, () => Promise<unknown>>): Promise<void> {
  const times = new Map(Object.keys(queries).map((name) => [name, [] as number[]]))
  const endAtMs = performance.now() + 1000 * seconds
  while (performance.now() < endAtMs) {
    for (const [name, query] of Object.entries(queries)) {
      const startedAtMs = performance.now()
      await query()
      times.get(name)!.push(performance.now() - startedAtMs)
      await pause(50)
    }
  }
  for (const [name, all] of times) {
    const sorted = all.sort((a, b) => a - b)
    console.log(`| ${title} | ${name} | ${sorted.length} | ${quantile(sorted, 0.5).toFixed(0)} | ${quantile(sorted, 0.95).toFixed(0)} | ${sorted.at(-1)!.toFixed(0)} |`)
  }
}

const root = await mkdtemp(join(tmpdir(), 'fuselip-latency-'))
const dataDir = join(root, 'data')
await writeTokenizer(join(dataDir, 'tokenizers', 'bench-128'))
writeTextProject(join(root, 'texts'), { pairCount, texts: pairTexts, isAccepted })
const server = spawn(process.execPath, [resolve(import.meta.dirname, '../../out/main/cli.js'), '--project', join(root, 'texts'), 'serve', '--port', '0', '--no-open', '--json'], {
  env: { ...process.env, FUSELIP_DATA_DIR: dataDir }, stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const [line] = await once(createInterface({ input: server.stdout }), 'line') as [string]
  const { url, port } = JSON.parse(line) as { url: string; port: number }
  const cookie = ((await fetch(url, { redirect: 'manual' })).headers.get('set-cookie') ?? '').split(';')[0]!
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, { headers: { cookie, origin: `http://127.0.0.1:${port}` } })
  await once(socket, 'open')
  const client = createORPCClient<EngineClient>(new RPCLink({ websocket: socket as never }))

  await client.models.create({ sizeId: 'small', tokenizerId: 'bench-128', name: 'Small', seed: 1 })
  let model: { id: string } | undefined
  while (!(model = (await client.models.list({})).find(({ name }) => name === 'Small'))) await pause(200)
  const modelId = model.id
  const queries: Record<string, () => Promise<unknown>> = {
    'studio.getStatus': () => client.studio.getStatus({}),
    'pairs.list, 100 of 20,000': () => client.pairs.list({ offset: 5000 }),
    'pairs.list with a text': () => client.pairs.list({ filter: { query: 'red circle' } }),
    'pairs.countFacets': () => client.pairs.countFacets({}),
    'search.query, FuseLIP-S': () => client.search.query({ text: `a blue circle ${performance.now()}`, modelIds: [modelId], target: 'texts' }),
  }
  for (const [name, query] of Object.entries(queries)) {
    const startedAtMs = performance.now()
    await query()
    console.log(`First ${name}: ${(performance.now() - startedAtMs).toFixed(0)} ms.`)
  }
  console.log(`\nLoad ${loadavg()[0]!.toFixed(1)} before.\n\n| state | query | count | median ms | 95 % ms | longest ms |\n| --- | --- | --- | --- | --- | --- |`)
  await measure('nothing else runs', queries)
  const recipe = recipeSchema.parse({ epochs: 1000, batchSize: 32, useHardNegatives: false, validateEverySteps: 100_000, checkpointEverySteps: 100_000 })
  const { runId } = await client.runs.start({ name: 'Measured', baseModelId: modelId, recipe })
  while (!(await client.runs.get({ runId })).lastMetric) await pause(100)
  const before = (await client.runs.get({ runId })).lastMetric!
  await measure('FuseLIP-S trains', { ...queries, 'runs.listMetrics': () => client.runs.listMetrics({ runId }) })
  const after = (await client.runs.get({ runId })).lastMetric!
  console.log(`\n${after.step - before.step} steps of 32 pairs meanwhile, ${((after.elapsedMs - before.elapsedMs) / Math.max(1, after.step - before.step) / 1000).toFixed(1)} s each; load ${loadavg()[0]!.toFixed(1)}.`)
  const stoppedAtMs = performance.now()
  await client.runs.stop({ runId })
  while (['running', 'queued'].includes((await client.runs.get({ runId })).state)) await pause(20)
  console.log(`Stopped ${((performance.now() - stoppedAtMs) / 1000).toFixed(1)} s after being told, checkpoint included.`)
  socket.close()
} finally {
  server.kill('SIGTERM')
  await once(server, 'exit')
  await rm(root, { recursive: true, force: true, maxRetries: 3 })
}
