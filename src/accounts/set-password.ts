import type { Kysely } from 'kysely'
import type { AccountsTables } from './accounts-table.ts'
import { hashPassword } from './password.ts'
import { checkPassword } from './password-policy.ts'

/** Whose password it will be. */
export interface PasswordOwner {
  organizationId: number
  /** absent for a user that is not made yet */
  userId?: number
  email: string
  firstName: string
  lastName: string
}

/** A password that may be stored. */
export interface PreparedPassword {
  password_hash: string
}

/**
 * Checks and hashes a password, before the transaction that stores it: a hash takes some 30 ms of a processor.
 *
 * @throws ValenceError BODY_INVALID naming every rule of the password policy that is broken
 */
export async function preparePassword(
  _db: Kysely<AccountsTables>,
  owner: PasswordOwner,
  password: string,
): Promise<PreparedPassword> {
  checkPassword(password, owner)
  return { password_hash: await hashPassword(password) }
}

/**
 * Stores it and ends the user's sessions; the caller publishes the change of the user.
 * @param keptTokens lookups of the login tokens that stay good
 */
export async function storePassword(
  trx: Kysely<AccountsTables>,
  userId: number,
  { password_hash }: PreparedPassword,
  { now, keptTokens = [] }: { now: Date; keptTokens?: readonly string[] },
): Promise<void> {
  await trx
    .updateTable('users')
    .set({ password_hash, password_changed_at: now, updated_at: now })
    .where('id', '=', userId)
    .execute()
  let others = trx.deleteFrom('login_tokens').where('user_id', '=', userId)
  if (keptTokens.length > 0) others = others.where('token_lookup', 'not in', keptTokens)
  await others.execute()
}
