import { sql } from 'kysely'
import type { MetricSource } from '../model/metric.ts'
import { countInTime } from '../store/count-in-time.ts'
import type { Store } from '../store/database.ts'

/** How many jobs were started and how many records they had to do with, by direction (spec 41 §8); as long as their rows are kept. */
export function jobsStarted({ store }: { store: Pick<Store, 'db'> }): MetricSource {
  const jobs = {
    ...{ table: 'bulk_jobs', timeColumn: 'created_at', userColumn: 'user_id', recordsColumn: 'records_count' },
    kind: sql<string>`direction`,
    where: sql<boolean>`status <> 'RECEIVING'`,
  }
  return (question) => countInTime(store.db, jobs, question)
}
