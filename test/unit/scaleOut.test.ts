// What goes into a scale-out package, without a project: flags, script, task file, groups.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultRecipe, recipeFields } from '../../src/shared/recipe'
import { disjointGroups } from '../../src/main/engine/services/scaleOut/pairTable'
import { writeSkyTask, writeTrainScript, type ScriptFacts } from '../../src/main/engine/services/scaleOut/trainScript'
import { sizeOfWidth, toTrainerFlags, type TrainerFlags, type TrainingFacts } from '../../src/main/engine/services/scaleOut/trainerFlags'
import { slugOf } from '../../src/main/engine/services/scaleOut/writePackage'
import { temporaryFolder } from '../helpers/temporaryFolder'

const root = temporaryFolder()
const facts: TrainingFacts = { size: 'small', contextLength: 180, precision: 'amp', stepsPerEpoch: 100 }
const valuesOf = ({ flags }: TrainerFlags) => Object.fromEntries(flags.map(({ flag, value }) => [flag, value]))

describe('flags', () => {
  it('carry the settings of the paper over', () => {
    const recipe = { ...defaultRecipe, epochs: 8, learningRate: 1e-3, warmupSteps: 12_000, weightDecay: 1, gradientClip: 1, mmmWeight: 0.25, maskProbability: 0.1, checkpointEverySteps: 250, seed: 7 }
    // As scripts/train-fuselip-cc3m.sh of the published code has them.
    expect(valuesOf(toTrainerFlags(recipe, facts))).toEqual({
      '--model': 'fuse-clip-titok', '--transformer-size': 'small', '--image-tokenizer': 'yucornetto/tokenizer_titok_s128_imagenet', '--context-len': '180', '--mask-pad': null, '--siglip': null,
      '--mlm-loss': null, '--mlm-probability': '0.1', '--mlm-loss-weight': '0.25', '--epochs': '8', '--lr': '0.001', '--warmup': '12000', '--lr-scheduler': 'cosine', '--wd': '1',
      '--beta1': '0.9', '--beta2': '0.98', '--eps': '1e-8', '--grad-clip-norm': '1', '--precision': 'amp', '--seed': '7', '--save-frequency': '3', '--save-most-recent': null, '--log-every-n-steps': '10',
    })
    expect(valuesOf(toTrainerFlags(recipe, { ...facts, size: 'base' }))['--image-tokenizer']).toBe('yucornetto/tokenizer_titok_bl128_vq8k_imagenet')
  })

  it('leave masking out where the recipe switches it off, and say what that means', () => {
    const flags = toTrainerFlags({ ...defaultRecipe, mmmWeight: 0 }, facts)
    expect(Object.keys(valuesOf(flags)).filter(flag => flag.startsWith('--mlm'))).toEqual([])
    expect(flags.notCarried.map(({ reason }) => reason).join()).toContain('without [MASK]')
  })

  it('every setting of a recipe changes a flag, the script, or is listed as not carried', () => {
    const base = toTrainerFlags(defaultRecipe, facts)
    const lost = base.notCarried.map(({ setting }) => setting.split(' ')[0])
    const elsewhere = ['batchSize', 'useHardNegatives']
    const changed: Record<string, unknown> = { epochs: 99, learningRate: 0.5, warmupSteps: 77, weightDecay: 3, gradientClip: 9, mmmWeight: 2, maskProbability: 0.5, checkpointEverySteps: 9000, seed: 99 }
    for (const key of Object.keys(recipeFields)) {
      if (lost.includes(key) || elsewhere.includes(key)) continue
      expect([key, valuesOf(toTrainerFlags({ ...defaultRecipe, [key]: changed[key] }, facts))]).not.toEqual([key, valuesOf(base)])
    }
    expect(lost.sort()).toEqual(['hardNegativesPerPair', 'microBatchSize', 'miningMargin', 'remineEveryEpochs', 'validateEverySteps'])
  })

  it('list a setting that is not known here', () => {
    const { notCarried } = toTrainerFlags({ ...defaultRecipe, futureSetting: { a: 1 } }, facts)
    expect(notCarried.at(-1)).toEqual({ setting: 'futureSetting = {"a":1}', reason: 'this version of the studio does not know the setting' })
  })

  it('know the published sizes only', () => {
    expect([384, 512, 768, 64].map(sizeOfWidth)).toEqual(['small', 'base', 'large', null])
  })
})

const script = (change: Partial<ScriptFacts> = {}): ScriptFacts => ({
  slug: 'a-run', batchSize: 64, keepGroups: true, gpuCount: 8, gpuKind: 'A100', nodeCount: 2, diskGigabytes: 256, hasStart: true, flags: toTrainerFlags(defaultRecipe, facts).flags, ...change,
})

describe('the launch script', () => {
  const run = (change: Partial<ScriptFacts>, environment: Record<string, string>) => {
    writeFileSync(join(root, 'train.sh'), writeTrainScript(script(change)))
    return spawnSync('bash', ['train.sh'], { cwd: root, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', ...environment } })
  }

  it('is bash, with and without weights to start from', () => {
    for (const hasStart of [true, false]) {
      const checked = spawnSync('bash', ['-n'], { input: writeTrainScript(script({ hasStart })), encoding: 'utf8' })
      expect([checked.status, checked.stderr]).toEqual([0, ''])
    }
  })

  it('refuses a batch that does not divide, and a missing trainer, with what to do', () => {
    expect(run({}, { GPUS: '3', NODES: '1' })).toMatchObject({ status: 2, stderr: 'The batch of 64 pairs does not divide by 3 devices; set BATCH_SIZE to a multiple of 3.\n' })
    expect(run({}, { GPUS: '4', NODES: '1' })).toMatchObject({ status: 2, stderr: expect.stringContaining('git clone https://github.com/chs20/fuselip') as string })
  })

  it('gives the launcher the recipe, the share of the batch, and what the person adds', () => {
    const trainer = join(root, 'fuselip', 'src', 'open_clip_train')
    spawnSync('mkdir', ['-p', trainer, join(root, 'bin')])
    writeFileSync(join(root, 'bin', 'torchrun'), '#!/usr/bin/env bash\nprintf "%s\\n" "$PYTHONPATH" "$KEEP_GROUPS" "$@"\n', { mode: 0o755 })
    writeFileSync(join(root, 'train.sh'), writeTrainScript(script({ hasStart: false })))
    const { status, stdout } = spawnSync('bash', ['train.sh', '--report-to', 'tensorboard'], { cwd: root, encoding: 'utf8', env: { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, NODES: '2', NODE_RANK: '1', MASTER_ADDR: '10.0.0.1' } })
    const [pythonPath, keepGroups, ...given] = stdout.trim().split('\n')
    expect([status, pythonPath, keepGroups]).toEqual([0, join(root, 'fuselip', 'src'), '1'])
    const line = given.join(' ')
    expect(line).toContain('--nnodes 2 --node_rank 1 --nproc_per_node 8 --master_addr 10.0.0.1 --master_port 29508 train_pairs.py --train-data train.csv --dataset-type csv-multimodal --csv-separator , --batch-size 4 --model fuse-clip-titok')
    expect(line).toContain(`--name a-run --logs ${join(root, 'logs')} --workers 8`)
    expect(line.endsWith('--skip-mmeb-val --report-to tensorboard')).toBe(true)
  })
})

it('the SkyPilot task asks for the machines and starts the script on each', () => {
  const task = writeSkyTask(script())
  expect(task).toContain('num_nodes: 2\nresources:\n  accelerators: "A100:8"\n')
  // Top-level keys as SkyPilot knows them; block texts are indented by two.
  expect(task.split('\n').filter(line => /^\w/.test(line)).map(line => line.split(':')[0])).toEqual(['name', 'workdir', 'num_nodes', 'resources', 'envs', 'setup', 'run'])
  const blocks = [...task.matchAll(/^(?:setup|run): \|\n((?: {2}.*\n)+)/gm)].map(([, block]) => block!.replace(/^ {2}/gm, ''))
  for (const block of blocks) expect(spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  expect(blocks).toHaveLength(2)
})

it('names become slugs', () => {
  expect(['My run #1', '$(rm -rf /)', '123', '日本', 'Ünï'].map(slugOf)).toEqual(['my-run-1', 'rm-rf', 'run-123', expect.stringMatching(/^run-[0-9a-f]{8}$/), 'uni'])
})

it('every pair is in one group at most: data before mined before judged', () => {
  const groups = [{ id: 9, origin: 'mined' as const, key: null, pairs: [1, 2, 5, 6] }, { id: 3, origin: 'data' as const, key: 'a', pairs: [1, 2, 3, 99] }, { id: 4, origin: 'data' as const, key: 'b', pairs: [3, 4] }]
  const found = disjointGroups(groups, [[4, 7], [7, 8], [5, 8]], id => id < 50)
  expect([...found].map(([id, { name, size }]) => `${id} ${name} ${size}`)).toEqual(['1 data-3 3', '2 data-3 3', '3 data-3 3', '5 mined-9 2', '6 mined-9 2', '4 judged-1 2', '7 judged-1 2'])
})

it('the reader of the tables ships with the studio and names their columns', () => {
  const python = readFileSync(join(import.meta.dirname, '..', '..', 'resources', 'scaleOut', 'train_pairs.py'), 'utf8')
  expect(python).toContain('COLUMNS = ("input_image", "edit", "output_image", "caption")')
  expect(python).toContain('GROUP_COLUMN = "group"')
})
