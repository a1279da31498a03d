import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { ValenceError } from '../errors.ts'
import { bucketsOf, type Interval, MAX_ROWS, type TimeRange } from '../model/buckets.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { Store } from '../store/database.ts'
import { inTurn } from './in-turn.ts'
import { nothingFound } from './list-usage.ts'
import { FAILED_FROM, selectUsage } from './select-usage.ts'
import type { UsageContext } from './usage-context.ts'

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
type Asked = Pick<UsageContext, 'slots'> & { store: Pick<Store, 'db'> }

export async function usageActivity(context: Asked, question: UsageQuestion): Promise<Bucketed[]> {
  const counts = bucketed(context, question).select(({ fn }) => fn.countAll<number>().as('count'))
  const found = await inTurn(context, question.scope, () => counts.execute())
  return filled(question, found, ({ count }) => ({ count }))
}

/**
 * Calls of instances only, with a member for each element that was called in the bucket.
 * @throws ValenceError PARAMETER_INVALID for more numbers than one answer can hold
 */
export async function usageByElement(context: Asked, question: UsageQuestion) {
  const byElement = bucketed(context, question)
    .select(({ fn }) => ['element_key', fn.countAll<number>().as('count')])
    .where('element_key', 'is not', null)
    .groupBy('element_key')
    .limit(MAX_ROWS + 1)
  const found = await inTurn(context, question.scope, () => byElement.execute())
  if (found.length > MAX_ROWS) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `interval: more than ${MAX_ROWS} numbers by ${question.interval} and element; choose a longer interval or a shorter range`,
    )
  }
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
export async function usageTimes(context: Asked, question: UsageQuestion) {
  const times = bucketed(context, question).select(({ fn }) => [
    fn.countAll<number>().as('count'),
    fn.min('process_ms').as('min'),
    fn.max('process_ms').as('max'),
    sql<number>`round(avg(process_ms), 2)::float`.as('avg'),
  ])
  const found = await inTurn(context, question.scope, () => times.execute())
  if (found.length === 0) throw nothingFound()
  return filled(question, found, ({ count, min, max, avg }) => ({ count, min, max, avg }))
}

/** @throws ValenceError NOTHING_FOUND (404) when there were no calls in the whole range */
export async function usageStatuses(context: Asked, question: UsageQuestion) {
  const statuses = bucketed(context, question).select(({ fn }) => [
    fn.countAll<number>().as('count'),
    fn.countAll<number>().filterWhere('status', '>=', FAILED_FROM).as('failed'),
  ])
  const found = await inTurn(context, question.scope, () => statuses.execute())
  if (found.length === 0) throw nothingFound()
  const rows = filled(question, found, ({ count, failed }) => ({ count, success: count - failed, failed }))
  return rows.map((row) => ({ success: 0, failed: 0, ...row }))
}

/** Instances that were called, the busiest first. */
export async function usageByInstance(context: Asked, { scope, range }: Pick<UsageQuestion, 'scope' | 'range'>) {
  const instances = selectUsage(context.store, scope, { range })
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
  return inTurn(context, scope, () => instances.execute())
}

function bucketed({ store }: Asked, { scope, range, interval }: UsageQuestion) {
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
