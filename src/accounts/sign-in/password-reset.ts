import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import Type, { type Static } from 'typebox'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller, RequestFacts } from '../../model/account.ts'
import { isoSeconds } from '../../model/iso-seconds.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { findRoleHolder } from '../roles/find-role-holder.ts'
import { assertNotAbove } from '../roles/role-rank.ts'
import { userNotFound } from '../users/find-user.ts'
import { holdUser } from '../users/hold-user.ts'
import { signInRows } from './authenticated-user.ts'
import { preparePassword, storePassword } from './set-password.ts'

const LIFETIME_MS = 24 * 60 * 60 * 1000

export const PasswordReset = Type.Object(
  {
    token: Type.String({ description: 'For the user, to be handed over by a way that is safe; not shown again' }),
    expiresAt: Type.String({ format: 'date-time' }),
  },
  { title: 'PasswordReset' },
)
export type PasswordReset = Static<typeof PasswordReset>

/**
 * `POST /users/{id}/password-reset`: a token with which the user sets a password, once within 24 hours; an older one is worthless from now on.
 * His password is good until then.
 *
 * @throws ValenceError USER_NOT_FOUND (404), FORBIDDEN (403)
 */
export async function issuePasswordReset(
  { store, authorize, now }: AccountsContext,
  caller: Caller,
  userId: number,
): Promise<PasswordReset> {
  const token = randomBytes(32).toString('base64url')
  const expiresAt = new Date(now().getTime() + LIFETIME_MS)
  await store.changes.transaction(async (plainTrx) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const user = await findRoleHolder(trx, userId)
    authorize(caller, 'users.resetPassword', user)
    await assertNotAbove(trx, caller, user)
    if (!(await holdUser(trx, userId))) throw userNotFound(userId)
    await trx
      .deleteFrom('password_resets')
      .where((eb) => eb.or([eb('user_id', '=', userId), eb('expires_at', '<=', now())]))
      .execute()
    const row = { token_lookup: store.cipher.lookup(token), user_id: userId, expires_at: expiresAt }
    await trx.insertInto('password_resets').values(row).execute()
    const { accountId } = user
    await recordChange(trx, caller, { entity: 'user', id: userId, accountId, action: 'issuePasswordReset' })
  })
  return { token, expiresAt: isoSeconds(expiresAt) }
}

/**
 * `POST /authentication/passwords/reset`: sets the password of whoever the token is for. It is used up, all his sessions end, and guesses that
 * kept him out are forgotten; a second factor stays.
 *
 * @returns as whom he signs in now
 * @throws ValenceError RESET_INVALID (401) with one text, BODY_INVALID for a password that the policy refuses: the token is good for another;
 *   TOO_MANY_ATTEMPTS (429)
 */
export async function resetPassword(
  { store, limits, now }: AccountsContext,
  { token, password }: { token: string; password: string },
  via: RequestFacts | undefined,
): Promise<{ username: string }> {
  const attempt = await limits.beginToken(via?.ip)
  const tokenLookups = store.cipher.lookups(token)
  const user = await findByToken(store.db.withTables<AccountsTables>(), tokenLookups, now())
  if (!user) throw invalid()
  await attempt.withdraw()
  await limits.beginChange(user.userId)
  const prepared = await preparePassword(store.db.withTables<AccountsTables>(), user, password)
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    if (!(await holdUser(trx, user.userId))) throw invalid()
    const { numDeletedRows } = await trx
      .deleteFrom('password_resets')
      .where('token_lookup', 'in', tokenLookups)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw invalid()
    await storePassword(trx, user.userId, prepared, { now: now() })
    await limits.forgetGuesses(trx, { username: user.email, ip: via?.ip })
    await recordChange(
      trx,
      { ...user, ...(via ? { via } : {}) },
      { entity: 'user', id: user.userId, action: 'resetPassword' },
    )
    publish({ topic: 'user', key: String(user.userId) })
  })
  return { username: user.email }
}

async function findByToken(db: Kysely<AccountsTables>, tokenLookups: string[], at: Date) {
  const row = await signInRows(db)
    .innerJoin('password_resets', 'password_resets.user_id', 'users.id')
    .where('token_lookup', 'in', tokenLookups)
    .where('expires_at', '>', at)
    .where('users.active', '=', true)
    .where('accounts.active', '=', true)
    .where('organizations.active', '=', true)
    .executeTakeFirst()
  if (!row) return undefined
  const { email, first_name: firstName, last_name: lastName } = row
  return { userId: row.id, accountId: row.account_id, organizationId: row.organization_id, email, firstName, lastName }
}

function invalid(): ValenceError {
  return new ValenceError('RESET_INVALID', 'The token is unknown, used up or expired; ask for another one')
}
