/** From the shortest to the longest (spec 00 §9). */
export const INTERVALS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const

export type Interval = (typeof INTERVALS)[number]

/** Both ends belong to it. */
export interface TimeRange {
  from: Date
  to: Date
}

/** More rows than this are refused: a day by second has 86,401 (spec 00 §9, 40 §10.2). */
export const MAX_BUCKETS = 10_000
/** numbers of one answer, those of all buckets together, where there are several in each */
export const MAX_ROWS = 100_000
/** about as many as a chart shows */
const CHOSEN_BUCKETS = 400

/** The units of one length; weeks begin on Monday, as PostgreSQL's do, and the first Monday before 1970 is 3 days back. */
const LENGTHS_MS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const
const MONTHS = { month: 1, quarter: 3, year: 12 } as const
const MONDAY_MS = -3 * LENGTHS_MS.day

/** Number of buckets, both ends included: an hour by minute has 61. */
export function countBuckets({ from, to }: TimeRange, interval: Interval): number {
  return indexOf(to, interval) - indexOf(from, interval) + 1
}

/** Beginnings of all buckets of the range in UTC, oldest first; ask `countBuckets` before. */
export function bucketsOf(range: TimeRange, interval: Interval): Date[] {
  const first = indexOf(range.from, interval)
  return Array.from({ length: countBuckets(range, interval) }, (_, at) => startOf(first + at, interval))
}

/** The shortest interval that does not make more rows than a chart shows. */
export function chooseInterval(range: TimeRange): Interval {
  return INTERVALS.find((interval) => countBuckets(range, interval) <= CHOSEN_BUCKETS) ?? 'year'
}

/** Buckets since the one that holds the beginning of 1970. */
function indexOf(date: Date, interval: Interval): number {
  if (interval in MONTHS) {
    const months = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
    return Math.floor(months / MONTHS[interval as keyof typeof MONTHS])
  }
  return Math.floor((date.getTime() - shiftOf(interval)) / LENGTHS_MS[interval as keyof typeof LENGTHS_MS])
}

function startOf(index: number, interval: Interval): Date {
  if (interval in MONTHS) return new Date(Date.UTC(1970, index * MONTHS[interval as keyof typeof MONTHS]))
  return new Date(index * LENGTHS_MS[interval as keyof typeof LENGTHS_MS] + shiftOf(interval))
}

function shiftOf(interval: Interval): number {
  return interval === 'week' ? MONDAY_MS : 0
}
