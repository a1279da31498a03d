import type { HookPlan } from '../engine/plan.ts'
import { ValenceError } from '../errors.ts'
import { parseInstant } from '../model/instant.ts'
import { isObject } from '../model/is-object.ts'
import type { EventTable } from './event-table.ts'
import {
  type EventDefaults,
  givenEvents,
  type NormalizedEvent,
  normalizeHookEvents,
  unknownEvent,
} from './normalize.ts'
import {
  derivePolledEvents,
  type PolledPayload,
  type RecordReader,
  rawOfPoll,
  readPolledPayload,
  withFacts,
} from './polled-payload.ts'
import { type Arrived, eventsVariable, type ReadBody, readBody } from './read-body.ts'

/** What an event tells one instance: the things that happened, and what the vendor said of them. */
export interface ReadEvents {
  /** none: there is nothing to tell of */
  events: NormalizedEvent[]
  raw: Record<string, unknown>
}

export interface Reading {
  arrived: Arrived & { kind: EventTable['kind'] }
  /** when it was received, and of which element and hub */
  defaults: EventDefaults
  /** of the element of the instance */
  hook: HookPlan | undefined
  /** runs it; gives back what it gave as `events` */
  runHook(events: unknown): Promise<unknown>
  /** how the instance's poller configuration reads records of a resource */
  readerOf(objectType: string): RecordReader | undefined
}

/** Of two bytes that somebody posts, an event of a hundred is made, in one message for each receiver. */
const MOST_EVENTS = 100_000

/**
 * From what arrived to normalized events (spec 40 §6, §7.8). Whose turn it is:
 *
 * 1. a polled payload that lists its `events`: they are taken as they are
 * 2. the event hook of the element, for webhooks and polled payloads alike
 * 3. a polled payload without a hook: one event for each record, by its dates (§7.5)
 * 4. a webhook without a hook: one event of which nothing is known
 *
 * @throws ValenceError what `runHook` throws; BODY_INVALID for more than 100,000 events
 */
export async function readEvents(reading: Reading): Promise<ReadEvents> {
  const body = readBody(reading.arrived)
  const polled = reading.arrived.kind === 'polling' ? readPolledPayload(body.raw) : undefined
  if (polled) return readPolled(reading, body, polled)
  const { hook, defaults } = reading
  if (!hook) return { events: [unknownEvent(defaults)], raw: body.raw }
  const given = await reading.runHook(eventsVariable(body, reading.arrived, hook.isLegacy))
  return { events: normalizeHookEvents(fewEnough(given), defaults), raw: body.raw }
}

async function readPolled(reading: Reading, body: ReadBody, polled: PolledPayload): Promise<ReadEvents> {
  const pollDate = pollDateOf(body.raw, polled) ?? reading.defaults.now
  const defaults = { ...reading.defaults, pollDate }
  const { objectType, records } = polled
  fewEnough(records)
  const given = givenEvents(fewEnough(polled.given), defaults)
  const derived = given ?? derivePolledEvents(polled, defaults, reading.readerOf(objectType))
  const shown = withFacts(records, derived)
  const raw = rawOfPoll(polled, shown, pollDate)
  const { hook } = reading
  if (given || !hook) return { events: derived, raw }
  // scripts see the payload as it was posted, with the records as receivers see them
  const payload = { raw: { ...body.raw, [objectType]: shown }, list: undefined }
  const told = await reading.runHook(eventsVariable(payload, reading.arrived, hook.isLegacy))
  return { events: normalizeHookEvents(fewEnough(told), defaults), raw }
}

/** @throws ValenceError BODY_INVALID */
function fewEnough(list: unknown): unknown {
  if (!Array.isArray(list) || list.length <= MOST_EVENTS) return list
  throw new ValenceError('BODY_INVALID', `There are ${list.length} events in one; at most ${MOST_EVENTS} are told of`)
}

/** Its own member in ms since 1970, or that of the first event. */
function pollDateOf({ pollDate }: Record<string, unknown>, { given }: PolledPayload): Date | undefined {
  const [first] = Array.isArray(given) ? given : []
  const text = isObject(first) ? first['pollDate'] : undefined
  if (typeof text === 'string') return parseInstant(text)
  return typeof pollDate === 'number' && Number.isInteger(pollDate) && pollDate >= 0 && pollDate < LAST_DATE_MS
    ? new Date(pollDate)
    : undefined
}

/** the year 9999 */
const LAST_DATE_MS = 253_402_300_799_999
