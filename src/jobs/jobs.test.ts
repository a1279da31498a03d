import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import type { JobQueue } from './jobs.ts'
import { lookAround } from './look-around.ts'
import { makeQueues, openBoss } from './open-boss.ts'
import { type OpenJobs, openJobs } from './open-jobs.ts'
import { openParkedJobs } from './parked.ts'

const LOG = { warn: () => undefined, error: () => undefined }
const NAME = 'tests.work'
let store: Store
let databaseUrl: string
let closeStore: () => Promise<void>
const opened: OpenJobs[] = []

beforeAll(async () => {
  const opening = await openTestStore()
  store = opening.store
  databaseUrl = opening.url
  closeStore = opening.close
  await sql`create table items (key text not null, item int not null, done_by text)`.execute(store.db)
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()))
  await sql`delete from valence_jobs.job`.execute(store.db)
  await sql`delete from items`.execute(store.db)
})
afterAll(() => closeStore())

/** One process; several of them stand for several. */
async function open(queue: Partial<JobQueue> & Pick<JobQueue, 'run'>, { works = true } = {}): Promise<OpenJobs> {
  const jobs = await openJobs({ databaseUrl, changes: store.changes, log: LOG, works })
  opened.push(jobs)
  await jobs.prepare([{ name: NAME, slots: 10, ...queue }])
  jobs.start()
  return jobs
}

function note<T>(list: T[], value: T): 'done' {
  list.push(value)
  return 'done'
}

const wake = (jobs: OpenJobs, ...keys: string[]) =>
  store.changes.transaction((trx, publish) =>
    jobs.wake(
      trx,
      publish,
      NAME,
      keys.map((key) => ({ key })),
    ),
  )

async function until(holds: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> {
  for (const end = Date.now() + ms; !(await holds()); await wait(5)) {
    if (Date.now() > end) throw new Error(`still not after ${ms} ms: ${holds}`)
  }
}

test('what is woken runs, within some milliseconds', async () => {
  const ran: string[] = []
  const jobs = await open({ run: async (key) => note(ran, key) })
  const started = performance.now()
  await wake(jobs, 'a', 'b')
  await until(() => ran.length === 2)
  expect(ran.toSorted()).toEqual(['a', 'b'])
  expect(performance.now() - started).toBeLessThan(1_000)
})

test('what nobody told of is found, by one question for all queues', async () => {
  const ran: string[] = []
  const asked: string[] = []
  const boss = await openBoss(databaseUrl, { log: LOG, supervise: false })
  const queues = ['tests.a', 'tests.b', 'tests.c'].map((name) => ({ name }))
  await makeQueues(boss, queues)
  const db = boss.getDb()
  const getDb = () => ({
    executeSql: (text: string, values?: unknown[]) => {
      asked.push(text)
      return db.executeSql(text, values)
    },
  })
  const watched = new Proxy(boss, { get: (target, name) => (name === 'getDb' ? getDb : Reflect.get(target, name)) })
  const names = queues.map(({ name }) => name)
  const stop = lookAround(watched, names, (name) => ran.push(name), LOG, 10)
  await until(() => asked.length >= 3)
  expect(ran).toEqual([])
  await boss.insert('tests.b', [
    { data: { key: 'now' }, singletonKey: 'now' },
    { data: { key: 'later' }, singletonKey: 'later', startAfter: 60 },
  ])
  await until(() => ran.length >= 2)
  expect(new Set(ran)).toEqual(new Set(['tests.b']))
  await boss.fetch('tests.b')
  const seen = asked.length
  await until(() => asked.length > seen + 1)
  const before = ran.length
  await until(() => asked.length > seen + 4)
  expect(ran.length).toBe(before)
  await stop()
  await boss.stop({ graceful: false })
})

test('a job that was put there without a word runs', async () => {
  const ran: string[] = []
  const jobs = await openJobs({ databaseUrl, changes: store.changes, log: LOG, works: true, lookEveryMs: 50 })
  opened.push(jobs)
  await jobs.prepare([{ name: NAME, slots: 10, run: async (key) => note(ran, key) }])
  jobs.start()
  await store.changes.transaction((trx) => jobs.wake(trx, () => undefined, NAME, [{ key: 'a' }]))
  await until(() => ran.length === 1)
})

test('a process that only wakes does not work; another one hears of it', async () => {
  const ran: string[] = []
  const waker = await open({ run: async () => note(ran, 'waker') }, { works: false })
  await open({ run: async () => note(ran, 'worker') })
  await wake(waker, 'a')
  await until(() => ran.length > 0)
  expect(ran).toEqual(['worker'])
})

test('a wake of a transaction that is rolled back never was', async () => {
  const ran: string[] = []
  const jobs = await open({ run: async (key) => note(ran, key) })
  const failing = store.changes.transaction(async (trx, publish) => {
    await jobs.wake(trx, publish, NAME, [{ key: 'gone' }])
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await wake(jobs, 'kept')
  await until(() => ran.length > 0)
  await wait(50)
  expect(ran).toEqual(['kept'])
})

test('wakes while a key runs are one more run', async () => {
  const gate = Promise.withResolvers<void>()
  let runs = 0
  const jobs = await open({
    async run() {
      if (++runs === 1) await gate.promise
      return 'done'
    },
  })
  await wake(jobs, 'a')
  await until(() => runs === 1)
  for (let time = 0; time < 30; time++) await wake(jobs, 'a')
  gate.resolve()
  await until(() => runs === 2)
  await wait(50)
  expect(runs).toBe(2)
})

test('one run of a key at a time, over all processes', async () => {
  const running = new Map<string, number>()
  let most = 0
  let runs = 0
  const run = async (key: string) => {
    running.set(key, (running.get(key) ?? 0) + 1)
    most = Math.max(most, running.get(key) ?? 0)
    await wait(2)
    running.set(key, (running.get(key) ?? 0) - 1)
    runs++
    return 'done' as const
  }
  const [one, two] = [await open({ run }), await open({ run })]
  for (let round = 0; round < 30; round++) await Promise.all([wake(one, 'a', 'b'), wake(two, 'b', 'a')])
  await until(async () => (await waiting()) === 0)
  expect(most).toBe(1)
  expect(runs).toBeGreaterThan(1)
})

test('nothing that was written before its wake is overlooked, however transactions and runs overlap', async () => {
  const keys = ['a', 'b', 'c']
  const consume = (name: string) => async (key: string) => {
    await sql`update items set done_by = ${name} where key = ${key} and done_by is null`.execute(store.db)
    await wait(Math.random() * 3)
    return 'done' as const
  }
  const [one, two] = [await open({ run: consume('one') }), await open({ run: consume('two') })]
  const write = async (item: number) => {
    const key = keys[item % keys.length] ?? ''
    await store.changes.transaction(async (trx, publish) => {
      await (item % 2 ? one : two).wake(trx, publish, NAME, [{ key }])
      await sql`insert into items (key, item) values (${key}, ${item})`.execute(trx)
      await wait(Math.random() * 4)
    })
  }
  for (let from = 0; from < 400; from += 8) await Promise.all(Array.from({ length: 8 }, (_, i) => write(from + i)))
  await until(async () => (await waiting()) === 0)
  const { rows } = await sql<{ left: number }>`select count(*)::int as left from items where done_by is null`.execute(
    store.db,
  )
  expect(rows[0]?.left).toBe(0)
})

test('what is left over waits behind others', async () => {
  const ran: string[] = []
  let left = 3
  const jobs = await open({
    slots: 1,
    run: async (key) => {
      note(ran, key)
      return key === 'long' && left-- > 0 ? 'more' : 'done'
    },
  })
  await wake(jobs, 'long')
  await wake(jobs, 'short')
  await until(() => ran.length === 5)
  expect(ran.indexOf('short')).toBeLessThan(ran.lastIndexOf('long'))
})

test('a slow key holds its own slot only', async () => {
  const gate = Promise.withResolvers<void>()
  const ran: string[] = []
  const jobs = await open({
    slots: 2,
    async run(key) {
      if (key === 'slow') await gate.promise
      ran.push(key)
      return 'done'
    },
  })
  await wake(jobs, 'slow', ...Array.from({ length: 20 }, (_, i) => `quick-${i}`))
  await until(() => ran.length === 20)
  gate.resolve()
  await until(() => ran.includes('slow'))
})

test('one group does not take every slot', async () => {
  const gate = Promise.withResolvers<void>()
  const ran: string[] = []
  const run = async (key: string) => {
    ran.push(key)
    if (key.startsWith('greedy')) await gate.promise
    return 'done' as const
  }
  const jobs = await open({ slots: 6, perGroup: 2, run })
  await store.changes.transaction(async (trx, publish) => {
    const greedy = Array.from({ length: 20 }, (_, i) => ({ key: `greedy-${i}`, group: 'account:1' }))
    await jobs.wake(trx, publish, NAME, greedy)
  })
  await store.changes.transaction((trx, publish) =>
    jobs.wake(trx, publish, NAME, [{ key: 'modest', group: 'account:2' }]),
  )
  await until(() => ran.includes('modest'))
  expect(ran.filter((key) => key.startsWith('greedy'))).toHaveLength(2)
  gate.resolve()
  await until(() => ran.length === 21)
})

test('what is due later runs then, and is not lost to a run before', async () => {
  const ran: number[] = []
  const jobs = await open({ run: async () => note(ran, Date.now()) })
  const at = new Date(Date.now() + 1_200)
  await store.changes.transaction((trx, publish) => jobs.wake(trx, publish, NAME, [{ key: 'a', at }]))
  await wake(jobs, 'a')
  await until(() => ran.length === 2)
  expect(ran[0]).toBeLessThan(at.getTime())
  expect(ran[1]).toBeGreaterThanOrEqual(at.getTime())
})

test('what is due later runs then, also when the clock of the database is ahead', async () => {
  const setClock = (ahead: string) =>
    sql`create or replace function valence_jobs.job_now() returns timestamptz language sql stable as ${sql.lit(
      `select now() + interval '${ahead}'`,
    )}`.execute(store.db)
  await setClock('30 seconds')
  const ran: number[] = []
  const jobs = await open({ run: async () => note(ran, Date.now()) })
  const at = new Date(Date.now() + 1_200)
  await store.changes.transaction((trx, publish) => jobs.wake(trx, publish, NAME, [{ key: 'a', at }]))
  await until(() => ran.length === 1)
  await setClock('0 seconds')
  expect(ran[0]).toBeGreaterThanOrEqual(at.getTime() - 50)
})

test('each of several times of one call is kept', async () => {
  const ran = new Map<string, number>()
  const jobs = await open({
    async run(key) {
      ran.set(key, Date.now())
      return 'done'
    },
  })
  const wakes = [400, 2_400].map((ms) => ({ key: String(ms), at: new Date(Date.now() + ms) }))
  await store.changes.transaction((trx, publish) => jobs.wake(trx, publish, NAME, wakes))
  await until(() => ran.size === 2)
  for (const { key, at } of wakes) {
    expect((ran.get(key) ?? 0) - at.getTime()).toBeGreaterThanOrEqual(0)
    expect((ran.get(key) ?? 0) - at.getTime()).toBeLessThan(2_000)
  }
})

test('a run that throws comes again', async () => {
  let runs = 0
  const jobs = await open({
    async run() {
      if (++runs === 1) throw new Error('the database hiccups')
      return 'done'
    },
  })
  await wake(jobs, 'a')
  await until(() => runs === 2, 9_000)
}, 10_000)

describe('a process that stops', () => {
  test('tells its runs, waits for them and gives back what they left', async () => {
    const seen: string[] = []
    const jobs = await open({
      async run(_key, signal) {
        seen.push('began')
        await wait(10_000, undefined, { signal }).catch(() => seen.push('was told'))
        return 'more'
      },
    })
    await wake(jobs, 'a')
    await until(() => seen.length > 0)
    await jobs.close()
    expect(seen).toEqual(['began', 'was told'])
    const next = await open({ run: async () => note(seen, 'elsewhere') })
    await until(() => seen.includes('elsewhere'))
    expect(next).toBeDefined()
  })

  test('takes a run that ends by a throw for no failure', async () => {
    const failures: object[] = []
    const log = { ...LOG, error: (facts: object) => void failures.push(facts) }
    const jobs = await openJobs({ databaseUrl, changes: store.changes, log, works: true })
    opened.push(jobs)
    let began = false
    const run: JobQueue['run'] = async (_key, signal) => {
      began = true
      await wait(10_000, undefined, { signal })
      return 'done'
    }
    await jobs.prepare([{ name: NAME, slots: 10, run }])
    jobs.start()
    await wake(jobs, 'a')
    await until(() => began)
    await jobs.close()
    expect(failures).toEqual([])
    const { rows } = await sql<{ state: string }>`
      select state::text from valence_jobs.job where state < 'completed'`.execute(store.db)
    expect(rows).toEqual([{ state: 'created' }])
  })
})

test('depths tell what waits', async () => {
  const jobs = await open({ run: async () => 'done' }, { works: false })
  await wake(jobs, 'a', 'b')
  const depths = await jobs.depths()
  expect(depths.map(({ queue }) => queue).toSorted()).toEqual(['parked', NAME])
})

async function waiting(): Promise<number> {
  const { rows } = await sql<{ left: number }>`
    select count(*)::int as left from valence_jobs.job where state < 'completed'`.execute(store.db)
  return rows[0]?.left ?? 0
}

test('what fails again and again is parked, with its reason, and runs again when somebody says so', async () => {
  let isBroken = true
  let runs = 0
  const jobs = await open({
    async run() {
      runs++
      if (isBroken) throw new Error('row 7 cannot be read')
      return 'done'
    },
  })
  await store.changes.transaction(async (trx, publish) => {
    await jobs.wake(trx, publish, NAME, [{ key: 'poison' }])
    await sql`update valence_jobs.job set retry_limit = 0`.execute(trx)
  })
  await until(() => runs === 1)
  const parked = await openParkedJobs(databaseUrl, LOG)
  await until(async () => (await parked.list()).length === 1)
  const [job] = await parked.list()
  expect(job).toMatchObject({ queue: NAME, key: 'poison', message: expect.stringContaining('row 7 cannot be read') })
  await wait(50)
  expect(runs).toBe(1)
  isBroken = false
  expect(await parked.retry([job?.id ?? ''])).toBe(1)
  await wake(jobs, 'another')
  await until(() => runs === 3)
  expect(await parked.list()).toEqual([])
  await parked.close()
})
