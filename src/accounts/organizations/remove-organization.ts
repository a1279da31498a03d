import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { accountRows } from '../account-body.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { closeAccount } from '../close-account.ts'
import type { AccountsContext } from '../context.ts'
import { newOrganizationSecret, secretColumns } from '../secrets.ts'
import { findOrganization, organizationNotFound, toOrganizationBody } from './organization-body.ts'

/**
 * `DELETE /customers/organizations/{id}`: the organization and everything in it, accounts, users, instances, for good (spec 50 §12). Its rows
 * stay, for records of the past and for what is yet to be revoked at vendors.
 *
 * @throws ValenceError ORGANIZATION_NOT_FOUND (404), FORBIDDEN (403) for one's own
 */
export async function removeOrganization(context: AccountsContext, caller: Caller, id: number): Promise<void> {
  const { store, authorize, now } = context
  authorize(caller, 'organizations.delete')
  if (id === caller.organizationId) {
    throw new ValenceError(
      'FORBIDDEN',
      'Nobody can delete his own organization; a customer administrator of another can',
    )
  }
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const organization = await findOrganization(trx, id)
    const closed = await trx
      .updateTable('organizations')
      .set({
        active: false,
        deleted_at: now(),
        updated_at: now(),
        external_id: null,
        ...secretColumns(store.cipher, 'organizations', id, newOrganizationSecret()),
      })
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (closed.numUpdatedRows === 0n) throw organizationNotFound(id) // somebody else was faster
    for (const account of await accountRows(trx, id).orderBy('id').execute()) {
      await closeAccount(context, trx, publish, account, { by: caller, permanently: true })
    }
    await context.onOrganizationClosed(trx, publish, { organizationId: id })
    const before = toOrganizationBody(organization)
    await recordChange(trx, caller, { entity: 'organization', id, action: 'delete', before })
    publish({ topic: 'organization', key: String(id) })
  })
}
