import { ValenceError } from '../errors.ts'
import { nextRun, openCron } from './next-run.ts'

const MINUTE_MS = 60_000
const MAX_LENGTH = 200
/** A day's times repeat on every day that has any: so many, or more than a minute apart from each other, show the least gap. */
const TIMES_LOOKED_AT = 100

/**
 * Refuses what will not work, while somebody is there to read it.
 *
 * @param leastMinutes between two times (spec 30 §2.5)
 * @returns the expression, trimmed
 * @throws ValenceError PARAMETER_INVALID quoting the expression: one that is no Quartz cron, that never comes (again), or comes too often; or the
 *   time zone that nobody knows
 */
export function checkCron(cron: string, timeZone: string, { now, leastMinutes }: { now: Date; leastMinutes: number }) {
  const quoted = `cron "${cron.slice(0, MAX_LENGTH)}"`
  assertZone(timeZone)
  try {
    if (cron.length > MAX_LENGTH) throw new Error(`longer than ${MAX_LENGTH} characters`)
    const fields = cron.trim().split(/\s+/).length
    if (fields !== 6 && fields !== 7) throw new Error(`it has ${counted(fields, 'field')}`)
    openCron(cron, timeZone)
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^CronPattern: /, '')
    const expected =
      'expected a Quartz cron such as "0 0/15 * 1/1 * ? *" (second minute hour day month weekday, and a year)'
    throw new ValenceError('PARAMETER_INVALID', `${quoted}: ${expected}; ${reason}`, { cause })
  }
  // one zone without changes of clocks: an hour that comes twice makes no cron too frequent
  const gap = leastGapMinutes(cron, now)
  if (gap === undefined && !nextRun({ cron, timeZone }, now))
    throw new ValenceError('PARAMETER_INVALID', `${quoted} never comes again: no time from now on matches it`)
  if (gap !== undefined && gap < leastMinutes) throw tooOften(quoted, gap, leastMinutes)
  return cron.trim()
}

/** @returns undefined where there is no second time */
function leastGapMinutes(cron: string, now: Date): number | undefined {
  const times = openCron(cron, 'UTC').nextRuns(TIMES_LOOKED_AT, now)
  const gaps = times.slice(1).map((time, index) => (time.getTime() - (times[index]?.getTime() ?? 0)) / MINUTE_MS)
  return gaps.length === 0 ? undefined : Math.min(...gaps)
}

function tooOften(quoted: string, gap: number, least: number): ValenceError {
  const apart = gap < 1 ? counted(Math.round(gap * 60), 'second') : counted(gap, 'minute')
  return new ValenceError(
    'PARAMETER_INVALID',
    `${quoted} comes too often: some of its times are ${apart} apart, the least is ${counted(least, 'minute')}`,
  )
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

function assertZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    const expected = 'expected a name of the IANA list such as "Europe/Berlin"'
    throw new ValenceError('PARAMETER_INVALID', `time zone "${timeZone.slice(0, 60)}": ${expected}`, { cause })
  }
}
