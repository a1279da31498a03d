import { type SqlBool, sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import { type EventBody, type ShownTarget, type StoredEvent, toEventBody } from './event-body.ts'
import { timeOfEventId } from './event-id.ts'
import { type EventScope, type EventStoreContext, inEventScope, inTurnOf } from './event-scope.ts'
import { eventDb } from './event-table.ts'

export interface EventQuery {
  from: Date | undefined
  to: Date | undefined
  pageSize: number
  /** what the page before ended with */
  after: EventPlace | undefined
}

/** Newest first; events of one moment by their ids. */
export interface EventPlace {
  /** ms since 1970 */
  at: number
  id: string
}

export interface EventPage {
  events: EventBody[]
  next: EventPlace | undefined
}

/** Bodies of one answer, what receivers took among them; a page with larger ones is shorter. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024

interface Key {
  id: string
  received_at: Date
  /** of everything that the event's body holds */
  size: number
}

/** Stored events, the newest first (spec 40 §10). */
export async function listEvents(
  context: Pick<EventStoreContext, 'store' | 'slots'>,
  scope: EventScope,
  { from, to, pageSize, after }: EventQuery,
): Promise<EventPage> {
  return inTurnOf(context, scope, async () => {
    const { rows } = await sql<Key>`
      select target.event_id as id, target.received_at,
        max(octet_length(event.body)) + sum(coalesce(octet_length(target.notified_data), 0))::integer as size
      from event_targets target
      join events event on event.received_at = target.received_at and event.id = target.event_id
      where ${inEventScope(scope)} and ${inRange({ from, to })} and ${isAfter(after)}
      group by target.received_at, target.event_id
      order by target.received_at desc, target.event_id desc limit ${pageSize + 1}`.execute(context.store.db)
    const keys = fitting(rows.slice(0, pageSize))
    const last = keys.at(-1)
    const next = last && keys.length < rows.length ? { at: last.received_at.getTime(), id: last.id } : undefined
    return { events: await readEvents(context, scope, keys), next }
  })
}

/**
 * @param id of the event, in whatever form a caller wrote it
 * @throws ValenceError EVENT_NOT_FOUND (404)
 */
export async function findEvent(
  context: Pick<EventStoreContext, 'store'>,
  scope: EventScope,
  id: string,
): Promise<EventBody> {
  const receivedAt = timeOfEventId(id)
  const [event] = receivedAt ? await readEvents(context, scope, [{ id, received_at: receivedAt }]) : []
  if (!event) throw eventNotFound()
  return event
}

export function eventNotFound(): ValenceError {
  return new ValenceError('EVENT_NOT_FOUND', 'There is no event with that id; GET /instances/events lists them')
}

export function inRange({ from, to }: Pick<EventQuery, 'from' | 'to'>) {
  const [earliest, latest] = [
    from ? sql<SqlBool>`target.received_at >= ${from}` : sql<SqlBool>`true`,
    to ? sql<SqlBool>`target.received_at <= ${to}` : sql<SqlBool>`true`,
  ]
  return sql<SqlBool>`${earliest} and ${latest}`
}

function isAfter(after: EventPlace | undefined) {
  if (!after) return sql<SqlBool>`true`
  return sql<SqlBool>`(target.received_at, target.event_id) < (${new Date(after.at)}, ${after.id})`
}

/** At least one. */
function fitting(keys: readonly Key[]): readonly Key[] {
  let total = 0
  const end = keys.findIndex(({ size }, at) => {
    total += size
    return at > 0 && total > MAX_PAGE_BYTES
  })
  return end < 0 ? keys : keys.slice(0, end)
}

async function readEvents(
  { store }: Pick<EventStoreContext, 'store'>,
  scope: EventScope,
  keys: readonly Pick<Key, 'id' | 'received_at'>[],
): Promise<EventBody[]> {
  if (keys.length === 0) return []
  const wanted = sql.join(keys.map(({ id, received_at }) => sql`(${received_at}::timestamptz, ${id}::text)`))
  const { rows: targets } = await sql<ShownTarget>`
    select target.event_id, target.instance_id, target.status, target.notification_id, target.notified_data,
      target.received_at, target.updated_at
    from event_targets target
    where (target.received_at, target.event_id) in (${wanted}) and ${inEventScope(scope)} order by target.seq`.execute(
    store.db,
  )
  const events: StoredEvent[] = await eventDb(store)
    .selectFrom('events')
    .select(['id', 'received_at', 'query', 'content_type', 'body'])
    .where(sql<SqlBool>`(received_at, id) in (${wanted})`)
    .execute()
  const byId = new Map(events.map((event) => [event.id, event]))
  const targetsOf = Map.groupBy(targets, ({ event_id }) => event_id)
  return keys.flatMap(({ id }) => {
    const [event, own] = [byId.get(id), targetsOf.get(id)]
    return event && own ? [toEventBody(event, own)] : []
  })
}
