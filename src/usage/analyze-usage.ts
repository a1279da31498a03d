import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { bucketsOf, type Interval, type TimeRange } from '../model/buckets.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { Store } from '../store/database.ts'
import { nothingFound } from './list-usage.ts'
import { FAILED_FROM, selectUsage } from './select-usage.ts'

/** Rows of `/usage/analytics/…` (spec 41 §7.3): one for each bucket, also where nothing was called. */
export interface UsageQuestion {
  scope: LogScope
  range: TimeRange
  interval: Interval
}

const BUCKET = { timestamp: Type.String({ description: 'Beginning of the row, UTC' }), count: Type.Integer() }
const ms = Type.Optional(Type.Number({ description: 'Milliseconds; missing where nothing was called' }))

export const ActivityRow = Type.Object(BUCKET)
export const ElementActivityRow = Type.Unsafe<Static<typeof ActivityRow>>(
  Type.Object(BUCKET, {
    description: 'Beside them one member for each element that was called: its key, and how often',
    additionalProperties: true,
  }),
)
export const TimesRow = Type.Object({ ...BUCKET, min: ms, max: ms, avg: ms })
export const StatusRow = Type.Object({ ...BUCKET, success: Type.Integer(), failed: Type.Integer() })
export const InstanceActivity = Type.Object({
  instanceId: Type.Integer(),
  name: Type.String(),
  elementKey: Type.String(),
  count: Type.Integer(),
})

type Bucketed = Static<typeof ActivityRow>

export async function usageActivity(store: Pick<Store, 'db'>, question: UsageQuestion): Promise<Bucketed[]> {
  const found = await bucketed(store, question)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .execute()
  return filled(question, found, ({ count }) => ({ count }))
}

/** Calls of instances only, with a member for each element that was called in the bucket. */
export async function usageByElement(store: Pick<Store, 'db'>, question: UsageQuestion) {
  const found = await bucketed(store, question)
    .select(({ fn }) => ['element_key', fn.countAll<number>().as('count')])
    .where('element_key', 'is not', null)
    .groupBy('element_key')
    .execute()
  const counts = Map.groupBy(found, ({ bucket }) => bucket.getTime())
  return bucketsOf(question.range, question.interval).map((start) => {
    const elements = counts.get(start.getTime()) ?? []
    const count = elements.reduce((sum, one) => sum + one.count, 0)
    // the first two last: an element may have any key
    const members = Object.fromEntries(elements.map((one) => [one.element_key, one.count]))
    return { ...members, timestamp: start.toISOString(), count }
  })
}

/** How long calls took, in ms. @throws ValenceError NOTHING_FOUND (404) when there were none in the whole range */
export async function usageTimes(store: Pick<Store, 'db'>, question: UsageQuestion) {
  const found = await bucketed(store, question)
    .select(({ fn }) => [
      fn.countAll<number>().as('count'),
      fn.min('process_ms').as('min'),
      fn.max('process_ms').as('max'),
      sql<number>`round(avg(process_ms), 2)::float`.as('avg'),
    ])
    .execute()
  if (found.length === 0) throw nothingFound()
  return filled(question, found, ({ count, min, max, avg }) => ({ count, min, max, avg }))
}

/** @throws ValenceError NOTHING_FOUND (404) when there were no calls in the whole range */
export async function usageStatuses(store: Pick<Store, 'db'>, question: UsageQuestion) {
  const found = await bucketed(store, question)
    .select(({ fn }) => [
      fn.countAll<number>().as('count'),
      fn.countAll<number>().filterWhere('status', '>=', FAILED_FROM).as('failed'),
    ])
    .execute()
  if (found.length === 0) throw nothingFound()
  const rows = filled(question, found, ({ count, failed }) => ({ count, success: count - failed, failed }))
  return rows.map((row) => ({ success: 0, failed: 0, ...row }))
}

/** Instances that were called, the busiest first. */
export async function usageByInstance(
  store: Pick<Store, 'db'>,
  { scope, range }: Pick<UsageQuestion, 'scope' | 'range'>,
) {
  return selectUsage(store, scope, { range })
    .select(({ fn, ref }) => [
      ref('instance_id').as('instanceId'),
      fn.max('instance_name').as('name'),
      fn.max('element_key').as('elementKey'),
      fn.countAll<number>().as('count'),
    ])
    .where('instance_id', 'is not', null)
    .groupBy('instance_id')
    .orderBy('count', 'desc')
    .orderBy('instance_id')
    .$narrowType<Static<typeof InstanceActivity>>()
    .execute()
}

function bucketed(store: Pick<Store, 'db'>, { scope, range, interval }: UsageQuestion) {
  return selectUsage(store, scope, { range })
    .select(sql<Date>`date_trunc(${sql.lit(interval)}, traffic_date, 'UTC')`.as('bucket'))
    .groupBy('bucket')
}

/** One row for each bucket of the range; empty ones have only their time and a count of 0. */
function filled<Found extends { bucket: Date }, Row extends { count: number }>(
  { range, interval }: UsageQuestion,
  found: readonly Found[],
  toRow: (found: Found) => Row,
): (Bucketed & Partial<Row>)[] {
  const rows = new Map(found.map((one) => [one.bucket.getTime(), toRow(one)]))
  return bucketsOf(range, interval).map((start) => ({
    timestamp: start.toISOString(),
    ...(rows.get(start.getTime()) ?? { count: 0 }),
  })) as (Bucketed & Partial<Row>)[]
}
