import { createHash } from 'node:crypto'
import { Cron } from 'croner'
import { quartzToCroner } from './quartz-fields.ts'

/** When something is done: by a Quartz cron on the clock of a place, or every so many minutes counted from its first time; 999999999 are 1900 years. */
export type Timing = { cron: string; timeZone: string } | { everyMinutes: number; startedAt: Date }

const MINUTE_MS = 60_000
/** what PostgreSQL, ISO 8601 with four digits and every client can write: whatever is later, is never */
const LAST_TIME_MS = Date.UTC(9999, 11, 31)
/** within so long the first times of equal intervals are scattered */
const SPREAD_MINUTES = 60

/**
 * The first time after `after`. Always computed from the plan, never from when something really ran, so that nothing drifts.
 *
 * At a change of clocks a cron with a single time of day runs once: at the first moment after a gap, and not a second time where the hour
 * comes twice. All others go by the clock.
 *
 * @returns undefined: never again
 * @throws Error of an expression that cannot be read (`check-cron.ts` refuses those before they are stored)
 */
export function nextRun(timing: Timing, after: Date): Date | undefined {
  return 'cron' in timing ? nextOfCron(timing, after) : nextOfInterval(timing, after)
}

function nextOfCron({ cron, timeZone }: { cron: string; timeZone: string }, after: Date): Date | undefined {
  const next = openCron(cron, timeZone).nextRun(after)
  return next === null || next.getTime() > LAST_TIME_MS ? undefined : next
}

function nextOfInterval(timing: { everyMinutes: number; startedAt: Date }, after: Date): Date | undefined {
  const [start, everyMs] = [timing.startedAt.getTime(), timing.everyMinutes * MINUTE_MS]
  const passed = Math.max(0, Math.floor((after.getTime() - start) / everyMs) + 1)
  // an interval times nothing is nothing, however long it is
  const time = passed === 0 ? start : start + passed * everyMs
  return time > LAST_TIME_MS ? undefined : new Date(time)
}

/**
 * The first time of an interval that begins now: within one interval, and at its end for those longer than an hour. What it is
 * called decides when exactly, so that ten thousand of one interval do not run together.
 *
 * @returns undefined: later than any date
 */
export function firstOfInterval(everyMinutes: number, name: string, now: Date): Date | undefined {
  const time =
    now.getTime() +
    everyMinutes * MINUTE_MS -
    Math.floor(share(name) * Math.min(everyMinutes, SPREAD_MINUTES) * MINUTE_MS)
  return time > LAST_TIME_MS ? undefined : new Date(time)
}

/** Of a text, a number from 0 up to 1 that looks drawn by lot. */
function share(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
}

/** @throws Error (of croner) of an expression or a zone that it does not know */
export function openCron(cron: string, timeZone: string): Cron {
  return new Cron(quartzToCroner(cron), {
    paused: true,
    timezone: timeZone,
    mode: '6-or-7-parts',
    sloppyRanges: true,
    alternativeWeekdays: true,
  })
}
