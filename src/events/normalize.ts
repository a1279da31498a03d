import { asText } from '../engine/as-text.ts'
import { parseInstant } from '../model/instant.ts'
import { isObject } from '../model/is-object.ts'
import { isoSeconds } from '../model/iso-seconds.ts'

/** One thing that happened, as every receiver reads it (spec 40 §8, `events[]`). */
export interface NormalizedEvent {
  /** `CREATED`, `UPDATED`, `DELETED`, `UNKNOWN`, or another word of a hook, in upper case */
  eventType: string
  /** when it happened, `2019-04-02T10:11:12Z` */
  date: string
  objectType?: string
  objectId?: string
  /** only of polls */
  pollDate?: string
  elementKey: string
  hubKey: string
  newPath?: string
  oldPath?: string
  otherId?: string
  /** of polled payloads that say more */
  [member: string]: unknown
}

/** What an event has that names none itself. */
export interface EventDefaults {
  /** when the event was received */
  now: Date
  elementKey: string
  hubKey: string
  /** of a poll */
  pollDate?: Date
}

/** Names of a hook's items and what they are called outside (spec 40 §6); further members of an item are dropped. */
const TEXTS = {
  event_object_type: 'objectType',
  event_object_id: 'objectId',
  event_new_path: 'newPath',
  event_old_path: 'oldPath',
  event_other_id: 'otherId',
} as const

/**
 * What a hook gave as `events`, as normalized events.
 * @param given of `done({ events })`; a single object counts as a list of one, anything but objects is left out
 */
export function normalizeHookEvents(given: unknown, defaults: EventDefaults): NormalizedEvent[] {
  const items = isObject(given) ? [given] : Array.isArray(given) ? given.filter(isObject) : []
  return items.map((item) => {
    const event = emptyEvent(item['event_type'], item['event_date'], defaults)
    for (const [name, member] of Object.entries(TEXTS)) setText(event, member, item[name])
    return event
  })
}

/**
 * `events` of a polled payload, which are taken as they are (spec 40 §7.8): what they lack is added, and an id is text.
 * @returns undefined when the payload has none
 */
export function givenEvents(given: unknown, defaults: EventDefaults): NormalizedEvent[] | undefined {
  const items = Array.isArray(given) ? given.filter(isObject) : []
  if (items.length === 0) return undefined
  return items.map((item) => {
    const event = { ...item, ...emptyEvent(item['eventType'], item['date'], defaults) }
    const ids = [item['elementKey'], item['hubKey']]
    if (typeof ids[0] === 'string' && ids[0] !== '') event.elementKey = ids[0]
    if (typeof ids[1] === 'string' && ids[1] !== '') event.hubKey = ids[1]
    if (typeof item['pollDate'] === 'string' && item['pollDate'] !== '') event.pollDate = item['pollDate']
    for (const member of Object.values(TEXTS)) {
      delete event[member]
      setText(event, member, item[member])
    }
    return event
  })
}

/** Something happened, and nobody can say what: no hook reads this vendor's webhooks (spec 40 §6, last row). */
export function unknownEvent(defaults: EventDefaults): NormalizedEvent {
  return emptyEvent(undefined, undefined, defaults)
}

export function emptyEvent(type: unknown, date: unknown, defaults: EventDefaults): NormalizedEvent {
  const { now, elementKey, hubKey, pollDate } = defaults
  return {
    eventType: typeof type === 'string' && type.trim() !== '' ? type.trim().toUpperCase() : 'UNKNOWN',
    date: isoSeconds(dateOf(date) ?? now),
    elementKey,
    hubKey,
    ...(pollDate ? { pollDate: isoSeconds(pollDate) } : {}),
  }
}

export function setText(event: NormalizedEvent, member: string, value: unknown): void {
  if (value !== undefined && value !== null && value !== '') event[member] = asText(value)
}

/** Smaller numbers are seconds since 1970: in milliseconds they would be January of that year. */
const FEWEST_MS = 100_000_000_000
const LAST_MS = 8.64e15

/** What vendors and scripts write as a time: ISO 8601, a number of milliseconds or seconds, what a mail's header says. */
function dateOf(value: unknown): Date | undefined {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^\d{9,16}$/.test(value)
        ? Number(value)
        : undefined
  if (number !== undefined) return timeOf(number < FEWEST_MS ? number * 1000 : number)
  if (typeof value !== 'string') return undefined
  return parseInstant(value.trim()) ?? timeOf(Date.parse(value))
}

/** What ISO 8601 writes with four digits of a year. */
function timeOf(ms: number): Date | undefined {
  if (!(Math.abs(ms) <= LAST_MS)) return undefined
  const date = new Date(ms)
  return date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999 ? date : undefined
}
