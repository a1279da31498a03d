import { extractPath, parseRootPath } from '../../engine/root-path.ts'
import { parseInstant } from '../../model/instant.ts'
import { dateMask } from '../../transform/date-mask.ts'
import { type TimeZone, timeInZone, timeZone } from '../../transform/time-zone.ts'

/** A date of a record. */
export interface RecordDate {
  /** ms since 1970 */
  time: number
  /** how exactly the vendor says it: a day as 86,400,000; the true time is less than this later */
  resolutionMs: number
  /** as the record has it */
  text: string
}

/** Where a date stands in a record and how it is written (spec 40 §7.3). */
export interface DateField {
  field: string
  /** a Java pattern or `milliseconds` */
  format?: string | undefined
  timezone?: string | undefined
}

export type ReadDate = (record: unknown) => RecordDate | undefined

const SECOND = 1_000
const DAY = 86_400_000
/** Smaller numbers are seconds: in milliseconds they would be of the year 1973. */
const FEWEST_MS = 100_000_000_000
/** Larger ones are microseconds: in milliseconds they would be of the year 5138. */
const MOST_MS = 100_000_000_000_000
/** No Date is later; vendors write the largest number they have for "never". */
const LAST_MS = 8.64e15
const ISO = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(:\d{2})?.*)?$/
const ISO_OFFSET = /[Tt ]\d{2}:\d{2}.*([Zz]|[-+]\d{1,2}(?::?\d{2})?)$/
/** No date is longer: what vendors, and strangers who post polls, write there is looked at from its end again and again. */
const LONGEST = 100
const MICROSOFT = /^\/Date\((-?\d{1,15})(?:[-+]\d{4})?\)\/$/

/**
 * Reads one date of records, as leniently as spec 40 §7.4 asks: more or fewer digits of a fraction, `+0000`, `+00:00` and `Z`, ISO 8601
 * and numbers whatever the format says. What a date says of its zone counts; then the zone that is given; then UTC. A `Z` that the format
 * has in quotes is a letter.
 *
 * @returns a reader that gives undefined for records without the date, or with one that nobody can read
 */
export function dateReader({ field, format = '', timezone = '' }: DateField): ReadDate {
  const path = parseRootPath(field.replace(/^(?:@\.)+/, ''))
  if (!path) return () => undefined
  const zone = timeZone(timezone)
  const mask = format.trim() ? dateMask(format.trim()) : undefined
  const isLetterZ = zone !== undefined && format.includes("'Z'")
  const maskResolution = resolutionOf(format)
  return (record) => {
    const value = extractPath(record, path)
    if (typeof value === 'number') return numeric(value, String(value))
    if (typeof value !== 'string') return undefined
    const text = value.trim()
    if (text.length > LONGEST) return undefined
    return iso(text, zone, isLetterZ) ?? masked(text) ?? digits(text)
  }

  function masked(text: string): RecordDate | undefined {
    const isNumber = format.trim().toLowerCase() === 'milliseconds'
    const time = isNumber ? undefined : mask?.parse(text, zone)
    return time === undefined ? undefined : { time, resolutionMs: maskResolution, text }
  }
}

function iso(text: string, zone: TimeZone | undefined, isLetterZ: boolean): RecordDate | undefined {
  const form = ISO.exec(text)
  if (!form) return undefined
  const written = ISO_OFFSET.exec(text)?.[1]
  const isLocal = written === undefined || (isLetterZ && /z/i.test(written))
  const reading = parseInstant(text)?.getTime()
  if (reading === undefined) return undefined
  const resolutionMs = form[1] !== undefined ? SECOND : text.length > 10 ? 60 * SECOND : DAY
  return { time: isLocal && zone ? timeInZone(reading, zone) : reading, resolutionMs, text }
}

function digits(text: string): RecordDate | undefined {
  if (/^-?\d{1,16}(?:\.\d{1,9})?$/.test(text)) return numeric(Number(text), text)
  const milliseconds = MICROSOFT.exec(text)?.[1]
  if (milliseconds !== undefined) return { time: Number(milliseconds), resolutionMs: SECOND, text }
  // a mail's header, as feeds have it
  const time = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : { time, resolutionMs: SECOND, text }
}

function numeric(value: number, text: string): RecordDate | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined
  const time = value < FEWEST_MS ? value * 1000 : value < MOST_MS ? value : value / 1000
  if (time > LAST_MS) return undefined
  // vendors cut to whole seconds and write three zeros: no date is more exact than that
  return { time: Math.floor(time), resolutionMs: SECOND, text }
}

/** What a pattern leaves out, nobody knows. */
function resolutionOf(format: string): number {
  const letters = format.replace(/'[^']*'/g, '')
  if (/[sS]/.test(letters)) return SECOND
  if (/m/.test(letters)) return 60 * SECOND
  return /[HhkK]/.test(letters) ? 3600 * SECOND : DAY
}
