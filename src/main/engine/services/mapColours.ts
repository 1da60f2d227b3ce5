// One value per point of a map: a category for what has few values, a number for what is measured.
import type { MapColour, MapField } from '../../../shared/contract/maps'
import { splitSchema, statusSchema, taskSchema } from '../../../shared/contract/entities'
import type { StoredField } from '../store/mapStore'
import type { Store } from '../store/openStore'
import { eachRange } from './mapPoints'
import type { NumberArrays } from './numberArrays'

const gradients: ReadonlySet<MapField> = new Set(['score', 'leftLength', 'rightLength'])
/** All of their values get a place in the legend, in this order, whether they occur or not. */
const fixedValues: Partial<Record<MapField, readonly string[]>> = { status: statusSchema.options, split: splitSchema.options, task: taskSchema.options }
/** More colours cannot be told apart; what is rarer shares one. */
const mostValues = 9
const none = { tag: 'No tag', group: 'In no group' } as Partial<Record<MapField, string>>

export async function colourPoints(store: Store, arrays: NumberArrays, field: MapField, pairIds: Int32Array): Promise<MapColour> {
  return gradients.has(field) ? colourByNumber(store, arrays, field, pairIds) : colourByCategory(store, arrays, field, pairIds)
}

async function colourByNumber(store: Store, arrays: NumberArrays, field: StoredField, pairIds: Int32Array): Promise<MapColour> {
  const values = new Float32Array(pairIds.length).fill(NaN)
  let lowest = Infinity
  let highest = -Infinity
  let knownCount = 0
  await readField(store, field, pairIds, (place, value) => {
    values[place] = value as number
    lowest = Math.min(lowest, value as number)
    highest = Math.max(highest, value as number)
    knownCount += 1
  })
  const isEmpty = knownCount === 0
  return { kind: 'gradient', valuesId: await arrays.add(values), lowest: isEmpty ? 0 : lowest, highest: isEmpty ? 0 : highest, missingCount: pairIds.length - knownCount }
}

async function colourByCategory(store: Store, arrays: NumberArrays, field: StoredField, pairIds: Int32Array): Promise<MapColour> {
  const counts = new Map<string, number>()
  await readField(store, field, pairIds, (_place, value) => void counts.set(value as string, (counts.get(value as string) ?? 0) + 1))
  const byCount = [...counts].sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1)).map(([value]) => value)
  const shown = fixedValues[field] ?? byCount.slice(0, mostValues)
  const rankOf = new Map(shown.map((value, rank) => [value, rank]))
  const otherCount = byCount.length - shown.length
  const categories = shown.map((value) => ({ value, label: field === 'group' ? `Group ${value}` : value, count: 0 }))
  if (otherCount > 0) categories.push({ value: 'other', label: `${otherCount.toLocaleString('en')} others`, count: 0 })
  if (none[field]) categories.push({ value: 'none', label: none[field], count: 0 })

  const unset = 255
  const values = new Uint8Array(pairIds.length).fill(unset)
  // Of several tags of a pair the one that most pairs share is shown.
  await readField(store, field, pairIds, (place, value) => { values[place] = Math.min(values[place]!, rankOf.get(value as string) ?? shown.length) })
  values.forEach((value, place) => {
    if (value === unset) values[place] = categories.length - 1
    categories[values[place]!]!.count += 1
  })
  return { kind: 'category', valuesId: await arrays.add(values), categories }
}

async function readField(store: Store, field: StoredField, pairIds: Int32Array, take: (place: number, value: string | number) => void): Promise<void> {
  const placeOf = new Map<number, number>()
  await eachRange(pairIds, (start, end) => {
    placeOf.clear()
    for (let place = start; place < end; place++) placeOf.set(pairIds[place]!, place)
    for (const { id, value } of store.maps.listField(field, pairIds[start]!, pairIds[end - 1]!)) {
      const place = placeOf.get(id)
      if (place !== undefined) take(place, value)
    }
  })
}
