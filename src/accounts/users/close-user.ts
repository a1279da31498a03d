import { sql, type Transaction } from 'kysely'
import type { Publish } from '../../store/changes.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext, Closing } from '../context.ts'
import { newUserSecret, secretColumns } from '../secrets.ts'
import { forgetResets } from '../sign-in/forget-resets.ts'
import type { UserRow } from './user-body.ts'

/**
 * A user can no longer call (spec 50 §5): its sessions and jobs end, and with `permanently` its instances are deleted. The user stays.
 * Publishing the change of the user is left to whoever calls.
 */
export async function closeUser(
  context: AccountsContext,
  trx: Transaction<AccountsTables>,
  publish: Publish,
  user: UserRow,
  { by, permanently }: Pick<Closing, 'by' | 'permanently'>,
): Promise<void> {
  const at = context.now()
  await trx.updateTable('users').set({ active: false, updated_at: at }).where('id', '=', user.id).execute()
  await trx.deleteFrom('login_tokens').where('user_id', '=', user.id).execute()
  await forgetResets(trx, { userId: user.id })
  const owner = { userId: user.id, accountId: user.account_id, organizationId: user.organization_id }
  await context.onUserClosed(trx, publish, { ...owner, by, permanently, at })
}

/** What else knows a user by its number, and must not outlive it. */
const OF_USERS = ['login_tokens', 'user_roles', 'previous_passwords', 'two_factors', 'password_resets'] as const

/**
 * Users are gone for good. Their rows stay, for instances whose tokens are yet to be revoked and for records of the past; what says who they
 * were, and whatever lets somebody in, does not.
 */
export async function eraseUsers(
  { store, now }: AccountsContext,
  trx: Transaction<AccountsTables>,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return
  const secrets = ids.map((id) => secretColumns(store.cipher, 'users', id, newUserSecret()))
  await sql`
    update users set active = false, deleted_at = ${now()}, updated_at = ${now()}, email = '', first_name = '', last_name = '',
      password_hash = null, password_changed_at = null, external_id = null, phone = null, street1 = null, street2 = null,
      city = null, state_province = null, postal_code = null, country = null,
      secret_ciphertext = fresh.ciphertext, secret_lookup = fresh.lookup
    from unnest(
      ${ids}::integer[],
      ${secrets.map((secret) => secret.secret_ciphertext)}::text[],
      ${secrets.map((secret) => secret.secret_lookup)}::text[]
    ) as fresh (id, ciphertext, lookup)
    where users.id = fresh.id`.execute(trx)
  for (const table of OF_USERS) {
    await sql`delete from ${sql.table(table)} where user_id = any(${ids}::integer[])`.execute(trx)
  }
}
