// Rows of one height, of which only those in sight exist on the page, however many there are (see lib/tallScroll).
import { computed, onMounted, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { elementHeightPx, isScaled, isStuck, offsetToShow, placeOf, rowsInSight, scrolledTo, type TallPlace } from '@renderer/lib/tallScroll'

export interface TallLayout {
  count: number
  rowHeightPx: number
  paddingStartPx: number
  paddingEndPx: number
  /** Rows beyond each edge of what is in sight. */
  overscan: number
  /** What lies over the top of the list, such as a head. */
  coveredPx: number
}

export interface TallRow {
  index: number
  /** In the scrolled element. */
  topPx: number
}

export interface TallRows {
  rows: ComputedRef<TallRow[]>
  heightPx: ComputedRef<number>
  scrollToIndex: (index: number, align?: 'nearest' | 'center') => void
  scrollToStart: () => void
}

/** After scrolling by real pixels the scrollbar is put where it belongs; not before that has come to rest. */
const restMs = 150

export function useTallRows(scroller: Readonly<Ref<HTMLElement | null>>, layout: ComputedRef<TallLayout>): TallRows {
  const place = shallowRef<TallPlace>({ offsetPx: 0, scrollTopPx: 0 })
  const viewPx = ref(0)
  let timer: ReturnType<typeof setTimeout> | undefined

  const totalPx = computed(() => layout.value.paddingStartPx + layout.value.count * layout.value.rowHeightPx + layout.value.paddingEndPx)
  const sizes = computed(() => ({ totalPx: totalPx.value, viewPx: viewPx.value }))
  const heightPx = computed(() => elementHeightPx(sizes.value))
  // Numbers of their own, so that the page is drawn again when a row comes or goes and not with every pixel.
  const first = computed(() => rowsInSight(layout.value, place.value.offsetPx, viewPx.value).first)
  const last = computed(() => rowsInSight(layout.value, place.value.offsetPx, viewPx.value).last)
  const shiftPx = computed(() => place.value.scrollTopPx - place.value.offsetPx)
  const rows = computed(() => Array.from({ length: Math.max(0, last.value - first.value + 1) }, (_, step): TallRow => {
    const index = first.value + step
    return { index, topPx: layout.value.paddingStartPx + index * layout.value.rowHeightPx + shiftPx.value }
  }))

  function moveTo(wantedPx: number): void {
    const element = scroller.value
    if (!element) return
    const next = placeOf(wantedPx, sizes.value)
    if (Math.abs(element.scrollTop - next.scrollTopPx) >= 1) element.scrollTop = next.scrollTopPx
    // What the browser made of it.
    place.value = isScaled(sizes.value) ? { ...next, scrollTopPx: element.scrollTop } : { offsetPx: element.scrollTop, scrollTopPx: element.scrollTop }
  }

  function onScroll(): void {
    const element = scroller.value
    if (!element || element.scrollTop === place.value.scrollTopPx) return
    place.value = scrolledTo(element.scrollTop, place.value, sizes.value)
    if (!isScaled(sizes.value)) return
    clearTimeout(timer)
    if (isStuck(place.value, sizes.value)) moveTo(place.value.offsetPx)
    else timer = setTimeout(() => moveTo(place.value.offsetPx), restMs)
  }

  function scrollToIndex(index: number, align: 'nearest' | 'center' = 'nearest'): void {
    const { rowHeightPx, paddingStartPx, coveredPx } = layout.value
    const topPx = paddingStartPx + index * rowHeightPx
    moveTo(align === 'center' ? topPx - (viewPx.value - rowHeightPx) / 2 : offsetToShow(topPx, rowHeightPx, coveredPx, place.value.offsetPx, viewPx.value))
  }

  const measure = (): void => { viewPx.value = scroller.value?.clientHeight ?? 0 }
  let observer: ResizeObserver | null = null
  onMounted(() => {
    const element = scroller.value
    if (!element) return
    measure()
    observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', onScroll, { passive: true })
  })
  onScopeDispose(() => {
    observer?.disconnect()
    clearTimeout(timer)
  })
  // The element has become longer or shorter, and the browser may have moved it.
  watch(sizes, () => moveTo(place.value.offsetPx), { flush: 'post' })

  return { rows, heightPx, scrollToIndex, scrollToStart: () => moveTo(0) }
}
