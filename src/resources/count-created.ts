import type { MetricSource } from '../model/metric.ts'
import { countInTime } from '../store/count-in-time.ts'
import type { Store } from '../store/database.ts'

/** How many common resources were made of those that still exist. */
export function commonResourcesCreated({ store }: { store: Pick<Store, 'db'> }): MetricSource {
  return (question) => countInTime(store.db, { table: 'common_resources', timeColumn: 'created_at' }, question)
}
