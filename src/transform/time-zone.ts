/** A zone by which a clock is read. */
export interface TimeZone {
  name: string
  /** of the moment, in ms since 1970; east of Greenwich is positive */
  offsetMinutesAt(time: number): number
}

/**
 * Hours from UTC of the zone names that systems write. Without summer time, as the letters say: who asks in `PST` in July for what
 * changed since a time gets an hour more, never an hour less.
 */
export const NAMED_ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  UT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  CET: 1,
  CEST: 2,
}

const OFFSET = /^(?:GMT|UTC)?([+-])(\d{1,2})(?::?(\d{2}))?$/i
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const LAST_MS = 8.64e15

/**
 * `PST`, `GMT`, `America/Denver`, `-8:00`, `+0530`, `GMT+2` (spec 40 §7.4).
 * @returns undefined for a text that names no zone
 */
export function timeZone(text: string): TimeZone | undefined {
  const name = text.trim()
  const named = Object.hasOwn(NAMED_ZONES, name.toUpperCase()) ? NAMED_ZONES[name.toUpperCase()] : undefined
  if (named !== undefined) return fixed(name, named * 60)
  const [offset, sign, hours, minutes] = OFFSET.exec(name) ?? []
  if (offset) {
    const total = Number(hours) * 60 + Number(minutes ?? 0)
    return total > 18 * 60 ? undefined : fixed(name, sign === '-' ? -total : total)
  }
  return /^[A-Za-z][\w+-]*(?:\/[\w+-]+)+$/.test(name) ? regional(name) : undefined
}

/**
 * Moment of a clock's reading in the zone, the reading given as if it were UTC. An hour that comes twice is the second one, so that a poll
 * does not take what changed in it for old; one that is left out goes on from the hour before, as in Java.
 */
export function timeInZone(reading: number, zone: TimeZone): number {
  const [one, other] = [zone.offsetMinutesAt(reading - DAY_MS), zone.offsetMinutesAt(reading + DAY_MS)]
  // the lesser offset is the later moment
  const [lesser, greater] = [Math.min(one, other), Math.max(one, other)]
  const isShown = (offset: number) => zone.offsetMinutesAt(reading - offset * MINUTE_MS) === offset
  const offset = lesser === greater || isShown(lesser) || !isShown(greater) ? lesser : greater
  return reading - offset * MINUTE_MS
}

function fixed(name: string, offset: number): TimeZone {
  return { name, offsetMinutesAt: () => offset }
}

function regional(name: string): TimeZone | undefined {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', era: 'short' })
  } catch {
    return undefined // no such region
  }
  return {
    name,
    offsetMinutesAt(time) {
      const shown = Math.max(-LAST_MS, Math.min(LAST_MS, time))
      const text = format.formatToParts(shown).find(({ type }) => type === 'timeZoneName')?.value ?? ''
      const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(text) ?? []
      return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
    },
  }
}
