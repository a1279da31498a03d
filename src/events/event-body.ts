import Type, { type Static } from 'typebox'
import { decodeText } from '../engine/body/decode-text.ts'
import { IsoSeconds, isoSeconds } from '../model/iso-seconds.ts'
import type { EventRow, EventStatus, EventTarget } from './event-table.ts'
import { readBody } from './read-body.ts'

const Status = Type.Enum(['NEW', 'RECEIVED', 'DISPATCHED', 'CONSUMED', 'NOTIFIED'], {
  description:
    '`NEW`: stored. `RECEIVED`: it could not be processed, its dispositions say why. `CONSUMED`: there was nothing to tell, or nobody to be told. `DISPATCHED`: on its way to a receiver. `NOTIFIED`: a receiver took it',
})

/** What became of an event for one instance. */
export const EventElementInstance = Type.Object(
  {
    eventId: Type.String(),
    elementInstanceId: Type.Integer(),
    status: Status,
    notificationId: Type.Optional(Type.Integer({ description: 'Of the notification that tells of it' })),
    notifiedData: Type.Optional(Type.String({ description: 'The message that a receiver took, as JSON text' })),
    createdDate: IsoSeconds,
    updatedDate: IsoSeconds,
  },
  { title: 'EventElementInstance' },
)

/** A stored event (spec 40 §10). */
export const EventBody = Type.Object(
  {
    id: Type.String(),
    eventDate: IsoSeconds,
    status: Status,
    providerData: Type.String({ description: 'What the vendor sent, as text' }),
    encodedid: Type.Optional(Type.String({ description: 'Id of its instance as webhook addresses have it' })),
    notifiedData: Type.Array(Type.Unknown({ description: 'A message that a receiver took' })),
    eventElementInstances: Type.Array(EventElementInstance),
  },
  { title: 'Event' },
)
export type EventBody = Static<typeof EventBody>

export type StoredEvent = Pick<EventRow, 'id' | 'received_at' | 'query' | 'content_type' | 'body'>

/** What became of an event for one instance, without what nobody is shown here. */
export type ShownTarget = Pick<
  EventTarget,
  'event_id' | 'instance_id' | 'status' | 'notification_id' | 'notified_data' | 'received_at' | 'updated_at'
>

/** @param targets of the event, at least one, those that the caller may see */
export function toEventBody(event: StoredEvent, targets: readonly ShownTarget[]): EventBody {
  const [first] = targets
  return {
    id: event.id,
    eventDate: isoSeconds(event.received_at),
    status: statusOf(targets),
    providerData: providerDataOf(event),
    ...(first?.instance_id ? { encodedid: Buffer.from(String(first.instance_id)).toString('base64') } : {}),
    notifiedData: targets.flatMap(({ notified_data }) => (notified_data === null ? [] : [messageIn(notified_data)])),
    eventElementInstances: targets.map(toInstanceBody),
  }
}

function toInstanceBody(target: ShownTarget): Static<typeof EventElementInstance> {
  const { event_id, instance_id, status, notification_id, notified_data, received_at, updated_at } = target
  return {
    eventId: event_id,
    elementInstanceId: instance_id ?? 0,
    status,
    ...(notification_id === null ? {} : { notificationId: notification_id }),
    ...(notified_data === null ? {} : { notifiedData: JSON.stringify(messageIn(notified_data)) }),
    createdDate: isoSeconds(received_at),
    updatedDate: isoSeconds(updated_at),
  }
}

/** A receiver takes an envelope (spec 40 §8); what is told of the event is the message in it. */
function messageIn(notifiedData: string): unknown {
  return (JSON.parse(notifiedData) as { message?: unknown }).message ?? null
}

const RANKS: readonly EventStatus[] = ['NEW', 'RECEIVED', 'CONSUMED', 'DISPATCHED', 'NOTIFIED']

/** Of several instances the furthest. */
function statusOf(targets: readonly ShownTarget[]): EventStatus {
  const ranks = targets.map(({ status }) => RANKS.indexOf(status))
  return RANKS[Math.max(0, ...ranks)] ?? 'NEW'
}

/** Of a request without a body, its parameters as JSON text. */
function providerDataOf({ query, content_type, body }: StoredEvent): string {
  const contentType = content_type ?? undefined
  return body.length > 0 ? decodeText(body, contentType) : JSON.stringify(readBody({ query, contentType, body }).raw)
}
