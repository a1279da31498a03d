import { sql } from 'kysely'
import type { Store } from '../store/database.ts'
import type { EventRow, EventTables } from './event-table.ts'

/** Rows of a lane that are processed together, in one transaction. */
export const BATCH_SIZE = 50
/** Larger bodies are read one by one, when it is their turn: fifty of them would not fit into memory. */
const SMALL_BODY_BYTES = 64 * 1024
/** An event that processing began so often without coming to an end is put aside: it may be what ends the process. */
export const MAX_ATTEMPTS = 5

/** An event that waits in a lane, without its body where that is large. */
export interface WaitingEvent
  extends Pick<
    EventRow,
    'id' | 'received_at' | 'element_key' | 'kind' | 'method' | 'query' | 'content_type' | 'headers' | 'unverified'
  > {
  /** order in the lane */
  seq: number
  attempts: number
  retry_at: Date | null
  body: Buffer | null
}

/** What waits in an instance's lane, oldest first, also what is to wait longer: others have to wait for it. Nothing is locked. */
export async function waitingEvents({ db }: Pick<Store, 'db'>, lane: string, limit: number): Promise<WaitingEvent[]> {
  const { rows } = await sql<WaitingTarget>`
    select ${TARGET_COLUMNS} from event_targets target
    where target.lane = ${lane} and target.pending and target.instance_id is not null
    order by target.seq limit ${limit}`.execute(db)
  return withEvents({ db }, rows)
}

export type WaitingTarget = Pick<WaitingEvent, 'id' | 'received_at' | 'seq' | 'attempts' | 'retry_at'>

/** `WaitingTarget` of `event_targets target` */
export const TARGET_COLUMNS = sql`target.event_id as id, target.received_at, target.seq, target.attempts, target.retry_at`

/** In the order of the targets, without those whose event is gone. */
export async function withEvents(
  { db }: Pick<Store, 'db'>,
  targets: readonly WaitingTarget[],
): Promise<WaitingEvent[]> {
  if (targets.length === 0) return []
  const { rows: events } = await sql<Omit<WaitingEvent, keyof WaitingTarget> & Pick<WaitingTarget, 'id'>>`
    select event.id, event.element_key, event.kind, event.method, event.query, event.content_type, event.headers, event.unverified,
      case when octet_length(event.body) <= ${SMALL_BODY_BYTES} then event.body end as body
    from events event, ${keysOf(targets)}
    where event.received_at = key.received_at and event.id = key.id and ${isWithin('event', targets)}`.execute(db)
  const byId = new Map(events.map((event) => [event.id, event]))
  return targets.flatMap((target) => {
    const event = byId.get(target.id)
    return event ? [{ ...event, ...target }] : []
  })
}

/** @returns undefined when the event is gone */
export async function bodyOf({ db }: Pick<Store, 'db'>, event: Pick<WaitingEvent, 'id' | 'received_at'>) {
  const row = await db
    .withTables<EventTables>()
    .selectFrom('events')
    .select('body')
    .where('received_at', '=', event.received_at)
    .where('id', '=', event.id)
    .executeTakeFirst()
  return row?.body
}

/**
 * Counts that processing of these begins, before it does: what ends the process has left its mark.
 * @param by -1 takes it back, of what did not come about
 */
export async function countAttempts(
  { db }: Pick<Store, 'db'>,
  lane: string,
  events: readonly WaitingEvent[],
  by: 1 | -1 = 1,
): Promise<void> {
  if (events.length === 0) return
  await sql`
    update event_targets target set attempts = target.attempts + ${by}
    from ${keysOf(events)}
    where ${isOneOf(lane, events)} and target.pending`.execute(db)
}

/** Each event, and all that comes after it in an instance's lane, waits until its time; that it began does not count. */
export async function waitUntil(
  { db }: Pick<Store, 'db'>,
  lane: string,
  events: readonly WaitingEvent[],
  retryAt: (event: WaitingEvent) => Date,
): Promise<void> {
  if (events.length === 0) return
  await sql`
    update event_targets target set retry_at = key.retry_at
    from unnest(
      ${events.map(({ received_at }) => received_at)}::timestamptz[],
      ${events.map(({ id }) => id)}::text[],
      ${events.map(retryAt)}::timestamptz[]
    ) as key (received_at, id, retry_at)
    where ${isOneOf(lane, events)} and target.pending`.execute(db)
}

/** `(values …)` of events as a table `key (received_at, id)`, for `isOneOf` */
export function keysOf(events: readonly Pick<WaitingEvent, 'id' | 'received_at'>[]) {
  return sql`unnest(
    ${events.map(({ received_at }) => received_at)}::timestamptz[], ${events.map(({ id }) => id)}::text[]
  ) as key (received_at, id)`
}

/** Joins `event_targets target` with `keysOf` of the same events. */
export function isOneOf(lane: string, events: readonly Pick<WaitingEvent, 'received_at'>[]) {
  return sql`target.received_at = key.received_at and target.event_id = key.id and target.lane = ${lane}
    and ${isWithin('target', events)}`
}

/** A table is a partition for each day: with the bounds, only those of the events are planned for, opened and locked. */
export function isWithin(alias: 'target' | 'event', events: readonly Pick<WaitingEvent, 'received_at'>[]) {
  const times = events.map(({ received_at }) => received_at.getTime())
  const [first, last] = [new Date(Math.min(...times)), new Date(Math.max(...times))]
  return sql`${sql.ref(`${alias}.received_at`)} between ${first} and ${last}`
}
