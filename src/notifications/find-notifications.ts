import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { NotificationContext } from './context.ts'
import { cutAt } from './cut-at.ts'
import { NOTIFICATION_COLUMNS, type NotificationBody, toNotificationBody } from './notification-body.ts'
import { inNotifications, notificationDb } from './notification-table.ts'
import { DELIVER_QUEUE, wakeOf } from './notify.ts'

type Context = Pick<NotificationContext, 'store'>

/**
 * `GET /notifications`: those of the caller's account on some topics, the newest first.
 *
 * @param query.after id of the last one of the previous page
 * @throws ValenceError PARAMETER_MISSING (400) without a topic (spec 41 §2)
 */
export async function listNotifications(
  { store }: Context,
  caller: Caller,
  { topics, pageSize, after }: { topics: readonly string[]; pageSize: number; after: number | undefined },
): Promise<{ items: NotificationBody[]; next: number | undefined }> {
  if (topics.length === 0) {
    throw new ValenceError('PARAMETER_MISSING', 'topics[] is required: name the topics whose notifications you want')
  }
  let found = notificationDb(store)
    .selectFrom('notifications')
    .select(['id', 'size_bytes'])
    .where('account_id', '=', caller.accountId)
    .where('topic', 'in', [...topics])
  if (after !== undefined) found = found.where('id', '<', after)
  const rows = await found
    .orderBy('id', 'desc')
    .limit(pageSize + 1)
    .execute()
  const { shown, next } = cutAt(rows, pageSize, ({ size_bytes }) => size_bytes)
  return { items: await bodiesOf(store, caller, shown), next: next?.id }
}

async function bodiesOf(store: Context['store'], caller: Caller, shown: readonly { id: number }[]) {
  if (shown.length === 0) return []
  const rows = await notificationDb(store)
    .selectFrom('notifications')
    .select(NOTIFICATION_COLUMNS)
    .where('account_id', '=', caller.accountId)
    .where(
      'id',
      'in',
      shown.map(({ id }) => id),
    )
    .orderBy('id', 'desc')
    .execute()
  return rows.map(toNotificationBody)
}

/** @throws ValenceError NOTHING_FOUND (404), also for one of another account */
export async function readNotification({ store }: Context, caller: Caller, id: number): Promise<NotificationBody> {
  const row = await notificationDb(store)
    .selectFrom('notifications')
    .select(NOTIFICATION_COLUMNS)
    .where('id', '=', id)
    .where('account_id', '=', caller.accountId)
    .executeTakeFirst()
  if (!row) throw notFound(id)
  return toNotificationBody(row)
}

/** `PUT /notifications/{id}/acknowledge`: somebody has seen it. @throws ValenceError NOTHING_FOUND (404) */
export async function acknowledgeNotification(
  { store }: Context,
  caller: Caller,
  id: number,
): Promise<NotificationBody> {
  const row = await notificationDb(store)
    .updateTable('notifications')
    .set({ acknowledged: true })
    .where('id', '=', id)
    .where('account_id', '=', caller.accountId)
    .returning(NOTIFICATION_COLUMNS)
    .executeTakeFirst()
  if (!row) throw notFound(id)
  return toNotificationBody(row)
}

/**
 * Its deliveries go with it; what did not leave yet does not leave any more, and what waited for its retries goes on.
 *
 * @throws ValenceError NOTHING_FOUND (404)
 */
export async function removeNotification(
  { store, jobs }: Pick<NotificationContext, 'store' | 'jobs'>,
  caller: Caller,
  id: number,
): Promise<void> {
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = inNotifications(plainTrx)
    const row = await trx
      .deleteFrom('notifications')
      .where('id', '=', id)
      .where('account_id', '=', caller.accountId)
      .returning(['topic', 'created_at'])
      .executeTakeFirst()
    if (!row) throw notFound(id)
    const { created_at, topic } = row
    const deliveries = await trx
      .deleteFrom('deliveries')
      .where('notification_id', '=', id)
      .where('created_at', '=', created_at)
      .returning(['subscription_id', 'account_id', 'status'])
      .execute()
    const held = deliveries.filter(({ status }) => status === 'retry')
    const lines = held.map((one) => wakeOf(one.subscription_id, one.account_id))
    await jobs.wake(trx, publish, DELIVER_QUEUE, lines)
    await recordChange(plainTrx, caller, { entity: 'notification', id, action: 'delete', before: { id, topic } })
  })
}

export function notFound(id: number): ValenceError {
  return new ValenceError('NOTHING_FOUND', `No notification with id ${id} found`)
}
