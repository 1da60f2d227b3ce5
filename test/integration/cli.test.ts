// The command line with a small engine in place of the real one: options, output, progress, interrupts, exit codes.
import { implement } from '@orpc/server'
import { createRouterClient, ORPCError } from '@orpc/server'
import { beforeEach, describe, expect, it } from 'vitest'
import { contract } from '../../src/shared/contract'
import type { Job } from '../../src/shared/contract/entities'
import type { Run } from '../../src/shared/contract/runs'
import { defaultRecipe } from '../../src/shared/recipe'
import { runCli } from '../../src/main/cli/runCli'
import type { EngineSession, OpenEngineOptions, StudioClient } from '../../src/main/cli/session'
import { parseSettings } from '../../src/main/cli/commands/training'
import { formatDuration, formatTable } from '../../src/main/cli/terminal'

const baseJob: Job = { id: 1, kind: 'mine', title: 'Mine', state: 'running', phase: 'comparing', done: 0, total: 10, startedAtMs: 0, endedAtMs: null, error: null, summary: null, runId: null }
const baseRun: Run = {
  id: 3, name: 'first', state: 'running', baseModelId: 'bundled:nano', recipe: defaultRecipe, device: 'cpu', step: 4, totalSteps: 8, pairCount: 10, createdAtMs: 0,
  endedAtMs: null, etaMs: null, lastMetric: null, lastValidation: null, checkpointSteps: [], error: null, jobId: 1,
}

const measuredPlan = {
  deviceName: 'Test CPU, 2 cores', microBatchSize: 4, largestMicroBatchSize: 7, availableMemoryBytes: 4 * 2 ** 30, peakMemoryBytes: 1.5 * 2 ** 30,
  stepMs: 1500, epochMs: 1500, totalMs: 12_000, samplesPerSecond: 6.7,
}

let results: string[]
let notes: string[]
let opened: OpenEngineOptions[]
let closedCount: number
let calls: { name: string; input: unknown }[]
/** The states that the job goes through, one per look. */
let jobStates: Partial<Job>[]
let run: Run
let interrupt: AbortController

function fakeClient(): StudioClient {
  const os = implement(contract)
  const note = <Output>(name: string, output: (input: never) => Output) => ({ input }: { input: unknown }) => {
    calls.push({ name, input })
    return output(input as never)
  }
  const router = {
    jobs: {
      get: os.jobs.get.handler(() => ({ ...baseJob, ...(jobStates.length > 1 ? jobStates.shift() : jobStates[0]) })),
      list: os.jobs.list.handler(note('jobs.list', () => [baseJob])),
      cancel: os.jobs.cancel.handler(note('jobs.cancel', () => ({ ...baseJob, ...(jobStates = [{ state: 'cancelled' }])[0] }))),
    },
    negatives: {
      mine: os.negatives.mine.handler(note('negatives.mine', () => ({ jobId: 1 }))),
      getSummary: os.negatives.getSummary.handler(() => ({ minedAtMs: 1, modelId: 'bundled:nano', candidateCount: 40, groupCount: 5, judgedCount: 0, droppedByGuardCount: 2, droppedByIdentityCount: 3, isStale: false })),
    },
    devices: {
      list: os.devices.list.handler(note('devices.list', () => [
        { id: 'cpu', name: 'Test CPU', kind: 'cpu' as const, isUsable: true, reason: null, memoryBytes: 8 * 2 ** 30, samplesPerSecond: 41.25, isFastest: true },
        { id: 'cuda:0', name: 'CUDA', kind: 'cuda' as const, isUsable: false, reason: 'not installed', memoryBytes: null, samplesPerSecond: null, isFastest: false },
      ])),
      measure: os.devices.measure.handler(note('devices.measure', () => ({ jobId: 1 }))),
    },
    models: { list: os.models.list.handler(() => { throw new ORPCError('project-locked', { message: 'The project is open elsewhere.', data: { advice: 'Close it there.' } }) }) },
    runs: {
      listPresets: os.runs.listPresets.handler(() => [{ id: 'quick', name: 'Quick', description: 'Short.', recipe: { ...defaultRecipe, epochs: 2 } }]),
      plan: os.runs.plan.handler(note('runs.plan', () => ({ trainPairCount: 10, validationPairCount: 2, stepsPerEpoch: 1, totalSteps: 8, negativesPerAnchor: 8.6, measured: measuredPlan, obstacle: null }))),
      start: os.runs.start.handler(note('runs.start', () => ({ runId: 3, jobId: 1 }))),
      resume: os.runs.resume.handler(note('runs.resume', () => ({ runId: 3, jobId: 1 }))),
      get: os.runs.get.handler(() => run),
      pause: os.runs.pause.handler(note('runs.pause', () => {
        jobStates = [{ state: 'cancelled' }]
        run = { ...run, state: 'paused' }
        return run
      })),
    },
    search: {
      useImagePath: os.search.useImagePath.handler(note('search.useImagePath', () => ({ queryImageId: 'q1' }))),
      query: os.search.query.handler(note('search.query', () => ({ columns: [] }))),
    },
    project: { get: os.project.get.handler(() => { throw new Error('not needed') }) },
  }
  return createRouterClient(router) as unknown as StudioClient
}

function runCommand(...argv: string[]): Promise<number> {
  const session: EngineSession = {
    client: fakeClient(), router: {}, media: {} as EngineSession['media'], tokenForPath: (path) => `token of ${path}`,
    close: async () => void (closedCount += 1),
  }
  return runCli({
    argv, interrupt: interrupt.signal, rendererDir: '/none', isInteractive: false,
    openEngine: async (options) => (opened.push(options), session),
    writeResult: (text) => results.push(text), writeNote: (text) => notes.push(text),
  })
}

beforeEach(() => {
  results = []
  notes = []
  opened = []
  calls = []
  closedCount = 0
  jobStates = [{ done: 1 }, { done: 5 }, { state: 'done', done: 10 }]
  run = baseRun
  interrupt = new AbortController()
})

describe('commands', () => {
  it('follows a job to its end and tells the result', async () => {
    expect(await runCommand('mine', '--per-pair', '3', '--margin', '-0.05', '--project', '/p')).toBe(0)
    expect(opened).toEqual([{ projectDir: '/p', dataDir: null, host: 'cli' }])
    expect(calls).toEqual([{ name: 'negatives.mine', input: { modelId: null, perPair: 3, margin: -0.05, split: 'train' } }])
    expect(results).toEqual(['40 candidates in 5 groups; dropped 2 likely matches and 3 identical sides.'])
    expect(notes).toContain('Mine: comparing 5/10')
    expect(closedCount).toBe(1)
  })

  it('writes one JSON value and nothing else to standard output', async () => {
    expect(await runCommand('mine', '--json')).toBe(0)
    expect(results).toHaveLength(1)
    expect(JSON.parse(results[0] ?? '')).toMatchObject({ state: 'done', candidateCount: 40 })
  })

  it('takes settings over the file over the preset', async () => {
    jobStates = [{ state: 'done' }]
    run = { ...baseRun, state: 'finished' }
    expect(await runCommand('train', '--preset', 'quick', '--set', 'batchSize=16', '--set', 'useHardNegatives=false', '--name', 'mine')).toBe(0)
    const start = calls.find((call) => call.name === 'runs.start')?.input as { recipe: unknown; name: string }
    expect(start.recipe).toEqual({ ...defaultRecipe, epochs: 2, batchSize: 16, useHardNegatives: false })
    expect(start.name).toBe('mine')
    expect(results[0]).toContain('Run 3 “first” is finished at step 4 of 8')
  })

  it('resumes without planning anew', async () => {
    jobStates = [{ state: 'done' }]
    expect(await runCommand('train', '--resume', '3')).toBe(0)
    expect(calls.map((call) => call.name)).toEqual(['devices.list', 'runs.resume'])
  })
})

describe('devices', () => {
  it('lists memory and measured speed, and measures only when told', async () => {
    expect(await runCommand('devices')).toBe(0)
    expect(calls.map((call) => call.name)).toEqual(['devices.list'])
    for (const words of ['8.0 GiB', '41.3', 'yes, the default', 'not measured', 'no: not installed']) expect(results[0]).toContain(words)
    expect(await runCommand('devices', '--measure', '--json')).toBe(0)
    expect(calls.map((call) => call.name)).toEqual(['devices.list', 'devices.measure', 'devices.list'])
    expect(JSON.parse(results[1] ?? '')).toHaveLength(2)
  })
})

describe('plan', () => {
  it('measures, starts nothing, and tells what the recipe would need and take', async () => {
    expect(await runCommand('plan', '--preset', 'quick', '--set', 'batchSize=10', '--model', 'bundled:nano')).toBe(0)
    expect(calls).toEqual([{ name: 'runs.plan', input: { recipe: { ...defaultRecipe, epochs: 2, batchSize: 10 }, baseModelId: 'bundled:nano', measure: true } }])
    for (const words of ['Test CPU, 2 cores', '4 pairs at a time', '7 pairs', '1.50 GiB of 4.00 GiB', '8.6 of 9', '12.0 s']) expect(results[0]).toContain(words)
  })

  it('writes the plan as JSON', async () => {
    expect(await runCommand('plan', '--json')).toBe(0)
    expect(JSON.parse(results[0] ?? '')).toMatchObject({ totalSteps: 8, negativesPerAnchor: 8.6, measured: measuredPlan })
  })
})

describe('interrupts', () => {
  it('cancels a job and exits with 130', async () => {
    jobStates = [{ done: 1 }]
    setTimeout(() => interrupt.abort(), 50)
    expect(await runCommand('mine')).toBe(130)
    expect(calls.map((call) => call.name)).toEqual(['negatives.mine', 'jobs.cancel'])
    expect(closedCount).toBe(1)
  })

  it('pauses a training run and says how to go on', async () => {
    jobStates = [{ done: 1 }]
    setTimeout(() => interrupt.abort(), 50)
    expect(await runCommand('train')).toBe(130)
    expect(calls.map((call) => call.name)).toEqual(['devices.list', 'runs.plan', 'runs.start', 'runs.pause'])
    expect(results[0]).toContain('is paused at step 4 of 8')
    expect(results[0]).toContain('fuselip train --resume 3')
  })
})

describe('errors', () => {
  it('tells message and advice, and gives a code per kind', async () => {
    expect(await runCommand('models')).toBe(4)
    expect(notes.at(-1)).toBe('Error: The project is open elsewhere.\nClose it there.')
    expect(closedCount).toBe(1)
  })

  it('writes errors as JSON too', async () => {
    expect(await runCommand('models', '--json')).toBe(4)
    expect(JSON.parse(results[0] ?? '')).toEqual({ error: { code: 'project-locked', message: 'The project is open elsewhere.', advice: 'Close it there.' } })
  })

  it('tells why a job failed', async () => {
    jobStates = [{ state: 'failed', error: { code: 'disk-full', message: 'The disk is full; nothing was changed.', advice: 'Free some space.' } }]
    expect(await runCommand('mine')).toBe(1)
    expect(notes.at(-1)).toContain('The disk is full')
  })

  it.each([
    [['fly'], 'unknown command'],
    [['mine', '--per-pair', 'many'], 'whole number from 1 to 50'],
    [['mine', '--margin', ''], 'Expected a number'],
    [['import'], 'missing required argument'],
    [['evaluate', '--split', 'all'], 'Allowed choices are train, validation, test'],
    [['serve', '--port', '70000'], 'whole number from 0 to 65535'],
    [['train', '--set', 'speed=9'], 'is not a setting of the recipe'],
    [['train', '--set', 'epochs=lots'], 'must be a number'],
    [['train', '--set', 'epochs=0'], 'The recipe cannot be used: epochs'],
    [['search'], 'nothing to search for'],
    [['search', 'x', '--model', 'a', '--model', 'b', '--model', 'c'], 'At most two models'],
    [['serve', '--host', '0.0.0.0', '--no-open'], 'can be reached from other computers'],
  ])('refuses %j', async (argv, message) => {
    expect(await runCommand(...argv)).toBe(2)
    expect(notes.join('\n')).toContain(message)
    expect(calls.some((call) => call.name === 'runs.start')).toBe(false)
  })

  it('names the presets that there are', async () => {
    expect(await runCommand('train', '--preset', 'slow')).toBe(3)
    expect(notes.at(-1)).toContain('Known presets: quick')
  })

  it('shows help and succeeds', async () => {
    expect(await runCommand('--help')).toBe(0)
    for (const name of ['import', 'tokenize', 'mine', 'plan', 'train', 'evaluate', 'search', 'models', 'devices', 'jobs', 'serve', 'demo', 'sample']) {
      expect(results.join('\n')).toContain(`  ${name}`)
    }
    expect(opened).toEqual([])
  })
})

describe('formats', () => {
  it('lines up tables, numbers to the right', () => {
    expect(formatTable(['Name', 'R@1'], [['base', '9.0 %'], ['tuned', '41.5 %']])).toBe('Name      R@1\n─────  ──────\nbase    9.0 %\ntuned  41.5 %')
  })

  it('keeps durations short', () => {
    expect([12, 1500, 61_000, 600_000].map(formatDuration)).toEqual(['12 ms', '1.5 s', '1 min 01 s', '10 min 00 s'])
  })

  it('reads settings as JSON', () => {
    expect(parseSettings(['epochs=3', 'learningRate=1e-4', 'useHardNegatives=true'])).toEqual({ epochs: 3, learningRate: 1e-4, useHardNegatives: true })
  })
})
