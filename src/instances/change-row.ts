import type { Transaction } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import type { Caller } from '../model/account.ts'
import type { Publish } from '../store/changes.ts'
import type { Tables } from '../store/tables.ts'
import type { InstanceContext } from './context.ts'
import { findInstance, INSTANCE_TOPIC, instanceRows, notFound, toInstance } from './find.ts'
import type { InstanceTables } from './instance-table.ts'
import { toldInstance } from './told-instance.ts'

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
    if (changes.disabled !== undefined && changes.disabled !== before.disabled) {
      await tellSwitch(context, trx, publish, id)
    }
    const shown = { before: switches(before), after: switches({ ...before, ...changes }) }
    await recordChange(trx, caller, { entity: 'element-instance', id, instanceId: id, action, ...shown })
  })
}

async function tellSwitch(
  context: InstanceContext,
  trx: Transaction<Tables>,
  publish: Publish,
  id: number,
): Promise<void> {
  const rows = instanceRows({ store: { ...context.store, db: trx } })
  const row = await rows.where('instances.id', '=', id).executeTakeFirst()
  const instance = row && (await toInstance(context, row))
  if (!instance) throw notFound(id)
  const after = toldInstance(instance, instance.plan, instance.stored)
  const before = { ...after, disabled: !after.disabled }
  await context.onInstanceChanged(trx.withTables<InstanceTables>(), publish, { before, after })
}

function switches({ disabled, trace_until }: Switches) {
  return { disabled, traceLoggingUntil: trace_until }
}
