import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { createCache } from './cache.ts'
import { openStore, type Store } from './database.ts'
import { keyRingFromText } from './key-ring.ts'
import { nextId } from './next-id.ts'

const log = pino({ level: 'silent' })
const keyRing = keyRingFromText(`k1:${randomBytes(32).toString('base64')}`, 'test')

let database: Awaited<ReturnType<typeof createTestDatabase>>
const open: Store[] = []
const openOne = async (ring = keyRing, poolSize?: number) => {
  const store = await openStore({ url: database.url, keyRing: ring, log, poolSize })
  open.push(store)
  return store
}
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(async () => {
  await Promise.all(open.map((store) => store.close()))
  await database.drop()
})

test('a statement that is marked is planned once for each connection, under its name', async () => {
  const { db } = await openOne()
  await db.connection().execute(async (connection) => {
    for (const n of [1, 2, 3]) {
      const { rows } = await sql<{ n: number }>`/* kept:tests.count */ select ${n}::int as n`.execute(connection)
      expect(rows).toEqual([{ n }])
    }
    const { rows } =
      await sql`select name, (generic_plans + custom_plans)::int as runs from pg_prepared_statements`.execute(
        connection,
      )
    expect(rows).toEqual([{ name: 'tests.count', runs: 3 }])
  })
})

describe('opening', () => {
  test('first starts at the same time agree on the data keys', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => openOne()))
    expect(new Set(stores.map((store) => store.cipher.lookup('secret'))).size).toBe(1)
    expect(new Set(stores.map((store) => store.cipher.sign('page'))).size).toBe(1)
  })

  test('a key ring that does not belong to the database is refused by key id', async () => {
    const foreign = keyRingFromText(`k9:${randomBytes(32).toString('base64')}`, 'test')
    await expect(openOne(foreign)).rejects.toThrow('sealed with key "k1", which is not in the key ring')
    const impostor = keyRingFromText(`k1:${randomBytes(32).toString('base64')}`, 'test')
    await expect(openOne(impostor)).rejects.toThrow('the key ring holds another key of that name')
  })

  test('a database that does not answer is named', async () => {
    const failure = openStore({ url: 'postgres://someone:hidden@127.0.0.1:1/valence', keyRing, log })
    await expect(failure).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('127.0.0.1:1/valence'),
    })
  })
})

describe('values', () => {
  test('bigint is a number, a date is text, a timestamp is a Date', async () => {
    const store = await openOne()
    const { rows } = await sql`
      select 9007199254740991::bigint as big, date '2019-04-02' as day, timestamptz '2019-04-02T10:11:12Z' as at`.execute(
      store.db,
    )
    expect(rows).toEqual([{ big: 9007199254740991, day: '2019-04-02', at: new Date('2019-04-02T10:11:12Z') }])
  })

  test('a bigint that does not fit a number fails instead of losing digits', async () => {
    const store = await openOne()
    await expect(sql`select 9007199254740993::bigint`.execute(store.db)).rejects.toThrow('9007199254740993')
  })

  test('ids drawn beforehand are the consecutive ones of the table', async () => {
    const store = await openOne()
    const id = await nextId(store.db, 'instances')
    expect(await nextId(store.db, 'instances')).toBe(id + 1)
  })
})

describe('connections', () => {
  test('the gauges count connections of both pools', async () => {
    const store = await openOne(keyRing, 3)
    await store.credentialDb.transaction().execute(async (trx) => {
      await sql`select 1`.execute(trx)
      expect(store.stats()).toMatchObject({
        main: { max: 3, waiting: 0 },
        credential: { max: 8, total: 1, idle: 0, waiting: 0 },
        listening: true,
      })
    })
  })

  test('killed connections, idle or within a transaction, end neither the process nor the store', async () => {
    const store = await openOne(keyRing, 2)
    const survivor = await openOne(keyRing, 1)
    const kill = (pid: number) => sql`select pg_terminate_backend(${pid})`.execute(survivor.db)
    const pidOf = async (db: Store['db']) =>
      (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid ?? 0

    await kill(await pidOf(store.db))
    await wait(20)
    const broken = store.db.transaction().execute(async (trx) => {
      await kill(await pidOf(trx))
      await wait(20)
      await sql`select 1`.execute(trx)
    })
    await expect(broken).rejects.toThrow()
    expect((await sql`select 1 as one`.execute(store.db)).rows).toEqual([{ one: 1 }])
  })

  test('statements of the main pool are limited, on the credential pool longer', async () => {
    const store = await openOne()
    const limitOf = async (db: Store['db']) => (await sql`show statement_timeout`.execute(db)).rows[0]
    expect(await limitOf(store.db)).toEqual({ statement_timeout: '30s' })
    expect(await limitOf(store.credentialDb)).toEqual({ statement_timeout: '5min' })
  })
})

describe('changes', () => {
  test('act here before the transaction answers, and in another store within 250 ms', async () => {
    const [writer, reader] = [await openOne(), await openOne()]
    const heardHere: string[] = []
    const heardThere = Promise.withResolvers<{ key: string; at: number }>()
    writer.changes.on('user', (key) => heardHere.push(key))
    reader.changes.on('user', (key) => heardThere.resolve({ key, at: performance.now() }))

    await writer.changes.transaction(async (trx, publish) => {
      publish({ topic: 'user', key: '17' })
      await sql`select 1`.execute(trx)
      expect(heardHere).toEqual([])
    })
    const committed = performance.now()
    expect(heardHere).toContain('17')
    const { key, at } = await heardThere.promise
    expect(key).toBe('17')
    expect(at - committed).toBeLessThan(250)
  })

  test('of a transaction on the credential pool are heard as well', async () => {
    const [writer, reader] = [await openOne(), await openOne()]
    const heard = Promise.withResolvers<string>()
    reader.changes.on('instance', heard.resolve)
    const result = await writer.changes.transactionOn(writer.credentialDb, async (_trx, publish) => {
      publish({ topic: 'instance', key: '5' })
      return 'done'
    })
    expect([result, await heard.promise]).toEqual(['done', '5'])
  })

  test('of a transaction that failed reach nobody else', async () => {
    const [writer, reader] = [await openOne(), await openOne()]
    const heard: string[] = []
    const last = Promise.withResolvers<void>()
    reader.changes.on('user', (key) => (key === 'last' ? last.resolve() : heard.push(key)))
    const failing = writer.changes.transaction(async (_trx, publish) => {
      publish({ topic: 'user', key: '1' })
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await writer.changes.transaction(async (_trx, publish) => publish({ topic: 'user', key: 'last' }))
    await last.promise
    expect(heard).toEqual([])
  })

  test('a listener that throws keeps neither others nor the writer from going on', async () => {
    const store = await openOne()
    const heard: string[] = []
    store.changes.on('user', () => {
      throw new Error('a bug')
    })
    store.changes.on('user', (key) => heard.push(key))
    await store.changes.transaction(async (_trx, publish) => publish({ topic: 'user', key: '3' }))
    expect(heard).toContain('3')
  })

  test('without the listening connection caches stand aside; back again they start empty', async () => {
    const [store, other] = [await openOne(), await openOne()]
    let loads = 0
    const load = async () => ({ load: ++loads })
    const cache = createCache({ changes: store.changes, topics: ['user'], max: 10, affects: () => true })
    await cache.get('1', load)
    expect(cache.peek('1')).toEqual({ load: 1 })

    const wasReset = Promise.withResolvers<void>()
    store.changes.onReset(wasReset.resolve)
    await killListeners(other)
    await until(() => !store.changes.isListening() || cache.peek('1') === undefined)
    await wasReset.promise
    await until(() => store.changes.isListening())
    expect(cache.peek('1')).toBeUndefined()
    await cache.get('1', load)

    await other.changes.transaction(async (_trx, publish) => publish({ topic: 'user', key: '1' }))
    await until(() => cache.peek('1') === undefined)
  })

  test('a notification that is no change makes everything forgotten', async () => {
    const store = await openOne()
    const wasReset = Promise.withResolvers<void>()
    store.changes.onReset(wasReset.resolve)
    await sql`select pg_notify('valence_changes', 'hello')`.execute(store.db)
    await wasReset.promise
  })
})

/** Ends every LISTEN connection of this database. */
async function killListeners(store: Store): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'valence changes' and datname = current_database()`.execute(store.db)
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`not within 5 s: ${isTrue}`)
    await wait(5)
  }
}
