import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { ValenceError } from '../../errors.ts'
import { bucketsOf, type Interval, MAX_ROWS, type TimeRange } from '../../model/buckets.ts'
import { isoSeconds } from '../../model/iso-seconds.ts'
import type { LogScope } from '../../model/log-scope.ts'
import { inTurnOf, type ReadingContext } from '../executions/reading-context.ts'

/** Rows of `/formulas/analytics…` (spec 30 §6): one for each bucket, also where nothing ran. */
export interface ExecutionQuestion {
  scope: LogScope
  range: TimeRange
  interval: Interval
}

export const TIMESTAMP = Type.String({ description: 'Beginning of the row, UTC' })
const COUNTS = {
  count: Type.Integer({ description: 'All that began then' }),
  success: Type.Integer(),
  failed: Type.Integer(),
}

export const ExecutionCount = Type.Object({ timestamp: TIMESTAMP, count: COUNTS.count })
export const ExecutionStatuses = Type.Object({
  timestamp: TIMESTAMP,
  success: COUNTS.success,
  failed: COUNTS.failed,
  total: COUNTS.count,
})
export const ExecutionsByAccount = Type.Object({
  timestamp: TIMESTAMP,
  total: COUNTS.count,
  records: Type.Array(Type.Object({ accountId: Type.Integer(), ...COUNTS })),
})
export const ExecutionsByInstance = Type.Object({
  timestamp: TIMESTAMP,
  total: COUNTS.count,
  records: Type.Array(Type.Object({ instanceId: Type.Integer(), ...COUNTS })),
})

type Asked = Pick<ReadingContext, 'store' | 'slots'>

export async function countExecutions(
  context: Asked,
  question: ExecutionQuestion,
): Promise<Static<typeof ExecutionCount>[]> {
  const counts = await count(context, question, 'organization_id')
  return inBuckets(question, counts).map(({ timestamp, total }) => ({ timestamp, count: total }))
}

export async function countStatuses(
  context: Asked,
  question: ExecutionQuestion,
): Promise<Static<typeof ExecutionStatuses>[]> {
  const counts = await count(context, question, 'organization_id')
  return inBuckets(question, counts).map(({ timestamp, total, found }) => ({
    timestamp,
    success: sum(found, 'success'),
    failed: sum(found, 'failed'),
    total,
  }))
}

export async function countByAccount(
  context: Asked,
  question: ExecutionQuestion,
): Promise<Static<typeof ExecutionsByAccount>[]> {
  const counts = await count(context, question, 'account_id')
  return inBuckets(question, counts).map(({ timestamp, total, found }) => ({
    timestamp,
    total,
    records: found.map(({ id, count: all, success, failed }) => ({ accountId: id, count: all, success, failed })),
  }))
}

export async function countByInstance(
  context: Asked,
  question: ExecutionQuestion,
): Promise<Static<typeof ExecutionsByInstance>[]> {
  const counts = await count(context, question, 'formula_instance_id')
  return inBuckets(question, counts).map(({ timestamp, total, found }) => ({
    timestamp,
    total,
    records: found.map(({ id, count: all, success, failed }) => ({ instanceId: id, count: all, success, failed })),
  }))
}

interface Count {
  bucket: Date
  /** of what the numbers are told apart by */
  id: number
  count: number
  success: number
  failed: number
}

/** @throws ValenceError PARAMETER_INVALID for more numbers than one answer can hold */
async function count(
  { store, slots }: Asked,
  { scope, range, interval }: ExecutionQuestion,
  by: 'organization_id' | 'account_id' | 'formula_instance_id',
): Promise<Count[]> {
  const { rows } = await inTurnOf(slots, scope, () =>
    sql<Count>`
      select date_trunc(${sql.lit(interval)}, created_at, 'UTC') as bucket, ${sql.ref(by)} as id,
        count(*)::integer as count,
        count(*) filter (where status = 'success')::integer as success,
        count(*) filter (where status = 'failed')::integer as failed
      from formula_executions
      where created_at between ${range.from} and ${range.to} and ${inScope(scope)}
      group by 1, 2 order by 1, 2 limit ${MAX_ROWS + 1}`.execute(store.db),
  )
  if (rows.length <= MAX_ROWS) return rows
  throw new ValenceError(
    'PARAMETER_INVALID',
    `interval: more than ${MAX_ROWS} numbers by ${interval}; choose a longer interval or a shorter range`,
  )
}

/** Rows of `formula_executions` that are in it. */
export function inScope({ organizationId, accountIds, userId }: LogScope) {
  return sql<boolean>`organization_id = ${organizationId}
    and ${accountIds ? sql`account_id = any(${accountIds}::integer[])` : sql`true`}
    and ${userId === undefined ? sql`true` : sql`user_id = ${userId}`}`
}

function inBuckets({ range, interval }: ExecutionQuestion, counts: readonly Count[]) {
  const byBucket = Map.groupBy(counts, ({ bucket }) => bucket.getTime())
  return bucketsOf(range, interval).map((start) => {
    const found = byBucket.get(start.getTime()) ?? []
    return { timestamp: isoSeconds(start), total: sum(found, 'count'), found }
  })
}

function sum(found: readonly Count[], of: 'count' | 'success' | 'failed'): number {
  return found.reduce((all, one) => all + one[of], 0)
}
