/** ISO 8601 without milliseconds, or the date alone. */
export function instant(date: Date, dateOnly = false): string {
  const text = date.toISOString()
  return dateOnly ? text.slice(0, 10) : `${text.slice(0, 19)}Z`
}

/** What a stamp writes: seconds since 1970 into an integer. */
export function stampOf(date: Date, type: string | undefined): string | number {
  return type === 'integer' ? Math.floor(date.getTime() / 1000) : instant(date)
}
