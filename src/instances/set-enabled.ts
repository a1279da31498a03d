import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { findInstance, INSTANCE_TOPIC } from './find.ts'
import type { InstanceTables } from './instance-table.ts'

/** `PUT` and `DELETE …/enabled` (spec 10 §4.2): a disabled instance answers 403 to resource calls. */
export async function setEnabled(
  context: InstanceContext,
  caller: Caller,
  id: number,
  isEnabled: boolean,
): Promise<void> {
  await findInstance(context, caller, 'instances.update', id)
  await context.store.changes.transaction(async (trx, publish) => {
    await trx
      .withTables<InstanceTables>()
      .updateTable('instances')
      .set({ disabled: !isEnabled, updated_at: context.now() })
      .where('id', '=', id)
      .execute()
    publish({ topic: INSTANCE_TOPIC, key: String(id) })
  })
}
