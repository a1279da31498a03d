import { type Kysely, sql } from 'kysely'
import type { AccountsTables } from '../accounts-table.ts'
import { verifyPassword } from './password.ts'

/**
 * Whether the user had this password of late.
 * @param count of how many last ones, the present one among them (`previousPasswordCount`); each costs a verification
 */
export async function isPreviousPassword(
  db: Kysely<AccountsTables>,
  userId: number,
  password: string,
  count: number,
): Promise<boolean> {
  if (count === 0) return false
  const user = await db.selectFrom('users').select('password_hash').where('id', '=', userId).executeTakeFirst()
  const before = await db
    .selectFrom('previous_passwords')
    .select('password_hash')
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .limit(count - 1)
    .execute()
  for (const { password_hash } of [...(user ? [user] : []), ...before]) {
    if (password_hash !== null && (await verifyPassword(password_hash, password))) return true
  }
  return false
}

/** Before a new one takes its place: keeps as many as will be asked for, and none that will not. */
export async function keepPreviousPassword(trx: Kysely<AccountsTables>, userId: number, count: number): Promise<void> {
  const kept = Math.max(0, count - 1)
  if (kept > 0) {
    await sql`
      insert into previous_passwords (user_id, password_hash)
      select id, password_hash from users where id = ${userId} and password_hash is not null`.execute(trx)
  }
  await sql`
    delete from previous_passwords where user_id = ${userId} and id not in (
      select id from previous_passwords where user_id = ${userId} order by id desc limit ${kept})`.execute(trx)
}
