/**
 * `npm run bench:clock`: what schedules cost when nothing is due, and with ten thousand instances that poll. What a poll does is left out: this is the
 * clock, the queue and the history. Needs `DATABASE_URL`, on whose server it uses a scratch database. See README.md beside this file.
 */
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { pino } from 'pino'
import { seed } from '../src/accounts/seed.ts'
import { openJobs } from '../src/jobs/open-jobs.ts'
import { startClock } from '../src/schedules/clock.ts'
import { putSchedule } from '../src/schedules/put-schedule.ts'
import { runSchedules } from '../src/schedules/run-schedule.ts'
import { openStore } from '../src/store/database.ts'
import { keyRingFromText } from '../src/store/key-ring.ts'
import { migrate } from '../src/store/migrate.ts'
import { createScratchDatabase } from './scratch-database.ts'

const { values: given } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '60' },
  },
})
const [count, everyMinutes, seconds] = [given.schedules, given.minutes, given.seconds].map(Number) as Three
type Three = [number, number, number]

const serverUrl = process.env['DATABASE_URL']
if (!serverUrl)
  throw new Error('DATABASE_URL: expected a server, such as postgres://postgres:secret@localhost:5432/postgres')
const database = await createScratchDatabase(serverUrl)
const log = pino({ level: 'warn' })
await migrate(database.url)
const keyRing = keyRingFromText(`k1:${randomBytes(32).toString('base64')}`, 'bench')
const store = await openStore({ url: database.url, keyRing, log })
await seed(store, {})
const lateMs: number[] = []
const context = {
  ...{ store, log, now: () => new Date() },
  jobs: await openJobs({ databaseUrl: database.url, changes: store.changes, log, works: true }),
  kinds: {
    poller: async ({ dueAt }: { dueAt: Date }) => {
      lateMs.push(Date.now() - dueAt.getTime())
      return {}
    },
  },
}

console.log(`Node ${process.version}; ${seconds} s each`)
await context.jobs.prepare([])
await measure('no clock, no queue')
await context.jobs.prepare([runSchedules(context)])
context.jobs.start()
const stopClock = startClock(context)
await measure('nothing is due')
await addSchedules()
await measure(`${count} every ${everyMinutes} minutes`)
const runs = lateMs.toSorted((a, b) => a - b)
const share = (part: number) => runs[Math.min(runs.length - 1, Math.floor(runs.length * part))]
console.log(
  `runs: ${runs.length}; late by ${share(0.5)} ms (median), ${share(0.99)} ms (99 %), ${runs.at(-1)} ms (most)`,
)

await stopClock()
await context.jobs.stop()
await context.jobs.close()
await store.close()
await database.drop()

async function addSchedules(): Promise<void> {
  const owner = { organizationId: 1, accountId: 1, userId: 1 }
  for (let from = 0; from < count; from += 500) {
    await store.changes.transaction(async (trx, publish) => {
      for (let id = from; id < Math.min(from + 500, count); id++) {
        const about = { kind: 'poller', reference: String(id), owner, name: `Poller ${id}`, description: '' }
        await putSchedule(context, trx, publish, { ...about, everyMinutes })
      }
    })
  }
}

/** Transactions of the database, and the share of one core that this process takes. */
async function measure(what: string): Promise<void> {
  await wait(2_000)
  const [began, cpu, before] = [performance.now(), process.cpuUsage(), await transactions()]
  await wait(seconds * 1_000)
  const [minutes, used, after] = [(performance.now() - began) / 60_000, process.cpuUsage(cpu), await transactions()]
  const percent = (used.user + used.system) / 1_000 / (minutes * 60_000)
  const rate = Math.round((after - before) / minutes)
  console.log(`${what.padEnd(28)}${rate} transactions a minute, ${(percent * 100).toFixed(1)} % of a core`)
}

async function transactions(): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(store.db)
  const { rows } = await sql<{ count: number }>`
    select xact_commit as count from pg_stat_database where datname = current_database()`.execute(store.db)
  return rows[0]?.count ?? 0
}
