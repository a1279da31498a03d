import type { Updateable } from 'kysely'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { findInstance, INSTANCE_TOPIC } from './find.ts'
import type { InstanceTable, InstanceTables } from './instance-table.ts'

/** Changes columns of one instance of the caller's, in every process at once. @throws ValenceError INSTANCE_NOT_FOUND, FORBIDDEN */
export async function changeRow(
  context: InstanceContext,
  caller: Caller,
  id: number,
  changes: Updateable<InstanceTable>,
): Promise<void> {
  await findInstance(context, caller, 'instances.update', id)
  await context.store.changes.transaction(async (trx, publish) => {
    await trx
      .withTables<InstanceTables>()
      .updateTable('instances')
      .set({ ...changes, updated_at: context.now() })
      .where('id', '=', id)
      .execute()
    publish({ topic: INSTANCE_TOPIC, key: String(id) })
  })
}
