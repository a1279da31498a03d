import { randomInt } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { type Cipher, contextOf } from '../../store/cipher.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { matchingStep } from './totp.ts'

/** Without letters and digits that look alike. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'
const RECOVERY_CODES = 8

/** Where the secret of a user's authenticator is sealed to. */
export function twoFactorContext(userId: number): string {
  return contextOf('two_factors', 'secret_ciphertext', userId)
}

/**
 * Takes a code of the user's authenticator, or one of the codes he wrote down for the day it is lost. Each is good once, in whatever process.
 * @param code blanks and hyphens do not count
 */
export async function takeCode(
  db: Kysely<AccountsTables>,
  cipher: Pick<Cipher, 'open' | 'lookups'>,
  userId: number,
  code: string,
  at: Date,
): Promise<boolean> {
  const plain = code.replace(/[\s-]/g, '').toLowerCase()
  const row = await db
    .selectFrom('two_factors')
    .select(['secret_ciphertext', 'last_step'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (!row) return false
  const step = matchingStep(cipher.open(row.secret_ciphertext, twoFactorContext(userId)), plain, at, row.last_step)
  const { numAffectedRows } =
    step === undefined
      ? await sql`
          update two_factors set recovery_lookups =
            array(select unnest(recovery_lookups) except select unnest(${cipher.lookups(plain)}::text[]))
          where user_id = ${userId} and recovery_lookups && ${cipher.lookups(plain)}::text[]`.execute(db)
      : await sql`
          update two_factors set last_step = ${step}
          where user_id = ${userId} and (last_step is null or last_step < ${step})`.execute(db)
  return numAffectedRows === 1n
}

/** Each 50 bits: `k7m2x-q9wpd`. */
export function newRecoveryCodes(): string[] {
  const letters = () => Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return Array.from({ length: RECOVERY_CODES }, () => `${letters()}-${letters()}`)
}

/** What is stored of them. */
export function recoveryLookups(cipher: Pick<Cipher, 'lookup'>, codes: readonly string[]): string[] {
  return codes.map((code) => cipher.lookup(code.replace('-', '')))
}
