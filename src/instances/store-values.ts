import { isDeepStrictEqual } from 'node:util'
import type { Updateable } from 'kysely'
import type { Plan } from '../engine/plan.ts'
import { splitSecrets, type Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import type { LockedCredentials, RefreshOutcome } from './credential-lock.ts'
import type { InstanceTable } from './instance-table.ts'

/**
 * Stores everything an instance holds, under its credential lock. Always the whole set: what its element says is a secret
 * may have changed since a value was stored, and a value must stand in one place only.
 *
 * @param values as `Instance.stored`, read under the lock, with the changes
 * @param change columns to change as well; with an outcome the credentials count as renewed even if they are the same
 * @returns the version of the credentials afterwards
 */
export async function storeValues(
  context: InstanceContext,
  locked: LockedCredentials,
  { id, plan }: { id: number; plan: Plan },
  values: Readonly<Values>,
  change: { columns?: Updateable<InstanceTable>; refresh?: RefreshOutcome } = {},
): Promise<number> {
  const { plain, secret } = splitSecrets(plan.element, values)
  const isRenewed = change.refresh !== undefined || !isDeepStrictEqual(secret, locked.secrets)
  const version = isRenewed ? await locked.save(secret, change.refresh) : locked.version
  if (!isRenewed) await locked.note({})
  await locked.trx
    .updateTable('instances')
    .set({ ...change.columns, configuration: JSON.stringify(plain), updated_at: context.now() })
    .where('id', '=', id)
    .execute()
  return version
}
