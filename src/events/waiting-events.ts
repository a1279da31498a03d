import { sql } from 'kysely'
import type { Store } from '../store/database.ts'
import type { EventRow, EventTables } from './event-table.ts'

/** Rows of a lane that are processed together, in one transaction. */
export const BATCH_SIZE = 50
/** Larger bodies are read one by one, when it is their turn: fifty of them would not fit into memory. */
export const SMALL_BODY_BYTES = 64 * 1024
/** An event that processing began so often without coming to an end is put aside: it may be what ends the process. */
export const MAX_ATTEMPTS = 3

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

/**
 * What waits in a lane, oldest first; nothing is locked.
 *
 * @param dueAt leaves out what is to wait longer; without it everything is there, also what others have to wait for
 */
export async function waitingEvents(
  { db }: Pick<Store, 'db'>,
  lane: string,
  limit: number,
  dueAt?: Date,
): Promise<WaitingEvent[]> {
  const isDue = dueAt === undefined ? sql`true` : sql`(target.retry_at is null or target.retry_at <= ${dueAt})`
  const { rows } = await sql<WaitingEvent>`
    select target.seq, target.attempts, target.retry_at,
      event.id, event.received_at, event.element_key, event.kind, event.method, event.query, event.content_type, event.headers,
      event.unverified,
      case when octet_length(event.body) <= ${SMALL_BODY_BYTES} then event.body end as body
    from event_targets target
    join events event on event.received_at = target.received_at and event.id = target.event_id
    where target.lane = ${lane} and target.pending and ${isDue}
    order by target.seq limit ${limit}`.execute(db)
  return rows
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
    where ${isOneOf(lane)} and target.pending`.execute(db)
}

/** The event, and all that comes after it in an instance's lane, waits until then; that it began does not count. */
export async function waitUntil(
  { db }: Pick<Store, 'db'>,
  lane: string,
  events: readonly WaitingEvent[],
  retryAt: Date,
): Promise<void> {
  await sql`
    update event_targets target set retry_at = ${retryAt}
    from ${keysOf(events)}
    where ${isOneOf(lane)} and target.pending`.execute(db)
}

/** `(values …)` of events as a table `key (received_at, id)`, for `isOneOf` */
export function keysOf(events: readonly Pick<WaitingEvent, 'id' | 'received_at'>[]) {
  return sql`unnest(
    ${events.map(({ received_at }) => received_at)}::timestamptz[], ${events.map(({ id }) => id)}::text[]
  ) as key (received_at, id)`
}

/** joins `event_targets target` with `keysOf` */
export function isOneOf(lane: string) {
  return sql`target.received_at = key.received_at and target.event_id = key.id and target.lane = ${lane}`
}
