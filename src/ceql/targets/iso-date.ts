/** How much of an instant a text names: a day, a day and a time, or both with their zone. */
export interface IsoDate {
  kind: 'day' | 'local' | 'instant'
  /** `2020-01-02` */
  day: string
  /** `03:04:05`, seconds filled in; empty for a day */
  time: string
  /** `.123`, or empty */
  fraction: string
  /** `Z`, `+02:00`, or empty */
  zone: string
}

const ISO_DATE = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/

/**
 * Dates are text in CEQL (spec 21 §1.1); where a vendor's language has a notation of its own for them, what looks like one is
 * one.
 * @returns undefined for any other text, also for a day that no calendar has and a time that no clock shows
 */
export function isoDate(text: string): IsoDate | undefined {
  const [, day, minutes, seconds = ':00', fraction = '', zone = ''] = ISO_DATE.exec(text) ?? []
  if (day === undefined || !isDay(day)) return undefined
  if (minutes === undefined) return { kind: 'day', day, time: '', fraction: '', zone: '' }
  const time = minutes + seconds
  const offset = zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2')
  if (Number.isNaN(Date.parse(`${day}T${time}${offset || 'Z'}`))) return undefined
  return { kind: zone === '' ? 'local' : 'instant', day, time, fraction, zone: offset }
}

/** The thirtieth of February would be taken for the first of March. */
function isDay(day: string): boolean {
  const date = new Date(day)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}
