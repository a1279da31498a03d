import type { Store } from '../store/database.ts'
import { type BulkDirection, type BulkStatus, bulkDb } from './bulk-table.ts'

export interface OpenJobs {
  direction: BulkDirection
  status: BulkStatus
  count: number
}

/** Jobs of all accounts that have not ended, for operators. */
export async function countOpenJobs({ store }: { store: Pick<Store, 'db'> }): Promise<OpenJobs[]> {
  return bulkDb(store)
    .selectFrom('bulk_jobs')
    .select(['direction', 'status', ({ fn }) => fn.countAll<number>().as('count')])
    .where('finished_at', 'is', null)
    .where('removed_at', 'is', null)
    .groupBy(['direction', 'status'])
    .execute()
}
