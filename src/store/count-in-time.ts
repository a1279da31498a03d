import { type Kysely, type RawBuilder, sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import { MAX_ROWS } from '../model/buckets.ts'
import type { MetricCount, MetricQuestion } from '../model/metric.ts'

/** How a table keeps what a metric counts. Every such table has `organization_id` and `account_id`. */
export interface Countable {
  table: string
  /** when the row's fact happened */
  timeColumn: string
  /** absent: a fact is its account's, whoever of it brought it about */
  userColumn?: string
  /** text that tells kinds apart */
  kind?: RawBuilder<string | null>
  /** which of the rows count; all when absent */
  where?: RawBuilder<boolean>
  /** whose sum is the number of records */
  recordsColumn?: string
}

/**
 * Rows of a room's table by owner, bucket of time and kind.
 * @throws ValenceError PARAMETER_INVALID for more numbers than one answer can hold
 */
export async function countInTime<DB>(
  db: Kysely<DB>,
  { table, timeColumn, userColumn, kind = sql`null::text`, where = sql`true`, recordsColumn }: Countable,
  { scope, range, interval, by }: MetricQuestion,
): Promise<MetricCount[]> {
  const { organizationId, accountIds, userId } = scope
  const time = sql.ref(timeColumn)
  const { rows } = await sql<MetricCount>`
    select ${sql.ref(by === 'account' ? 'account_id' : 'organization_id')} as "ownerId",
      date_trunc(${sql.lit(interval)}, ${time}, 'UTC') as bucket, ${kind} as kind, count(*) as count
      ${recordsColumn === undefined ? sql`` : sql`, sum(${sql.ref(recordsColumn)})::bigint as records`}
    from ${sql.table(table)}
    where organization_id = ${organizationId}
      and ${accountIds ? sql`account_id = any(${accountIds})` : sql`true`}
      and ${userColumn && userId !== undefined ? sql`${sql.ref(userColumn)} = ${userId}` : sql`true`}
      and ${time} between ${range.from} and ${range.to} and ${where}
    group by 1, 2, 3 order by 1, 2, 3 limit ${MAX_ROWS + 1}`.execute(db)
  if (rows.length <= MAX_ROWS) return rows
  throw new ValenceError(
    'PARAMETER_INVALID',
    `interval: more than ${MAX_ROWS} numbers by ${by}, ${interval} and kind; choose a longer interval or a shorter range`,
  )
}
