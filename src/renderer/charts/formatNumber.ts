// Numbers as they stand in charts and tables: short, of one width where possible, never in a person's way.
import { formatPercent } from '@renderer/lib/format'

/** Three significant digits; very small and very large values in powers of ten. */
export function formatValue(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2).replace('e+', 'e')
  if (size >= 1000) return Math.round(value).toLocaleString('en-GB')
  if (size >= 100) return value.toFixed(1)
  if (size >= 1) return value.toFixed(2)
  return value.toPrecision(3)
}

/** Ticks of an axis are round numbers: no trailing zeros. */
export const formatTick = (value: number): string => {
  const short = Number(value.toPrecision(6))
  return Math.abs(short) >= 1e4 ? formatValue(short) : short !== 0 && Math.abs(short) < 1e-3 ? short.toExponential() : String(short)
}

/** Rates span powers of ten, so all their ticks are written the same way: 1e-3, 7.5e-4. */
export const formatPower = (value: number): string => (value === 0 ? '0' : Number(value.toPrecision(3)).toExponential())

/** A share 0…1 as a percentage with one decimal. */
export const formatShare = (share: number | null | undefined): string =>
  share === null || share === undefined || !Number.isFinite(share) ? '–' : formatPercent(share)
