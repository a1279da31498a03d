/** ISO 8601 without milliseconds, or the date alone. */
export function instant(date: Date, dateOnly = false): string {
  const text = date.toISOString()
  return dateOnly ? text.slice(0, 10) : `${text.slice(0, 19)}Z`
}
