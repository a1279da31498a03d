import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import { makeQueues, openBoss } from './open-boss.ts'
import { workQueue } from './work-queue.ts'

const LOG = { warn: () => undefined, error: () => undefined }
const NAME = 'tests.standing-still'

test('a process that stood still after it fetched takes no wake away from the one that has its job meanwhile', async () => {
  const { store, url, close } = await openTestStore()
  const boss = await openBoss(url, { log: LOG, supervise: false })
  await makeQueues(boss, [{ name: NAME }])
  const wake = () => boss.insert(NAME, [{ data: { key: 'a' }, singletonKey: 'a' }])
  const ran = Promise.withResolvers<void>()
  let fetches = 0
  const standing = new Proxy(boss, {
    get(target, name) {
      if (name !== 'fetch') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name)
      return async (...args: Parameters<typeof boss.fetch>) => {
        if (fetches++ > 0) return []
        const jobs = await boss.fetch(...args)
        await sql`update valence_jobs.job set state = 'retry' where name = ${NAME} and state = 'active'`.execute(
          store.db,
        )
        const taken = await boss.fetch(NAME)
        expect([jobs.length, taken.length]).toEqual([1, 1])
        await wake() // after the other one has read
        return jobs
      }
    },
  })
  await wake()
  const worker = workQueue({
    ...{ boss: standing, changes: store.changes, log: LOG },
    queue: {
      ...{ name: NAME, slots: 1 },
      run: async () => {
        ran.resolve()
        return 'done'
      },
    },
  })
  await ran.promise
  const { rows } = await sql<{ state: string }>`
    select state from valence_jobs.job where name = ${NAME} order by state`.execute(store.db)
  expect(rows.map(({ state }) => state)).toEqual(['created', 'active'])
  await worker.close()
  await boss.stop({ graceful: false })
  await close()
})

test('jobs that end together are settled together, and those that have more to do wait in line again', async () => {
  const { store, url, close } = await openTestStore()
  const boss = await openBoss(url, { log: LOG, supervise: false })
  await makeQueues(boss, [{ name: NAME }])
  let settlings = 0
  const counting = new Proxy(boss, {
    get(target, name) {
      if (name === 'complete') settlings += 1
      return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name)
    },
  })
  const keys = Array.from({ length: 16 }, (_, n) => `k${n}`)
  await boss.insert(
    NAME,
    keys.map((key) => ({ data: { key }, singletonKey: key, group: { id: key } })),
  )
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const runs = new Map<string, number>()
  const worker = workQueue({
    ...{ boss: counting, changes: store.changes, log: LOG },
    queue: {
      ...{ name: NAME, slots: 16, perGroup: 4 },
      async run(key) {
        const count = (runs.get(key) ?? 0) + 1
        runs.set(key, count)
        const begun = [...runs.values()].reduce((sum, many) => sum + many, 0)
        if (begun === 16) gates[0]?.resolve()
        if (begun === 24) gates[1]?.resolve()
        await gates[0]?.promise
        // half of them come once more
        return count === 1 && Number(key.slice(1)) % 2 === 0 ? 'more' : 'done'
      },
    },
  })
  worker.lookAt()
  await gates[0]?.promise
  // nobody hears of a wake here
  const looking = setInterval(() => worker.lookAt(), 20)
  await gates[1]?.promise
  clearInterval(looking)
  await worker.close()
  const { rows } = await sql`
    select state, count(*)::int as many, count(distinct group_id)::int as groups from valence_jobs.job where name = ${NAME} group by state`.execute(
    store.db,
  )
  expect(rows).toEqual([{ state: 'completed', many: 24, groups: 16 }])
  expect(settlings).toBeLessThan(12)
  await boss.stop({ graceful: false })
  await close()
})
