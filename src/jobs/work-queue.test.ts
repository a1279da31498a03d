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
