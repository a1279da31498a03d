import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Store } from '../store/database.ts'
import type { TimePartitions } from '../store/time-partitions.ts'

/** What arrived: one request of a vendor, or what one poll of one resource found. Written before the answer, never changed. */
export interface EventTable {
  /** order of receipt */
  seq: Generated<number>
  /** 20 characters; the first eight are the milliseconds of `received_at` (`event-id.ts`), so that a look-up finds its partition */
  id: string
  received_at: Date
  /** of the path; of polls without `Polling` */
  element_key: string
  kind: 'webhook' | 'polling'
  method: string
  /** without `?` */
  query: string
  content_type: string | null
  /** JSON: lower-case name → text; without `authorization` and `cookie` */
  headers: string
  /**
   * Sealed, of a webhook whose instance was not known at receipt: what is needed to verify it for the instances that are found
   * (`unverified.ts`); null where there is nothing left to verify.
   */
  unverified: string | null
  body: Buffer
}

/**
 * What becomes of an event for one instance. Where the instance is not known at receipt there is one row without an instance;
 * binding it adds one for each that is found.
 */
export interface EventTargetTable {
  seq: Generated<number>
  event_id: string
  received_at: Date
  /** `i:4711` of an instance, `e:sfdc` of an element whose instances are to be found: rows of one lane are processed in order */
  lane: string
  instance_id: number | null
  organization_id: number | null
  account_id: number | null
  user_id: number | null
  /** as the wire says it (spec 40 §10) */
  status: Generated<EventStatus>
  /** there is work left: the row waits in its lane */
  pending: Generated<boolean>
  /** how often processing began; what ends the process every time is parked */
  attempts: Generated<number>
  /** not before: its instance may still be being made */
  retry_at: Date | null
  notification_id: number | null
  /** the body that the receiver took, once it did */
  notified_data: string | null
  notified_at: Date | null
  /** dispositions, oldest first: JSON list of `{ message, timestamp }` */
  messages: Generated<string>
  updated_at: Generated<Date>
}

export type EventStatus = 'NEW' | 'RECEIVED' | 'DISPATCHED' | 'CONSUMED' | 'NOTIFIED'

/** Names that a vendor gave its deliveries: the second one of a name is not stored. */
export interface EventKeyTable {
  /** as `EventTargetTable.lane` */
  lane: string
  key: string
  event_id: string
  received_at: Date
}

export type EventTables = {
  events: EventTable
  event_targets: EventTargetTable
  event_keys: EventKeyTable
}

export type EventRow = Selectable<EventTable>
export type EventTarget = Selectable<EventTargetTable>

export function eventDb({ db }: Pick<Store, 'db'>): Kysely<EventTables> {
  return db.withTables<EventTables>()
}

export function inEvents<DB>(trx: Transaction<DB>): Transaction<EventTables> {
  return trx as unknown as Transaction<EventTables>
}

/** By day of receipt, as long as the operator keeps events; what waits in a lane goes before what it needs. */
export function eventPartitions(keepDays: number): TimePartitions[] {
  return ['event_targets', 'events'].map((table) => ({
    table,
    column: 'received_at',
    unit: 'day',
    keepDays,
    ahead: 2,
  }))
}
