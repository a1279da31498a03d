import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { ValenceError } from '../errors.ts'
import { bucketsOf, type Interval, MAX_ROWS, type TimeRange } from '../model/buckets.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { MetricSource } from '../model/metric.ts'
import { countInTime } from '../store/count-in-time.ts'
import type { Store } from '../store/database.ts'
import { type EventStoreContext, inTurnOf } from './event-scope.ts'

/** Rows of `/instances/events/analytics…` (spec 40 §10.2): one for each bucket, also where nothing arrived. */
export interface EventQuestion {
  scope: LogScope
  /** only events of this instance */
  instanceId?: number
  range: TimeRange
  interval: Interval
}

const timestamp = Type.String({ description: 'Beginning of the row, UTC' })
const COUNTS = {
  count: Type.Integer({ description: 'Events, once for each instance that they are for' }),
  success: Type.Integer({ description: 'A receiver took it, or there was nothing to tell' }),
  failed: Type.Integer({
    description: 'It could not be processed, or no receiver has taken it yet and one refused it',
  }),
}

export const EventCount = Type.Object({ timestamp, count: Type.Integer() })
export const EventsByInstance = Type.Object({
  timestamp,
  total: Type.Integer(),
  records: Type.Array(Type.Object({ instanceId: Type.Integer(), ...COUNTS })),
})
export const EventsByAccount = Type.Object({
  timestamp,
  total: Type.Integer(),
  records: Type.Array(Type.Object({ accountId: Type.Integer(), ...COUNTS })),
})

type Asked = Pick<EventStoreContext, 'store' | 'slots'>

export async function countEvents(context: Asked, question: EventQuestion): Promise<Static<typeof EventCount>[]> {
  const counts = await count(context, question, 'account_id')
  return inBuckets(question, counts).map(({ start, found }) => ({
    timestamp: start.toISOString(),
    count: totalOf(found),
  }))
}

export async function countByInstance(
  context: Asked,
  question: EventQuestion,
): Promise<Static<typeof EventsByInstance>[]> {
  const counts = await count(context, question, 'instance_id')
  return inBuckets(question, counts).map(({ start, found }) => ({
    timestamp: start.toISOString(),
    total: totalOf(found),
    records: found.map(({ id, count, success, failed }) => ({ instanceId: id, count, success, failed })),
  }))
}

export async function countByAccount(
  context: Asked,
  question: EventQuestion,
): Promise<Static<typeof EventsByAccount>[]> {
  const counts = await count(context, question, 'account_id')
  return inBuckets(question, counts).map(({ start, found }) => ({
    timestamp: start.toISOString(),
    total: totalOf(found),
    records: found.map(({ id, count, success, failed }) => ({ accountId: id, count, success, failed })),
  }))
}

interface Count {
  bucket: Date
  id: number
  count: number
  success: number
  failed: number
}

const FAILED = sql`not pending and (status = 'RECEIVED' or (status = 'DISPATCHED' and messages like '%Error delivering event%'))`

/** @throws ValenceError PARAMETER_INVALID for more numbers than one answer can hold */
async function count(
  context: Asked,
  { scope, instanceId, range, interval }: EventQuestion,
  by: 'account_id' | 'instance_id',
): Promise<Count[]> {
  const { organizationId, accountIds, userId } = scope
  const { rows } = await inTurnOf(context, scope, () =>
    sql<Count>`
      select date_trunc(${sql.lit(interval)}, received_at, 'UTC') as bucket, ${sql.ref(by)} as id, count(*)::integer as count,
        count(*) filter (where status in ('NOTIFIED', 'CONSUMED'))::integer as success,
        count(*) filter (where ${FAILED})::integer as failed
      from event_targets
      where received_at between ${range.from} and ${range.to} and organization_id = ${organizationId}
        and ${accountIds ? sql`account_id = any(${accountIds}::integer[])` : sql`true`}
        and ${userId === undefined ? sql`true` : sql`user_id = ${userId}`}
        and ${instanceId === undefined ? sql`instance_id is not null` : sql`instance_id = ${instanceId}`}
      group by 1, 2 order by 1, 2 limit ${MAX_ROWS + 1}`.execute(context.store.db),
  )
  if (rows.length <= MAX_ROWS) return rows
  throw new ValenceError(
    'PARAMETER_INVALID',
    `interval: more than ${MAX_ROWS} numbers by ${interval}; choose a longer interval or a shorter range`,
  )
}

function inBuckets({ range, interval }: EventQuestion, counts: readonly Count[]) {
  const found = Map.groupBy(counts, ({ bucket }) => bucket.getTime())
  return bucketsOf(range, interval).map((start) => ({ start, found: found.get(start.getTime()) ?? [] }))
}

function totalOf(found: readonly Count[]): number {
  return found.reduce((sum, { count: one }) => sum + one, 0)
}

/** How many events arrived, once for each instance that they are for (spec 41 §8). */
export function eventsReceived({ store }: { store: Pick<Store, 'db'> }): MetricSource {
  return (question) =>
    countInTime(store.db, { table: 'event_targets', timeColumn: 'received_at', userColumn: 'user_id' }, question)
}
