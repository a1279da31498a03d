import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { createTurns } from '../turns.ts'

/** argon2id (the library's default) with 19 MiB, 2 passes, 1 lane. Source: OWASP Password Storage Cheat Sheet, "Argon2id". */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** A hash takes some 10 to 30 ms of a core: half of the cores of the machine stay with everybody else. */
const turns = createTurns('passwords are checked', {
  atOnce: Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2))),
  waiting: 100,
  waitMs: 5_000,
})

/**
 * @returns a hash in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$…`
 * @throws ValenceError UNAVAILABLE, see `turns.ts`
 */
export function hashPassword(password: string): Promise<string> {
  return turns.run(() => hash(password, PARAMETERS))
}

let decoy: Promise<string> | undefined

/**
 * Whether the password belongs to the hash. Without a hash (unknown user, user without password) the same work is done against a decoy, so that
 * the time of the answer does not tell which e-mail addresses exist.
 *
 * @throws ValenceError UNAVAILABLE, see `turns.ts`
 */
export async function verifyPassword(passwordHash: string | null | undefined, password: string): Promise<boolean> {
  if (passwordHash) return turns.run(() => verify(passwordHash, password))
  decoy ??= hash(randomBytes(16).toString('base64'), PARAMETERS)
  const hashed = await decoy
  await turns.run(() => verify(hashed, password))
  return false
}

/** 24 characters (144 bits) with upper case, lower case, digit and symbol, beginning with a letter or digit. */
export function generatePassword(): string {
  for (;;) {
    const password = randomBytes(18).toString('base64url')
    const hasEveryClass =
      /[A-Z]/.test(password) && /[a-z]/.test(password) && /\d/.test(password) && /[-_]/.test(password)
    if (hasEveryClass && !/^[-_]/.test(password)) return password
  }
}
