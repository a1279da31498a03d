import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Cipher } from '../store/cipher.ts'
import type { AccountsTables } from './accounts-table.ts'

const LIFETIME_MS = 12 * 60 * 60 * 1000

/**
 * A token for `Authorization: Bearer`, good for 12 hours; stored as a keyed hash only. The user's expired ones are swept on the way.
 * @param at now
 */
export async function issueToken(
  db: Kysely<AccountsTables>,
  cipher: Pick<Cipher, 'lookup'>,
  userId: number,
  at: Date,
): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await db.deleteFrom('login_tokens').where('user_id', '=', userId).where('expires_at', '<=', at).execute()
  await db
    .insertInto('login_tokens')
    .values({
      user_id: userId,
      token_lookup: cipher.lookup(token),
      expires_at: new Date(at.getTime() + LIFETIME_MS),
    })
    .execute()
  return token
}
