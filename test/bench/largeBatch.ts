// `npm run bench:batch [-- PAIRS]`: one whole optimizer step of FuseLIP-S on a batch that no memory holds at once (1,024 pairs
// of 160 + 160 ids), in micro-batches as the product chooses them, beside what the planner says of it beforehand.
import { readFileSync, writeFileSync } from 'node:fs'
import { freemem, loadavg } from 'node:os'
import { createRandom } from '../../src/main/engine/compute/training/random'
import { initialiseFuselip } from '../../src/main/engine/compute/fuselip/initialise'
import { createTrainingStep } from '../../src/main/engine/compute/training/compiledStep'
import { measureStep } from '../../src/main/engine/compute/training/measureStep'
import { planStep } from '../../src/main/engine/compute/training/planner'
import { maskedShare } from './cases'
import { configOf, stepSettings, syntheticBatch, syntheticSide } from './synthetic'

const pairs = Number(process.argv[2] ?? 1024)
const length = 160
const device = { deviceId: 'cpu', threadCount: null }
const config = configOf('small')
const random = createRandom(1, 9)
const weights = initialiseFuselip(config, () => random.next())

/** Of this process since `forgetPeak`; Linux counts it. */
const peakMiB = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
const forgetPeak = (): void => writeFileSync('/proc/self/clear_refs', '5')

const availableBytes = freemem()
const row = syntheticSide(1, length, 1).ids
const measured = await measureStep({ config, weights, left: [row], right: [row], batchSize: pairs, maskProbability: maskedShare, mmmWeight: stepSettings.mmmWeight }, {
  createStep: (own, ownConfig) => createTrainingStep(own, ownConfig, device),
  takeTurn: (work) => work(), signal: new AbortController().signal, nowMs: () => performance.now(), usedBytes: () => process.memoryUsage.rss(),
})
const plan = planStep(measured, { batchSize: pairs, microBatchSize: 0, availableBytes })
console.log(`Planned for ${pairs} pairs from ${measured.pairCount}: micro-batches of ${plan.microBatchSize}, ${(plan.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB, ${(plan.stepMs / 1000).toFixed(0)} s.`)

global.gc?.()
forgetPeak()
const step = await createTrainingStep(weights, config, device)
const batch = syntheticBatch(pairs, length, length)
const startedAtMs = performance.now(), before = process.cpuUsage()
let turns = 0
let longestTurnMs = 0
const { total, contrastive, mmm, gradientNorm } = await step.run(batch, { ...stepSettings, optimizerStep: 1 }, {
  async takeTurn(work) {
    const turnStartedAtMs = performance.now()
    const result = await work()
    longestTurnMs = Math.max(longestTurnMs, performance.now() - turnStartedAtMs)
    turns += 1
    if (turns % 32 === 0) console.error(`${turns} pieces, ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s, peak ${peakMiB().toFixed(0)} MiB`)
    return result
  },
  beforeMicroBatch: () => Promise.resolve(),
})
const { user, system } = process.cpuUsage(before)
console.log(`Seen: micro-batches of ${step.microBatchSizeOf(batch, 0)}, peak ${peakMiB().toFixed(0)} MiB of the whole process, ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s ` +
  `(${((user + system) / 1e6).toFixed(0)} s of processor), longest piece ${(longestTurnMs / 1000).toFixed(1)} s; loss ${total.toFixed(3)} = ${contrastive.toFixed(3)} + ${stepSettings.mmmWeight} × ${mmm.toFixed(3)}, ` +
  `gradient norm ${gradientNorm.toFixed(2)}; load ${loadavg()[0]!.toFixed(1)}.`)
await step.dispose()
