// Bulk edits with their previews, and the history to look at and to go back in, over a real engine and store.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BulkChange, PairScope } from '../../src/shared/contract/pairs'
import { openColourProject, type ColourProject } from '../helpers/colourProject'

let project: ColourProject
const everything: PairScope = { filter: { query: '' }, except: [] }
const train: PairScope = { filter: { query: 'split:train task:caption' }, except: [] }
const preview = (change: BulkChange, scope: PairScope = train) => project.client.pairs.preview({ scope, change })
const change = (made: BulkChange, scope: PairScope = train) => project.client.pairs.change({ scope, change: made })
const pair = (id: number) => project.client.pairs.get({ id })
const replace = (find: string, replacement: string, over: Partial<Extract<BulkChange, { kind: 'replaceText' }>> = {}): BulkChange =>
  ({ kind: 'replaceText', side: 'both', find, replacement, isRegex: false, matchesCase: false, ...over })

beforeEach(async () => { project = await openColourProject() })
afterEach(() => project.dispose())

describe('a bulk edit', () => {
  it('tells beforehand what it then does, in one act that undo takes back', async () => {
    const asked = replace('CARD', 'square')
    expect(await preview(asked)).toEqual({
      count: 6, changeCount: 6, refusedCount: 0,
      examples: ['red', 'green', 'blue', 'yellow', 'cyan'].map((colour, index) => ({ pairId: index + 1, before: `a ${colour} card of the train set`, after: `a ${colour} square of the train set` })),
    })
    expect((await pair(1)).right.text).toBe('a red card of the train set')
    const { changedCount, history } = await change(asked)
    expect([changedCount, history.undoLabel]).toEqual([6, 'replace text in 6 pairs'])
    expect((await pair(6)).right.text).toBe('a magenta square of the train set')
    await project.client.history.undo({})
    expect((await pair(6)).right.text).toBe('a magenta card of the train set')
    expect((await project.client.history.get({})).undoLabel).toBeNull()
  })

  it('takes groups of a pattern, and leaves other pairs alone', async () => {
    await change(replace('^a (red|blue) card', 'the $1 one', { isRegex: true, side: 'right' }))
    expect([(await pair(1)).right.text, (await pair(2)).right.text]).toEqual(['the red one of the train set', 'a green card of the train set'])
  })

  it('refuses to take the only content of a side, and counts those pairs', async () => {
    expect(await preview(replace('.+', '', { isRegex: true }))).toMatchObject({ changeCount: 0, refusedCount: 6, examples: [] })
    expect((await change(replace('.+', '', { isRegex: true }))).changedCount).toBe(0)
    expect((await project.client.history.get({})).undoLabel).toBeNull()
    // Beside a picture a text may go.
    const edits: PairScope = { filter: { query: 'split:train task:edit' }, except: [] }
    expect(await preview(replace('.+', '', { isRegex: true, side: 'left' }), edits)).toMatchObject({ changeCount: 3, refusedCount: 0 })
  })

  it('stops a pattern that takes for ever, and the engine goes on', async () => {
    const { revision } = await pair(1)
    await project.client.pairs.editText({ id: 1, side: 'right', text: `${'a'.repeat(60)}!`, revision })
    await expect(preview(replace('^(a+)+$', 'b', { isRegex: true }))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('takes too long') as string })
    await expect(preview(replace('(', 'b', { isRegex: true }))).rejects.toMatchObject({ code: 'bad-input' })
    expect((await pair(2)).right.text).toBe('a green card of the train set')
  })

  it('sets flags, which a filter finds, and previews what stays as it is', async () => {
    await change({ kind: 'flag', isFlagged: true }, { ids: [2, 4] })
    expect((await pair(2)).isFlagged).toBe(true)
    expect((await project.client.pairs.list({ filter: { query: 'flag:yes' } })).pairs.map(({ id }) => id)).toEqual([2, 4])
    expect((await project.client.pairs.list({ filter: { query: 'has:flag split:train' } })).total).toBe(2)
    expect((await project.client.pairs.list({ filter: { query: 'flag:no' } })).total).toBe(22)
    expect(await preview({ kind: 'flag', isFlagged: true })).toMatchObject({ count: 6, changeCount: 4, examples: [{ pairId: 1, before: 'not flagged', after: 'flagged' }, {}, {}, {}] })
    await project.client.history.undo({})
    expect((await pair(2)).isFlagged).toBe(false)
  })

  it('previews statuses, splits and tags', async () => {
    expect(await preview({ kind: 'status', status: 'accepted' })).toEqual({ count: 6, changeCount: 0, refusedCount: 0, examples: [] })
    expect((await preview({ kind: 'split', split: 'test' })).examples[0]).toEqual({ pairId: 1, before: 'train', after: 'test' })
    await change({ kind: 'addTag', tag: 'card' })
    expect((await preview({ kind: 'removeTag', tag: 'card' }, everything))).toMatchObject({ count: 24, changeCount: 6, examples: [{ before: 'card', after: 'no tags' }, {}, {}, {}, {}] })
  })
})

describe('the history', () => {
  beforeEach(async () => {
    await change({ kind: 'status', status: 'rejected' }, { ids: [1, 2] })
    await change({ kind: 'addTag', tag: 'blur' }, { ids: [1] })
    const { revision } = await pair(1)
    await project.client.pairs.editText({ id: 1, side: 'right', text: 'a crimson card', revision })
  })

  it('lists acts with how many pairs each changed, page by page', async () => {
    const first = await project.client.history.list({ limit: 2 })
    expect(first.entries.map(({ label, changeCount, isUndone }) => [label, changeCount, isUndone])).toEqual([['edit the right text of 1 pair', 1, false], ['tag “blur” on 1 pair', 1, false]])
    expect(first.hasMore).toBe(true)
    const rest = await project.client.history.list({ beforeId: first.entries[1]!.id, limit: 2 })
    expect([rest.entries.map(({ changeCount }) => changeCount), rest.hasMore]).toEqual([[2], false])
  })

  it('goes back to a point and forward again, over a restart', async () => {
    const { entries } = await project.client.history.list({})
    const [, , oldest] = entries
    expect((await project.client.history.goTo({ entryId: oldest!.id })).changedCount).toBe(1)
    expect(await pair(1)).toMatchObject({ status: 'rejected', tags: [], right: { text: 'a red card of the train set' } })
    expect((await project.client.history.list({})).entries.map(({ isUndone }) => isUndone)).toEqual([true, true, false])
    await project.reopen()
    await project.client.history.goTo({ entryId: entries[0]!.id })
    expect(await pair(1)).toMatchObject({ status: 'rejected', tags: ['blur'], right: { text: 'a crimson card' } })
    await project.client.history.goTo({ entryId: null })
    expect([(await pair(1)).status, (await pair(2)).status]).toEqual(['accepted', 'accepted'])
    await expect(project.client.history.goTo({ entryId: 999 })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('tells what happened to one pair', async () => {
    const entries = await project.client.history.listForPair({ pairId: 1 })
    expect(entries.map(({ changes }) => changes)).toEqual([
      [{ field: 'rightText', before: 'a red card of the train set', after: 'a crimson card' }],
      [{ field: 'tags', before: null, after: 'blur' }],
      [{ field: 'status', before: 'accepted', after: 'rejected' }],
    ])
    expect((await project.client.history.listForPair({ pairId: 2 })).map(({ label }) => label)).toEqual(['reject 2 pairs'])
    expect(await project.client.history.listForPair({ pairId: 12 })).toEqual([])
  })
})
