import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { credentialsInvalid } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { type AuthenticatedUser, authenticatedUser, signInRows } from './authenticated-user.ts'
import { issueToken } from './login-tokens.ts'
import { preparePassword, storePassword } from './set-password.ts'

/**
 * `POST /authentication/passwords`: sets the caller's password and ends his other sessions. A session that was ended meanwhile sets none.
 *
 * @param token the Bearer token of this request, which stays good; without one the answer carries a new token
 * @throws ValenceError BODY_INVALID naming every rule of the password policy that is broken, TOO_MANY_ATTEMPTS (429): whoever may try many
 *   finds out what the last passwords were
 */
export async function changePassword(
  { store, limits, now }: Pick<AccountsContext, 'store' | 'limits' | 'now'>,
  caller: Caller,
  password: string,
  token?: string,
): Promise<AuthenticatedUser> {
  await limits.beginChange(caller.userId)
  const prepared = await preparePassword(store.db.withTables<AccountsTables>(), caller, password)
  const keptTokens = token === undefined ? [] : store.cipher.lookups(token)
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const user = await signInRows(trx).where('users.id', '=', caller.userId).forUpdate('users').executeTakeFirst()
    if (!user || (token !== undefined && !(await isOpen(trx, keptTokens)))) throw credentialsInvalid()
    await storePassword(trx, user.id, prepared, { now: now(), keptTokens })
    await recordChange(trx, caller, {
      entity: 'user',
      id: user.id,
      action: 'changePassword',
      before: { password: user.password_hash },
      after: { password: prepared.password_hash },
    })
    publish({ topic: 'user', key: String(user.id) })
    return authenticatedUser(trx, user, token ?? (await issueToken(trx, store.cipher, user.id, now())))
  })
}

async function isOpen(trx: Transaction<AccountsTables>, lookups: readonly string[]): Promise<boolean> {
  const found = trx.selectFrom('login_tokens').select('id').where('token_lookup', 'in', lookups)
  return (await found.executeTakeFirst()) !== undefined
}
