import { recordChange } from '../audit/record-change.ts'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { findInstance, INSTANCE_TOPIC, notFound } from './find.ts'
import type { InstanceTables } from './instance-table.ts'

/** Columns that are switched, not configured. */
interface Switches {
  disabled: boolean
  trace_until: Date | null
}

/**
 * Changes switches of one instance of the caller's, in every process at once.
 * @param action for the audit log
 * @throws ValenceError INSTANCE_NOT_FOUND, FORBIDDEN
 */
export async function changeRow(
  context: InstanceContext,
  caller: Caller,
  id: number,
  action: string,
  changes: Partial<Switches>,
): Promise<void> {
  await findInstance(context, caller, 'instances.switch', id)
  await context.store.changes.transaction(async (trx, publish) => {
    const db = trx.withTables<InstanceTables>()
    const before = await db
      .selectFrom('instances')
      .select(['disabled', 'trace_until'])
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (!before) throw notFound(id)
    await db
      .updateTable('instances')
      .set({ ...changes, updated_at: context.now() })
      .where('id', '=', id)
      .execute()
    publish({ topic: INSTANCE_TOPIC, key: String(id) })
    const shown = { before: switches(before), after: switches({ ...before, ...changes }) }
    await recordChange(trx, caller, { entity: 'element-instance', id, instanceId: id, action, ...shown })
  })
}

function switches({ disabled, trace_until }: Switches) {
  return { disabled, traceLoggingUntil: trace_until }
}
