import type { Transaction } from 'kysely'
import { type Actor, recordChanges } from '../audit/record-change.ts'
import { removeLevelsOf } from '../resources/remove-owner.ts'
import type { Publish } from '../store/changes.ts'
import type { InstanceContext } from './context.ts'
import { INSTANCE_TOPIC } from './find.ts'
import type { InstanceTables } from './instance-table.ts'

/** One instance, or all of an account or of a user. */
export type Doomed = { id: number } | { accountId: number } | { userId: number }

const COLUMNS = { id: 'id', accountId: 'account_id', userId: 'user_id' } as const

/**
 * Instances are gone with the end of the transaction: their tokens are worthless in every process, what common resources say for them is removed,
 * and what the vendors issued for them is to be revoked. That takes calls to vendors and is done afterwards (`remove.ts`).
 *
 * @returns those that were not deleted before
 */
export async function markDeleted<DB>(
  context: Pick<InstanceContext, 'onInstanceChanged'>,
  trx: Transaction<DB>,
  publish: Publish,
  doomed: Doomed,
  at: Date,
): Promise<{ id: number; name: string; account_id: number }[]> {
  const [[name, value]] = Object.entries(doomed) as [[keyof typeof COLUMNS, number]]
  const db = trx as unknown as Transaction<InstanceTables>
  const rows = await db
    .updateTable('instances')
    .set({ deleted_at: at, revocation: JSON.stringify({ state: 'pending', date: at.toISOString() }) })
    .where(COLUMNS[name], '=', value)
    .where('deleted_at', 'is', null)
    .returning(['id', 'name', 'account_id'])
    .execute()
  for (const { id } of rows) publish({ topic: INSTANCE_TOPIC, key: String(id) })
  const deleted = rows.map(({ id }) => id)
  await removeLevelsOf(trx, publish, { instanceIds: deleted })
  if (deleted.length > 0) await context.onInstanceChanged(db, publish, { deleted })
  return rows
}

/** What goes with its account or its user, each with its record in the audit log. */
export async function deleteWithOwner<DB>(
  context: Pick<InstanceContext, 'onInstanceChanged'>,
  trx: Transaction<DB>,
  publish: Publish,
  doomed: Doomed,
  { by, permanently, at }: { by: Actor; permanently: boolean; at: Date },
): Promise<void> {
  if (!permanently) return
  const gone = await markDeleted(context, trx, publish, doomed, at)
  const changes = gone.map(({ id, name, account_id }) => {
    const what = { entity: 'element-instance', id, instanceId: id, accountId: account_id } as const
    return { ...what, action: 'delete', before: { name } }
  })
  await recordChanges(trx, by, changes)
}
