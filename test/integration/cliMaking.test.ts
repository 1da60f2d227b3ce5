// `fuselip make` and `fuselip split` on a real project: what is told beforehand is what comes out.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from '../../src/main/cli/runCli'
import type { EngineSession } from '../../src/main/cli/session'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
let results: string[]
let notes: string[]
beforeAll(async () => { project = await openColourProject() })
afterAll(() => project.dispose())

async function runCommand(...argv: string[]): Promise<number> {
  results = []
  notes = []
  const session: EngineSession = { client: project.client, router: {}, media: {} as EngineSession['media'], tokenForPath: (path) => path, close: () => Promise.resolve() }
  return runCli({
    argv, interrupt: new AbortController().signal, rendererDir: '/none', isInteractive: false, openEngine: () => Promise.resolve(session),
    writeResult: (text) => results.push(text), writeNote: (text) => notes.push(text),
  })
}

it('tells what transformations would make, and makes them', async () => {
  const flags = ['--filter', 'split:test', '--families', 'flip,grayscale', '--plain', '0', '--seed', '2']
  expect(await runCommand('--json', 'make', 'tgit', ...flags, '--dry-run')).toBe(0)
  const preview = JSON.parse(results[0]!) as { pairCount: number; chosenCount: number }
  expect(preview).toMatchObject({ chosenCount: 6, pictureCount: 6, isEstimate: false })
  expect(await runCommand('make', 'tgit', ...flags)).toBe(0)
  expect(results).toEqual([`${preview.pairCount} pairs in 6 groups from 6 pictures`])
  expect((await project.client.pairs.list({ filter: { query: 'task:transform' } })).total).toBe(preview.pairCount)
  await project.client.history.undo({})
})

it('writes texts, with examples beforehand', async () => {
  expect(await runCommand('make', 'texts', 'a card of {split}', '--filter', 'task:caption split:train', '--dry-run')).toBe(0)
  expect(results[0]).toMatch(/^6 of 6 pairs get a new text\n {2}\d+: a card of train\n/)
  expect(await runCommand('make', 'texts', 'a card of {split}', '--filter', 'task:caption split:train')).toBe(0)
  expect(results).toEqual(['6 texts written, 0 pairs left as they were'])
})

it('splits, and tells leaks', async () => {
  expect(await runCommand('split', '--shares', '50/25/25', '--seed', '3', '--dry-run')).toBe(0)
  expect(results[0]).toContain('Leaks: 0 sets in more than one split now, 0 afterwards')
  expect(results[0]).toMatch(/caption +6 → \d+/)
  expect(await runCommand('split', '--shares', '50/25/25', '--seed', '3')).toBe(0)
  expect(results[0]).toMatch(/^\d+ pairs moved, \d+ sets of pairs kept together$/)
})

it('refuses shares, families and fields that are none', async () => {
  expect(await runCommand('split', '--shares', '80/20')).toBe(2)
  expect(await runCommand('make', 'tgit', '--families', 'blur')).toBe(2)
  expect(await runCommand('make', 'texts', 'a {colour}')).toBe(2)
  expect(notes.join('\n')).toContain('{leftText}')
})
