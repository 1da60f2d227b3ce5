import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeText, encodeText } from '../../src/main/engine/compute/text/tokenizer'
import { readSafetensors } from '../../src/main/engine/compute/weights/safetensors'
import type { TrainingEvent } from '../../src/main/engine/compute/thread/protocol'
import { lossesOf, makePairs, makeRequest, runFake, tinyConfig } from '../helpers/trainingRun'

let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'fuselip-trainer-')) })
afterEach(() => rmSync(root, { recursive: true, force: true }))

const kinds = (events: TrainingEvent[], kind: TrainingEvent['kind']): TrainingEvent[] => events.filter((event) => event.kind === kind)
// 27 pairs in batches of 8 are 4 steps an epoch, 16 in all.
const totalSteps = 16

describe('a device that fails in the middle', () => {
  const failing = (name: string, isUnreadable: boolean, events: TrainingEvent[]): Promise<unknown> =>
    runFake(makeRequest(join(root, name)), { faults: { deviceFailsAt: 7, isUnreadable }, events })

  it('leaves a state of the step before, from which the run goes on as if nothing had happened', async () => {
    const whole = lossesOf((await runFake(makeRequest(join(root, 'whole')))).events)
    const before: TrainingEvent[] = []
    await expect(failing('run', false, before)).rejects.toMatchObject({ code: 'device-failed' })
    expect(kinds(before, 'checkpoint').at(-1)).toEqual({ kind: 'checkpoint', step: 6 })
    expect(kinds(before, 'log').at(-1)).toEqual({ kind: 'log', line: 'The device failed; the run is saved at step 6.' })
    const after = await runFake(makeRequest(join(root, 'run')))
    expect([...lossesOf(after.events).keys()][0]).toBe(7)
    expect(lossesOf(before, after.events)).toEqual(whole)
  })

  it('keeps the last saved state where its weights cannot be read any more, and says so', async () => {
    const events: TrainingEvent[] = []
    await expect(failing('run', true, events)).rejects.toMatchObject({ code: 'device-failed' })
    expect(kinds(events, 'checkpoint').at(-1)).toEqual({ kind: 'checkpoint', step: 4 })
    expect(kinds(events, 'log').at(-1)).toEqual({
      kind: 'log', line: 'The device failed, and step 6 cannot be saved (the device gives no usable numbers any more). The last saved step is 4.',
    })
  })
})

describe('a whole run', () => {
  it('takes every step and says so', async () => {
    const { outcome, events, log } = await runFake(makeRequest(join(root, 'run')))
    expect(outcome).toEqual({ outcome: 'finished', step: totalSteps })
    expect(events.find(({ kind }) => kind === 'started')).toEqual({ kind: 'started', startStep: 0, totalSteps, device: 'cpu' })
    expect([...lossesOf(events).keys()]).toEqual(Array.from({ length: totalSteps }, (_, i) => i + 1))
    expect(kinds(events, 'validation').map((event) => event.kind === 'validation' && event.validation.step)).toEqual([0, 5, 10, 15, 16])
    expect(kinds(events, 'checkpoint').map((event) => event.kind === 'checkpoint' && event.step)).toEqual([4, 8, 12, 16])
    // No groups came with the request, so mining happens before epochs 0 and 2.
    expect(kinds(events, 'mined').map((event) => event.kind === 'mined' && event.step)).toEqual([0, 8])
    expect(log.settings.map(({ optimizerStep }) => optimizerStep)).toEqual([...lossesOf(events).keys()])
    expect(log.settings[2]!.learningRate).toBe(0.01)
    expect(log.disposedCount).toBe(1)
  })

  it('leaves the last three checkpoints and the best, each a model folder', async () => {
    await runFake(makeRequest(join(root, 'run')))
    const folders = readdirSync(join(root, 'run', 'checkpoints')).sort()
    expect(folders).toEqual(['best', 'step-000008', 'step-000012', 'step-000016'])
    expect(readdirSync(join(root, 'run', 'resume')).sort()).toEqual(['step-000012', 'step-000016'])
    const json = JSON.parse(readFileSync(join(root, 'run', 'checkpoints', 'step-000016', 'config.json'), 'utf8')) as Record<string, unknown>
    expect(json).toMatchObject({ name: 'fake', imageTokenCount: 6, imageTokenizer: 'fake-tokenizer', training: { step: 16, seed: 1 } })
    const { weights } = await readSafetensors(join(root, 'run', 'checkpoints', 'step-000016', 'model.safetensors'))
    expect(weights.get('memory')!.data).toHaveLength(3)
  })

  it('keeps the checkpoint with the best validation', async () => {
    const { events } = await runFake(makeRequest(join(root, 'run')))
    const scored = events.flatMap((event) => (event.kind === 'validation' && event.validation.step > 0 ? [event.validation] : []))
    const key = (v: (typeof scored)[number]): [number, number] => [v.leftToRight.r1 + v.rightToLeft.r1, -(v.leftToRight.meanRank + v.rightToLeft.meanRank)]
    const best = scored.reduce((a, b) => (key(b)[0] > key(a)[0] || (key(b)[0] === key(a)[0] && key(b)[1] > key(a)[1]) ? b : a))
    const json = JSON.parse(readFileSync(join(root, 'run', 'checkpoints', 'best', 'config.json'), 'utf8')) as { training: { step: number } }
    expect(json.training.step).toBe(best.step)
  })

  it('leaves the groups of the data whole when it mines during the run', async () => {
    const groups = [[0, 9, 18, 26]]
    const texts = makeRequest('none').pairs.map(({ right }) => decodeText(encodeText(right.text!)))
    const sharedBatches = async (name: string, dataGroupCount: number): Promise<number> => {
      const recipe = { maskProbability: 0, remineEveryEpochs: 1, epochs: 4 }
      const { events, log } = await runFake(makeRequest(join(root, name), recipe, { groups, dataGroupCount }))
      expect(kinds(events, 'mined')).toHaveLength(3) // Groups came with the request, so not before the first epoch.
      return log.batches.slice(4).filter(({ right }) => {
        const shown = Array.from({ length: 8 }, (_, row) => decodeText(right.ids.subarray(row * right.length, (row + 1) * right.length)))
        return groups[0]!.every((index) => shown.includes(texts[index]!))
      }).length
    }
    expect(await sharedBatches('of-data', 1)).toBe(3)
    expect(await sharedBatches('of-mining', 0)).toBeLessThan(3)
  })

  it('never mines where hard negatives are switched off, and keeps the groups of the data', async () => {
    const groups = [[0, 9, 18, 26]]
    const { events, log } = await runFake(makeRequest(join(root, 'run'), { useHardNegatives: false, maskProbability: 0 }, { groups }))
    expect(kinds(events, 'mined')).toHaveLength(0)
    const texts = makeRequest('none').pairs.map(({ right }) => decodeText(encodeText(right.text!)))
    for (let epoch = 0; epoch < 4; epoch++) {
      const together = log.batches.slice(4 * epoch, 4 * epoch + 4).filter(({ right }) => {
        const shown = Array.from({ length: 8 }, (_, row) => decodeText(right.ids.subarray(row * right.length, (row + 1) * right.length)))
        return groups[0]!.every((index) => shown.includes(texts[index]!))
      })
      expect(together).toHaveLength(1)
    }
  })

  it('masks nothing where the prediction loss is off', async () => {
    const { log } = await runFake(makeRequest(join(root, 'run'), { mmmWeight: 0, epochs: 1 }))
    expect(log.batches.every(({ left, right }) => left.maskedPositions.length + right.maskedPositions.length === 0)).toBe(true)
    const masked = await runFake(makeRequest(join(root, 'masked'), { epochs: 1 }))
    expect(masked.log.batches.some(({ left }) => left.maskedPositions.length > 0)).toBe(true)
  })

  it('uses smaller batches where there are few pairs, and refuses one pair', async () => {
    const { events, log } = await runFake(makeRequest(join(root, 'few'), { epochs: 1 }, { pairs: makePairs(5, tinyConfig) }))
    expect(log.batches.map(({ batchSize }) => batchSize)).toEqual([5])
    expect(kinds(events, 'log')).toHaveLength(1)
    await expect(runFake(makeRequest(join(root, 'one'), {}, { pairs: makePairs(1, tinyConfig) }))).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('going on', () => {
  it.each(['pause', 'stop'] as const)('%s after any step, and the rest is as if nothing had happened', async (action) => {
    const whole = lossesOf((await runFake(makeRequest(join(root, 'whole')))).events)
    for (const at of [1, 3, 4, 8, 9, 15]) {
      const request = makeRequest(join(root, `${action}-${at}`))
      const first = await runFake(request, { onStep: (step) => (step === at ? action : undefined) })
      expect(first.outcome).toEqual({ outcome: action === 'pause' ? 'paused' : 'stopped', step: at })
      const second = await runFake(request)
      expect(second.events.find(({ kind }) => kind === 'started')).toMatchObject({ startStep: at })
      expect([...lossesOf(second.events).keys()][0]).toBe(at + 1)
      expect(lossesOf(first.events, second.events)).toEqual(whole)
    }
  })

  it('continues from the last checkpoint after a cancel, repeating the steps since with the same losses', async () => {
    const whole = lossesOf((await runFake(makeRequest(join(root, 'whole')))).events)
    const request = makeRequest(join(root, 'run'))
    const events: TrainingEvent[] = []
    await expect(runFake(request, { events, onStep: (step) => (step === 11 ? 'cancel' : undefined) })).rejects.toMatchObject({ code: 'cancelled' })
    const rest = await runFake(request)
    expect([...lossesOf(rest.events).keys()][0]).toBe(9)
    expect(lossesOf(events)).toEqual(new Map([...whole].slice(0, 11)))
    expect(lossesOf(rest.events)).toEqual(new Map([...whole].slice(8)))
  })

  it('falls back to the state before a damaged one, and says so', async () => {
    const whole = lossesOf((await runFake(makeRequest(join(root, 'whole')))).events)
    const request = makeRequest(join(root, 'run'))
    await runFake(request, { onStep: (step) => (step === 10 ? 'stop' : undefined) })
    truncateSync(join(root, 'run', 'resume', 'step-000010', 'moments.safetensors'), 20)
    const rest = await runFake(request)
    expect(rest.events[0]).toMatchObject({ kind: 'log', line: expect.stringMatching(/state of step 10 cannot be read .*moments/) as string })
    expect(lossesOf(rest.events)).toEqual(new Map([...whole].slice(8)))
  })

  it('does nothing more when the run is done', async () => {
    const request = makeRequest(join(root, 'run'))
    await runFake(request)
    const again = await runFake(request)
    expect(again.outcome).toEqual({ outcome: 'finished', step: totalSteps })
    expect(again.events.map(({ kind }) => kind)).toEqual(['started'])
  })

  it('refuses other data or another recipe, and a fresh start in a used folder', async () => {
    const request = makeRequest(join(root, 'run'))
    await runFake(request, { onStep: (step) => (step === 5 ? 'stop' : undefined) })
    await expect(runFake({ ...request, pairs: makePairs(27, tinyConfig, 2) })).rejects.toMatchObject({ code: 'bad-checkpoint' })
    await expect(runFake({ ...request, recipe: { ...request.recipe, epochs: 5 } })).rejects.toMatchObject({ code: 'bad-checkpoint' })
    await expect(runFake({ ...request, resume: false })).rejects.toMatchObject({ code: 'conflict' })
  })
})

it('stops at a loss that is no number, keeps the last checkpoint and frees the device', async () => {
  const request = makeRequest(join(root, 'run'))
  await expect(runFake(request, { faults: { failAt: 7 } })).rejects.toMatchObject({ code: 'device-failed', message: expect.stringMatching(/Step 7 gave total = NaN/) as string })
  expect(readdirSync(join(root, 'run', 'resume'))).toEqual(['step-000004'])
  expect((await runFake(request)).outcome.outcome).toBe('finished')
})

describe('micro-batches', () => {
  /** Asked once before each step and before each of its four micro-batches. */
  const microBatchSize = 2
  const asksPerStep = 5

  it('let a pause, and a cancel, answer in the middle of a step, which is then repeated', async () => {
    const whole = lossesOf((await runFake(makeRequest(join(root, 'whole')))).events)
    const request = makeRequest(join(root, 'run'), { microBatchSize })
    const first = await runFake(request, { onMicroBatch: (count) => (count === 5 * asksPerStep + 3 ? 'pause' : undefined) })
    expect(first.outcome).toEqual({ outcome: 'paused', step: 5 })
    await expect(runFake(request, { onMicroBatch: (count) => (count === asksPerStep + 2 ? 'cancel' : undefined) })).rejects.toMatchObject({ code: 'cancelled' })
    // Other micro-batches are no other run.
    const rest = await runFake({ ...request, recipe: { ...request.recipe, microBatchSize: 0 } })
    expect([...lossesOf(rest.events).keys()][0]).toBe(6)
    expect(lossesOf(first.events, rest.events)).toEqual(whole)
  })

  it('are named once, where a batch is cut', async () => {
    const { events } = await runFake(makeRequest(join(root, 'run'), { microBatchSize }))
    expect(kinds(events, 'log')).toEqual([{ kind: 'log', line: 'Each batch of 8 pairs is computed in micro-batches of 2.' }])
  })

  it('get smaller where the device runs out of memory, for the rest of the run', async () => {
    const { outcome, events, log } = await runFake(makeRequest(join(root, 'run')), { faults: { fittingPairs: 3 } })
    expect(outcome.step).toBe(totalSteps)
    expect(kinds(events, 'log').map((event) => event.kind === 'log' && event.line)).toEqual([
      'Step 1 ran out of memory with 8 pairs at a time; going on with 4.', 'Step 1 ran out of memory with 4 pairs at a time; going on with 2.',
    ])
    expect(new Set(log.settings.map((settings) => settings.microBatchSize))).toEqual(new Set([2]))
    await expect(runFake(makeRequest(join(root, 'tiny')), { faults: { fittingPairs: 0 } })).rejects.toMatchObject({ code: 'out-of-memory' })
  })
})
