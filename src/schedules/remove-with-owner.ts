import type { Transaction } from 'kysely'
import { recordChanges } from '../audit/record-change.ts'
import type { Caller } from '../model/account.ts'
import { toldJob } from './api/job-body.ts'
import { inSchedules } from './schedule-table.ts'

const COLUMNS = { userId: 'user_id', accountId: 'account_id', organizationId: 'organization_id' } as const

/**
 * A user, an account or an organization was closed, for a while or for good: its schedules of every kind are deleted and do not come back with it
 * (spec 50 §4, §5; 33 §1.5). What is running runs to its end, if it still may. Instances make theirs anew when they are changed.
 *
 * @param by for the audit log; without it nothing is recorded
 */
export async function removeWithOwner<DB>(
  trx: Transaction<DB>,
  closed: { userId: number } | { accountId: number } | { organizationId: number },
  by?: Caller,
): Promise<void> {
  const [[name, id]] = Object.entries(closed) as [[keyof typeof COLUMNS, number]]
  const rows = await inSchedules(trx).deleteFrom('schedules').where(COLUMNS[name], '=', id).returningAll().execute()
  if (!by) return
  const changes = rows.map((row) => {
    const instance = row.instance_id === null ? {} : { instanceId: row.instance_id }
    return {
      entity: 'job',
      id: row.id,
      accountId: row.account_id,
      action: 'delete',
      before: toldJob(row),
      ...instance,
    } as const
  })
  await recordChanges(trx, by, changes)
}
