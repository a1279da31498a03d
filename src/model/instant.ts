/** `2018-09-01`, or with a time, a fraction and a zone: `2018-09-01T10:30:00.5-4:00`. */
const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:([Zz])|([-+ ])(\d{1,2})(?::?(\d{2}))?)?)?$/

/**
 * A moment as clients write it (spec 00 §9): ISO 8601; a date alone is its midnight in UTC; without a zone it is UTC; the
 * hour of an offset may have one digit; the `+` of an offset that a query string turned into a blank still counts.
 * @returns undefined for anything else, also for days and times that do not exist
 */
export function parseInstant(text: string): Date | undefined {
  const found = FORM.exec(text)
  if (!found) return undefined
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((at) => Number(found[at] ?? 0)) as Six
  const millis = Math.floor(Number(`0.${found[7] ?? 0}`) * 1000)
  const [offsetHours, offsetMinutes] = [Number(found[10] ?? 0), Number(found[11] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 18 || offsetMinutes > 59) return undefined
  const local = new Date(0)
  local.setUTCFullYear(year, month - 1, day)
  local.setUTCHours(hour, minute, second, millis)
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return undefined
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000
  return new Date(local.getTime() - (found[9] === '-' ? -offset : offset))
}

type Six = [number, number, number, number, number, number]
