import { type Kysely, sql } from 'kysely'
import { contextOf } from '../store/cipher.ts'
import type { NotificationContext, Target } from './context.ts'
import type { Channel, NotificationTables, SubscriptionRow } from './notification-table.ts'

/** How a delivery that fails goes on (spec 41 §5). */
export type FailurePolicy = 'retry' | 'queue'

/** A subscription, as whoever delivers needs it. */
export interface Subscriber {
  id: number
  organizationId: number
  accountId: number
  userId: number
  channel: Channel
  active: boolean
  slow: boolean
  policy: FailurePolicy
  config: { url?: string; to?: string }
  secretsCiphertext: string | null
  instanceId: number | null
}

/** @returns undefined when it is gone */
export async function readSubscriber(
  db: Kysely<NotificationTables>,
  subscriptionId: number,
): Promise<Subscriber | undefined> {
  const row = await db
    .selectFrom('subscriptions')
    .selectAll()
    .select(
      sql<string | null>`(select settings ->> 'notification.webhook.failure.policy' from accounts
        where accounts.id = subscriptions.account_id)`.as('policy'),
    )
    .where('id', '=', subscriptionId)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    ...{ id: row.id, organizationId: row.organization_id, accountId: row.account_id, userId: row.user_id },
    ...{ channel: row.channel, active: row.active, slow: row.slow },
    policy: row.policy === 'queue' ? 'queue' : 'retry',
    config: JSON.parse(row.config) as Subscriber['config'],
    ...{ secretsCiphertext: row.secrets_ciphertext, instanceId: row.instance_id },
  }
}

/** What a subscription keeps sealed. */
export type SubscriptionSecrets = Pick<
  Target,
  'signatureKey' | 'previousSignatureKeys' | 'username' | 'password' | 'headers'
>

/**
 * Where a subscription's deliveries go, and with what: as its instance says at this moment, or as it says itself.
 * @returns undefined when there is no such place any more
 */
export async function targetOf(
  { store, targetOf: ofInstance }: Pick<NotificationContext, 'store' | 'targetOf'>,
  { id, instanceId, config: { url }, secretsCiphertext }: Subscriber,
): Promise<Target | undefined> {
  if (instanceId !== null) return ofInstance(instanceId)
  if (url === undefined) return undefined
  return { ...openSecrets(store, id, secretsCiphertext), url }
}

export function sealSecrets(
  { cipher }: Pick<NotificationContext['store'], 'cipher'>,
  id: SubscriptionRow['id'],
  secrets: SubscriptionSecrets,
): string | null {
  if (Object.keys(secrets).length === 0) return null
  return cipher.seal(JSON.stringify(secrets), contextOf('subscriptions', 'secrets_ciphertext', id))
}

function openSecrets(
  { cipher }: Pick<NotificationContext['store'], 'cipher'>,
  id: SubscriptionRow['id'],
  sealed: string | null,
): SubscriptionSecrets {
  if (sealed === null) return {}
  return JSON.parse(cipher.open(sealed, contextOf('subscriptions', 'secrets_ciphertext', id))) as SubscriptionSecrets
}
