import type { Kysely } from 'kysely'
import type { AccountsTables } from '../accounts-table.ts'
import { forgetResets } from './forget-resets.ts'
import { hashPassword } from './password.ts'
import { policyOf } from './password-policies.ts'
import { checkPassword, passwordRefused } from './password-policy.ts'
import { isPreviousPassword, keepPreviousPassword } from './previous-passwords.ts'

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
  /** `previousPasswordCount` of the policy it satisfies */
  previousPasswordCount: number
}

/**
 * Checks and hashes a password, before the transaction that stores it: a hash takes some 30 ms of a processor.
 *
 * @param hashed the hash, where it was made before; then this may be asked within the transaction
 * @throws ValenceError BODY_INVALID naming every rule of the password policy that is broken
 */
export async function preparePassword(
  db: Kysely<AccountsTables>,
  owner: PasswordOwner,
  password: string,
  hashed?: string,
): Promise<PreparedPassword> {
  const policy = await policyOf(db, owner.organizationId)
  const { previousPasswordCount } = policy
  checkPassword(password, owner, policy)
  if (owner.userId !== undefined && (await isPreviousPassword(db, owner.userId, password, previousPasswordCount))) {
    throw passwordRefused([`be none of the last ${previousPasswordCount} passwords`])
  }
  return { password_hash: hashed ?? (await hashPassword(password)), previousPasswordCount }
}

/**
 * Stores it and ends the user's sessions and tokens to set another one; the caller publishes the change of the user.
 * @param keptTokens lookups of the login tokens that stay good
 */
export async function storePassword(
  trx: Kysely<AccountsTables>,
  userId: number,
  { password_hash, previousPasswordCount }: PreparedPassword,
  { now, keptTokens = [] }: { now: Date; keptTokens?: readonly string[] },
): Promise<void> {
  await keepPreviousPassword(trx, userId, previousPasswordCount)
  await trx
    .updateTable('users')
    .set({ password_hash, password_changed_at: now, updated_at: now })
    .where('id', '=', userId)
    .execute()
  await forgetResets(trx, { userId })
  let others = trx.deleteFrom('login_tokens').where('user_id', '=', userId)
  if (keptTokens.length > 0) others = others.where('token_lookup', 'not in', keptTokens)
  await others.execute()
}
