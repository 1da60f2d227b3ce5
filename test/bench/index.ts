// `npm run bench [-- --threads N] [-- --only CASE,…] [-- --peers PEER,…]
// [-- --steps N]` (of the memory case): this engine and its peers in turn, in processes of their own, as ratios with
// median, minimum and maximum. Prints Markdown. Never part of `npm test`, because time is no test.
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readTensorflowLink } from '../../src/main/engine/compute/tensorflow/link'
import { captionLengths, cases, maskedShare, modelSizes, stepFlops } from './cases'
import type { BenchCase, Work } from './cases'
import { peerPython } from './peerFolder'
import { startWorker } from './worker'
import type { Report, RunTime, Worker } from './worker'

const { values: options } = parseArgs({ options: { threads: { type: 'string' }, only: { type: 'string' }, rounds: { type: 'string' }, peers: { type: 'string' }, steps: { type: 'string' } } })
const threads = Number(options.threads ?? cpus().length)
const chosen = options.only?.split(',') ?? null
const chosenPeers = options.peers?.split(',') ?? null
const isChosen = (id: string): boolean => !chosen || chosen.some((part) => id.startsWith(part))

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const script = (name: string, work: Work, environment: Record<string, string> = {}): Promise<Worker> =>
  startWorker(process.execPath, ['--import', 'tsx', file(name)], work, threads, environment)

const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b)
const median = (values: number[]): number => {
  const ordered = sorted(values)
  return (ordered[Math.floor((ordered.length - 1) / 2)]! + ordered[Math.ceil((ordered.length - 1) / 2)]!) / 2
}
const spread = (values: number[], digits: number): string => `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`

async function startPeer(kind: BenchCase['peers'][number], work: Work): Promise<Worker | null> {
  if (kind === 'tfjs-wasm') return script('tfjsWasm.ts', work)
  if (kind === 'tensorflow') {
    if (readTensorflowLink()) return script('ours.ts', work, { FUSELIP_BENCH_DEVICE: 'tensorflow', TF_NUM_INTRAOP_THREADS: String(threads), OMP_NUM_THREADS: String(threads) })
    console.error('TensorFlow is not measured: none is linked (npm run tensorflow:link).')
    return null
  }
  const python = peerPython()
  return python === null ? null : startWorker(python, [file('peer.py')], work, threads, {
    FUSELIP_BENCH_SIZES: JSON.stringify(modelSizes), FUSELIP_BENCH_MASKED_SHARE: String(maskedShare), FUSELIP_BENCH_COMPILE: kind === 'pytorch-compile' ? '1' : '0',
    OMP_NUM_THREADS: String(threads), PYTHONWARNINGS: 'ignore',
  })
}

interface Measured { times: RunTime[]; report: Report }

/** Runs workers in turn, `rounds` times each. */
async function alternate(workers: Worker[], rounds: number): Promise<Measured[]> {
  const times: RunTime[][] = workers.map(() => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, worker] of workers.entries()) times[index]!.push(await worker.run())
  }
  return Promise.all(workers.map(async (worker, index) => ({ times: times[index]!, report: await worker.report() })))
}

const ratios = (ours: Measured, peer: Measured, key: keyof RunTime): number[] => ours.times.map((time, round) => peer.times[round]![key] / time[key])

async function compare(benchCase: BenchCase, kind: BenchCase['peers'][number]): Promise<void> {
  const workers: Worker[] = []
  try {
    workers.push(await script('ours.ts', benchCase.work))
    const peer = await startPeer(kind, benchCase.work)
    if (!peer) return
    workers.push(peer)
    // The big product, for the share of the machine's arithmetic that a step uses.
    const matMul = benchCase.work.kind === 'step' ? await script('ours.ts', { kind: 'matmul', side: matMulSide }) : null
    if (matMul) workers.push(matMul)
    const [ours, theirs, product] = await alternate(workers, Number(options.rounds ?? benchCase.rounds)) as [Measured, Measured, Measured | undefined]
    const seconds = ours.times.map(({ wallMs }) => benchCase.unit.count / wallMs * 1000)
    const share = product && benchCase.work.kind === 'step' ? arithmeticShare(stepFlops(benchCase.work), ours, product) : '–'
    console.log(`| ${benchCase.title} | ${theirs.report.version}${kind === 'pytorch-compile' ? ', compiled' : ''} | ${spread(seconds, 2)} ${benchCase.unit.name}/s | ` +
      `${spread(ratios(ours, theirs, 'wallMs'), 2)} | ${spread(ratios(ours, theirs, 'cpuMs'), 2)} | ${share} | ${ours.report.peakMiB.toFixed(0)} : ${theirs.report.peakMiB.toFixed(0)} |`)
  } catch (thrown) {
    console.log(`| ${benchCase.title} | ${kind} | not measured: ${(thrown as Error).message.split('\n').slice(0, 2).join(' ')} | | | | |`)
  } finally {
    workers.forEach((worker) => worker.end())
  }
}

const matMulSide = 2048

/** Rate of the step's matrix products over the rate of one big one, by wall time and by processor time. */
function arithmeticShare(flops: number, ours: Measured, product: Measured): string {
  const share = (key: keyof RunTime): string =>
    `${(100 * median(ours.times.map((time, round) => (flops / time[key]) / (2 * matMulSide ** 3 / product.times[round]![key])))).toFixed(0)} %`
  return `${share('wallMs')} / ${share('cpuMs')}`
}

/** Whole epochs of pairs of many lengths, so that several graphs are in use. */
async function flatMemory(steps: number): Promise<void> {
  const batches = 16, pairs = 32, shownCount = 20
  const worker = await script('ours.ts', { kind: 'epoch', size: 'nano', pairs, batches, leftLength: 34, captionLengths: captionLengths(batches * pairs) })
  const states: { step: number; residentMiB: number; tensors: number }[] = []
  const startedAtMs = performance.now()
  for (let step = batches; step <= steps; step += batches) {
    await worker.run()
    const { residentMiB, tensors } = (await worker.ask({ state: true })) as { residentMiB: number; tensors: number }
    states.push({ step, residentMiB, tensors })
  }
  worker.end()
  const shown = states.filter((_, index) => index === states.length - 1 || index % Math.ceil(states.length / shownCount) === 0)
  console.log(`\nMemory over ${steps} nano steps in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s, step: MiB, ${shown.map(({ step, residentMiB }) => `${step}: ${residentMiB.toFixed(0)}`).join(', ')}; ` +
    `tensors ${[...new Set(states.map(({ tensors }) => tensors))].join(', ')}.`)
}

console.log(`${cpus()[0]!.model.trim()}, ${cpus().length} cores, ${threads} thread${threads === 1 ? '' : 's'} each, load ${loadavg()[0]!.toFixed(1)} at the start; Node ${process.version}\n`)
console.log('| work | peer | ours | peer time : ours | processor time, peer : ours | arithmetic, share of one big MatMul (wall / processor) | peak MiB, ours : peer |')
console.log('| --- | --- | --- | --- | --- | --- | --- |')
for (const benchCase of cases) {
  if (!isChosen(benchCase.id)) continue
  for (const kind of benchCase.peers) if (!chosenPeers || chosenPeers.includes(kind)) await compare(benchCase, kind)
}
if (isChosen('memory')) await flatMemory(Number(options.steps ?? 320))
console.log(`\nLoad at the end ${loadavg()[0]!.toFixed(1)}.`)
