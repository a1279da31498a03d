import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { findOrganization, toOrganizationBody } from './organization-body.ts'

export type VdrVersion = 'v1' | 'v2'

/**
 * `PUT` and `DELETE /vdrs/upgrade/v2` (spec 20 §6.4): the generation of common resources that organizations report. Both are served from one
 * storage, so that nothing else changes, however often it is done.
 *
 * @param organizationIds others than the caller's, which whoever administers common resources may name; none: his own
 * @throws ValenceError FORBIDDEN, ORGANIZATION_NOT_FOUND (404); then none is changed
 */
export async function setVdrVersion(
  { store, authorize, now }: Pick<AccountsContext, 'store' | 'authorize' | 'now'>,
  caller: Caller,
  version: VdrVersion,
  organizationIds: readonly number[] = [],
): Promise<void> {
  authorize(caller, 'vdrs.upgrade')
  const ids =
    organizationIds.length > 0 ? [...new Set(organizationIds)].toSorted((a, b) => a - b) : [caller.organizationId]
  if (!caller.vdrAdmin && ids.some((id) => id !== caller.organizationId)) {
    throw new ValenceError('FORBIDDEN', 'orgIds[]: other organizations are upgraded by users with the role vdrAdmin')
  }
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    for (const id of ids) {
      const before = toOrganizationBody(await findOrganization(trx, id))
      if (before.vdrVersion === version) continue
      await trx
        .updateTable('organizations')
        .set({ vdr_version: version, updated_at: now() })
        .where('id', '=', id)
        .execute()
      const after = toOrganizationBody(await findOrganization(trx, id))
      await recordChange(trx, caller, { entity: 'organization', id, action: 'upgrade', before, after })
      publish({ topic: 'organization', key: String(id) })
    }
  })
}
