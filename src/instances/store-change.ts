import type { Updateable } from 'kysely'
import type { InstanceContext } from './context.ts'
import type { LockedCredentials, RefreshOutcome } from './credential-lock.ts'
import { notFound } from './find.ts'
import type { Instance } from './instance.ts'
import { KEPT_KEYS, withKept } from './instance-change.ts'
import type { InstanceTable } from './instance-table.ts'
import { storeValues } from './store-values.ts'
import { toldInstance } from './told-instance.ts'

/** An instance with what a change makes of it. */
type Changed = Pick<Instance, 'id' | 'organizationId' | 'accountId' | 'userId' | 'name' | 'tags' | 'plan' | 'stored'>

/**
 * Stores a changed instance under its credential lock, and tells rooms above, in one transaction.
 *
 * @param instance as stored now
 * @returns the changed instance with what was stored
 */
export async function storeChange<T extends Changed>(
  context: InstanceContext,
  locked: LockedCredentials,
  instance: Instance,
  changed: T,
  change: { columns?: Updateable<InstanceTable>; refresh?: RefreshOutcome } = {},
): Promise<T> {
  const { id, plan } = changed
  const disabled = await holdSwitch(locked, id)
  const kept = Object.fromEntries(KEPT_KEYS.map((key) => [key, instance.stored[key] ?? null]))
  const told = await context.onInstanceChanged(locked.trx, locked.publish, {
    before: toldInstance({ ...instance, disabled }, instance.plan, instance.stored),
    after: toldInstance({ ...changed, disabled }, plan, withKept(changed.stored, kept)),
  })
  const stored = withKept(changed.stored, { ...kept, ...told })
  await storeValues(context, locked, { id, plan }, stored, change)
  return { ...changed, stored }
}

/** Instances are switched on and off without the credential lock. */
async function holdSwitch({ trx }: LockedCredentials, id: number): Promise<boolean> {
  const row = await trx
    .selectFrom('instances')
    .select('disabled')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw notFound(id)
  return row.disabled
}
