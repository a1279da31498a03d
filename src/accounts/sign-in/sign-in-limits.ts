import { type Kysely, sql } from 'kysely'
import type { Store } from '../../store/database.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { createTurns } from '../turns.ts'
import { type Attempt, createAttempts, type Limit } from './attempts.ts'
import { networkOf } from './network-of.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** One person who mistypes. */
const PAIR = { most: 10, windowMs: 15 * MINUTE_MS, success: 'forgets' } as const
/** One user's password, guessed at from everywhere. */
const NAME = { most: 50, windowMs: 60 * MINUTE_MS, success: 'does not count' } as const
/** Everybody's password, guessed at from one place; offices share an address. */
const ADDRESS = { most: 100, windowMs: 15 * MINUTE_MS, success: 'does not count' } as const
/** Who gets here knows the password already: three of a million codes are right at any time. */
const CODE = { most: 5, windowMs: 60 * MINUTE_MS, success: 'forgets' } as const
/** Somebody signed in, who asks what passwords he had before. */
const CHANGE = { most: 50, windowMs: 15 * MINUTE_MS, success: 'does not count' } as const

/** Fewer than `PAIR` lets through. */
const TURNS = { atOnce: 8, waiting: 200, waitMs: 5_000 }

const KNOWN_FOR_MS = 30 * DAY_MS
const SWEEP_EVERY_MS = 60 * MINUTE_MS

export interface Whence {
  /** as typed */
  username: string
  /** undefined: not by HTTP */
  ip: string | undefined
}

/**
 * How often passwords and codes may be guessed. By user and address together, by user, and by address. From where somebody signed in within
 * the last 30 days, only the first counts: whoever guesses at his password elsewhere cannot shut him out there, nor can a neighbour who guesses
 * at others'.
 */
export interface SignInLimits {
  /**
   * Guesses one after the other, some at once: those under way count as wrong until they turn out right, so more of them than may be wrong would
   * shut out a user who signs in twenty times at once. Networks take turns, so that one who guesses without end does not keep the others waiting.
   *
   * @param ip undefined: not by HTTP
   * @throws ValenceError UNAVAILABLE (503)
   */
  inTurn<T>(ip: string | undefined, guess: () => Promise<T>): Promise<T>
  /** @throws ValenceError TOO_MANY_ATTEMPTS (429) */
  beginPassword(whence: Whence): Promise<Attempt>
  beginCode(userId: number): Promise<Attempt>
  /** one-time tokens, which are nobody's yet */
  beginToken(ip: string | undefined): Promise<Attempt>
  beginChange(userId: number): Promise<Attempt>
  /** After a right password (and code). */
  remember(whence: Whence): Promise<void>
  /**
   * A new password was set by somebody who may: old guesses do not count against it.
   * @param whence with an address where the user proved otherwise that it is him
   */
  forgetGuesses(trx: Kysely<AccountsTables>, whence: { username: string; ip?: string | undefined }): Promise<void>
}

/** @param now the clock */
export function createSignInLimits(store: Pick<Store, 'db' | 'cipher'>, now: () => Date): SignInLimits {
  const attempts = createAttempts(store, now)
  const turns = createTurns('sign-ins', TURNS)
  const db = store.db.withTables<AccountsTables>()
  let sweptAt = 0

  return {
    inTurn: (ip, guess) => turns.run(guess, place(ip)),
    async beginPassword(whence) {
      const pair: Limit = { subject: pairOf(whence), ...PAIR }
      if (await isKnown(whence)) return attempts.begin([pair])
      return attempts.begin([pair, { subject: nameOf(whence), ...NAME }, { subject: addressOf(whence), ...ADDRESS }])
    },
    beginCode: (userId) => attempts.begin([{ subject: codeOf(userId), ...CODE }]),
    beginToken: (ip) => attempts.begin([{ subject: addressOf({ ip }), ...ADDRESS }]),
    beginChange: (userId) => attempts.begin([{ subject: `change ${userId}`, ...CHANGE }]),
    async remember(whence) {
      await sweep()
      const row = { subject: store.cipher.lookup(pairOf(whence)), last_at: now() }
      await db
        .insertInto('known_addresses')
        .values(row)
        .onConflict((conflict) => conflict.column('subject').doUpdateSet({ last_at: row.last_at }))
        .execute()
    },
    async forgetGuesses(trx, { username, ip }) {
      await attempts.forget(trx, nameOf({ username }))
      if (ip !== undefined) await attempts.forget(trx, pairOf({ username, ip }))
    },
  }

  async function isKnown(whence: Whence): Promise<boolean> {
    const rows = await db
      .selectFrom('known_addresses')
      .select('subject')
      .where('subject', 'in', store.cipher.lookups(pairOf(whence)))
      .where('last_at', '>', new Date(now().getTime() - KNOWN_FOR_MS))
      .execute()
    return rows.length > 0
  }

  async function sweep(): Promise<void> {
    const at = now().getTime()
    if (at - sweptAt < SWEEP_EVERY_MS) return
    sweptAt = at
    await sql`
      delete from known_addresses where subject in (
        select subject from known_addresses where last_at <= ${new Date(at - KNOWN_FOR_MS)}
        limit 5000 for update skip locked)`.execute(db)
  }
}

/** One spelling for one user, as sign-in finds it. */
export function normalized(username: string): string {
  return username.trim().toLowerCase()
}

function pairOf({ username, ip }: Whence): string {
  return `sign-in of ${normalized(username)} from ${place(ip)}`
}

function nameOf({ username }: Pick<Whence, 'username'>): string {
  return `sign-in of ${normalized(username)}`
}

function addressOf({ ip }: Pick<Whence, 'ip'>): string {
  return `sign-in from ${place(ip)}`
}

function codeOf(userId: number): string {
  return `code of ${userId}`
}

function place(ip: string | undefined): string {
  return ip === undefined ? 'inside' : networkOf(ip)
}
