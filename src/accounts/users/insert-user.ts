import type { Insertable, Kysely } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Cipher } from '../../store/cipher.ts'
import { nextId } from '../../store/next-id.ts'
import type { AccountsTables, UserTable } from '../accounts-table.ts'
import { newUserSecret, secretColumns } from '../secrets.ts'

/** Columns of a new user; its secret is made here. */
export type NewUser = Omit<Insertable<UserTable>, 'secret_ciphertext' | 'secret_lookup'>

/** @throws ValenceError ALREADY_EXISTS (409) when somebody on this server has the e-mail address, in whatever case */
export async function insertUser(
  trx: Kysely<AccountsTables>,
  cipher: Cipher,
  values: NewUser,
): Promise<{ userId: number; userSecret: string }> {
  const userId = values.id ?? (await nextId(trx, 'users'))
  const userSecret = newUserSecret()
  const row = { ...values, id: userId, ...secretColumns(cipher, 'users', userId, userSecret) }
  await uniqueEmail(values.email, () => trx.insertInto('users').values(row).execute())
  return { userId, userSecret }
}

/** Runs a statement that writes an e-mail address; its failure ends the transaction. */
export async function uniqueEmail<T>(email: string | undefined, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    if ((cause as { constraint?: string }).constraint !== 'users_email') throw cause
    throw new ValenceError('ALREADY_EXISTS', `A user with the e-mail address ${email} exists already`, { cause })
  }
}
