import { describe, expect, it } from 'vitest'
import { endOfTextId, imageOffset, startOfTextId } from '../../../src/main/engine/compute/fuselip/config'
import { assembleSide, bucketLengths, firstEndPosition, padRows } from '../../../src/main/engine/compute/fuselip/sequence'

const config = { contextLength: 10, codebookSize: 32, imageTokenCount: 4, hasMask: true }
const codes = Uint16Array.from([0, 5, 31, 7])
const offset = imageOffset(config)
const codeIds = [offset, offset + 5, offset + 31, offset + 7]

describe('a side as a row of ids', () => {
  it('frames a text alone', () => {
    expect([...assembleSide(null, [11, 12], config)]).toEqual([startOfTextId, 11, 12, endOfTextId])
  })

  it('puts start and end after an image alone', () => {
    expect([...assembleSide(codes, null, config)]).toEqual([...codeIds, startOfTextId, endOfTextId])
  })

  it('puts the codes before the text', () => {
    expect([...assembleSide(codes, [11], config)]).toEqual([...codeIds, startOfTextId, 11, endOfTextId])
  })

  it.each([
    ['fits exactly', [1, 2, 3, 4], [...codeIds, startOfTextId, 1, 2, 3, 4, endOfTextId]],
    ['is one too long', [1, 2, 3, 4, 5], [...codeIds, startOfTextId, 1, 2, 3, 4, endOfTextId]],
    ['is longer than the context by itself', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [...codeIds, startOfTextId, 1, 2, 3, 4, endOfTextId]],
  ])('repairs the end where the text %s', (_name, ids, expected) => {
    expect([...assembleSide(codes, ids, config)]).toEqual(expected)
  })

  it('leaves room for the end where codes fill the context', () => {
    expect([...assembleSide(codes, [1], { ...config, contextLength: 4 })]).toEqual([...codeIds.slice(0, 3), endOfTextId])
  })

  it('keeps an end of text that the text itself spells, and takes features at the first', () => {
    const row = assembleSide(codes, [endOfTextId, 9, 9, 9, 9, 9], config)
    expect([...row]).toEqual([...codeIds, startOfTextId, endOfTextId, 9, 9, 9, 9])
    expect(firstEndPosition(row)).toBe(5)
  })

  it('uses the smaller offset without [MASK]', () => {
    expect(assembleSide(codes, null, { ...config, hasMask: false })[0]).toBe(49408)
  })

  it.each([
    [null, null, /neither/],
    [Uint16Array.from([1, 2, 3]), null, /Expected 4 image codes, got 3/],
    [Uint16Array.from([1, 2, 3, 32]), null, /below 32, got 32/],
  ])('refuses %o', (badCodes, text, message) => {
    expect(() => assembleSide(badCodes, text, config)).toThrow(message)
  })
})

describe('padding', () => {
  it('has steps of 16 and ends with the context length', () => {
    expect(bucketLengths({ contextLength: 60, imageTokenCount: 32 })).toEqual([16, 32, 34, 48, 60])
    expect(bucketLengths({ contextLength: 64, imageTokenCount: 30 })).toEqual([16, 32, 48, 64])
    expect(bucketLengths({ contextLength: 20, imageTokenCount: 32 })).toEqual([16, 20])
  })

  it('pads with 0 to the bucket of the longest row', () => {
    const rows = [Int32Array.from([startOfTextId, 1, endOfTextId]), Int32Array.from([startOfTextId, 1, 2, 3, endOfTextId])]
    const padded = padRows(rows, [4, 6, 8])
    expect(padded.length).toBe(6)
    expect([...padded.ids]).toEqual([startOfTextId, 1, endOfTextId, 0, 0, 0, startOfTextId, 1, 2, 3, endOfTextId, 0])
    expect([...padded.endPositions]).toEqual([2, 4])
    expect(() => padRows(rows, [4])).toThrow(/at most 4 ids, got a row of 5/)
  })
})
