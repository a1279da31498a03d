import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../../test/support/database.ts'
import { openStore, type Store } from '../../store/database.ts'
import { keyRingFromText } from '../../store/key-ring.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { createSignInLimits, type SignInLimits, type Whence } from './sign-in-limits.ts'

/** How often one may guess, in however many processes at once. */
let database: Awaited<ReturnType<typeof createTestDatabase>>
let stores: Store[]
let here: SignInLimits
let there: SignInLimits
let clock = new Date('2024-05-01T10:00:00Z')
const now = () => clock
const MINUTE_MS = 60_000
const later = (minutes: number) => {
  clock = new Date(clock.getTime() + minutes * MINUTE_MS)
}

beforeAll(async () => {
  database = await createTestDatabase()
  const keyRing = keyRingFromText(`one:${randomBytes(32).toString('base64')}`, 'test')
  const open = () => openStore({ url: database.url, keyRing, log: pino({ level: 'silent' }) })
  stores = [await open(), await open()]
  const [one, two] = stores.map((store) => createSignInLimits(store, now))
  if (!one || !two) throw new Error('two stores make two limits')
  here = one
  there = two
})
afterEach(() => later(24 * 60))
afterAll(async () => {
  for (const store of stores) await store.close()
  await database.drop()
})

const ada: Whence = { username: 'ada@example.com', ip: '192.0.2.1' }
const REFUSED = { code: 'TOO_MANY_ATTEMPTS', status: 429 }

/** So many guesses at once, half of them in the other process. @returns how many were let through */
async function guess(count: number, whenceOf: (n: number) => Whence): Promise<number> {
  const results = await Promise.allSettled(
    Array.from({ length: count }, (_, n) => (n % 2 ? here : there).beginPassword(whenceOf(n))),
  )
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(REFUSED)
  return results.filter(({ status }) => status === 'fulfilled').length
}

describe('one name from one address', () => {
  test('10 guesses in a quarter of an hour, however many come at once', async () => {
    expect(await guess(200, () => ada)).toBe(10)
    later(14.9)
    expect(await guess(5, () => ada)).toBe(0)
    later(0.2)
    expect(await guess(50, () => ada)).toBe(10)
  })

  test('the refusal says for how long, and nothing of whom', async () => {
    await guess(10, () => ada)
    later(5)
    for (const whence of [ada, { ...ada, username: ' ADA@example.com ' }]) {
      await expect(here.beginPassword(whence)).rejects.toMatchObject({
        ...REFUSED,
        message: 'Too many attempts; try again in 600 seconds',
        headers: { 'retry-after': '600' },
      })
    }
  })

  test('others, and the same from elsewhere, may still try', async () => {
    await guess(10, () => ada)
    expect(await guess(1, () => ({ ...ada, username: 'bob@example.com' }))).toBe(1)
    expect(await guess(1, () => ({ ...ada, ip: '192.0.2.2' }))).toBe(1)
  })

  test('a right one makes up for the wrong ones', async () => {
    await guess(9, () => ada)
    const attempt = await here.beginPassword(ada)
    expect(attempt.isLast).toBe(true)
    await attempt.succeeded()
    expect(await guess(20, () => ada)).toBe(10)
  })

  test('what was no guess is not counted', async () => {
    for (let n = 0; n < 30; n += 1) await (await here.beginPassword(ada)).withdraw()
    expect(await guess(20, () => ada)).toBe(10)
  })

  test('addresses of IPv6 are one by their network', async () => {
    expect(await guess(40, (n) => ({ ...ada, ip: `2001:db8::${n.toString(16)}` }))).toBe(10)
  })
})

describe('one name from everywhere', () => {
  const everywhere = (n: number) => ({ ...ada, ip: `198.51.100.${n}` })

  test('50 guesses an hour, then none from an address that is new', async () => {
    expect(await guess(200, everywhere)).toBe(50)
    later(59)
    expect(await guess(3, (n) => ({ ...ada, ip: `203.0.113.${n}` }))).toBe(0)
    later(2)
    expect(await guess(3, (n) => ({ ...ada, ip: `203.0.113.${n}` }))).toBe(3)
  })

  test('from where the user signed in before he still gets in, with as many guesses as ever', async () => {
    await here.remember(ada)
    await guess(200, everywhere)
    expect(await guess(20, () => ada)).toBe(10)
    later(30 * 24 * 60)
    await guess(200, everywhere)
    expect(await guess(1, () => ada), 'that was more than 30 days ago').toBe(0)
  })

  test('success at one address does not open the others', async () => {
    await guess(49, everywhere)
    const attempt = await here.beginPassword({ ...ada, ip: '203.0.113.9' })
    await attempt.succeeded()
    expect(await guess(20, (n) => ({ ...ada, ip: `203.0.113.${n}` }))).toBe(1)
  })

  test('a new password by an administrator ends the wait', async () => {
    await guess(60, everywhere)
    await here.forgetGuesses((stores[0] as Store).db.withTables<AccountsTables>(), { username: 'Ada@example.com' })
    expect(await guess(3, (n) => ({ ...ada, ip: `203.0.113.${n}` }))).toBe(3)
  })

  test('and at once where he used its token', async () => {
    await guess(10, () => ada)
    await here.forgetGuesses((stores[0] as Store).db.withTables<AccountsTables>(), ada as Required<Whence>)
    expect(await guess(20, () => ada)).toBe(10)
  })
})

describe('one address, whoever it asks for', () => {
  const anybody = (n: number) => ({ username: `${n}@example.com`, ip: ada.ip })

  test('100 guesses in a quarter of an hour', async () => {
    expect(await guess(300, anybody)).toBe(100)
    expect(await guess(1, () => ({ ...ada, ip: '192.0.2.2' }))).toBe(1)
    later(15)
    expect(await guess(1, anybody)).toBe(1)
  })

  test('does not open again by signing in as oneself', async () => {
    await guess(99, anybody)
    const own = await here.beginPassword({ username: 'mallory@example.com', ip: ada.ip })
    await own.succeeded()
    await here.remember({ username: 'mallory@example.com', ip: ada.ip })
    expect(await guess(20, (n) => anybody(n + 1000))).toBe(1)
  })

  test('shuts nobody out who signed in from there before', async () => {
    await here.remember(ada)
    await guess(200, anybody)
    expect(await guess(1, () => ada)).toBe(1)
  })
})

describe('codes', () => {
  test('5 an hour of one user, whatever the address', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => here.beginCode(7)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    await there.beginCode(8)
    later(60)
    await there.beginCode(7)
  })
})

describe('what is kept', () => {
  const rows = async (table: 'attempts' | 'known_addresses') =>
    (stores[0] as Store).db.withTables<AccountsTables>().selectFrom(table).selectAll().execute()

  test('names neither users nor addresses', async () => {
    await here.remember(ada)
    await guess(1, () => ada)
    const everything = JSON.stringify([...(await rows('attempts')), ...(await rows('known_addresses'))])
    for (const text of [ada.username, String(ada.ip)]) expect(everything).not.toContain(text)
  })

  test('goes when it no longer counts', async () => {
    await guess(80, (n) => ({ username: `${n}@example.com`, ip: `198.51.100.${n}` }))
    expect((await rows('attempts')).length).toBeGreaterThan(150)
    later(60)
    await (await here.beginCode(1)).succeeded()
    await (await there.beginCode(1)).succeeded()
    expect(await rows('attempts')).toEqual([])
    later(31 * 24 * 60)
    await here.remember({ ...ada, ip: '203.0.113.1' })
    expect(await rows('known_addresses')).toHaveLength(1)
  })
})
