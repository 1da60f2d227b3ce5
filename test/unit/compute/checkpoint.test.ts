import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { saveBest, saveCheckpoint } from '../../../src/main/engine/compute/training/checkpoint'
import { recoverFolders, replaceFolder } from '../../../src/main/engine/compute/training/replaceFolder'
import { loadResumeState, resumeDir, saveResumeState, type ResumeState } from '../../../src/main/engine/compute/training/resumeState'
import type { WeightMap } from '../../../src/main/engine/compute/weights/namedArray'

let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'fuselip-checkpoint-')) })
afterEach(() => rmSync(root, { recursive: true, force: true }))

const weights = (value: number): WeightMap => new Map([['w', { shape: [2, 2], data: new Float32Array(4).fill(value) }]])
const state = (step: number): ResumeState => ({
  step, fingerprint: 'f', groups: [[0, 2], [1, 3]], elapsedMs: 12, best: { step: 1, recallAt1: 0.5, meanRank: 2 },
  weights: weights(step), moments: weights(-step),
})
const ignoreLog = (): void => undefined
const diskFull = (): Promise<void> => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))

describe('a folder that is replaced', () => {
  it('is the old one, whole, while and after a failed write', async () => {
    const path = join(root, 'model')
    await replaceFolder(path, (dir) => writeFile(join(dir, 'a'), 'old'))
    const failed = replaceFolder(path, async (dir) => {
      await writeFile(join(dir, 'a'), 'half')
      expect(readFileSync(join(path, 'a'), 'utf8')).toBe('old')
      await diskFull()
    })
    await expect(failed).rejects.toMatchObject({ code: 'disk-full' })
    expect(readFileSync(join(path, 'a'), 'utf8')).toBe('old')
    expect(readdirSync(root)).toEqual(['model'])
    await replaceFolder(path, (dir) => writeFile(join(dir, 'b'), 'new'))
    expect(readdirSync(path)).toEqual(['b'])
  })

  it('comes back after a kill between the two renames; half-written ones go', async () => {
    for (const name of ['best.replaced', 'step.writing-1', 'kept', 'kept.replaced']) mkdirSync(join(root, name))
    writeFileSync(join(root, 'best.replaced', 'a'), 'old')
    await recoverFolders(root)
    expect(readdirSync(root).sort()).toEqual(['best', 'kept'])
    expect(existsSync(join(root, 'best', 'a'))).toBe(true)
    await recoverFolders(join(root, 'nowhere'))
  })
})

describe('resume states', () => {
  it('come back as they were, the newest first, and two are kept', async () => {
    for (const step of [4, 8, 12]) await saveResumeState(root, state(step))
    expect(readdirSync(resumeDir(root)).sort()).toEqual(['step-000008', 'step-000012'])
    expect(await loadResumeState(root, ignoreLog)).toEqual(state(12))
  })

  it('are none in a new run', async () => {
    expect(await loadResumeState(root, ignoreLog)).toBeNull()
  })

  it.each([
    ['a flipped bit in the weights', 'weights.safetensors', /damaged/],
    ['moments that are cut short', 'moments.safetensors', /damaged/],
    ['a state that is no JSON', 'state.json', /JSON/],
  ])('are passed over for the one before with %s', async (_name, file, reason) => {
    await saveResumeState(root, state(4))
    await saveResumeState(root, state(8))
    const path = join(resumeDir(root), 'step-000008', file)
    const bytes = readFileSync(path)
    if (file === 'moments.safetensors') writeFileSync(path, bytes.subarray(0, bytes.length - 3))
    else {
      bytes[bytes.length - 2]! ^= 0x10
      writeFileSync(path, bytes)
    }
    const lines: string[] = []
    expect(await loadResumeState(root, (line) => lines.push(line))).toEqual(state(4))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(reason)
  })

  it('are an error where none can be read', async () => {
    await saveResumeState(root, state(4))
    writeFileSync(join(resumeDir(root), 'step-000004', 'state.json'), '{"version":2}')
    await expect(loadResumeState(root, ignoreLog)).rejects.toMatchObject({ code: 'bad-checkpoint', message: expect.stringContaining('steps 4') as string })
  })

  it('survive a full disk', async () => {
    await saveResumeState(root, state(4))
    await saveResumeState(root, state(8))
    await expect(saveResumeState(root, state(12), diskFull)).rejects.toMatchObject({ code: 'disk-full' })
    expect(readdirSync(resumeDir(root)).sort()).toEqual(['step-000004', 'step-000008'])
    expect(await loadResumeState(root, ignoreLog)).toEqual(state(8))
  })
})

it('keeps the three newest checkpoints by number, and the best beside them', async () => {
  const config = { width: 4, headCount: 1, layerCount: 1, contextLength: 32, codebookSize: 64, imageTokenCount: 6, hasMask: true }
  const model = { config, baseJson: { text_config: { pad_id: 0 } }, weights: weights(1), training: { step: 1 } }
  await saveBest(root, model)
  for (const step of [999_998, 999_999, 1_000_000, 1_000_001]) await saveCheckpoint(root, step, model)
  await saveBest(root, { ...model, training: { step: 2 } })
  expect(readdirSync(join(root, 'checkpoints')).sort()).toEqual(['best', 'step-1000000', 'step-1000001', 'step-999999'])
  const json = JSON.parse(readFileSync(join(root, 'checkpoints', 'best', 'config.json'), 'utf8')) as Record<string, unknown>
  expect(json).toMatchObject({ training: { step: 2 }, text_config: { pad_id: 0 }, width: 4, codebookSize: 64, hasMask: true })
})
