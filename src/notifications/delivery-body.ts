import Type, { type Static } from 'typebox'
import { IsoSeconds, isoSeconds } from '../model/iso-seconds.ts'
import { NotificationBody } from './notification-body.ts'
import type { DeliveryRow } from './notification-table.ts'
import { SubscriptionBody } from './subscription-body.ts'

const DELIVERY_STATUSES = ['created', 'delivered', 'notified', 'retry', 'queued'] as const

/** What became of one notification for one subscription (spec 41 §4). */
export const DeliveryBody = Type.Object(
  {
    id: Type.Integer(),
    notificationId: Type.Integer(),
    subscriptionId: Type.Integer(),
    status: Type.Enum([...DELIVERY_STATUSES], {
      description:
        '`created`: not tried yet; `delivered`: the receiver took it; `notified`: handed to mail; `retry`: waits for the next attempt; `queued`: held until it is released',
    }),
    attempts: Type.Integer({ description: 'How often it was tried since it was made or released' }),
    nextAttemptDate: Type.Optional(IsoSeconds),
    message: Type.Optional(Type.String({ description: 'Why the last attempt failed' })),
    createdDate: IsoSeconds,
    updatedDate: IsoSeconds,
    notification: Type.Optional(NotificationBody),
    subscription: Type.Optional(SubscriptionBody),
  },
  { title: 'NotificationDelivery' },
)
export type DeliveryBody = Static<typeof DeliveryBody>

export function toDeliveryBody(row: DeliveryRow): DeliveryBody {
  return {
    ...{ id: row.id, notificationId: row.notification_id, subscriptionId: row.subscription_id },
    ...{ status: row.status, attempts: row.attempts },
    ...(row.next_attempt_at === null ? {} : { nextAttemptDate: isoSeconds(row.next_attempt_at) }),
    ...(row.message === null ? {} : { message: row.message }),
    ...{ createdDate: isoSeconds(row.created_at), updatedDate: isoSeconds(row.updated_at) },
  }
}
