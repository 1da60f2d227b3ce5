// Days of a filter as times, in the time zone of the computer that holds the project.

/**
 * @param day `2026-11-24`, `today`, `yesterday` or `3d` for three days ago
 * @param laterDays 1 gives the start of the day after
 */
export function startOfDay(day: string, laterDays = 0, nowMs = Date.now()): number {
  const now = new Date(nowMs)
  const daysAgo = day === 'today' ? 0 : day === 'yesterday' ? 1 : /^\d+d$/.test(day) ? Number(day.slice(0, -1)) : null
  if (daysAgo !== null) return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo + laterDays).getTime()
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  // Not by the constructor, which takes the year 99 for 1999.
  return new Date(new Date(0, 0, 1).setFullYear(year, month - 1, date + laterDays)).getTime()
}
