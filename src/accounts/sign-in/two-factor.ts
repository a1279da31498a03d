import type { Transaction } from 'kysely'
import Type, { type Static } from 'typebox'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { findRoleHolder } from '../roles/find-role-holder.ts'
import { assertNotAbove } from '../roles/role-rank.ts'
import { userNotFound } from '../users/find-user.ts'
import { holdUser } from '../users/hold-user.ts'
import { admitTokens } from './login-tokens.ts'
import { newTotpSecret, otpauthUrl } from './totp.ts'
import { newRecoveryCodes, recoveryLookups, takeCode, twoFactorContext } from './two-factor-code.ts'

/** The name that authenticator apps show. */
const ISSUER = 'Valence'

export const StartedTwoFactor = Type.Object(
  {
    secret: Type.String({ description: 'For the authenticator, in base32' }),
    otpauthUrl: Type.String({ description: 'The same as a QR code holds it' }),
  },
  { title: 'StartedTwoFactor' },
)
export type StartedTwoFactor = Static<typeof StartedTwoFactor>

export const ConfirmedTwoFactor = Type.Object(
  {
    registeredForTwoFactor: Type.Boolean(),
    recoveryCodes: Type.Array(Type.String(), {
      description: 'To write down, for the day the authenticator is lost; each is good once',
    }),
  },
  { title: 'ConfirmedTwoFactor' },
)
export type ConfirmedTwoFactor = Static<typeof ConfirmedTwoFactor>

/**
 * `POST /authentication/two-factor`: a new secret for the caller's authenticator. Counts once a code of it was shown.
 * @throws ValenceError ALREADY_EXISTS (409) while there is a confirmed one
 */
export async function startTwoFactor({ store, now }: AccountsContext, caller: Caller): Promise<StartedTwoFactor> {
  const secret = newTotpSecret()
  const row = {
    secret_ciphertext: store.cipher.seal(secret, twoFactorContext(caller.userId)),
    last_step: null,
    created_at: now(),
  }
  const { numInsertedOrUpdatedRows } = await store.db
    .withTables<AccountsTables>()
    .insertInto('two_factors')
    .values({ user_id: caller.userId, ...row })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row).where('two_factors.confirmed_at', 'is', null))
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 0n) {
    throw new ValenceError('ALREADY_EXISTS', 'There is an authenticator already; remove it with one of its codes first')
  }
  return { secret, otpauthUrl: otpauthUrl(secret, caller.email, ISSUER) }
}

/**
 * `PUT /authentication/two-factor`: the first code; from now on sign-in asks for one. A token that was good for nothing else is now good for
 * everything.
 *
 * @param token the Bearer token of this request
 * @returns codes to write down, for the day the authenticator is lost; they are not shown again
 * @throws ValenceError TWO_FACTOR_WRONG (401), NOT_FOUND (404) when nothing was started, ALREADY_EXISTS (409), TOO_MANY_ATTEMPTS (429)
 */
export async function confirmTwoFactor(
  context: AccountsContext,
  caller: Caller,
  code: string,
  token: string | undefined,
): Promise<ConfirmedTwoFactor> {
  const { store, now } = context
  const started = await findTwoFactor(context, caller)
  if (!started) throw new ValenceError('NOT_FOUND', 'There is no authenticator to confirm; start with POST')
  const isConfirmed = new ValenceError('ALREADY_EXISTS', 'The authenticator is confirmed already')
  if (started.confirmed_at) throw isConfirmed
  await assertCode(context, caller, code)
  const recoveryCodes = newRecoveryCodes()
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const { numUpdatedRows } = await trx
      .updateTable('two_factors')
      .set({ confirmed_at: now(), recovery_lookups: recoveryLookups(store.cipher, recoveryCodes) })
      .where('user_id', '=', caller.userId)
      .where('secret_ciphertext', '=', started.secret_ciphertext) // the code was of this one
      .where('confirmed_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) throw isConfirmed
    if (token !== undefined) await admitTokens(trx, { tokenLookups: store.cipher.lookups(token) }, now())
    await record(trx, caller, caller, true)
    publish({ topic: 'user', key: String(caller.userId) })
  })
  return { registeredForTwoFactor: true, recoveryCodes }
}

/**
 * `DELETE /authentication/two-factor`: with one of its codes; one that was never confirmed goes without.
 * @throws ValenceError TWO_FACTOR_REQUIRED, TWO_FACTOR_WRONG (401), NOT_FOUND (404), TOO_MANY_ATTEMPTS (429)
 */
export async function removeTwoFactor(
  context: AccountsContext,
  caller: Caller,
  code: string | undefined,
): Promise<void> {
  if ((await findTwoFactor(context, caller))?.confirmed_at) {
    if (code === undefined) throw new ValenceError('TWO_FACTOR_REQUIRED', 'A two-factor code is required')
    await assertCode(context, caller, code)
  }
  await remove(context, caller, caller)
}

/**
 * `DELETE /users/{id}/two-factor`: for a user who lost his authenticator and the codes. His sessions end.
 * @throws ValenceError USER_NOT_FOUND, NOT_FOUND (404), FORBIDDEN (403), for oneself too: who holds a session has no code yet
 */
export async function removeTwoFactorOf(context: AccountsContext, caller: Caller, userId: number): Promise<void> {
  const db = context.store.db.withTables<AccountsTables>()
  const user = await findRoleHolder(db, userId)
  context.authorize(caller, 'users.removeTwoFactor', user)
  if (userId === caller.userId) {
    throw new ValenceError('FORBIDDEN', 'Remove your own authenticator with a code: DELETE /authentication/two-factor')
  }
  await assertNotAbove(db, caller, user)
  await remove(context, caller, user)
}

async function remove(
  { store }: AccountsContext,
  caller: Caller,
  user: { userId: number; accountId: number },
): Promise<void> {
  const { userId } = user
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    if (!(await holdUser(trx, userId))) throw userNotFound(userId)
    const removed = await trx
      .deleteFrom('two_factors')
      .where('user_id', '=', userId)
      .returning('confirmed_at')
      .executeTakeFirst()
    if (!removed) throw new ValenceError('NOT_FOUND', 'There is no authenticator to remove')
    if (userId !== caller.userId) await trx.deleteFrom('login_tokens').where('user_id', '=', userId).execute()
    if (removed.confirmed_at) await record(trx, caller, user, false)
    publish({ topic: 'user', key: String(userId) })
  })
}

async function findTwoFactor({ store }: AccountsContext, { userId }: Caller) {
  const rows = store.db.withTables<AccountsTables>().selectFrom('two_factors')
  return rows.select(['secret_ciphertext', 'confirmed_at']).where('user_id', '=', userId).executeTakeFirst()
}

/** Counted like a guess, since it may be one. */
async function assertCode({ store, limits, now }: AccountsContext, { userId }: Caller, code: string): Promise<void> {
  const attempt = await limits.beginCode(userId)
  const isRight = await takeCode(store.db.withTables<AccountsTables>(), store.cipher, userId, code, now())
  if (!isRight) throw new ValenceError('TWO_FACTOR_WRONG', 'The two-factor code is wrong')
  await attempt.succeeded()
}

function record(
  trx: Transaction<AccountsTables>,
  caller: Caller,
  { userId, accountId }: { userId: number; accountId: number },
  isAdded: boolean,
): Promise<void> {
  const action = isAdded ? 'addTwoFactor' : 'removeTwoFactor'
  const states = { before: { twoFactor: !isAdded }, after: { twoFactor: isAdded } }
  return recordChange(trx, caller, { entity: 'user', id: userId, accountId, action, ...states })
}
