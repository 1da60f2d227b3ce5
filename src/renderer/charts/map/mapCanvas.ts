// A map on a canvas: what is in sight, what the pointer does to it, and when it is drawn. Plain TypeScript; it knows neither
// Vue nor pairs, only points by number. A frame is drawn when something has changed, never otherwise.
import { fitView, type MapView, panBy, showSpot, type Size, type Spot, toMap, toScreen, zoomAt } from './mapView'
import { boundsOf, type Box, thin } from './polygon'
import { type Direction, PointGrid } from './pointGrid'
import { createPointRenderer, type DrawnMap, type PointRenderer } from './pointRenderer'
import { type DrawOrder, orderByState, pointState } from './pointStates'

export type MapTool = 'pan' | 'lasso' | 'box'
export type SelectMode = 'replace' | 'add' | 'remove'

export interface MapCanvasEvents {
  /** The point under the pointer; null where there is none. */
  onHover: (point: number | null) => void
  /** A click on a point, or on nothing. */
  onPick: (point: number | null, mode: SelectMode | 'toggle') => void
  onSelect: (points: number[], mode: SelectMode) => void
  /** The outline being drawn, in pixels of the canvas; null when there is none. */
  onOutline: (outline: readonly Spot[] | null) => void
  /** Something moved: places on the screen are other ones now. */
  onView: () => void
  /** The graphics context went away, or came back. */
  onLost: (isLost: boolean) => void
  /** How long the drawing of a frame took, in milliseconds. */
  onFrame?: (ms: number) => void
}

export interface MapColours {
  colours: Uint8Array
  table: Uint8Array
}

/** Farther from a point than this is beside it. */
const reachPx = 12
/** Less than this between press and release is a click. */
const clickSlackPx = 4
const thinnedPx = 2

export class MapCanvas {
  #renderer: PointRenderer | null
  #places: Float32Array = new Float32Array(0)
  #grid = new PointGrid(this.#places)
  #colours: MapColours | null = null
  #states: Uint8Array = new Uint8Array(0)
  #order: DrawOrder = orderByState(this.#states)
  #look: Pick<DrawnMap, 'faint' | 'ring'> = { faint: [128, 128, 128], ring: [255, 255, 255] }
  #size: Size = { widthPx: 1, heightPx: 1 }
  #view: MapView = fitView(this.#size)
  #fitScale = this.#view.scale
  /** True until a person moves the map: then a new size does not fit it again. */
  #isFitted = true
  #frame = 0
  #drag: { from: Spot; last: Spot; tool: MapTool; mode: SelectMode; outline: Spot[] } | null = null
  readonly #stop = new AbortController()
  readonly #observer: ResizeObserver
  tool: MapTool = 'pan'

  constructor(private readonly canvas: HTMLCanvasElement, private readonly events: MapCanvasEvents) {
    this.#renderer = createPointRenderer(canvas)
    const listen = <K extends keyof HTMLElementEventMap>(name: K, take: (event: HTMLElementEventMap[K]) => void): void =>
      canvas.addEventListener(name, take, { signal: this.#stop.signal, passive: false })
    listen('wheel', (event) => this.#onWheel(event))
    listen('pointerdown', (event) => this.#onDown(event))
    listen('pointermove', (event) => this.#onMove(event))
    listen('pointerup', (event) => this.#onUp(event))
    listen('pointercancel', () => this.#endDrag())
    listen('pointerleave', () => { if (!this.#drag) this.events.onHover(null) })
    canvas.addEventListener('webglcontextlost', (event) => {
      // Without this the browser never gives the context back.
      event.preventDefault()
      this.#renderer = null
      this.events.onLost(true)
    }, { signal: this.#stop.signal })
    canvas.addEventListener('webglcontextrestored', () => {
      this.#renderer = createPointRenderer(canvas)
      this.#sendAll()
      this.events.onLost(false)
    }, { signal: this.#stop.signal })
    this.#observer = new ResizeObserver(() => this.#resize())
    this.#observer.observe(canvas)
    this.#resize()
  }

  /** False where the browser has no WebGL2. */
  get canDraw(): boolean {
    return this.#renderer !== null
  }

  setPlaces(places: Float32Array): void {
    this.#places = places
    this.#grid = new PointGrid(places)
    this.#colours = null
    this.#states = new Uint8Array(0)
    this.#order = orderByState(this.#states)
    this.#renderer?.setPlaces(places)
    this.#renderer?.setOrder(this.#order)
    this.fit()
  }

  setColours(colours: MapColours): void {
    this.#colours = colours
    this.#renderer?.setColours(colours.colours, colours.table)
    this.#schedule()
  }

  setStates(states: Uint8Array): void {
    this.#states = states
    this.#order = orderByState(states)
    this.#renderer?.setOrder(this.#order)
    this.#schedule()
  }

  setLook(look: Pick<DrawnMap, 'faint' | 'ring'>): void {
    this.#look = look
    this.#schedule()
  }

  /** In pixels of the canvas. */
  screenPlaceOf(point: number): Spot {
    return toScreen(this.#view, this.#size, this.#spotOf(point))
  }

  get size(): Size {
    return this.#size
  }

  get pointSizePx(): number {
    const base = Math.max(1.8, 11.5 - 2 * Math.log10(Math.max(10, this.#places.length / 2)))
    return Math.min(14, base * (this.#view.scale / this.#fitScale) ** 0.35)
  }

  fit(): void {
    this.#view = fitView(this.#size)
    this.#fitScale = this.#view.scale
    this.#isFitted = true
    this.#changed()
  }

  /** Shows these points as large as they fit. */
  fitPoints(points: readonly number[]): void {
    if (!points.length) return
    const box = boundsOf(points.map((point) => this.#spotOf(point)))
    const view = fitView(this.#size, box)
    // One point alone, or a few on one spot: not closer than a sixteenth of the map.
    this.#move({ ...view, scale: Math.min(view.scale, this.#fitScale * 16) })
  }

  zoomBy(factor: number): void {
    this.#move(zoomAt(this.#view, this.#size, { x: this.#size.widthPx / 2, y: this.#size.heightPx / 2 }, factor))
  }

  panBy(dxPx: number, dyPx: number): void {
    this.#move(panBy(this.#view, dxPx, dyPx))
  }

  reveal(point: number): void {
    this.#move(showSpot(this.#view, this.#size, this.#spotOf(point)))
  }

  /** The point that an arrow key leads to; from nothing, the one nearest to the middle. */
  step(from: number | null, direction: Direction): number | null {
    if (from !== null) return this.#grid.towards(from, direction, this.#isShown)
    for (let within = 0.05; within < 8; within *= 2) {
      const found = this.#grid.nearest({ x: this.#view.centreX, y: this.#view.centreY }, within, this.#isShown)
      if (found !== null) return found
    }
    return null
  }

  pointsInView(): number[] {
    const low = toMap(this.#view, this.#size, { x: 0, y: this.#size.heightPx })
    const high = toMap(this.#view, this.#size, { x: this.#size.widthPx, y: 0 })
    return this.#grid.inBox({ left: low.x, right: high.x, bottom: low.y, top: high.y }, this.#isMeant)
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame)
    this.#stop.abort()
    this.#observer.disconnect()
    this.#renderer?.destroy()
    this.#renderer = null
  }

  readonly #isShown = (point: number): boolean => this.#states[point] !== pointState.hidden
  /** Points that a filter has made faint are not taken by an outline; those that another selection has made faint are. */
  readonly #isMeant = (point: number): boolean => this.#isShown(point) && (this.isExcluded === null || !this.isExcluded(point))
  /** Set where a filter is: tells which points it leaves out. */
  isExcluded: ((point: number) => boolean) | null = null

  #spotOf(point: number): Spot {
    return { x: this.#places[point * 2]!, y: this.#places[point * 2 + 1]! }
  }

  #sendAll(): void {
    if (!this.#renderer) return
    this.#renderer.setPlaces(this.#places)
    if (this.#colours) this.#renderer.setColours(this.#colours.colours, this.#colours.table)
    this.#renderer.setOrder(this.#order)
    this.#schedule()
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.canvas
    if (!clientWidth || !clientHeight) return
    this.#size = { widthPx: clientWidth, heightPx: clientHeight }
    if (this.#isFitted) this.fit()
    else this.#changed()
  }

  #move(view: MapView): void {
    this.#view = view
    this.#isFitted = false
    this.#changed()
  }

  #changed(): void {
    this.#schedule()
    this.events.onView()
  }

  #schedule(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      if (!this.#renderer || !this.#colours) return
      const startedAtMs = performance.now()
      this.#renderer.draw({
        view: this.#view, size: this.#size, pixelRatio: Math.min(2, window.devicePixelRatio || 1), pointSizePx: this.pointSizePx,
        opacity: this.#places.length > 20_000 ? 0.75 : 0.9, ...this.#look,
      })
      this.events.onFrame?.(performance.now() - startedAtMs)
    })
  }

  #spotIn(event: MouseEvent): Spot {
    const box = this.canvas.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  #pointAt(spot: Spot): number | null {
    return this.#grid.nearest(toMap(this.#view, this.#size, spot), Math.max(reachPx, this.pointSizePx) / this.#view.scale, this.#isShown)
  }

  #onWheel(event: WheelEvent): void {
    event.preventDefault()
    // Lines and pages as pixels; a pinch on a touchpad comes as a wheel with Ctrl and small steps.
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1)
    this.#move(zoomAt(this.#view, this.#size, this.#spotIn(event), Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0016))))
  }

  #onDown(event: PointerEvent): void {
    if (event.button !== 0 && event.button !== 1) return
    const spot = this.#spotIn(event)
    this.canvas.setPointerCapture(event.pointerId)
    // The middle button always pans; Shift draws an outline where the tool does not.
    const tool = event.button === 1 ? 'pan' : this.tool === 'pan' && event.shiftKey ? 'lasso' : this.tool
    const mode = event.altKey ? 'remove' : event.ctrlKey || event.metaKey || (event.shiftKey && this.tool !== 'pan') ? 'add' : 'replace'
    this.#drag = { from: spot, last: spot, tool, mode, outline: [spot] }
  }

  #onMove(event: PointerEvent): void {
    const spot = this.#spotIn(event)
    const drag = this.#drag
    if (!drag) return this.events.onHover(this.#pointAt(spot))
    if (drag.tool === 'pan') this.panBy(spot.x - drag.last.x, spot.y - drag.last.y)
    else {
      drag.outline = drag.tool === 'box' ? corners(drag.from, spot) : [...drag.outline, spot]
      this.events.onOutline(drag.outline)
    }
    drag.last = spot
  }

  #onUp(event: PointerEvent): void {
    const drag = this.#drag
    if (!drag) return
    const spot = this.#spotIn(event)
    this.#endDrag()
    if (Math.hypot(spot.x - drag.from.x, spot.y - drag.from.y) <= clickSlackPx && drag.outline.length < 6) {
      if (event.button === 0) this.events.onPick(this.#pointAt(spot), event.ctrlKey || event.metaKey || event.shiftKey ? 'toggle' : 'replace')
    } else if (drag.tool !== 'pan') {
      const outline = thin(drag.outline, thinnedPx).map((each) => toMap(this.#view, this.#size, each))
      this.events.onSelect(this.#grid.inPolygon(outline, this.#isMeant), drag.mode)
    }
  }

  #endDrag(): void {
    this.#drag = null
    this.events.onOutline(null)
  }
}

function corners(a: Spot, b: Spot): Spot[] {
  const { left, right, bottom, top }: Box = boundsOf([a, b])
  return [{ x: left, y: bottom }, { x: right, y: bottom }, { x: right, y: top }, { x: left, y: top }]
}
