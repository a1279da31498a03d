import { randomBytes } from 'node:crypto'
import { type Cipher, contextOf } from '../store/cipher.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'

/** Columns of this room that key rotation re-encrypts. */
export const SEALED_COLUMNS: SealedColumn[] = [
  { table: 'organizations', idColumn: 'id', column: 'secret_ciphertext' },
  { table: 'users', idColumn: 'id', column: 'secret_ciphertext' },
  { table: 'two_factors', idColumn: 'user_id', column: 'secret_ciphertext' },
]

/** 32 random bytes in base64, 44 characters (spec 00 §2.1). */
export function newUserSecret(): string {
  return randomBytes(32).toString('base64')
}

/** 32 hexadecimal digits (spec 00 §2.1). */
export function newOrganizationSecret(): string {
  return randomBytes(16).toString('hex')
}

/** The two columns in which a user or organization keeps its secret: sealed, to hand it out again, and hashed, to be found by it. */
export function secretColumns(
  cipher: Cipher,
  table: 'organizations' | 'users',
  id: number,
  secret: string,
): { secret_ciphertext: string; secret_lookup: string } {
  return {
    secret_ciphertext: cipher.seal(secret, contextOf(table, 'secret_ciphertext', id)),
    secret_lookup: cipher.lookup(secret),
  }
}

/** The secret of a row written with `secretColumns`. */
export function openSecret(cipher: Cipher, table: 'organizations' | 'users', id: number, ciphertext: string): string {
  return cipher.open(ciphertext, contextOf(table, 'secret_ciphertext', id))
}
