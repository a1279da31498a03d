import { sql } from 'kysely'
import type { TimeRange } from '../model/buckets.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { MetricSource } from '../model/metric.ts'
import type { Slots } from '../model/slots.ts'
import { countInTime } from '../store/count-in-time.ts'
import type { Store } from '../store/database.ts'
import { inTurn } from './in-turn.ts'
import { total } from './metric-body.ts'

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
