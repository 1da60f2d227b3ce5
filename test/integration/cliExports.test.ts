// `fuselip export`, `snapshot` and `scale-out` over a real engine: what is written, what people read, exit codes.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from '../../src/main/cli/runCli'
import type { EngineSession } from '../../src/main/cli/session'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
let results: string[] = []
let notes: string[] = []
beforeAll(async () => {
  project = await openColourProject()
  mkdirSync(join(project.dir, 'resources', 'scaleOut'))
  writeFileSync(join(project.dir, 'resources', 'scaleOut', 'train_pairs.py'), '# here\n')
})
afterAll(() => project.dispose())

async function fuselip(...argv: string[]): Promise<number> {
  results = []
  notes = []
  const session: EngineSession = {
    client: project.client, router: {}, media: {} as EngineSession['media'], tokenForPath: path => project.engine.services.picker.tokenForPath(path), close: () => Promise.resolve(),
  }
  return runCli({
    argv, interrupt: new AbortController().signal, rendererDir: '/none', isInteractive: false, openEngine: () => Promise.resolve(session),
    writeResult: text => results.push(text), writeNote: text => notes.push(text),
  })
}
const at = (name: string): string => join(project.dir, name)

it('exports a filter, refuses a name that is taken, and replaces on request', async () => {
  expect(await fuselip('export', at('edits'), '--form', 'jsonl', '--filter', 'task:edit split:train')).toBe(0)
  expect(results[0]).toMatch(/^\d+ pairs, in /)
  expect(readFileSync(join(at('edits'), 'pairs.jsonl'), 'utf8').trim().split('\n').every(line => (JSON.parse(line) as { task: string }).task === 'edit')).toBe(true)
  expect(await fuselip('export', at('edits'), '--form', 'csv')).toBe(4)
  expect(await fuselip('--json', 'export', at('edits'), '--form', 'csv', '--overwrite')).toBe(0)
  expect(JSON.parse(results[0]!)).toMatchObject({ folder: at('edits'), problems: [] })
  expect([existsSync(join(at('edits'), 'pairs.csv')), existsSync(join(at('edits'), 'pairs.jsonl'))]).toEqual([true, false])
  expect(await fuselip('export', at('bad'), '--filter', 'status:nothing')).toBe(2)
  expect(existsSync(at('bad'))).toBe(false)
  expect(await fuselip('export', at('bad'), '--form', 'xml')).toBe(2)
})

it('makes, lists, verifies, copies and removes snapshots', async () => {
  expect(await fuselip('snapshot', 'create', 'First', '--filter', 'split:train', '--licence', 'CC0')).toBe(0)
  expect(results[0]).toMatch(/^Snapshot 1, “First”: \d+ pairs, \d+ pictures, [0-9a-f]{12}$/)
  expect(await fuselip('snapshot', 'create', 'First')).toBe(4)
  expect(await fuselip('snapshot', 'verify', 'First')).toBe(0)
  expect(await fuselip('snapshot')).toBe(0)
  expect(results[0]).toMatch(/First.*pairs that match split:train.*whole on/s)
  expect(await fuselip('snapshot', 'copy', '1', at('shelf'))).toBe(0)
  rmSync(join(at('shelf'), 'groups.jsonl'))
  expect(await fuselip('snapshot', 'verify', at('shelf'))).toBe(1)
  expect(results[0]).toContain('missing: groups.jsonl')
  expect(await fuselip('--json', 'snapshot', 'verify', at('shelf'))).toBe(1)
  expect(JSON.parse(results[0]!)).toMatchObject({ differenceCount: 1, differences: [{ path: 'groups.jsonl', kind: 'missing' }] })
  expect(await fuselip('snapshot', 'verify', 'nothing')).toBe(3)
  expect(notes.join()).toContain('Known: “First”')
})

it('writes a package with the recipe of a run, and trains on a snapshot', async () => {
  expect(await fuselip('train', '--snapshot', 'First', '--preset', 'quick', '--set', 'epochs=2', '--set', 'batchSize=4')).toBe(0)
  expect((await project.client.snapshots.list({}))[0]!.runs).toHaveLength(1)
  expect(await fuselip('scale-out', 'First', at('package'), '--run', '1', '--set', 'learningRate=0.002', '--gpus', '2', '--gpu', 'L4')).toBe(0)
  expect(readFileSync(join(at('package'), 'train.sh'), 'utf8')).toMatch(/--epochs 2\n {2}--lr 0\.002\n/)
  expect(readFileSync(join(at('package'), 'README.md'), 'utf8')).toContain('the run “Run 1”, with learningRate=0.002')
  expect(await fuselip('scale-out', 'First', at('other'), '--weights')).toBe(2)
  expect(await fuselip('snapshot', 'remove', 'First')).toBe(0)
  expect(await fuselip('train', '--snapshot', 'First')).toBe(3)
})
