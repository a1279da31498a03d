import { asText } from '../engine/as-text.ts'
import { extractPath, parseRootPath } from '../engine/root-path.ts'
import { isObject } from '../model/is-object.ts'
import { ownValue } from '../model/own-value.ts'
import { type EventDefaults, emptyEvent, type NormalizedEvent, setText } from './normalize.ts'

/** What one poll of one resource found, as it is posted (spec 40 §7.8). */
export interface PolledPayload {
  objectType: string
  records: readonly unknown[]
  /** what the payload says of them itself */
  given: unknown
  /** `create`, `update`, `delete`, where a client that plays the poller says so */
  action: string | undefined
  /** members that are none of these */
  rest: Readonly<Record<string, unknown>>
}

/** How the poller's configuration reads a record of this resource. */
export interface RecordReader {
  /** dotted path of the id; empty: the event hook finds it */
  idField: string
  /** when it was made, when it was changed; undefined where the record does not say */
  createdAt(record: unknown): Date | undefined
  updatedAt(record: unknown): Date | undefined
  /** how far the two may lie apart in a record that is new, in ms */
  toleranceMs: number
}

/** Each event has it: a long one and many records would be a message a thousand times as large as what was posted. */
const LONGEST_TYPE = 200
const OWN_MEMBERS = new Set(['objectType', 'events', 'instance_id', 'eventId', 'pollDate'])

/** @returns undefined when it does not say which resource it is of, or has no records of it: a webhook like any other */
export function readPolledPayload(body: Readonly<Record<string, unknown>>): PolledPayload | undefined {
  const objectType = ownValue(body, 'objectType')
  if (typeof objectType !== 'string' || objectType === '' || objectType.length > LONGEST_TYPE) return undefined
  const found = OWN_MEMBERS.has(objectType) ? undefined : ownValue(body, objectType)
  const given = ownValue(body, 'events')
  const records = Array.isArray(found) ? found : isObject(found) ? [found] : []
  if (records.length === 0 && !Array.isArray(given)) return undefined
  const action = ownValue(body, 'action')
  const rest = Object.entries(body).filter(([name]) => name !== objectType && !OWN_MEMBERS.has(name))
  return {
    objectType,
    records,
    given,
    action: typeof action === 'string' ? action.toLowerCase() : undefined,
    rest: Object.fromEntries(rest),
  }
}

/** What nobody says how to read is read by what it is called. */
const PLAIN: RecordReader = { idField: 'id', createdAt: () => undefined, updatedAt: () => undefined, toleranceMs: 0 }

/**
 * One event for each record (spec 40 §7.5, steps 2 and 5).
 *
 * @param reader of the instance's poller configuration
 * @param since when the resource was polled before, where that is known
 */
export function derivePolledEvents(
  { objectType, records, action }: PolledPayload,
  defaults: EventDefaults,
  reader: RecordReader = PLAIN,
  since?: Date,
): NormalizedEvent[] {
  return records.map((record) => {
    const type = isObject(record) ? typeOfRecord(record, reader, since, action) : 'UNKNOWN'
    const date = reader.updatedAt(record) ?? reader.createdAt(record)
    const event = emptyEvent(type, date?.toISOString(), defaults)
    setText(event, 'objectType', objectType)
    setText(event, 'objectId', idOf(record, reader.idField))
    return event
  })
}

const TYPES: Readonly<Record<string, string>> = { create: 'CREATED', update: 'UPDATED', delete: 'DELETED' }

/** `CREATED`, `UPDATED` or `DELETED` (spec 40 §7.5, step 5). */
export function typeOfRecord(
  record: Readonly<Record<string, unknown>>,
  { createdAt, updatedAt, toleranceMs }: Pick<RecordReader, 'createdAt' | 'updatedAt' | 'toleranceMs'>,
  since?: Date,
  action?: string,
): string {
  if (isTrue(ownValue(record, 'deleted')) || isTrue(ownValue(record, 'isDeleted'))) return 'DELETED'
  const [created, updated] = [createdAt(record), updatedAt(record)]
  if (created && updated) return updated.getTime() - created.getTime() <= toleranceMs ? 'CREATED' : 'UPDATED'
  const only = created ?? updated
  // without dates there is no telling; a client that plays the poller may say it
  if (!only) return TYPES[action ?? ''] ?? 'CREATED'
  if (!created) return 'UPDATED'
  return !since || created > since ? 'CREATED' : 'UPDATED'
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}

/** Paths of pollers may open with `@.` (spec 40 §7.3). */
export function idOf(record: unknown, idField: string): unknown {
  const path = parseRootPath(idField.replace(/^(?:@\.)+/, ''))
  const id = path && extractPath(record, path)
  return id === null || id === undefined || id === '' ? undefined : asText(id)
}

/**
 * The records as hooks and receivers see them: each with the id and the type of its event, unless it has a member of that name (spec 40
 * §7.8).
 *
 * @param events one for each record, or of none
 */
export function withFacts(records: readonly unknown[], events: readonly NormalizedEvent[]): unknown[] {
  if (events.length !== records.length) return [...records]
  return records.map((record, at) => {
    if (!isObject(record)) return record
    const { objectId, eventType } = events[at] as NormalizedEvent
    const facts = { ...(objectId === undefined ? {} : { objectId }), eventType }
    return { ...record, ...facts, ...record }
  })
}

/** `raw` of a poll (spec 40 §8): the records, their type, and when they were found, in ms since 1970. */
export function rawOfPoll({ objectType, rest }: PolledPayload, records: readonly unknown[], pollDate: Date) {
  return { ...rest, objectType, pollDate: pollDate.getTime(), [objectType]: records }
}
