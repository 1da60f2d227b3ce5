// Ties a canvas of points to the stores: places, colours and states go in; hovering, clicks and outlines come out as pairs.
import { onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref } from 'vue'
import { MapCanvas, type SelectMode } from '@renderer/charts/map/mapCanvas'
import { categoryTable, gradientTable, paletteOf, toGradientIndices, toRgb } from '@renderer/charts/map/mapPalette'
import type { Size, Spot } from '@renderer/charts/map/mapView'
import { findStates } from '@renderer/charts/map/pointStates'
import { usePairMapStore } from '@renderer/stores/pairMap'
import { useSelectionStore } from '@renderer/stores/selection'
import { useSettingsStore } from '@renderer/stores/settings'

const noColours: ReadonlySet<number> = new Set()

export function useMapCanvas(canvas: Readonly<Ref<HTMLCanvasElement | null>>) {
  const store = usePairMapStore()
  const selection = useSelectionStore()
  const settings = useSettingsStore()
  const scene = shallowRef<MapCanvas | null>(null)
  const hovered = ref<number | null>(null)
  const outline = shallowRef<readonly Spot[] | null>(null)
  const hidden = shallowRef<ReadonlySet<number>>(noColours)
  /** Raised when places on the screen have become other ones. */
  const moves = ref(0)
  const isLost = ref(false)
  const canDraw = ref(true)

  const idOf = (point: number): number => store.points!.pairIds[point]!

  function onPick(point: number | null, mode: SelectMode | 'toggle'): void {
    if (point === null) {
      if (mode === 'replace') selection.clear()
      return
    }
    const id = idOf(point)
    if (mode === 'toggle') selection.toggle(id)
    else selection.replace([id])
    selection.focus(id, null)
  }

  function take(points: readonly number[], mode: SelectMode): void {
    const ids = points.map(idOf)
    if (mode === 'add') selection.add(ids)
    else if (mode === 'remove') selection.remove(ids)
    else selection.replace(ids)
  }

  function showColours(): void {
    const { values } = store
    if (!scene.value || !values) return
    const palette = paletteOf(settings.isDark)
    scene.value.setLook({ faint: toRgb(palette.faint), ring: settings.isDark ? [255, 255, 255] : [20, 22, 28] })
    scene.value.setColours(values.kind === 'category'
      ? { colours: values.values, table: categoryTable(palette, values.colour.categories.map(({ value }) => value)) }
      : { colours: toGradientIndices(values.values, values.colour.lowest, values.colour.highest), table: gradientTable(palette) })
  }

  /** Where all that match are selected, the map knows which match. */
  const isSelected = (point: number): boolean => selection.has(idOf(point)) && (!selection.isMatching || store.matches === null || store.matches[point] === 1)

  function showStates(): void {
    const { points, values, matches } = store
    if (!scene.value || !points || !values) return
    scene.value.isExcluded = matches && ((point) => matches[point] === 0)
    const colours = values.kind === 'category' ? values.values : new Uint8Array(points.pairIds.length)
    scene.value.setStates(findStates({ pointCount: points.pairIds.length, colours, hiddenColours: values.kind === 'category' ? hidden.value : noColours, matches, isSelected: selection.count > 0 ? isSelected : null }))
  }

  function showAll(): void {
    if (!scene.value || !store.points) return
    hovered.value = null
    scene.value.setPlaces(store.points.places)
    showColours()
    showStates()
  }

  onMounted(() => {
    if (!canvas.value) return
    scene.value = new MapCanvas(canvas.value, {
      onHover: (point) => { hovered.value = point },
      onPick,
      onSelect: take,
      onOutline: (drawn) => { outline.value = drawn },
      onView: () => { moves.value += 1 },
      onLost: (lost) => { isLost.value = lost },
    })
    canDraw.value = scene.value.canDraw
    showAll()
  })
  onBeforeUnmount(() => scene.value?.destroy())

  watch(() => store.points, showAll)
  watch([() => store.values, () => settings.isDark], showColours)
  watch(() => store.field, () => { hidden.value = noColours })
  watch([() => store.values, () => store.matches, () => selection.scope, hidden], showStates)

  /** Where a point is on the screen now; read again after every move. */
  const spotOf = (point: number | null): Spot | null => (void moves.value, point === null || !scene.value || !store.points ? null : scene.value.screenPlaceOf(point))
  const sizeNow = (): Size => (void moves.value, scene.value?.size ?? { widthPx: 0, heightPx: 0 })
  /** Points of the selection, as far as the map has them. */
  const selectedPoints = (): number[] => (selection.isMatching
    ? Array.from(store.points?.pairIds ?? [], (_, point) => point).filter(isSelected)
    : [...selection.ids].flatMap((id) => store.pointOf(id) ?? []))

  return { scene, hovered, outline, hidden, isLost, canDraw, idOf, take, spotOf, sizeNow, selectedPoints }
}
