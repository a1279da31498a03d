import { recordSignIn } from '../../audit/record-sign-in.ts'
import type { RequestFacts } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import type { UserRow } from '../users/user-body.ts'
import { signInRows } from './authenticated-user.ts'
import { verifyPassword } from './password.ts'

/**
 * Whether the password beside a request (`Elements-User-Password`, spec 00 §2.2) is the user's; a guess like one of sign-in.
 * @throws ValenceError TOO_MANY_ATTEMPTS (429), UNAVAILABLE (503)
 */
export async function knowsPassword(
  { store, limits }: Pick<AccountsContext, 'store' | 'limits'>,
  user: Pick<UserRow, 'id' | 'account_id' | 'organization_id' | 'email' | 'password_hash'>,
  password: string,
  via: RequestFacts | undefined,
): Promise<boolean> {
  const isRight = await limits.inTurn(via?.ip, async () => {
    const attempt = await limits.beginPassword({ username: user.email, ip: via?.ip })
    const verified = await verifyPassword(user.password_hash, password).catch(async (error) => {
      await attempt.withdraw()
      throw error
    })
    if (verified) await attempt.succeeded()
    return verified
  })
  if (isRight) return true
  const { id, account_id: accountId, organization_id: organizationId } = user
  await recordSignIn(store.db.withTables<AccountsTables>(), {
    user: { id, accountId, organizationId },
    status: 401,
    reason: 'Elements-User-Password is wrong',
    via,
  })
  return false
}

/** Whether the password alone lets the user in: there is no second factor that whoever knows it would need as well. */
export async function isPasswordEnough({ store }: Pick<AccountsContext, 'store'>, { id }: { id: number }) {
  const row = await signInRows(store.db.withTables<AccountsTables>()).where('users.id', '=', id).executeTakeFirst()
  return row !== undefined && !row.has_authenticator && !row.two_factor_required
}
