import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { bucketsOf, type TimeRange } from '../model/buckets.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { MetricCount, MetricQuestion, MetricSource } from '../model/metric.ts'
import type { Slots } from '../model/slots.ts'
import { countInTime } from '../store/count-in-time.ts'
import type { Store } from '../store/database.ts'
import { inTurn } from './in-turn.ts'

/** `/metrics/{name}` (spec 41 §8), and what the kinds are called by which its numbers are told apart. */
export const METRICS = {
  api: 'type',
  'hub-api': 'hub',
  'bulk-jobs': 'direction',
  'element-instances-created': 'elementKey',
  'elements-created': undefined,
  events: undefined,
  'formula-executions': undefined,
  'formulas-created': undefined,
  'hubs-created': 'hub',
  'vdrs-created': undefined,
  'vdrs-invoked': undefined,
} as const satisfies Record<string, string | undefined>

export type MetricName = keyof typeof METRICS

/** The metrics whose facts are API calls; the others are answered by the rooms that own theirs. */
export function usageMetrics({ db }: Pick<Store, 'db'>) {
  const calls = { table: 'usage_records', timeColumn: 'traffic_date', userColumn: 'user_id' }
  const source =
    (more: Partial<Parameters<typeof countInTime>[1]>): MetricSource =>
    (question) =>
      countInTime(db, { ...calls, ...more }, question)
  return {
    api: source({ kind: sql<string>`case when instance_id is null then 'platform' else 'hub' end` }),
    'hub-api': source({ kind: sql<string>`hub`, where: sql<boolean>`hub is not null` }),
    'vdrs-invoked': source({ where: sql<boolean>`common_resource` }),
  } satisfies Partial<Record<MetricName, MetricSource>>
}

/** How many instances of elements were made in a time. */
export async function createdInstances(
  { metrics, slots }: { metrics: Readonly<Record<MetricName, MetricSource>>; slots: Pick<Slots, 'run'> },
  scope: LogScope,
  range: TimeRange,
): Promise<number> {
  const question = { scope, range, interval: 'year', by: 'organization' } as const
  return total(await inTurn({ slots }, scope, () => metrics['element-instances-created'](question)))
}

/** An account or an organization. */
export interface MetricOwner {
  id: number
  externalId: string | null
}

const Counted = Type.Object({
  timestamp: Type.String({ description: 'Beginning of the interval, UTC' }),
  count: Type.Integer(),
  details: Type.Optional(
    Type.Unsafe<Record<string, string | number>[]>(
      Type.Array(Type.Object({ count: Type.Integer() }, { additionalProperties: true }), {
        description:
          'The same by kind, where the metric has kinds: `{type, count}`, `{hub, count}`, `{elementKey, count}`',
      }),
    ),
  ),
})

export const MetricBody = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the account or organization' }),
    externalId: Type.Optional(Type.String()),
    interval: Type.String(),
    count: Type.Integer(),
    metrics: Type.Array(Counted),
  },
  { title: 'Metric' },
)

/** One entry of the answer: the numbers of one account or organization. */
export function toMetricBody(
  { id, externalId }: MetricOwner,
  counts: readonly MetricCount[],
  { range, interval }: Pick<MetricQuestion, 'range' | 'interval'>,
  { kindName, emptyIntervals }: { kindName: string | undefined; emptyIntervals: boolean },
): Static<typeof MetricBody> {
  const buckets = Map.groupBy(
    counts.filter(({ ownerId }) => ownerId === id),
    ({ bucket }) => bucket.getTime(),
  )
  const starts = emptyIntervals ? bucketsOf(range, interval) : [...buckets.keys()].map((time) => new Date(time))
  const metrics = starts.map((start) => {
    const found = buckets.get(start.getTime()) ?? []
    return {
      timestamp: isoSeconds(start),
      count: total(found),
      ...(kindName === undefined ? {} : { details: detailsOf(found, kindName) }),
    }
  })
  return { id, ...(externalId === null ? {} : { externalId }), interval, count: total(metrics), metrics }
}

/** A kind may come in several parts: elements of the same key in several accounts. */
function detailsOf(counts: readonly MetricCount[], kindName: string) {
  const kinds = Map.groupBy(counts, ({ kind }) => kind ?? 'unknown')
  return [...kinds].map(([kind, parts]) => ({ [kindName]: kind, count: total(parts) }))
}

function total(counts: readonly { count: number }[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0)
}
