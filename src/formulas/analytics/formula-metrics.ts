import { sql } from 'kysely'
import type { TimeRange } from '../../model/buckets.ts'
import type { LogScope } from '../../model/log-scope.ts'
import type { MetricSource } from '../../model/metric.ts'
import { countInTime } from '../../store/count-in-time.ts'
import type { Store } from '../../store/database.ts'
import { inScope } from './count-executions.ts'

type Asked = { store: Pick<Store, 'db'> }

/** Executions that began (spec 41 §8), as long as they are kept. */
export function executionsStarted({ store }: Asked): MetricSource {
  return (question) =>
    countInTime(store.db, { table: 'formula_executions', timeColumn: 'created_at', userColumn: 'user_id' }, question)
}

/** A formula instance that ran (spec 41 §7.3). */
export interface InstanceRuns {
  instanceId: number
  /** empty: it is deleted */
  name: string
  formulaId: number
  count: number
}

/** Instances that ran, the busiest first. */
export async function executionsByInstance(
  { store }: Asked,
  scope: LogScope,
  { from, to }: TimeRange,
): Promise<InstanceRuns[]> {
  const { rows } = await sql<InstanceRuns>`
    select ran.formula_instance_id as "instanceId", coalesce(formula_instances.name, '') as name,
      ran.formula_id as "formulaId", ran.count
    from (
      select formula_instance_id, formula_id, count(*)::integer as count from formula_executions
      where created_at between ${from} and ${to} and ${inScope(scope)}
      group by 1, 2
    ) as ran
    left join formula_instances on formula_instances.id = ran.formula_instance_id
    order by ran.count desc, ran.formula_instance_id`.execute(store.db)
  return rows
}
