import { type Kysely, type SqlBool, sql } from 'kysely'
import type { EventReference } from './context.ts'
import type { DeliveryRow, DeliveryStatus, NotificationRow, NotificationTables } from './notification-table.ts'
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

/**
 * The first deliveries of a subscription that were never tried, in their order.
 *
 * @param place only those before the delivery with this id, or only those behind it
 */
export async function firstAttempts(
  db: Kysely<NotificationTables>,
  subscriptionId: number,
  limit: number,
  { before, behind }: { before?: number | undefined; behind?: number | undefined } = {},
): Promise<WaitingDelivery[]> {
  let open = openRows(db).where('d.subscription_id', '=', subscriptionId).where(hasStatus('created'))
  if (before !== undefined) open = open.where('d.id', '<', before)
  if (behind !== undefined) open = open.where('d.id', '>', behind)
  const rows = await open.orderBy('d.id').limit(limit).execute()
  return toWaiting(db, rows)
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
    .where(hasStatus('retry'))
    .where('d.next_attempt_at', '=', nextAttemptAt)
    .executeTakeFirst()
  const [waiting] = row ? await toWaiting(db, [row]) : []
  return row && waiting && { ...waiting, subscriptionId: row.subscription_id }
}

/** Id of the first delivery of a subscription that stands like this; undefined when none does. */
export async function firstOpen(
  db: Kysely<NotificationTables>,
  subscriptionId: number,
  status: 'retry' | 'queued',
): Promise<number | undefined> {
  const row = await db
    .selectFrom('deliveries as d')
    .select('d.id')
    .where('d.subscription_id', '=', subscriptionId)
    .where(hasStatus(status))
    .orderBy('d.id')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

/** Deliveries with what they carry, in their order; not more in memory than is worth one question. */
export async function* withBodies(
  db: Kysely<NotificationTables>,
  deliveries: readonly WaitingDelivery[],
): AsyncGenerator<{ delivery: WaitingDelivery; carried: Carried }> {
  for (const part of partsOf(deliveries)) {
    const rows = await notificationsOf(db, part).select(['id', 'body', 'depth']).execute()
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
function hasStatus(status: DeliveryStatus) {
  return sql<SqlBool>`d.status = ${sql.lit(status)}`
}

function openRows(db: Kysely<NotificationTables>) {
  return db
    .selectFrom('deliveries as d')
    .select(['d.id', 'd.created_at', 'd.notification_id', 'd.attempts', 'd.first_failed_at'])
}

type OpenRow = Pick<DeliveryRow, 'id' | 'created_at' | 'notification_id' | 'attempts' | 'first_failed_at'>

/** Their times say which partitions to look at: joined, both tables would be planned with all of theirs, which takes longer than the rest. */
function notificationsOf(
  db: Kysely<NotificationTables>,
  deliveries: readonly { notificationId: number; createdAt: Date }[],
) {
  const times = deliveries.map(({ createdAt }) => createdAt.getTime())
  const ids = deliveries.map(({ notificationId }) => notificationId)
  return db
    .selectFrom('notifications')
    .where('id', 'in', ids)
    .where('created_at', '>=', new Date(Math.min(...times)))
    .where('created_at', '<=', new Date(Math.max(...times)))
}

async function toWaiting(db: Kysely<NotificationTables>, rows: readonly OpenRow[]): Promise<WaitingDelivery[]> {
  if (rows.length === 0) return []
  const deliveries = rows.map((row) => ({
    ...{ id: row.id, createdAt: row.created_at, notificationId: row.notification_id, attempts: row.attempts },
    firstFailedAt: row.first_failed_at,
  }))
  const facts = await notificationsOf(db, deliveries)
    .select(['id', 'size_bytes', 'event_id', 'event_received_at', 'instance_id'])
    .execute()
  const factsOf = new Map(facts.map((one) => [one.id, one]))
  return deliveries.flatMap((delivery) => {
    const fact = factsOf.get(delivery.notificationId)
    return fact ? [{ ...delivery, sizeBytes: fact.size_bytes, event: toEvent(fact) }] : []
  })
}

type EventColumns = Pick<NotificationRow, 'event_id' | 'event_received_at' | 'instance_id'>

function toEvent({ event_id, event_received_at, instance_id }: EventColumns): EventReference | undefined {
  if (event_id === null || event_received_at === null || instance_id === null) return undefined
  return { eventId: event_id, receivedAt: event_received_at, instanceId: instance_id }
}
