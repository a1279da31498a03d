import { sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { idInWords, isRowId } from '../model/row-id.ts'
import type { NotificationContext } from './context.ts'
import { cutAt } from './cut-at.ts'
import { type DeliveryBody, toDeliveryBody } from './delivery-body.ts'
import { readNotification } from './find-notifications.ts'
import { NOTIFICATION_COLUMNS, toNotificationBody } from './notification-body.ts'
import { type DeliveryRow, notificationDb } from './notification-table.ts'
import { toSubscriptionBody } from './subscription-body.ts'
import { whereDeliveries } from './where-deliveries.ts'

type Context = Pick<NotificationContext, 'store'>

interface Shown {
  /** with the notification and the subscription */
  hydrate: boolean
}

/** Of one notification for one subscription. @throws ValenceError NOTHING_FOUND (404) */
export async function readDelivery(
  context: Context,
  caller: Caller,
  { notificationId, subscriptionId }: { notificationId: number; subscriptionId: number },
  { hydrate }: Shown,
): Promise<DeliveryBody> {
  const row = isRowId(subscriptionId)
    ? await deliveriesOf(context, caller)
        .where('d.notification_id', '=', notificationId)
        .where('d.subscription_id', '=', subscriptionId)
        .executeTakeFirst()
    : undefined
  if (!row) {
    const ids = `notification ${notificationId} and subscription with ${idInWords(subscriptionId)}`
    throw new ValenceError('NOTHING_FOUND', `No delivery of ${ids} found`)
  }
  const [body] = await toBodies(context, caller, [row], hydrate)
  return body as DeliveryBody
}

/** Of one notification, one for each subscription. @throws ValenceError NOTHING_FOUND (404) without the notification */
export async function listDeliveriesOf(
  context: Context,
  caller: Caller,
  notificationId: number,
  { hydrate }: Shown,
): Promise<DeliveryBody[]> {
  await readNotification(context, caller, notificationId)
  const rows = await deliveriesOf(context, caller)
    .where('d.notification_id', '=', notificationId)
    .orderBy('d.id')
    .execute()
  return toBodies(context, caller, rows, hydrate)
}

/**
 * `GET /notifications/subscriptions/deliveries`: those of the caller's account, the newest first.
 *
 * @param query.where CEQL over what `where-deliveries.ts` lists
 * @param query.after id of the last one of the previous page
 * @throws ValenceError QUERY_INVALID
 */
export async function listDeliveries(
  context: Context,
  caller: Caller,
  { where, pageSize, after, hydrate }: { where: string; pageSize: number; after: number | undefined } & Shown,
): Promise<{ items: DeliveryBody[]; next: number | undefined }> {
  const filter = whereDeliveries(where)
  let found = deliveriesOf(context, caller)
    .leftJoin('subscriptions as s', 's.id', 'd.subscription_id')
    .leftJoin('notifications as n', (join) =>
      join.onRef('n.id', '=', 'd.notification_id').onRef('n.created_at', '=', 'd.created_at'),
    )
    .select('n.size_bytes')
  if (filter) found = found.where(filter.condition)
  if (after !== undefined) found = found.where('d.id', '<', after)
  const rows = await found
    .orderBy('d.id', 'desc')
    .limit(pageSize + 1)
    .execute()
  const { shown, next } = cutAt(rows, pageSize, ({ size_bytes }) => (hydrate ? (size_bytes ?? 0) : 0))
  return { items: await toBodies(context, caller, shown, hydrate), next: next?.id }
}

function deliveriesOf({ store }: Context, { accountId }: Caller) {
  return notificationDb(store).selectFrom('deliveries as d').selectAll('d').where('d.account_id', '=', accountId)
}

async function toBodies(
  { store }: Context,
  { accountId }: Caller,
  rows: readonly DeliveryRow[],
  hydrate: boolean,
): Promise<DeliveryBody[]> {
  if (!hydrate || rows.length === 0) return rows.map(toDeliveryBody)
  const db = notificationDb(store)
  const idsOf = (of: (row: DeliveryRow) => number) => sql.join([...new Set(rows.map(of))])
  const notifications = await db
    .selectFrom('notifications')
    .select(NOTIFICATION_COLUMNS)
    .where('account_id', '=', accountId)
    .where(sql<boolean>`id in (${idsOf((row) => row.notification_id)})`)
    .execute()
  const subscriptions = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('account_id', '=', accountId)
    .where(sql<boolean>`id in (${idsOf((row) => row.subscription_id)})`)
    .execute()
  const notificationOf = new Map(notifications.map((one) => [one.id, toNotificationBody(one)]))
  const subscriptionOf = new Map(subscriptions.map((one) => [one.id, toSubscriptionBody(one)]))
  return rows.map((row) => {
    const [notification, subscription] = [
      notificationOf.get(row.notification_id),
      subscriptionOf.get(row.subscription_id),
    ]
    return { ...toDeliveryBody(row), ...(notification && { notification }), ...(subscription && { subscription }) }
  })
}
