import { isObject } from '../../model/is-object.ts'
import { storableText } from '../../model/storable-text.ts'

/** What an execution begins with, and by which object it is found later. */
export interface TriggerContext {
  /** spec 31 §1.1 */
  trigger: Record<string, unknown>
  objectId?: string | undefined
}

export interface EventNotification {
  eventId: string
  elementInstanceId: number
  events: readonly Readonly<Record<string, unknown>>[]
  /** what receivers of the event get: `message.events` are all of its objects */
  body: Readonly<Record<string, unknown>>
  /** of that body, as text */
  bodyChars: number
}

/** of an id that executions are found by */
const MOST_ID = 1_000

/** Each execution has a copy of the whole notification: a large one with thousands of objects would fill the disk. */
const MOST_CHARS = 32 * 1024 * 1024

/**
 * One context for each object of an event (spec 31 §1.1), in their order. All of them see the whole notification, unless that many copies are more
 * than 32 MiB: then each sees its own object in `body.message.events`, and nothing in `raw`.
 */
export function eventTriggers({
  eventId,
  elementInstanceId,
  events,
  body,
  bodyChars,
}: EventNotification): TriggerContext[] {
  const isWhole = events.length === 1 || events.length * bodyChars <= MOST_CHARS
  return events.map((event) => ({
    trigger: {
      type: 'event',
      event,
      eventId,
      instanceId: elementInstanceId,
      body: isWhole ? body : withOnly(event, body),
    },
    objectId: idOf(event),
  }))
}

function withOnly(event: unknown, body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const message = isObject(body['message']) ? body['message'] : {}
  return { ...body, message: { ...message, events: [event], raw: {} } }
}

function idOf({ objectId }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof objectId === 'string') return storableText(objectId).slice(0, MOST_ID)
  return typeof objectId === 'number' ? String(objectId) : undefined
}
