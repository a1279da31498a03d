import { recordChange } from '../../audit/record-change.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { readNeededText, readSwitch } from '../read-members.ts'
import { openSecret } from '../secrets.ts'
import { requireTwoFactor } from '../sign-in/two-factor-requirement.ts'
import {
  findOrganization,
  type OrganizationBody,
  type OrganizationRow,
  toOrganizationBody,
} from './organization-body.ts'

/** `GET /organizations/me`: clients check their secrets with it and read the organization's (spec 50 §3). */
export async function readOwnOrganization({ store }: AccountsContext, caller: Caller): Promise<OrganizationBody> {
  return withSecret(store, await findOrganization(store.db.withTables<AccountsTables>(), caller.organizationId))
}

/**
 * `PUT /organizations/me`: the name, and whether sign-in takes a code (`two-factor-requirement.ts`); nothing else (spec 50 §3).
 * @throws ValenceError BODY_INVALID
 */
export async function updateOwnOrganization(
  { store, now }: AccountsContext,
  caller: Caller,
  body: Readonly<Record<string, unknown>>,
): Promise<OrganizationBody> {
  const name = readNeededText(body, 'name')
  const isRequired = readSwitch(body, 'twoFactorAuthEnabled')
  const id = caller.organizationId
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const before = await findOrganization(trx, id)
    const changes = { ...(name === undefined ? {} : { name }), updated_at: now() }
    await trx.updateTable('organizations').set(changes).where('id', '=', id).execute()
    if (isRequired !== undefined && isRequired !== before.two_factor_required)
      await requireTwoFactor(trx, publish, caller, isRequired, now())
    const after = await findOrganization(trx, id)
    const states = { before: toOrganizationBody(before), after: toOrganizationBody(after) }
    await recordChange(trx, caller, { entity: 'organization', id, action: 'update', ...states })
    publish({ topic: 'organization', key: String(id) })
    return withSecret(store, after)
  })
}

/** @param store which sealed it */
export function withSecret({ cipher }: AccountsContext['store'], row: OrganizationRow): OrganizationBody {
  return toOrganizationBody(row, openSecret(cipher, 'organizations', row.id, row.secret_ciphertext))
}
