import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { bucketsOf } from '../../model/buckets.ts'
import { isoSeconds } from '../../model/iso-seconds.ts'
import { inTurnOf, type ReadingContext } from '../executions/reading-context.ts'
import { type ExecutionQuestion, inScope, TIMESTAMP } from './count-executions.ts'

/** By the names that the wire has for them. */
const PERCENTILES = ['1.0', '5.0', '25.0', '50.0', '75.0', '95.0', '99.0'] as const

const Measure = (description: string) =>
  Type.Object(
    {
      avg: Type.Number(),
      sum: Type.Number(),
      percentiles: Type.Record(Type.Enum([...PERCENTILES]), Type.Number()),
    },
    { description },
  )
export const StepMeasures = Type.Object({
  timestamp: TIMESTAMP,
  count: Type.Integer({
    description: 'Visits of steps that began then and are shown, the trigger among them',
  }),
  executionTime: Measure('Milliseconds from the beginning of a step to its end'),
  executionDelay: Measure('Milliseconds from the end of the step before to its beginning'),
  contextSize: Measure('Bytes of what a step came to, as JSON'),
})

interface Numbers {
  avg: number | null
  sum: number | null
  percentiles: number[] | null
}
interface Row {
  bucket: Date
  count: number
  time: Numbers
  delay: Numbers
  size: Numbers
}

const NONE: Numbers = { avg: 0, sum: 0, percentiles: null }
const IN_MS = sql<number>`extract(epoch from finished_at - created_at) * 1000`

/** `GET /formulas/analytics/steps`: how long steps took, waited, and what they came to. */
export async function measureSteps(
  { store, slots }: Pick<ReadingContext, 'store' | 'slots'>,
  { scope, range, interval }: ExecutionQuestion,
): Promise<Static<typeof StepMeasures>[]> {
  const { userId, ...owned } = scope
  // a step has no user of its own
  const isOfUser =
    userId === undefined
      ? sql`true`
      : sql`exists (select from formula_executions
          where id = execution_id and created_at = execution_created_at and user_id = ${userId})`
  const { rows } = await inTurnOf(slots, scope, () =>
    sql<Row>`
      select date_trunc(${sql.lit(interval)}, created_at, 'UTC') as bucket, count(*)::integer as count,
        ${numbersOf(IN_MS)} as time, ${numbersOf(sql`delay_ms`)} as delay, ${numbersOf(sql`context_bytes`)} as size
      from formula_steps
      where created_at between ${range.from} and ${range.to} and execution_created_at <= ${range.to}
        and not is_hidden and ${inScope(owned)} and ${isOfUser}
      group by 1 order by 1`.execute(store.db),
  )
  const byBucket = new Map(rows.map((row) => [row.bucket.getTime(), row]))
  return bucketsOf(range, interval).map((start) => {
    const row = byBucket.get(start.getTime())
    return {
      timestamp: isoSeconds(start),
      count: row?.count ?? 0,
      executionTime: toMeasure(row?.time),
      executionDelay: toMeasure(row?.delay),
      contextSize: toMeasure(row?.size),
    }
  })
}

function numbersOf(value: ReturnType<typeof sql>) {
  const at = sql.lit(`{${PERCENTILES.map((one) => Number(one) / 100).join(',')}}`)
  return sql<Numbers>`json_build_object('avg', round(avg(${value}), 2), 'sum', round(sum(${value}), 2),
    'percentiles', percentile_cont(${at}::float[]) within group (order by ${value}))`
}

function toMeasure({ avg, sum, percentiles }: Numbers = NONE) {
  return {
    avg: avg ?? 0,
    sum: sum ?? 0,
    percentiles: Object.fromEntries(PERCENTILES.map((name, at) => [name, round(percentiles?.[at] ?? 0)])) as Record<
      (typeof PERCENTILES)[number],
      number
    >,
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
