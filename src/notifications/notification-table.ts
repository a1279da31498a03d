import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Store } from '../store/database.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'
import type { TimePartitions } from '../store/time-partitions.ts'

/** A message on a topic (spec 41 §2). */
export interface NotificationTable {
  id: Generated<number>
  /** to the millisecond */
  created_at: Date
  organization_id: number
  account_id: number
  user_id: number
  topic: string
  severity: Severity
  /** `from` on the wire */
  sender: string
  /** the envelope: JSON text, the exact bytes that every receiver gets */
  body: string
  size_bytes: number
  active: Generated<boolean>
  acknowledged: Generated<boolean>
  /** of the event that it tells of */
  instance_id: number | null
  event_id: string | null
  event_received_at: Date | null
  /** how often what it tells of went through a hub already, as `Elements-Webhook-Depth` said */
  depth: Generated<number>
}

export type Severity = 'low' | 'medium' | 'high'

/** Who wants to hear of topics, and how (spec 41 §3). */
export interface SubscriptionTable {
  id: Generated<number>
  organization_id: number
  account_id: number
  user_id: number
  channel: Channel
  topics: string[]
  /** JSON object without secrets: `{ url }`, `{ to }` */
  config: string
  /** of the configuration, to be found by */
  url: string | null
  /** sealed JSON object: `signatureKey`, `username`, `password`, `headers` */
  secrets_ciphertext: string | null
  /** the instance whose events it is for; the hub keeps it, and reads address and secrets from the instance */
  instance_id: number | null
  /** false: its receiver failed too long; what comes is queued until it is released */
  active: Generated<boolean>
  /** its receiver takes its time: it waits in a line of its own, so that it keeps nobody waiting */
  slow: Generated<boolean>
  created_at: Date
  updated_at: Date
}

export type Channel = 'webhook' | 'email' | 'sms' | 'push'

/** What notifications are matched by: one row for each topic of each subscription. */
export interface SubscriptionTopicTable {
  account_id: number
  topic: string
  subscription_id: number
}

/** What became of one notification for one subscription (spec 41 §4). */
export interface DeliveryTable {
  /** order of delivery */
  id: Generated<number>
  /** of the notification */
  created_at: Date
  notification_id: number
  subscription_id: number
  account_id: number
  status: DeliveryStatus
  /** how often it was tried since it was made or released */
  attempts: Generated<number>
  /** retries count from here (spec 40 §9.3) */
  first_failed_at: Date | null
  next_attempt_at: Date | null
  /** of the last answer; null when there was none */
  answer_status: number | null
  /** why the last attempt failed */
  message: string | null
  updated_at: Date
}

/** `created`: not tried; `notified`: handed to mail; `retry`: waits for the next attempt; `queued`: held until it is released */
export type DeliveryStatus = 'created' | 'delivered' | 'notified' | 'retry' | 'queued'

export type NotificationTables = {
  notifications: NotificationTable
  subscriptions: SubscriptionTable
  subscription_topics: SubscriptionTopicTable
  deliveries: DeliveryTable
}

export type NotificationRow = Selectable<NotificationTable>
export type SubscriptionRow = Selectable<SubscriptionTable>
export type DeliveryRow = Selectable<DeliveryTable>

export function notificationDb({ db }: Pick<Store, 'db'>): Kysely<NotificationTables> {
  return db.withTables<NotificationTables>()
}

export function inNotifications<DB>(trx: Transaction<DB>): Transaction<NotificationTables> {
  return trx as unknown as Transaction<NotificationTables>
}

/**
 * By day, as long as the operator keeps events: what is still queued then goes as well, and before its message, without which it would
 * wait for ever.
 */
export function notificationPartitions(keepDays: number): TimePartitions[] {
  return ['deliveries', 'notifications'].map((table) => ({
    table,
    column: 'created_at',
    unit: 'day',
    keepDays,
    ahead: 2,
  }))
}

export const SEALED_COLUMNS: SealedColumn[] = [{ table: 'subscriptions', idColumn: 'id', column: 'secrets_ciphertext' }]
