import { recordSignIn } from '../../audit/record-sign-in.ts'
import type { RequestFacts } from '../../model/account.ts'
import { dateOf } from '../../model/date-of.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import {
  type AuthenticatedUser,
  authenticatedUser,
  isActive,
  owned,
  type SignInRow,
  signInRows,
} from './authenticated-user.ts'
import { issueToken } from './login-tokens.ts'
import { type PreparedPassword, storePassword } from './set-password.ts'

/** Somebody who showed that he is who he says. */
export interface Welcome {
  user: SignInRow
  /** takes the place of the present one */
  newPassword: PreparedPassword | undefined
}

/** What a verdict depends on, beyond who is active. */
const DECISIVE = ['email', 'password_hash', 'has_authenticator'] as const

/**
 * To check a password takes a while. What ends the sessions of a user ends one that is about to begin as well: the user is looked at again, and
 * does not change before there is a session that can be ended.
 *
 * @returns undefined when something changed by which the verdict would be another
 */
export async function openSession(
  { store, now }: Pick<AccountsContext, 'store' | 'now'>,
  { user: judged, newPassword }: Welcome,
  via: RequestFacts | undefined,
): Promise<AuthenticatedUser | undefined> {
  const at = now()
  const last_login_date = dateOf(at)
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const user = await signInRows(trx)
      .where('users.id', '=', judged.id)
      .forShare(['organizations', 'accounts'])
      .forNoKeyUpdate('users')
      .executeTakeFirst()
    if (!user || !isActive(user) || DECISIVE.some((name) => user[name] !== judged[name])) return undefined
    if (newPassword) {
      await storePassword(trx, user.id, newPassword, { now: at })
      publish({ topic: 'user', key: String(user.id) })
    }
    const isEnrolling = user.two_factor_required && !user.has_authenticator
    const token = await issueToken(trx, store.cipher, user.id, at, { isEnrolling })
    await trx.updateTable('users').set({ last_login_date }).where('id', '=', user.id).execute()
    await recordSignIn(plainTrx, { user: owned(user), status: 200, via })
    return authenticatedUser(trx, { ...user, last_login_date }, token)
  })
}
