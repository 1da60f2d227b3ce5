// The tokenized pairs of a training, kept in its work folder.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keptPairs } from '../../src/main/engine/pretraining/keptPairs'
import type { ToyboxPairs } from '../../src/main/engine/pretraining/toyboxPairs'

const made: ToyboxPairs = {
  pairs: [{ pairId: 1, left: { codes: Uint16Array.of(3, 1023), text: null }, right: { codes: null, text: 'a red circle' }, leftKey: '3 1023|', rightKey: '|a red circle' }],
  groups: [[0]],
}

describe('kept pairs', () => {
  let workDir: string
  let makings = 0
  const make = async (): Promise<ToyboxPairs> => {
    makings += 1
    return made
  }
  beforeEach(async () => {
    workDir = await mkdtemp(join(tmpdir(), 'fuselip-test-'))
    makings = 0
  })
  afterEach(() => rm(workDir, { recursive: true, force: true }))

  it('are made once, and come back with codes as they were', async () => {
    const dir = join(workDir, 'not', 'there')
    expect(await keptPairs(dir, 'training', { seed: 1 }, make)).toEqual(made)
    expect(await keptPairs(dir, 'training', { seed: 1 }, make)).toEqual(made)
    expect(makings).toBe(1)
    expect(await readdir(dir)).toEqual(['training.pairs'])
  })

  it('are made again from another seed', async () => {
    await keptPairs(workDir, 'training', { seed: 1 }, make)
    await keptPairs(workDir, 'training', { seed: 2 }, make)
    await keptPairs(workDir, 'training', { seed: 2 }, make)
    expect(makings).toBe(2)
  })

  it('that a kill left half written are not taken', async () => {
    await writeFile(join(workDir, 'training.pairs.new'), 'half')
    expect(await keptPairs(workDir, 'training', { seed: 1 }, make)).toEqual(made)
  })
})
