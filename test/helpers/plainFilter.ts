// The filter language once more, as plainly as it can be said: the slow oracle for the SQL, and the filter of the fake engine.
import type { PairAttention } from '../../src/shared/contract/attention'
import type { Pair } from '../../src/shared/contract/entities'
import type { FilterNode, FilterRange, TermNode } from '../../src/shared/filter/filterTree'

const wordsOf = (text: string): string[] => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean)

function holdsPhrase(text: string | null, phrase: string, goesOn: boolean): boolean {
  const words = wordsOf(text ?? '')
  const wanted = wordsOf(phrase)
  if (wanted.length === 0) return true
  return words.some((_, start) => wanted.every((word, step) =>
    (goesOn && step === wanted.length - 1 ? words[start + step]?.startsWith(word) === true : words[start + step] === word)))
}

const isWithin = (value: number | null, ranges: readonly FilterRange<number>[]): boolean =>
  value !== null && ranges.some(({ from, to, isAboveFrom, isBelowTo }) =>
    (from === null || (isAboveFrom ? value > from : value >= from)) && (to === null || (isBelowTo ? value < to : value <= to)))

/** What a pair does not show: every group that it is in, and the import that brought it. */
export interface PairPlaces {
  groupIds?: number[]
  importId?: number | null
  /** Of both sides, those without measures among them. */
  pictures?: { widthPx: number; heightPx: number; sharpness?: number; brightness?: number; contrast?: number }[]
  /** Kinds of its open findings. */
  findings?: string[]
  attention?: PairAttention | undefined
}

function fulfils({ name, test }: TermNode, pair: Pair, places: PairPlaces): boolean {
  if ('text' in test) {
    const goesOn = test.kind === 'beginning' && [...test.text.trim()].length > 1
    const texts = name === 'left' ? [pair.left.text] : name === 'right' ? [pair.right.text] : [pair.left.text, pair.right.text]
    return texts.some((text) => holdsPhrase(text, test.text, goesOn))
  }
  if (test.kind === 'numbers') {
    const values: Record<string, (number | null)[]> = {
      score: [pair.score], id: [pair.id], group: places.groupIds ?? [pair.groupId], import: [places.importId ?? null],
      disagreement: [places.attention?.disagreement ?? null], accept: [places.attention?.acceptProbability ?? null],
      cluster: [places.attention?.cluster ?? null], rarity: [places.attention?.rarity ?? null],
      length: [Math.max([...(pair.left.text ?? '')].length, [...(pair.right.text ?? '')].length)],
    }
    for (const [term, key] of [['width', 'widthPx'], ['height', 'heightPx'], ['sharpness', 'sharpness'], ['brightness', 'brightness'], ['contrast', 'contrast']] as const) {
      values[term] = (places.pictures ?? []).map((picture) => picture[key] ?? null)
    }
    return (values[name] ?? []).some((value) => isWithin(value, test.ranges))
  }
  if (test.kind === 'days') {
    const day = new Date(pair.updatedAtMs)
    const number = dayNumber(day.getFullYear(), day.getMonth(), day.getDate())
    return isWithin(number, test.ranges.map((range) => ({ ...range, from: range.from === null ? null : numberOfDay(range.from), to: range.to === null ? null : numberOfDay(range.to) })))
  }
  const has: Record<string, boolean> = {
    score: pair.score !== null, group: (places.groupIds ?? [pair.groupId]).some((id) => id !== null), tags: pair.tags.length > 0,
    'left-image': pair.left.imageId !== null, 'right-image': pair.right.imageId !== null,
    flag: pair.isFlagged, 'left-text': pair.left.text !== null, 'right-text': pair.right.text !== null,
  }
  const own: Record<string, string[]> = { status: [pair.status], split: [pair.split], task: [pair.task], tag: pair.tags, flag: [pair.isFlagged ? 'yes' : 'no'], finding: places.findings ?? [], has: Object.keys(has).filter((key) => has[key]) }
  return test.words.some((word) => own[name]?.includes(word))
}

/** Whole days, so that a day is one number. */
const dayNumber = (year: number, month: number, date: number): number => Math.round(Date.UTC(year, month, date) / 86_400_000)

function numberOfDay(day: string): number {
  const now = new Date()
  const ago = day === 'today' ? 0 : day === 'yesterday' ? 1 : day.endsWith('d') ? Number(day.slice(0, -1)) : null
  if (ago !== null) return dayNumber(now.getFullYear(), now.getMonth(), now.getDate()) - ago
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return dayNumber(year, month - 1, date)
}

export function matchesFilter(node: FilterNode, pair: Pair, places: PairPlaces = {}): boolean {
  if (node.kind === 'term') return fulfils(node, pair, places)
  if (node.kind === 'not') return !matchesFilter(node.node, pair, places)
  const test = (part: FilterNode): boolean => matchesFilter(part, pair, places)
  return node.kind === 'and' ? node.nodes.every(test) : node.nodes.some(test)
}
