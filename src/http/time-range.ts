import { ValenceError } from '../errors.ts'
import {
  chooseInterval,
  countBuckets,
  INTERVALS,
  type Interval,
  MAX_BUCKETS,
  type TimeRange,
} from '../model/buckets.ts'
import { parseInstant } from '../model/instant.ts'
import { type Query, single } from './query.ts'

/**
 * `from` and `to` (spec 00 §9). A bound that is missing: `to` is now, or `from` when that lies ahead; `from` is
 * `defaultMs` before `to`.
 *
 * @param required both must be given (spec 41 §7.3)
 * @throws ValenceError PARAMETER_MISSING, PARAMETER_INVALID: not a date, or `from` after `to`
 */
export function readTimeRange(
  query: Query,
  { now, defaultMs, required = false }: { now: Date; defaultMs: number; required?: boolean },
): TimeRange {
  const [givenFrom, givenTo] = [readInstant(query, 'from', required), readInstant(query, 'to', required)]
  const to = givenTo ?? new Date(Math.max(now.getTime(), givenFrom?.getTime() ?? 0))
  const from = givenFrom ?? new Date(to.getTime() - defaultMs)
  assertOrder(from, to)
  return { from, to }
}

function assertOrder(from: Date, to: Date): void {
  if (from > to) {
    throw new ValenceError('PARAMETER_INVALID', `from ${from.toISOString()} is later than to ${to.toISOString()}`)
  }
}

/**
 * `from` and `to`, each of which may be missing.
 * @throws ValenceError PARAMETER_INVALID: not a date, or `from` after `to`
 */
export function readSomeTimeRange(query: Query): { from: Date | undefined; to: Date | undefined } {
  const [from, to] = [readInstant(query, 'from', false), readInstant(query, 'to', false)]
  if (from && to) assertOrder(from, to)
  return { from, to }
}

/**
 * `interval`, or the one that suits the range.
 * @throws ValenceError PARAMETER_INVALID: not one of the units, or too many rows
 */
export function readInterval(query: Query, range: TimeRange): Interval {
  const text = single(query['interval'])?.toLowerCase()
  if (!text) return chooseInterval(range)
  const interval = INTERVALS.find((one) => one === text)
  if (!interval) {
    throw new ValenceError('PARAMETER_INVALID', `interval: expected one of ${INTERVALS.join(', ')}, got "${text}"`)
  }
  const count = countBuckets(range, interval)
  if (count > MAX_BUCKETS) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `interval: ${count} rows by ${interval} are more than ${MAX_BUCKETS}; choose a longer interval or a shorter range`,
    )
  }
  return interval
}

function readInstant(query: Query, name: string, required: boolean): Date | undefined {
  const text = single(query[name])?.trim()
  if (!text) {
    if (required)
      throw new ValenceError('PARAMETER_MISSING', `${name} is required: a date such as 2019-04-02T10:00:00Z`)
    return undefined
  }
  const instant = parseInstant(text)
  if (instant) return instant
  throw new ValenceError('PARAMETER_INVALID', `${name}: expected a date such as 2019-04-02T10:00:00Z, got "${text}"`)
}
