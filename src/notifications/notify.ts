import { type SqlBool, sql, type Transaction } from 'kysely'
import { accountGroup } from '../jobs/account-group.ts'
import type { Wake } from '../jobs/jobs.ts'
import type { Owner } from '../model/owner.ts'
import type { Publish } from '../store/changes.ts'
import type { EventReference, NotifyContext } from './context.ts'
import { writeEnvelope } from './envelope.ts'
import { lockSubscriptions } from './lock-subscriptions.ts'
import { inNotifications, type NotificationTables, type Severity, type SubscriptionRow } from './notification-table.ts'

/** Work of `deliver.ts`; its keys are ids of subscriptions. */
export const DELIVER_QUEUE = 'notifications.deliver'

/** A statement takes 65,535 values. */
const ROWS_A_STATEMENT = 5_000

/** A message that somebody may want to hear of. */
export interface Notice {
  owner: Owner
  topic: string
  severity: Severity
  /** `user` of the envelope: a mail address */
  from: string
  /** any JSON value */
  message: unknown
  action?: 'create'
  /** the event that it tells of */
  event?: EventReference
  /** what the event's header `Elements-Webhook-Depth` said: how many hubs it went through before this one; 0 when absent */
  depth?: number
}

export interface Notified {
  id: number
  /** the exact bytes that every receiver gets */
  body: string
  /** how many receivers there are */
  deliveries: number
}

/**
 * Stores notifications and one delivery for each subscription of the same account and topic, and wakes those that have something to do
 * (spec 41 §2). Subscriptions whose receiver failed too long get theirs `queued` (spec 40 §9.3).
 *
 * @returns one entry for each notice, in their order
 */
export async function notify<DB>(
  context: NotifyContext,
  plainTrx: Transaction<DB>,
  publish: Publish,
  notices: readonly Notice[],
): Promise<Notified[]> {
  if (notices.length === 0) return []
  const trx = inNotifications(plainTrx)
  const createdAt = context.now()
  const ids = await nextIds(trx, notices.length)
  const rows = notices.map((notice, index) => toRow(ids[index] as number, createdAt, notice))
  await trx.insertInto('notifications').values(rows).execute()

  const listeners = await subscribed(trx, notices)
  await readAgain(trx, [...listeners.values()].flat())
  const deliveries = rows.flatMap((row) =>
    (listeners.get(keyOf(row.account_id, row.topic)) ?? []).map(({ id, active }) => ({
      created_at: createdAt,
      notification_id: row.id,
      subscription_id: id,
      account_id: row.account_id,
      status: active ? ('created' as const) : ('queued' as const),
      updated_at: createdAt,
    })),
  )
  for (let start = 0; start < deliveries.length; start += ROWS_A_STATEMENT) {
    const some = deliveries.slice(start, start + ROWS_A_STATEMENT)
    await trx.insertInto('deliveries').values(some).execute()
  }
  await context.jobs.wake(trx, publish, DELIVER_QUEUE, wakesOf([...listeners.values()].flat()))
  return rows.map(({ id, body, account_id, topic }) => ({
    id,
    body,
    deliveries: listeners.get(keyOf(account_id, topic))?.length ?? 0,
  }))
}

async function nextIds(trx: Transaction<NotificationTables>, count: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence('notifications', 'id')) as id from generate_series(1, ${count})`.execute(trx)
  return rows.map(({ id }) => id).toSorted((a, b) => a - b)
}

function toRow(id: number, createdAt: Date, notice: Notice) {
  const body = writeEnvelope(id, createdAt, notice)
  return {
    id,
    created_at: createdAt,
    organization_id: notice.owner.organizationId,
    account_id: notice.owner.accountId,
    user_id: notice.owner.userId,
    topic: notice.topic,
    severity: notice.severity,
    sender: notice.from,
    body,
    size_bytes: Buffer.byteLength(body),
    instance_id: notice.event?.instanceId ?? null,
    event_id: notice.event?.eventId ?? null,
    event_received_at: notice.event?.receivedAt ?? null,
    depth: notice.depth ?? 0,
  }
}

/** A subscription that is being made active again: whether what comes now is queued, and stays so, is decided when that is over. */
async function readAgain(trx: Transaction<NotificationTables>, listeners: readonly Listener[]): Promise<void> {
  const inactive = listeners.filter(({ active }) => !active)
  if (inactive.length === 0) return
  const locked = await lockSubscriptions(
    trx,
    inactive.map(({ id }) => id),
  )
  const activeIds = new Set(locked.filter(({ active }) => active).map(({ id }) => id))
  for (const listener of inactive) listener.active = activeIds.has(listener.id)
}

type Listener = Pick<SubscriptionRow, 'id' | 'account_id' | 'channel' | 'active'>

/** Subscriptions by account and topic, in the order of their ids. */
async function subscribed(
  trx: Transaction<NotificationTables>,
  notices: readonly Notice[],
): Promise<Map<string, Listener[]>> {
  const wanted = [...new Map(notices.map((one) => [keyOf(one.owner.accountId, one.topic), one])).values()]
  const pairs = sql.join(wanted.map(({ owner, topic }) => sql`(${owner.accountId}::integer, ${topic}::text)`))
  const rows = await trx
    .selectFrom('subscription_topics as t')
    .innerJoin('subscriptions as s', 's.id', 't.subscription_id')
    .select(['t.topic', 's.id', 's.account_id', 's.channel', 's.active'])
    .where(sql<SqlBool>`(t.account_id, t.topic) in (${pairs})`)
    .orderBy('s.id')
    .execute()
  const found = new Map<string, Listener[]>()
  for (const { topic, ...listener } of rows) {
    const key = keyOf(listener.account_id, topic)
    found.set(key, [...(found.get(key) ?? []), listener])
  }
  return found
}

/** Nobody carries short messages and pushes yet: theirs stay `created` (spec 41 §3). */
function wakesOf(listeners: readonly Listener[]): Wake[] {
  const able = listeners.filter(({ active, channel }) => active && (channel === 'webhook' || channel === 'email'))
  return [...new Map(able.map(({ id, account_id }) => [id, wakeOf(id, account_id)])).values()]
}

/** What wakes the line of one subscription. */
export function wakeOf(subscriptionId: number, accountId: number): Wake {
  return { key: String(subscriptionId), group: accountGroup(accountId) }
}

function keyOf(accountId: number, topic: string): string {
  return `${accountId} ${topic}`
}
