// Colours of points. Categories stay apart for people with protanopia and deuteranopia, gradients rise in lightness from end
// to end, and every colour stands out from the window in its theme; a test measures all three.

export type Rgb = readonly [number, number, number]

export interface MapPalette {
  categories: readonly string[]
  /** Rarer values that share one colour, pairs without a value, and points that are not meant now. */
  other: string
  none: string
  faint: string
  gradient: readonly string[]
}

export const darkPalette: MapPalette = {
  categories: ['#0bb7fe', '#ffa53c', '#30e5a3', '#f47ac9', '#ecf66b', '#8679fd', '#ef757a', '#72f8f1', '#849109'],
  other: '#9a9eaa',
  none: '#6b7080',
  faint: '#454955',
  gradient: ['#4a5fb0', '#4f8fc0', '#58b79f', '#b3d56e', '#fff3a3'],
}

export const lightPalette: MapPalette = {
  categories: ['#066cf3', '#dc4c53', '#008d7e', '#8d4295', '#647c00', '#40287f', '#9e1157', '#1b8ecc', '#744d00'],
  other: '#6d717d',
  none: '#8f939e',
  faint: '#cfd2d9',
  gradient: ['#1d1a66', '#24559c', '#2b7fa3', '#579a63', '#b5a030'],
}

export const paletteOf = (isDark: boolean): MapPalette => (isDark ? darkPalette : lightPalette)

/** What was decided has its usual colours; everything else takes them in order. */
const fixedPlaces: Readonly<Record<string, number>> = { unreviewed: 0, rejected: 1, accepted: 2 }

export function categoryColour(palette: MapPalette, value: string, index: number): string {
  if (value === 'other') return palette.other
  if (value === 'none') return palette.none
  return palette.categories[(fixedPlaces[value] ?? index) % palette.categories.length]!
}

export const toRgb = (hex: string): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb

/** @param place 0…1 */
export function gradientColour(palette: MapPalette, place: number): Rgb {
  const steps = palette.gradient.length - 1
  const at = Math.min(steps - 1, Math.floor(Math.max(0, place) * steps))
  const share = Math.min(1, Math.max(0, place * steps - at))
  const [from, to] = [toRgb(palette.gradient[at]!), toRgb(palette.gradient[at + 1]!)]
  return from.map((value, i) => Math.round(value + (to[i]! - value) * share)) as unknown as Rgb
}

/** Points carry one byte; this is the place of those without a number. */
export const missingIndex = 255

/** 256 colours as RGBA, to look bytes up in. */
export function categoryTable(palette: MapPalette, values: readonly string[]): Uint8Array {
  return makeTable((index) => toRgb(values[index] === undefined ? palette.none : categoryColour(palette, values[index], index)))
}

export function gradientTable(palette: MapPalette): Uint8Array {
  return makeTable((index) => (index === missingIndex ? toRgb(palette.none) : gradientColour(palette, index / (missingIndex - 1))))
}

/** Numbers as places of the gradient table. */
export function toGradientIndices(values: Float32Array, lowest: number, highest: number): Uint8Array {
  const range = highest - lowest || 1
  return Uint8Array.from(values, (value) => (Number.isNaN(value) ? missingIndex : Math.round(((value - lowest) / range) * (missingIndex - 1))))
}

function makeTable(colourOf: (index: number) => Rgb): Uint8Array {
  const table = new Uint8Array(256 * 4)
  for (let index = 0; index < 256; index++) table.set([...colourOf(index), 255], index * 4)
  return table
}
