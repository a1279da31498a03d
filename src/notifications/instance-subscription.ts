import type { Transaction } from 'kysely'
import type { Owner } from '../model/owner.ts'
import type { Publish } from '../store/changes.ts'
import type { NotifyContext } from './context.ts'
import { inNotifications, type NotificationTables } from './notification-table.ts'
import { DELIVER_QUEUE, wakeOf } from './notify.ts'
import { removeSubscriptions } from './remove-subscriptions.ts'

/**
 * The subscription by which an instance's events go to its callback URL (spec 40 §9.5): made with the first URL, changed with the next,
 * removed without one. A new URL, and the same one given again, make it active again; what is queued stays so until it is released.
 *
 * @param wanted.url absolute or a path of this hub; undefined: no deliveries
 * @returns its id, or undefined without a URL
 */
export async function keepInstanceSubscription<DB>(
  context: NotifyContext,
  plainTrx: Transaction<DB>,
  publish: Publish,
  wanted: { instanceId: number; owner: Owner; topic: string; url: string | undefined },
): Promise<number | undefined> {
  const trx = inNotifications(plainTrx)
  const { instanceId, owner, topic, url } = wanted
  const present = await trx
    .selectFrom('subscriptions')
    .select('id')
    .where('instance_id', '=', instanceId)
    .forUpdate()
    .executeTakeFirst()
  if (url === undefined) {
    if (present) await removeSubscriptions(trx, [present.id])
    return undefined
  }
  const at = context.now()
  const values = {
    organization_id: owner.organizationId,
    account_id: owner.accountId,
    user_id: owner.userId,
    channel: 'webhook' as const,
    topics: [topic],
    config: JSON.stringify({ url }),
    url,
    active: true,
    updated_at: at,
  }
  const { id } = await trx
    .insertInto('subscriptions')
    .values({ ...values, instance_id: instanceId, created_at: at })
    .onConflict((conflict) => conflict.column('instance_id').doUpdateSet(values))
    .returning('id')
    .executeTakeFirstOrThrow()
  await keepTopics(trx, id, owner.accountId, [topic])
  await context.jobs.wake(trx, publish, DELIVER_QUEUE, [wakeOf(id, owner.accountId)])
  return id
}

/** What notifications are matched by says the same as the subscription. */
export async function keepTopics(
  trx: Transaction<NotificationTables>,
  subscriptionId: number,
  accountId: number,
  topics: readonly string[],
): Promise<void> {
  await trx.deleteFrom('subscription_topics').where('subscription_id', '=', subscriptionId).execute()
  const rows = topics.map((topic) => ({ account_id: accountId, topic, subscription_id: subscriptionId }))
  await trx.insertInto('subscription_topics').values(rows).execute()
}
