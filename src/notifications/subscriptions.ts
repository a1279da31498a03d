import { sql } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { idInWords, isRowId } from '../model/row-id.ts'
import { nextId } from '../store/next-id.ts'
import type { NotificationContext } from './context.ts'
import { keepTopics } from './instance-subscription.ts'
import { inNotifications, notificationDb } from './notification-table.ts'
import { sealSecrets } from './read-subscription.ts'
import { removeSubscriptions } from './remove-subscriptions.ts'
import { readSubscriptionBody, type SubscriptionBody, toSubscriptionBody } from './subscription-body.ts'

type Context = Pick<NotificationContext, 'store' | 'now'>

const MAX_SUBSCRIPTIONS = 1_000

/** Everything but the secrets. */
const COLUMNS = [
  ...(['id', 'organization_id', 'account_id', 'user_id', 'channel', 'topics', 'config', 'url'] as const),
  ...(['instance_id', 'active', 'slow', 'created_at', 'updated_at'] as const),
]

/**
 * `POST /notifications/subscriptions` (spec 41 §3). Two of the same topic are two: both get deliveries.
 *
 * @throws ValenceError PARAMETER_MISSING, BODY_INVALID, TOO_MANY (409)
 */
export async function createSubscription(
  { store, now }: Context,
  caller: Caller,
  body: Readonly<Record<string, unknown>>,
): Promise<SubscriptionBody> {
  const { channel, topics, config, secrets } = readSubscriptionBody(body)
  const { organizationId, accountId, userId } = caller
  return store.changes.transaction(async (plainTrx) => {
    const trx = inNotifications(plainTrx)
    const { count } = await trx
      .selectFrom('subscriptions')
      .select(sql<number>`count(*)::integer`.as('count'))
      .where('account_id', '=', accountId)
      .where('instance_id', 'is', null)
      .executeTakeFirstOrThrow()
    if (count >= MAX_SUBSCRIPTIONS) {
      throw new ValenceError('TOO_MANY', `An account has at most ${MAX_SUBSCRIPTIONS} subscriptions; delete one first`)
    }
    const id = await nextId(trx, 'subscriptions')
    const at = now()
    const row = await trx
      .insertInto('subscriptions')
      .values({
        ...{ id, organization_id: organizationId, account_id: accountId, user_id: userId, channel, topics },
        ...{ config: JSON.stringify(config), url: config.url ?? null, created_at: at, updated_at: at },
        secrets_ciphertext: sealSecrets(store, id, secrets),
      })
      .returning(COLUMNS)
      .executeTakeFirstOrThrow()
    await keepTopics(trx, id, accountId, topics)
    const after = toSubscriptionBody(row)
    await recordChange(plainTrx, caller, { entity: 'notification-subscription', id, action: 'create', after })
    return after
  })
}

/** Those of the caller's account, in order of their ids. @param query.after id of the last one of the previous page */
export async function listSubscriptions(
  { store }: Context,
  caller: Caller,
  { pageSize, after }: { pageSize: number; after: number | undefined },
): Promise<{ items: SubscriptionBody[]; next: number | undefined }> {
  const rows = await notificationDb(store)
    .selectFrom('subscriptions')
    .select(COLUMNS)
    .where('account_id', '=', caller.accountId)
    .where('id', '>', after ?? 0)
    .orderBy('id')
    .limit(pageSize + 1)
    .execute()
  const items = rows.slice(0, pageSize).map(toSubscriptionBody)
  return { items, next: rows.length > pageSize ? items.at(-1)?.id : undefined }
}

/** @throws ValenceError NOTHING_FOUND (404), also for one of another account */
export async function readSubscription({ store }: Context, caller: Caller, id: number): Promise<SubscriptionBody> {
  const row = isRowId(id) ? await ofCaller(store, caller).where('id', '=', id).executeTakeFirst() : undefined
  if (!row) throw notFound(id)
  return toSubscriptionBody(row)
}

/**
 * What it was to get and did not get yet goes with it.
 * @throws ValenceError NOTHING_FOUND (404), IN_USE (409) for one that an instance's events need
 */
export async function removeSubscription(context: Context, caller: Caller, id: number): Promise<void> {
  const { store } = context
  const before = await readSubscription(context, caller, id)
  if (before.instanceId !== undefined) {
    throw new ValenceError(
      'IN_USE',
      `Subscription ${id} belongs to instance ${before.instanceId}: take away its event.notification.callback.url instead`,
    )
  }
  await store.changes.transaction(async (plainTrx) => {
    await removeSubscriptions(inNotifications(plainTrx), [id])
    await recordChange(plainTrx, caller, { entity: 'notification-subscription', id, action: 'delete', before })
  })
}

function ofCaller(store: Context['store'], caller: Caller) {
  return notificationDb(store).selectFrom('subscriptions').select(COLUMNS).where('account_id', '=', caller.accountId)
}

function notFound(id: number): ValenceError {
  return new ValenceError('NOTHING_FOUND', `No subscription with ${idInWords(id)} found`)
}
