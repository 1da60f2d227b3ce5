// Draws up to a million points with WebGL2: places, one colour byte each, and an order of drawing. Nothing of it is compiled
// from text at run time but the two shaders, which the driver compiles, so it works under a strict content policy.
import type { MapView, Size } from './mapView'
import type { DrawOrder } from './pointStates'

export interface DrawnMap {
  view: MapView
  size: Size
  pixelRatio: number
  /** Of a plain point, in CSS pixels. */
  pointSizePx: number
  opacity: number
  faint: readonly [number, number, number]
  /** The ring around a selected point. */
  ring: readonly [number, number, number]
}

export interface PointRenderer {
  setPlaces: (places: Float32Array) => void
  setColours: (colours: Uint8Array, table: Uint8Array) => void
  setOrder: (order: DrawOrder) => void
  draw: (map: DrawnMap) => void
  destroy: () => void
}

const vertexShader = `#version 300 es
in vec2 place;
in uint colour;
uniform vec2 centre;
uniform vec2 scale;
uniform float size;
uniform sampler2D table;
out vec4 fill;
void main() {
  gl_Position = vec4((place - centre) * scale, 0.0, 1.0);
  gl_PointSize = size;
  fill = texelFetch(table, ivec2(int(colour), 0), 0);
}`

// A disc with a soft edge of one pixel; with a ring where `ringWidth` is not zero. Colours leave premultiplied.
const fragmentShader = `#version 300 es
precision highp float;
in vec4 fill;
uniform float size;
uniform float opacity;
uniform float ringWidth;
uniform vec3 ring;
uniform vec4 plain;
out vec4 result;
void main() {
  float distance = length(gl_PointCoord - 0.5) * size;
  float radius = size * 0.5;
  float cover = clamp(radius - distance, 0.0, 1.0) * opacity;
  if (cover <= 0.0) discard;
  vec3 colour = mix(fill.rgb, plain.rgb, plain.a);
  if (ringWidth > 0.0) colour = mix(colour, ring, clamp(distance - (radius - ringWidth) + 0.5, 0.0, 1.0));
  result = vec4(colour * cover, cover);
}`

const uniformNames = ['centre', 'scale', 'size', 'table', 'opacity', 'ringWidth', 'ring', 'plain'] as const

/** Null where the browser gives no WebGL2. */
export function createPointRenderer(canvas: HTMLCanvasElement): PointRenderer | null {
  const gl = canvas.getContext('webgl2', { antialias: false, alpha: true, premultipliedAlpha: true, depth: false, powerPreference: 'high-performance' })
  if (!gl) return null
  const program = link(gl)
  const uniforms = Object.fromEntries(uniformNames.map((name) => [name, gl.getUniformLocation(program, name)])) as Record<(typeof uniformNames)[number], WebGLUniformLocation>
  const layout = gl.createVertexArray()
  const places = gl.createBuffer()
  const colours = gl.createBuffer()
  const indices = gl.createBuffer()
  const table = gl.createTexture()
  let order: DrawOrder = { order: new Uint32Array(0), faint: 0, plain: 0, selected: 0, end: 0 }

  gl.bindVertexArray(layout)
  gl.bindBuffer(gl.ARRAY_BUFFER, places)
  const placeAt = gl.getAttribLocation(program, 'place')
  gl.enableVertexAttribArray(placeAt)
  gl.vertexAttribPointer(placeAt, 2, gl.FLOAT, false, 0, 0)
  gl.bindBuffer(gl.ARRAY_BUFFER, colours)
  const colourAt = gl.getAttribLocation(program, 'colour')
  gl.enableVertexAttribArray(colourAt)
  gl.vertexAttribIPointer(colourAt, 1, gl.UNSIGNED_BYTE, 0, 0)
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices)
  gl.bindVertexArray(null)

  gl.bindTexture(gl.TEXTURE_2D, table)
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST)

  const drawRange = (from: number, to: number): void => {
    if (to > from) gl.drawElements(gl.POINTS, to - from, gl.UNSIGNED_INT, from * 4)
  }
  const scaled = (colour: readonly number[]): [number, number, number] => [colour[0]! / 255, colour[1]! / 255, colour[2]! / 255]

  return {
    setPlaces(next) {
      gl.bindBuffer(gl.ARRAY_BUFFER, places)
      gl.bufferData(gl.ARRAY_BUFFER, next, gl.STATIC_DRAW)
    },
    setColours(next, colourTable) {
      gl.bindBuffer(gl.ARRAY_BUFFER, colours)
      gl.bufferData(gl.ARRAY_BUFFER, next, gl.DYNAMIC_DRAW)
      gl.bindTexture(gl.TEXTURE_2D, table)
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colourTable)
    },
    setOrder(next) {
      order = next
      gl.bindVertexArray(layout)
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, next.order, gl.DYNAMIC_DRAW)
      gl.bindVertexArray(null)
    },
    draw({ view, size, pixelRatio, pointSizePx, opacity, faint, ring }) {
      const width = Math.max(1, Math.round(size.widthPx * pixelRatio))
      const height = Math.max(1, Math.round(size.heightPx * pixelRatio))
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
      gl.viewport(0, 0, width, height)
      gl.clearColor(0, 0, 0, 0)
      gl.clear(gl.COLOR_BUFFER_BIT)
      if (order.end === 0) return
      gl.enable(gl.BLEND)
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
      gl.useProgram(program)
      gl.bindVertexArray(layout)
      gl.bindTexture(gl.TEXTURE_2D, table)
      gl.uniform1i(uniforms.table, 0)
      gl.uniform2f(uniforms.centre, view.centreX, view.centreY)
      gl.uniform2f(uniforms.scale, (2 * view.scale) / size.widthPx, (2 * view.scale) / size.heightPx)
      gl.uniform3f(uniforms.ring, ...scaled(ring))
      const sizePx = pointSizePx * pixelRatio
      gl.uniform1f(uniforms.ringWidth, 0)
      gl.uniform1f(uniforms.size, Math.max(1.5, sizePx * 0.8))
      gl.uniform1f(uniforms.opacity, 1)
      gl.uniform4f(uniforms.plain, ...scaled(faint), 1)
      drawRange(order.faint, order.plain)
      gl.uniform1f(uniforms.size, sizePx)
      gl.uniform1f(uniforms.opacity, opacity)
      gl.uniform4f(uniforms.plain, 0, 0, 0, 0)
      drawRange(order.plain, order.selected)
      gl.uniform1f(uniforms.size, sizePx + 2 * pixelRatio)
      gl.uniform1f(uniforms.opacity, 1)
      // Too small for a ring, a selected point is only larger.
      gl.uniform1f(uniforms.ringWidth, sizePx >= 5 * pixelRatio ? pixelRatio : 0)
      drawRange(order.selected, order.end)
      gl.bindVertexArray(null)
    },
    destroy() {
      for (const buffer of [places, colours, indices]) gl.deleteBuffer(buffer)
      gl.deleteTexture(table)
      gl.deleteVertexArray(layout)
      gl.deleteProgram(program)
    },
  }
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertexShader], [gl.FRAGMENT_SHADER, fragmentShader]] as const) {
    const shader = gl.createShader(kind)!
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
    gl.deleteShader(shader)
  }
  gl.linkProgram(program)
  // A context that is lost answers null everywhere; it is drawn again when it comes back.
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(`The shaders of the map do not link: ${gl.getProgramInfoLog(program) ?? 'no reason given'}`)
  return program
}
