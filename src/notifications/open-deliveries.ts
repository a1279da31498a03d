import { type Kysely, type SqlBool, sql } from 'kysely'
import type { EventReference } from './context.ts'
import type { DeliveryStatus, NotificationTables } from './notification-table.ts'
import type { OpenDelivery } from './settle.ts'

/** A delivery with the size of what it carries. */
export interface WaitingDelivery extends OpenDelivery {
  sizeBytes: number
}

/** What of it is sent. */
export interface Carried {
  body: string
  depth: number
}

/** So much is read at once, unless one alone is larger. */
const MOST_BYTES = 1024 * 1024

/** The first deliveries of a subscription that were never tried, in their order. */
export async function firstAttempts(
  db: Kysely<NotificationTables>,
  subscriptionId: number,
  limit: number,
): Promise<WaitingDelivery[]> {
  const rows = await openRows(db)
    .where('d.subscription_id', '=', subscriptionId)
    .where(hasStatus('created'))
    .orderBy('d.id')
    .limit(limit)
    .execute()
  return rows.map(toWaiting)
}

/** @returns undefined when it waits no more, or for another time */
export async function waitingForRetry(
  db: Kysely<NotificationTables>,
  { id, createdAt, nextAttemptAt }: { id: number; createdAt: Date; nextAttemptAt: Date },
): Promise<(WaitingDelivery & { subscriptionId: number }) | undefined> {
  const row = await openRows(db)
    .select('d.subscription_id')
    .where('d.id', '=', id)
    .where('d.created_at', '=', createdAt)
    .where('n.created_at', '=', createdAt)
    .where(hasStatus('retry'))
    .where('d.next_attempt_at', '=', nextAttemptAt)
    .executeTakeFirst()
  return row && { ...toWaiting(row), subscriptionId: row.subscription_id }
}

/** Whether a subscription has a delivery that stands like this. */
export async function hasOpen(
  db: Kysely<NotificationTables>,
  subscriptionId: number,
  status: 'retry' | 'queued',
): Promise<boolean> {
  const row = await db
    .selectFrom('deliveries as d')
    .select('d.id')
    .where('d.subscription_id', '=', subscriptionId)
    .where(hasStatus(status))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Deliveries with what they carry, in their order; not more in memory than is worth one question. */
export async function* withBodies(
  db: Kysely<NotificationTables>,
  deliveries: readonly WaitingDelivery[],
): AsyncGenerator<{ delivery: WaitingDelivery; carried: Carried }> {
  for (const part of partsOf(deliveries)) {
    const times = part.map(({ createdAt }) => createdAt.getTime())
    const rows = await db
      .selectFrom('notifications')
      .select(['id', 'body', 'depth'])
      .where(
        'id',
        'in',
        part.map(({ notificationId }) => notificationId),
      )
      .where('created_at', '>=', new Date(Math.min(...times)))
      .where('created_at', '<=', new Date(Math.max(...times)))
      .execute()
    const carriedBy = new Map(rows.map(({ id, ...carried }) => [id, carried]))
    for (const delivery of part) {
      const carried = carriedBy.get(delivery.notificationId)
      if (carried) yield { delivery, carried }
    }
  }
}

function partsOf(deliveries: readonly WaitingDelivery[]): WaitingDelivery[][] {
  const parts: WaitingDelivery[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const delivery of deliveries) {
    bytes += delivery.sizeBytes
    if (bytes > MOST_BYTES) {
      bytes = delivery.sizeBytes
      parts.push([])
    }
    parts.at(-1)?.push(delivery)
  }
  return parts
}

/** Said as a constant: the index of open deliveries is a partial one. */
export function hasStatus(status: DeliveryStatus) {
  return sql<SqlBool>`d.status = ${sql.lit(status)}`
}

function openRows(db: Kysely<NotificationTables>) {
  return db
    .selectFrom('deliveries as d')
    .innerJoin('notifications as n', (join) =>
      join.onRef('n.id', '=', 'd.notification_id').onRef('n.created_at', '=', 'd.created_at'),
    )
    .select(['d.id', 'd.created_at', 'd.notification_id', 'd.attempts', 'd.first_failed_at', 'n.size_bytes'])
    .select(['n.event_id', 'n.event_received_at', 'n.instance_id'])
}

type OpenRow = Awaited<ReturnType<ReturnType<typeof openRows>['execute']>>[number]

function toWaiting(row: OpenRow): WaitingDelivery {
  return {
    ...{ id: row.id, createdAt: row.created_at, notificationId: row.notification_id, attempts: row.attempts },
    ...{ firstFailedAt: row.first_failed_at, sizeBytes: row.size_bytes, event: toEvent(row) },
  }
}

function toEvent({ event_id, event_received_at, instance_id }: OpenRow): EventReference | undefined {
  if (event_id === null || event_received_at === null || instance_id === null) return undefined
  return { eventId: event_id, receivedAt: event_received_at, instanceId: instance_id }
}
