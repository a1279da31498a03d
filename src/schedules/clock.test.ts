import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { minutesLater, openTestSchedules, SYSTEM } from '../../test/support/schedules.ts'
import { openJobs } from '../jobs/open-jobs.ts'
import { startClock } from './clock.ts'
import { runSchedules } from './run-schedule.ts'

const HOURLY = { kind: 'test', owner: SYSTEM, name: 'Hourly', description: '', cron: '0 0 * * * ?' }
const log = pino({ level: 'silent' })
const PATIENCE = { timeout: 15_000, interval: 10 }

let at: Awaited<ReturnType<typeof openTestSchedules>>
beforeAll(async () => {
  at = await openTestSchedules()
})
afterAll(() => at.close())

test('while nothing is due, the database is asked once a minute, and when a schedule changes', async () => {
  let [asked, looks] = [0, 0]
  const db = at.store.db.withPlugin({
    transformQuery({ node }) {
      asked++
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const now = () => {
    looks++
    return at.context.now()
  }
  const stop = startClock({ ...at.context, store: { ...at.store, db }, now }, 2)
  const looksOn = async (times: number) => {
    const before = looks
    await vi.waitFor(() => expect(looks).toBeGreaterThan(before + times), PATIENCE)
  }
  try {
    await looksOn(20)
    expect(asked).toBe(1)
    await at.put({ ...HOURLY, reference: 'a' })
    await vi.waitFor(() => expect(asked).toBeGreaterThan(1), PATIENCE)
    await looksOn(20)
    // this process hears of its own change twice: at the commit, and as everybody does
    expect(asked).toBeLessThanOrEqual(3)
    const before = asked
    at.setTime(minutesLater(2))
    await looksOn(20)
    expect(asked).toBe(before + 1)
    at.setTime(minutesLater(60))
    await vi.waitFor(() => expect(at.jobs.waiting).toHaveLength(1), PATIENCE)
  } finally {
    await stop()
    await at.clear()
  }
})

test('two processes do each occurrence once, and what is planned by one is heard by both', async () => {
  const MANY = 60
  const done: string[] = []
  const processes = await Promise.all(
    [1, 2].map(async () => {
      const jobs = await openJobs({ databaseUrl: at.url, changes: at.store.changes, log, works: true })
      const kinds = {
        test: async ({ reference, dueAt }: { reference: string; dueAt: Date }) => {
          done.push(`${reference} ${dueAt.toISOString()}`)
          return {}
        },
      }
      const context = { ...at.context, jobs, kinds }
      await jobs.prepare([runSchedules(context)])
      jobs.start()
      return { jobs, stop: startClock(context, 5) }
    }),
  )
  try {
    for (let index = 0; index < MANY; index++) await at.put({ ...HOURLY, reference: String(index) })
    for (const [round, minutes] of [60, 120].entries()) {
      at.setTime(minutesLater(minutes))
      await at.store.changes.transaction(async (_trx, publish) => publish({ topic: 'schedules', key: '' }))
      await vi.waitFor(() => expect(done.length).toBeGreaterThanOrEqual(MANY * (round + 1)), PATIENCE)
    }
    expect(new Set(done).size).toBe(MANY * 2)
    await vi.waitFor(async () => {
      const runs = await at.runs()
      expect(runs.map(({ state }) => state)).toEqual(Array.from({ length: MANY * 2 }, () => 'COMPLETED'))
    }, PATIENCE)
    expect(done).toHaveLength(MANY * 2)
  } finally {
    for (const { jobs, stop } of processes) {
      await stop()
      await jobs.stop()
      await jobs.close()
    }
    await at.clear()
  }
})
