import { recordChange } from '../../audit/record-change.ts'
import { credentialsInvalid, ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'

/**
 * `DELETE /authentication`: the Bearer token of the request is worthless at once, in every process; other sessions stay (spec 50 §2: revocable).
 * @throws ValenceError PARAMETER_MISSING (400) without one: secrets are no session
 */
export async function signOut({ store }: AccountsContext, caller: Caller, token: string | undefined): Promise<void> {
  if (token === undefined) {
    throw new ValenceError(
      'PARAMETER_MISSING',
      'There is no session to end: the request carries secrets and no Bearer token',
    )
  }
  await store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const { numDeletedRows } = await trx
      .deleteFrom('login_tokens')
      .where('user_id', '=', caller.userId)
      .where('token_lookup', 'in', store.cipher.lookups(token))
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw credentialsInvalid() // somebody else ended it meanwhile
    await recordChange(trx, caller, { entity: 'authentication', id: caller.userId, action: 'signOut' })
    publish({ topic: 'user', key: String(caller.userId) })
  })
}
