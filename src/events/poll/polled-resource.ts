import { isObject } from '../../model/is-object.ts'
import { dateMask } from '../../transform/date-mask.ts'
import { timeZone } from '../../transform/time-zone.ts'
import type { DateField } from './record-dates.ts'

/** What is asked of one resource at every poll (spec 40 §7.3). */
export interface PolledResource {
  /** `objectType` of its events */
  name: string
  /** a path of the hub with its query, with tokens of dates and names in braces that are not filled in yet */
  url: string
  /** empty: the element's event hook says what the id is */
  idField: string
  updated: DateField | undefined
  created: DateField | undefined
  /** false: what is new is told by the created date */
  filterByUpdatedDate: boolean
  /** what changed after the poll began waits for the next one */
  filterByCurrentDate: boolean
  /** dates this far apart are those of a record that was created and not changed since */
  createdToleranceMs: number
  pageSize: number | undefined
  /** how late a change can be found at the vendor */
  pollDelayMs: number
}

type Settings = Readonly<Record<string, unknown>>

const MAX_PAGE_SIZE = 5_000
const MAX_SECONDS = 7 * 86_400

/**
 * One entry of `event.poller.configuration`. Where documents and exports differ in a name or its place, both count.
 * @returns a sentence instead when it cannot be polled
 */
export function readPolledResource(name: string, settings: unknown): PolledResource | string {
  if (!isObject(settings)) return `${name}: expected an object of settings with a "url"`
  const url = textOf(settings['url']).trim()
  if (!url) return `${name}: "url" is missing`
  const dates = isObject(settings['datesConfiguration']) ? settings['datesConfiguration'] : {}
  const anywhere = (member: string) => settings[member] ?? dates[member]
  const zone = textOf(settings['updatedDateTimezone'])
  const updated = dateField(dates, 'updatedDate', zone)
  const created = dateField(dates, 'createdDate', zone)
  const wrong = [updated, created].map((date) => date && wrongOf(date)).find((sentence) => sentence !== undefined)
  if (wrong !== undefined) return `${name}: ${wrong}`
  return {
    name,
    url,
    idField: textOf(settings['idField']).trim(),
    updated,
    created,
    filterByUpdatedDate: booleanOf(anywhere('filterByUpdatedDate') ?? anywhere('filterByUpdateDate'), true),
    filterByCurrentDate: booleanOf(anywhere('filterByCurrentDate'), false),
    createdToleranceMs: secondsOf(anywhere('createdCheckTolerance')) * 1000,
    pageSize: pageSizeOf(settings['pageSize']),
    pollDelayMs: secondsOf(settings['pollDelay']) * 1000,
  }
}

/** Columns of a row of `event.poller.urls` behind the url (spec 40 §7.2); the first of them is the path to the rows, which is the hub's to know. */
const DATE_COLUMNS = [
  'updatedDateField',
  'updatedDateFormat',
  'updatedDateTimezone',
  'createdDateField',
  'createdDateFormat',
  'createdDateTimezone',
]

/** A row of the old dialect as an entry of the new one. It has no column for the id. */
export function settingsOfRow(row: readonly string[]): Settings {
  const [, url = '', , ...columns] = row
  const dates = DATE_COLUMNS.map((member, at) => [member, columns[at]] as const).filter(([, value]) => value)
  return { url, idField: 'id', datesConfiguration: Object.fromEntries(dates) }
}

function dateField(dates: Settings, prefix: string, zone: string): DateField | undefined {
  const field = textOf(dates[`${prefix}Field`]).trim()
  if (!field) return undefined
  const timezone = textOf(dates[`${prefix}Timezone`] ?? dates[`${prefix}TimeZone`])
  return { field, format: textOf(dates[`${prefix}Format`]), timezone: timezone || zone }
}

/** Read in another zone, or not at all, changes would be told at the wrong time or not: better not polled, and said so. */
function wrongOf({ field, format = '', timezone = '' }: DateField): string | undefined {
  if (timezone.trim() && !timeZone(timezone)) {
    return `"${timezone}" names no time zone for "${field}"; write a region as America/Denver, or an offset as -07:00`
  }
  if (format.trim() && !dateMask(format.trim())) {
    return `"${format}" is no format of dates for "${field}"; write letters as yyyy-MM-dd'T'HH:mm:ss, or milliseconds`
  }
  return undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

function booleanOf(value: unknown, otherwise: boolean): boolean {
  const text = String(value ?? '')
    .trim()
    .toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : otherwise
}

function secondsOf(value: unknown): number {
  const seconds = Number(textOf(value) || 0)
  return seconds > 0 ? Math.min(seconds, MAX_SECONDS) : 0
}

function pageSizeOf(value: unknown): number | undefined {
  const size = Math.floor(Number(textOf(value) || 0))
  return size >= 1 ? Math.min(size, MAX_PAGE_SIZE) : undefined
}
