import type { Transaction } from 'kysely'
import type { Publish } from '../store/changes.ts'
import { INSTANCE_TOPIC } from './find.ts'
import type { InstanceTables } from './instance-table.ts'

/** One instance, or all of an account or of a user. */
export type Doomed = { id: number } | { accountId: number } | { userId: number }

const COLUMNS = { id: 'id', accountId: 'account_id', userId: 'user_id' } as const

/**
 * Instances are gone with the end of the transaction: their tokens are worthless in every process, and what the vendors issued for them is to be
 * revoked. That takes calls to vendors and is done afterwards (`remove.ts`).
 *
 * @returns ids of those that were not deleted before
 */
export async function markDeleted<DB>(
  trx: Transaction<DB>,
  publish: Publish,
  doomed: Doomed,
  at: Date,
): Promise<number[]> {
  const [[name, value]] = Object.entries(doomed) as [[keyof typeof COLUMNS, number]]
  const rows = await (trx as unknown as Transaction<InstanceTables>)
    .updateTable('instances')
    .set({ deleted_at: at, revocation: JSON.stringify({ state: 'pending', date: at.toISOString() }) })
    .where(COLUMNS[name], '=', value)
    .where('deleted_at', 'is', null)
    .returning('id')
    .execute()
  for (const { id } of rows) publish({ topic: INSTANCE_TOPIC, key: String(id) })
  return rows.map(({ id }) => id)
}
