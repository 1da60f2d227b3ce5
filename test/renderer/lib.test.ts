import { describe, expect, it } from 'vitest'
import { actionIds, actionOf, findConflicts, keysOf } from '@renderer/lib/actions'
import { formatBytes, formatDuration, formatScore } from '@renderer/lib/format'
import { layOutGrid, stepInGrid } from '@renderer/lib/gridLayout'
import { describeKeys, spellKeys } from '@renderer/lib/keyNames'
import { keysOfPress } from '@renderer/lib/keyPress'
import { rankCommands } from '@renderer/lib/rankCommands'

describe('grid', () => {
  it('fits columns at the wanted width and shares the rest', () => {
    const layout = layOutGrid(1000, 160)
    expect(layout.columnCount).toBe(5)
    expect(layout.cardWidthPx * 5 + 4 * 10).toBeCloseTo(1000)
  })

  it('has one column where not even one card fits', () => {
    expect(layOutGrid(50, 160)).toMatchObject({ columnCount: 1, cardWidthPx: 50 })
  })

  it.each([
    [7, 'ArrowDown', 12], [7, 'ArrowUp', 2], [2, 'ArrowUp', 0], [0, 'ArrowLeft', 0], [19, 'ArrowRight', 19], [3, 'End', 19], [9, 'Home', 0],
  ])('steps from %i by %s to %i', (from, key, to) => expect(stepInGrid(from, key, 5, 20)).toBe(to))
})

describe('actions', () => {
  it('have no conflict among their default keys', () => {
    for (const id of actionIds) for (const keys of actionOf(id).keys) expect(findConflicts(id, keys, {}), `${id} ${keys}`).toEqual([])
  })

  it('let a key be used in two views but not twice in one or against a global one', () => {
    expect(findConflicts('negatives.negative', 'a', {})).toEqual([])
    expect(findConflicts('review.skip', 'A', {})).toEqual(['review.accept'])
    expect(findConflicts('review.skip', '$mod+k', {})).toEqual(['palette.open'])
    expect(findConflicts('review.skip', 'a', { 'review.accept': 'y' })).toEqual([])
  })

  it('are replaced by a changed key, all of them', () => {
    expect(keysOf('review.skip', {})).toEqual(['s', 'ArrowRight'])
    expect(keysOf('review.skip', { 'review.skip': 'j' })).toEqual(['j'])
  })
})

describe('keys', () => {
  it('are drawn as people know them', () => {
    expect(describeKeys('$mod+Shift+z')).toEqual(['Ctrl', 'Shift', 'Z'])
    expect(describeKeys('Shift+?')).toEqual(['?'])
    expect(spellKeys('g l')).toBe('G then L')
  })

  it('are read from a press', () => {
    const press = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }
    expect(keysOfPress({ ...press, key: 'A', shiftKey: true })).toBe('Shift+a')
    expect(keysOfPress({ ...press, key: 'z', ctrlKey: true })).toBe('$mod+z')
    expect(keysOfPress({ ...press, key: 'Shift', shiftKey: true })).toBeNull()
  })
})

describe('format', () => {
  it('writes numbers with their units', () => {
    expect(formatBytes(412_000_000)).toBe('412 MB')
    expect(formatBytes(1_234)).toBe('1.2 KB')
    expect(formatDuration(185_000)).toBe('3 min 05 s')
    expect(formatDuration(850)).toBe('850 ms')
    expect(formatScore(-0.5)).toBe('−0.500')
    expect(formatScore(null)).toBe('–')
  })
})

describe('palette', () => {
  const command = (label: string) => ({ id: label, label, group: 'Actions', run: () => undefined })
  it('wants every word and puts labels that begin with them first', () => {
    const found = rankCommands(['Show the keys', 'Open the key file', 'Keyboard', 'Undo'].map(command), 'key')
    expect(found.map(({ label }) => label)).toEqual(['Keyboard', 'Show the keys', 'Open the key file'])
    expect(rankCommands(['Mine hard negatives'].map(command), 'neg mine')).toHaveLength(1)
  })
})
