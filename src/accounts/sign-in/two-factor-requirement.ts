import type { Transaction } from 'kysely'
import type { Caller } from '../../model/account.ts'
import type { Publish } from '../../store/changes.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { admitTokens, restrictTokens } from './login-tokens.ts'

/**
 * The organization-wide choice `twoFactorAuthEnabled`: everybody needs a code to sign in. Who has no authenticator yet signs in only to add one,
 * and sessions that are open become such at once; the caller's own stays. Calls with secrets are not concerned.
 *
 * The change of the organization is recorded by whoever calls.
 */
export async function requireTwoFactor(
  trx: Transaction<AccountsTables>,
  publish: Publish,
  caller: Pick<Caller, 'userId' | 'organizationId'>,
  isRequired: boolean,
  at: Date,
): Promise<void> {
  const { organizationId, userId } = caller
  await trx
    .updateTable('organizations')
    .set({ two_factor_required: isRequired, updated_at: at })
    .where('id', '=', organizationId)
    .execute()
  if (isRequired) await restrictTokens(trx, organizationId, userId, at)
  else await admitTokens(trx, { organizationId }, at)
  publish({ topic: 'organization', key: String(organizationId) })
}
