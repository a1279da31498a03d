import type { MetricSource } from '../../model/metric.ts'
import { countInTime } from '../../store/count-in-time.ts'
import type { Store } from '../../store/database.ts'

/** How many formulas were made of those that still exist. */
export function formulasCreated({ store }: { store: Pick<Store, 'db'> }): MetricSource {
  return (question) => countInTime(store.db, { table: 'formulas', timeColumn: 'created_at' }, question)
}
