import { sql, type Transaction } from 'kysely'
import type { Publish } from '../store/changes.ts'
import { type BulkJob, inBulk } from './bulk-table.ts'
import { CANCEL_TOPIC } from './held-job.ts'

const COLUMNS = { userId: 'user_id', accountId: 'account_id', organizationId: 'organization_id' } as const
const TABLES = ['bulk_workflows', 'bulk_workflow_runs'] as const

/**
 * A user, an account or an organization was closed, for a while or for good (spec 22 §9, 33 §1.5): its jobs and workflows end, and are not
 * there any more. What a process is at, it lets go of with its next step; files go with the next sweep.
 *
 * Of an upload that is running, nobody asks any more which of its last rows were written.
 */
export async function removeWithOwner<DB>(
  anyTrx: Transaction<DB>,
  publish: Publish,
  closed: { userId: number } | { accountId: number } | { organizationId: number },
  at: Date,
): Promise<void> {
  const trx = inBulk(anyTrx)
  const [[name, id]] = Object.entries(closed) as [[keyof typeof COLUMNS, number]]
  const gone = await trx
    .updateTable('bulk_jobs')
    .set({ removed_at: at, version: sql`version + 1` })
    .where(COLUMNS[name], '=', id)
    .where('removed_at', 'is', null)
    .returning(['id', 'is_running'])
    .execute()
  for (const job of gone) if (job.is_running) publish(cancelOf(job))
  for (const table of TABLES) {
    await trx
      .updateTable(table)
      .set({ removed_at: at })
      .where(COLUMNS[name], '=', id)
      .where('removed_at', 'is', null)
      .execute()
  }
}

function cancelOf({ id }: Pick<BulkJob, 'id'>): Parameters<Publish>[0] {
  return { topic: CANCEL_TOPIC, key: String(id) }
}
