import { randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Cipher } from '../../store/cipher.ts'
import type { AccountsTables } from '../accounts-table.ts'

const LIFETIME_MS = 12 * 60 * 60 * 1000
/** as long as it takes to find the telephone */
const ENROLLING_LIFETIME_MS = 15 * 60 * 1000

/**
 * A token for `Authorization: Bearer`, good for 12 hours; stored as a keyed hash only. The user's expired ones are swept on the way.
 *
 * @param at now
 * @param isEnrolling good for nothing but to add an authenticator, for a quarter of an hour
 */
export async function issueToken(
  db: Kysely<AccountsTables>,
  cipher: Pick<Cipher, 'lookup'>,
  userId: number,
  at: Date,
  { isEnrolling = false }: { isEnrolling?: boolean } = {},
): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await db.deleteFrom('login_tokens').where('user_id', '=', userId).where('expires_at', '<=', at).execute()
  await db
    .insertInto('login_tokens')
    .values({
      user_id: userId,
      token_lookup: cipher.lookup(token),
      expires_at: new Date(at.getTime() + (isEnrolling ? ENROLLING_LIFETIME_MS : LIFETIME_MS)),
      enrolling: isEnrolling,
    })
    .execute()
  return token
}

/** Tokens that were good for adding an authenticator only are good for everything. Publishing is left to whoever calls. */
export async function admitTokens(
  trx: Kysely<AccountsTables>,
  which: { tokenLookups: readonly string[] } | { organizationId: number },
  at: Date,
): Promise<void> {
  const tokens = trx
    .updateTable('login_tokens')
    .set({ enrolling: false, expires_at: new Date(at.getTime() + LIFETIME_MS) })
    .where('enrolling', '=', true)
  const theirs =
    'tokenLookups' in which
      ? tokens.where('token_lookup', 'in', which.tokenLookups)
      : tokens.where('user_id', 'in', usersOf(trx, which.organizationId))
  await theirs.execute()
}

/**
 * Sessions of users of the organization without an authenticator are good for adding one only.
 * @param exceptUserId whoever makes it so, who would otherwise shut himself out in the middle of it
 */
export async function restrictTokens(
  trx: Kysely<AccountsTables>,
  organizationId: number,
  exceptUserId: number,
  at: Date,
): Promise<void> {
  const soon = new Date(at.getTime() + ENROLLING_LIFETIME_MS)
  await trx
    .updateTable('login_tokens')
    .set({ enrolling: true, expires_at: sql<Date>`least(expires_at, ${soon})` })
    .where('user_id', 'in', usersOf(trx, organizationId))
    .where('user_id', '<>', exceptUserId)
    .where('user_id', 'not in', trx.selectFrom('two_factors').select('user_id').where('confirmed_at', 'is not', null))
    .execute()
}

function usersOf(trx: Kysely<AccountsTables>, organizationId: number) {
  return trx.selectFrom('users').select('users.id').where('organization_id', '=', organizationId)
}
