import { dateMask } from '../../transform/date-mask.ts'
import { type TimeZone, timeZone } from '../../transform/time-zone.ts'

/** What tokens are made of. */
export interface TokenTimes {
  /** where the poll begins: the last poll date and what is taken off it; ms since 1970 */
  since: number
  now: number
  /** whether the resource's own dates are epoch milliseconds: `${date}` is then, too */
  isMilliseconds: boolean
}

export interface FilledUrl {
  text: string
  /** how many tokens became dates: without any, the vendor does not filter by date */
  dates: number
  /** sentences for the customer: tokens that stayed as they are */
  problems: string[]
}

const DEFAULT_FORMAT = "yyyy-MM-dd'T'HH:mm:ss'Z'"
/** The longest template that is read; an address has some thousands of characters. */
const MAX_TEMPLATE = 8_000

/**
 * Dates of a poll's address (spec 40 §7.4): `${gmtDate:FORMAT}`, `${dateTimeZone:ZONE:FORMAT}`, `${nowTimeZone:ZONE:FORMAT}`,
 * `${epoch:s}`, `${milliseconds}`, `${date}`. What is encoded for an address is encoded afterwards.
 *
 */
export function fillDates(template: string, times: TokenTimes): FilledUrl {
  const problems: string[] = []
  if (template.length > MAX_TEMPLATE) {
    return { text: template, dates: 0, problems: [`the url has more than ${MAX_TEMPLATE} characters`] }
  }
  let [text, at, dates] = ['', 0, 0]
  for (;;) {
    const start = template.indexOf('${', at)
    if (start < 0) break
    const end = endOfToken(template, start + 2)
    text += template.slice(at, start)
    if (end === undefined) {
      problems.push(`"${template.slice(start)}" has no end: a "}" is missing`)
      return { text: text + template.slice(start), dates, problems }
    }
    const token = template.slice(start + 2, end)
    const value = dateOf(token, times)
    if (value === undefined) problems.push(`"\${${token}}" is no date that can be written`)
    else dates++
    text += value ?? `\${${token}}`
    at = end + 1
  }
  text += template.slice(at)
  // `$yyyy-MM-dd}`: a brace was forgotten
  const broken = /\$[A-Za-z][^${}]*\}/.exec(template)
  if (broken && /[yHdm]{2}/.test(broken[0])) problems.push(`"${broken[0]}" is no date: a "{" is missing`)
  return { text, dates, problems }
}

/** Whether an address asks by date at all. */
export function hasDates(template: string): boolean {
  return fillDates(template, { since: 0, now: 0, isMilliseconds: false }).dates > 0
}

/** The first `}` that is not between single quotes; a format is full of them. */
function endOfToken(template: string, from: number): number | undefined {
  let isQuoted = false
  for (let at = from; at < template.length; at++) {
    const character = template[at]
    if (character === "'") isQuoted = !isQuoted
    else if (character === '}' && !isQuoted) return at
  }
  return undefined
}

function dateOf(token: string, times: TokenTimes): string | undefined {
  const { since, now } = times
  const [descriptor = '', rest] = splitAt(token, ':')
  switch (descriptor.trim().toLowerCase()) {
    case 'gmtdate':
      return formatted(rest ?? DEFAULT_FORMAT, since)
    case 'date':
      return rest === undefined && times.isMilliseconds ? String(since) : formatted(rest ?? DEFAULT_FORMAT, since)
    case 'datetimezone':
      return inZone(rest, since)
    case 'nowtimezone':
      return inZone(rest, now)
    case 'epoch':
      return epochOf(rest, since)
    case 'milliseconds':
      return String(since)
    default:
      // a format alone, as one customer writes it
      return /y{2}/.test(token) ? formatted(token, since) : undefined
  }
}

function epochOf(unit: string | undefined, time: number): string {
  if (unit === 's') return String(Math.floor(time / 1000))
  // `0` is of one export, whose author meant nobody knows what
  return unit === 'us' ? `${time}000` : String(time)
}

/** Of `-8:00:yyyy-MM-dd HH:mm`: the zone ends at the last colon before which a zone stands. */
function inZone(text: string | undefined, time: number): string | undefined {
  let found: string | undefined
  for (let colon = text?.indexOf(':') ?? -1; text && colon >= 0; colon = text.indexOf(':', colon + 1)) {
    const zone = timeZone(text.slice(0, colon))
    if (zone) found = formatted(text.slice(colon + 1), time, zone) ?? found
  }
  return found
}

function formatted(format: string, time: number, zone?: TimeZone): string | undefined {
  const mask = dateMask(format.trim())
  return mask && String(mask.format(time, zone))
}

function splitAt(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
