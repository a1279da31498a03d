import Type, { type Static } from 'typebox'
import { credentialsInvalid } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { openSecret } from '../secrets.ts'

/** What other calls are signed with. */
export const Secrets = Type.Object(
  { userSecret: Type.String(), organizationSecret: Type.String() },
  { title: 'Secrets' },
)

/** Answer of `GET /authentication/secrets`. */
export async function readSecrets(
  { store }: Pick<AccountsContext, 'store'>,
  caller: Pick<Caller, 'userId'>,
): Promise<Static<typeof Secrets>> {
  const row = await store.db
    .withTables<AccountsTables>()
    .selectFrom('users')
    .innerJoin('organizations', 'organizations.id', 'users.organization_id')
    .select(['users.id', 'users.secret_ciphertext as user', 'organizations.id as organizationId'])
    .select('organizations.secret_ciphertext as organization')
    .where('users.id', '=', caller.userId)
    .executeTakeFirst()
  if (!row) throw credentialsInvalid()
  return {
    userSecret: openSecret(store.cipher, 'users', row.id, row.user),
    organizationSecret: openSecret(store.cipher, 'organizations', row.organizationId, row.organization),
  }
}
