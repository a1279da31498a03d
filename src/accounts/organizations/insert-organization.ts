import type { Kysely } from 'kysely'
import type { Cipher } from '../../store/cipher.ts'
import { nextId } from '../../store/next-id.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { insertBuiltInRoles } from '../roles/effective-roles.ts'
import { newOrganizationSecret, secretColumns } from '../secrets.ts'

export interface NewOrganization {
  /** written instead of drawn */
  id?: number
  name: string
  vdr_version?: 'v1' | 'v2'
  external_id?: string | null
  status?: 'paid' | 'trial'
  environment?: 'production' | 'test'
  /** its default account; every organization has one (spec 50 §1) */
  account?: { id?: number; name?: string; description?: string | null; external_id?: string | null }
}

/** What an organization starts with: itself, its secret, the built-in roles and its default account. It has no users yet. */
export async function insertOrganization(
  trx: Kysely<AccountsTables>,
  cipher: Cipher,
  { account, ...values }: NewOrganization,
): Promise<{ organizationId: number; accountId: number; organizationSecret: string }> {
  const organizationId = values.id ?? (await nextId(trx, 'organizations'))
  const organizationSecret = newOrganizationSecret()
  const secret = secretColumns(cipher, 'organizations', organizationId, organizationSecret)
  await trx
    .insertInto('organizations')
    .values({ ...values, id: organizationId, ...secret })
    .execute()
  await insertBuiltInRoles(trx, organizationId)
  const { id: accountId } = await trx
    .insertInto('accounts')
    .values({
      name: 'Default Account',
      ...account,
      organization_id: organizationId,
      type: 'Default',
      default_account: true,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { organizationId, accountId, organizationSecret }
}
