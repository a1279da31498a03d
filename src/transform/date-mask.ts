import { parseInstant } from '../model/instant.ts'
import { NAMED_ZONES, type TimeZone, timeInZone } from './time-zone.ts'

/** A way to write moments: a mask of letters, milliseconds, or ISO 8601 where no mask is given. Times are epoch milliseconds. */
export interface DateMask {
  /**
   * @param zone of what names none itself; UTC when absent
   * @returns undefined for what is not written so
   */
  parse(value: string | number, zone?: TimeZone): number | undefined
  /** @param zone whose clock is written; UTC when absent */
  format(time: number, zone?: TimeZone): string | number
  /** false: days only, whose time of day would be an invention */
  hasTime: boolean
}

const MAX_TIME = 8.64e15
const DAY_MS = 86_400_000
const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const LETTERS = /^[GyYuMLdDEaHkKhmsSzZX]$/
const ZONE_LETTERS = new Set(['z', 'Z', 'X'])
const OFFSET = /^(?:GMT|UTC)?([+-])(\d{1,2})(?::?(\d{2}))?/
const NAME = /^[\p{L}]+/u

interface Field {
  letter: string
  count: number
  isNumber: boolean
  /** digits run into the next number: the width is what the mask says */
  isAdjacent: boolean
}

type Token = { literal: string } | Field

interface Moment {
  year: number
  month: number
  day: number
  dayOfYear: number | undefined
  hour: number
  isAfternoon: boolean | undefined
  minute: number
  second: number
  millis: number
  /** undefined: nothing was said */
  offsetMinutes: number | undefined
}

const MILLISECONDS: DateMask = {
  parse: (value) =>
    typeof value === 'string' && !/^-?\d{1,16}$/.test(value.trim()) ? undefined : valid(Number(value)),
  format: (time) => time,
  hasTime: true,
}

/** ISO 8601 as clients and vendors write it; epoch milliseconds are understood too, when they are a number. */
export const ISO: DateMask = {
  parse: (value) => (typeof value === 'number' ? valid(value) : valid(parseInstant(value.trim())?.getTime())),
  format: (time) => new Date(time).toISOString().replace('.000Z', 'Z'),
  hasTime: true,
}

/** The same of days alone. */
export const ISO_DAY: DateMask = { ...ISO, format: (time) => new Date(time).toISOString().slice(0, 10), hasTime: false }

/**
 * A mask in the letters of Java's SimpleDateFormat (spec 20 §9.1), or `milliseconds`. Without a zone in it a time is UTC, and
 * UTC is what is written. As there, text behind what the mask asks for does not matter; unlike there, a 32nd of March is no
 * date. Three or five letters `y` are a year, `Y` too, and `D` beside a month is a day.
 * @returns undefined for a text that is no mask
 */
export function dateMask(text: string): DateMask | undefined {
  return text.toLowerCase() === 'milliseconds' ? MILLISECONDS : compile(text)
}

/** Whether the type of a field is a mask, as old definitions have it: `MM/dd/yyy`, `milliseconds`. */
export function isDateMask(type: string): boolean {
  return type.toLowerCase() === 'milliseconds' || (/[yY]{2}/.test(type) && dateMask(type) !== undefined)
}

function compile(text: string): DateMask | undefined {
  const tokens = text.length > 200 ? undefined : tokensOf(text)
  if (!tokens?.some((token) => 'letter' in token)) return undefined
  const letters = new Set(tokens.map((token) => ('letter' in token ? token.letter : '')))
  const isNumber = /^[yMdHms]+$/.test(text)
  return {
    parse(value, zone) {
      if (typeof value === 'string') return parse(tokens, value.trim(), zone)
      return (isNumber ? parse(tokens, String(value), zone) : undefined) ?? valid(value)
    },
    format: (time, zone) => format(tokens, time, zone),
    hasTime: ['H', 'k', 'K', 'h', 'm', 's', 'S'].some((letter) => letters.has(letter)),
  }
}

function tokensOf(mask: string): Token[] | undefined {
  const parts = [...mask.matchAll(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'/g)].map(([part]) => part)
  const fields = parts.map((part) => (/^[A-Za-z]/.test(part) ? fieldOf(part, mask) : undefined))
  if (fields.some((field) => field && !LETTERS.test(field.letter))) return undefined
  return parts.map((part, at) => {
    const field = fields[at]
    if (field) return { ...field, isAdjacent: fields[at + 1]?.isNumber ?? false }
    return { literal: part.startsWith("'") ? unquoted(part) : part }
  })
}

function fieldOf(run: string, mask: string): Omit<Field, 'isAdjacent'> {
  const letter = run.startsWith('D') && /[ML]/.test(mask) ? 'd' : run.charAt(0)
  const isNumber = 'ML'.includes(letter) ? run.length < 3 : 'yYudDHkKhmsS'.includes(letter)
  return { letter, count: run.length, isNumber }
}

function unquoted(part: string): string {
  return part === "''" ? "'" : part.slice(1, -1).replaceAll("''", "'")
}

function parse(tokens: readonly Token[], text: string, zone?: TimeZone): number | undefined {
  const moment: Moment = {
    year: 1970,
    month: 1,
    day: 1,
    dayOfYear: undefined,
    hour: 0,
    isAfternoon: undefined,
    minute: 0,
    second: 0,
    millis: 0,
    offsetMinutes: undefined,
  }
  let at = 0
  for (const token of tokens) {
    if ('literal' in token) {
      if (!text.startsWith(token.literal, at)) return undefined
      at += token.literal.length
      continue
    }
    const width = token.isNumber ? readNumber(token, text, at, moment) : readName(token, text.slice(at), moment)
    if (width === 0) return undefined
    at += width
  }
  return timeOf(moment, zone)
}

/** @returns how many characters it took; 0 when there is no such number */
function readNumber(token: Field, text: string, from: number, moment: Moment): number {
  const widest = token.isAdjacent ? token.count : 9
  let end = from
  while (end < text.length && end - from < widest && isDigit(text.charCodeAt(end))) end++
  if (end === from) return 0
  const digits = text.slice(from, end)
  const value = Number(digits)
  switch (token.letter) {
    case 'y':
    case 'Y':
    case 'u':
      moment.year = token.count === 2 && digits.length === 2 ? value + (value < 70 ? 2000 : 1900) : value
      break
    case 'M':
    case 'L':
      moment.month = value
      break
    case 'd':
      moment.day = value
      break
    case 'D':
      moment.dayOfYear = value
      break
    case 'H':
      moment.hour = value
      break
    case 'k':
      moment.hour = value === 24 ? 0 : value
      break
    case 'K':
    case 'h':
      moment.hour = value === 12 ? 0 : value
      moment.isAfternoon ??= false
      break
    case 'm':
      moment.minute = value
      break
    case 's':
      moment.second = value
      break
    default:
      // more digits than milliseconds have are a fraction, whatever Java makes of them
      moment.millis = digits.length > 3 ? Number(digits.slice(0, 3)) : value
  }
  return end - from
}

function readName({ letter }: { letter: string }, text: string, moment: Moment): number {
  if (letter === 'z' || letter === 'Z' || letter === 'X') return readZone(text, moment)
  const name = NAME.exec(text)?.[0].toLowerCase()
  if (!name) return 0
  if (letter === 'a') {
    if (name !== 'am' && name !== 'pm') return 0
    moment.isAfternoon = name === 'pm'
  } else if (letter === 'M' || letter === 'L') {
    const found = MONTHS.findIndex((month) => isNameOf(month, name))
    if (found < 0) return 0
    moment.month = found + 1
  } else if (letter === 'E' && !DAYS.some((day) => isNameOf(day, name))) return 0
  return name.length
}

function isNameOf(whole: string, name: string): boolean {
  return name.length >= 3 && whole.toLowerCase().startsWith(name)
}

function readZone(text: string, moment: Moment): number {
  const [offset, sign, hours, minutes] = OFFSET.exec(text) ?? []
  if (offset) {
    moment.offsetMinutes = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0))
    return offset.length
  }
  const name = NAME.exec(text)?.[0] ?? ''
  const zone = Object.hasOwn(NAMED_ZONES, name.toUpperCase()) ? NAMED_ZONES[name.toUpperCase()] : undefined
  if (zone === undefined) return 0
  moment.offsetMinutes = zone * 60
  return name.length
}

function timeOf(moment: Moment, zone?: TimeZone): number | undefined {
  const { year, month, day, dayOfYear, minute, second, millis, isAfternoon, offsetMinutes } = moment
  const hour = isAfternoon && moment.hour < 12 ? moment.hour + 12 : moment.hour
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1) return undefined
  if (dayOfYear !== undefined) date.setTime(startOfYear(year) + (dayOfYear - 1) * DAY_MS)
  const reading = valid(date.getTime() + ((hour * 60 + minute - (offsetMinutes ?? 0)) * 60 + second) * 1000 + millis)
  return reading !== undefined && zone && offsetMinutes === undefined ? valid(timeInZone(reading, zone)) : reading
}

function format(tokens: readonly Token[], time: number, zone?: TimeZone): string {
  const offset = zone?.offsetMinutesAt(time) ?? 0
  const clock = new Date(time + offset * 60_000)
  let text = ''
  for (const token of tokens) {
    if ('literal' in token) text += token.literal
    else if (ZONE_LETTERS.has(token.letter)) text += formatZone(token.letter, token.count, offset, zone)
    else text += formatField(token.letter, token.count, clock)
  }
  return text
}

function formatZone(letter: string, count: number, offset: number, zone: TimeZone | undefined): string {
  if (letter === 'z') return zone?.name ?? 'UTC'
  if (letter === 'X' && offset === 0) return 'Z'
  const hours = padded(Math.floor(Math.abs(offset) / 60), 2)
  const minutes = padded(Math.abs(offset) % 60, 2)
  const colon = (letter === 'X' && count > 2) || (letter === 'Z' && count === 2) ? ':' : ''
  return `${offset < 0 ? '-' : '+'}${hours}${letter === 'X' && count === 1 && minutes === '00' ? '' : colon + minutes}`
}

/** The members of a clock that shows local time as if it were UTC. */
function formatField(letter: string, count: number, date: Date): string {
  switch (letter) {
    case 'y':
    case 'Y':
    case 'u':
      return count === 2 ? padded(date.getUTCFullYear() % 100, 2) : padded(date.getUTCFullYear(), count)
    case 'M':
    case 'L':
      if (count < 3) return padded(date.getUTCMonth() + 1, count)
      return (MONTHS[date.getUTCMonth()] as string).slice(0, count === 3 ? 3 : undefined)
    case 'd':
      return padded(date.getUTCDate(), count)
    case 'D':
      return padded(Math.floor((date.getTime() - startOfYear(date.getUTCFullYear())) / DAY_MS) + 1, count)
    case 'E':
      return (DAYS[date.getUTCDay()] as string).slice(0, count <= 3 ? 3 : undefined)
    case 'a':
      return date.getUTCHours() < 12 ? 'AM' : 'PM'
    case 'H':
      return padded(date.getUTCHours(), count)
    case 'k':
      return padded(date.getUTCHours() || 24, count)
    case 'K':
      return padded(date.getUTCHours() % 12, count)
    case 'h':
      return padded(date.getUTCHours() % 12 || 12, count)
    case 'm':
      return padded(date.getUTCMinutes(), count)
    case 's':
      return padded(date.getUTCSeconds(), count)
    case 'S':
      return count > 3
        ? padded(date.getUTCMilliseconds(), 3).padEnd(count, '0')
        : padded(date.getUTCMilliseconds(), count)
    default:
      return date.getUTCFullYear() < 1 ? 'BC' : 'AD'
  }
}

function startOfYear(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1)
}

function padded(value: number, width: number): string {
  const digits = String(Math.abs(value)).padStart(width, '0')
  return value < 0 ? `-${digits}` : digits
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function valid(time: number | undefined): number | undefined {
  return time !== undefined && Math.abs(time) <= MAX_TIME ? time : undefined
}
