import Type, { type Static } from 'typebox'
import { IsoSeconds, isoSeconds } from '../model/iso-seconds.ts'
import type { NotificationRow } from './notification-table.ts'

export const SEVERITIES = ['low', 'medium', 'high'] as const

/** A message on a topic (spec 41 §2). */
export const NotificationBody = Type.Object(
  {
    id: Type.Integer(),
    from: Type.String({ description: 'Whom it is from' }),
    topic: Type.String({ examples: ['orders', 'instance-4711-acmecrm-events'] }),
    severity: Type.Enum([...SEVERITIES]),
    message: Type.Unknown({ description: 'Text or object, as it was sent' }),
    createdDate: IsoSeconds,
    active: Type.Boolean(),
    acknowledged: Type.Boolean(),
  },
  { title: 'Notification' },
)
export type NotificationBody = Static<typeof NotificationBody>

/** What a body is made of; the message stands in the envelope that receivers get. */
export const NOTIFICATION_COLUMNS = [
  'id',
  'sender',
  'topic',
  'severity',
  'body',
  'created_at',
  'active',
  'acknowledged',
] as const

export function toNotificationBody(
  row: Pick<NotificationRow, (typeof NOTIFICATION_COLUMNS)[number]>,
): NotificationBody {
  const { message } = JSON.parse(row.body) as { message: unknown }
  return {
    ...{ id: row.id, from: row.sender, topic: row.topic, severity: row.severity, message },
    ...{ createdDate: isoSeconds(row.created_at), active: row.active, acknowledged: row.acknowledged },
  }
}
