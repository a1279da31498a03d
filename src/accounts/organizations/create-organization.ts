import { recordChange } from '../../audit/record-change.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { readNeededText, readText, readWord, requireMembers } from '../read-members.ts'
import { insertOrganization, type NewOrganization } from './insert-organization.ts'
import { findOrganization, type OrganizationBody, toOrganizationBody } from './organization-body.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * `POST /organizations`: an organization with its default account, without users; `POST /customers/signup` makes one with its first
 * administrator (spec 50 §3).
 *
 * @throws ValenceError PARAMETER_MISSING, BODY_INVALID
 */
export async function createOrganization(
  { store, authorize }: AccountsContext,
  caller: Caller,
  body: Body,
): Promise<OrganizationBody> {
  authorize(caller, 'organizations.create')
  const values = readNewOrganization(body, 'the request body')
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const { organizationId, organizationSecret } = await insertOrganization(trx, store.cipher, values)
    const made = toOrganizationBody(await findOrganization(trx, organizationId), organizationSecret)
    await recordChange(trx, caller, { entity: 'organization', id: organizationId, action: 'create', after: made })
    publish({ topic: 'organization', key: String(organizationId) })
    return made
  })
}

/**
 * Organizations that are made later than the first start on the older generation of common resources, and may be upgraded (spec 01 §3).
 * @param where names the place in complaints
 * @throws ValenceError PARAMETER_MISSING, BODY_INVALID
 */
export function readNewOrganization(body: Body, where: string): NewOrganization & { external_id: string | null } {
  requireMembers(body, ['name'], where)
  const status = readWord(body, 'status', ['paid', 'trial'])
  const environment = readWord(body, 'environment', ['production', 'test'])
  return {
    name: readNeededText(body, 'name') ?? '',
    external_id: readText(body, 'externalId') ?? null,
    vdr_version: 'v1',
    ...(status === undefined ? {} : { status }),
    ...(environment === undefined ? {} : { environment }),
  }
}
