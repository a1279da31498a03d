/**
 * `npm run bench:pollers`: what ten thousand instances cost that are polled every 15 minutes and at whose vendor nothing changed: one whole hub, with the
 * polls. See README.md beside this file.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { pino } from 'pino'
import type { AccountsTables } from '../src/accounts/accounts-table.ts'
import { readSecrets } from '../src/accounts/sign-in/read-secrets.ts'
import { readConfig } from '../src/config.ts'
import { keepCheckpoints } from '../src/events/poll/keep-checkpoints.ts'
import { instanceDb, sealCredentials, sealToken } from '../src/instances/instance-table.ts'
import { startHub } from '../src/main.ts'
import { putSchedule } from '../src/schedules/put-schedule.ts'
import { createClient } from '../test/support/client.ts'
import { eventElement, pollerOf } from '../test/support/event-element.ts'
import { startChild } from './child.ts'
import { createScratchDatabase } from './scratch-database.ts'

const { values: given } = parseArgs({
  options: {
    instances: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '60' },
  },
})
const [count = 0, everyMinutes = 0, seconds = 0] = [given.instances, given.minutes, given.seconds].map(Number)

await using cleanUp = new AsyncDisposableStack()
const dataDir = cleanUp.adopt(await mkdtemp(join(tmpdir(), 'valence-bench-')), (folder) =>
  rm(folder, { recursive: true, force: true }),
)
// started by root, the embedded database runs as another user, who must be able to pass
await chmod(dataDir, 0o711)
const serverUrl = process.env['DATABASE_URL']
const database = serverUrl ? cleanUp.adopt(await createScratchDatabase(serverUrl), ({ drop }) => drop()) : { url: '' }
const vendor = cleanUp.adopt(await startChild('quiet-vendor-process.ts', []), (child) => child.stop())
const vendorUrl = vendor.facts['url'] ?? ''
const env = {
  VALENCE_PORT: '0',
  VALENCE_DATA_DIR: dataDir,
  VALENCE_EGRESS_ALLOW: '127.0.0.1',
  VALENCE_ADMIN_EMAIL: 'ada@example.com',
  VALENCE_ADMIN_PASSWORD: 'correct-horse-1',
  ...(database.url ? { DATABASE_URL: database.url } : {}),
}
const hub = cleanUp.adopt(
  await startHub(
    readConfig(env, () => ''),
    { log: pino({ level: 'warn' }) },
  ),
  (it) => it.close(),
)
const { store } = hub

const owner = await store.db
  .withTables<AccountsTables>()
  .selectFrom('users')
  .select(['id as userId', 'account_id as accountId', 'organization_id as organizationId'])
  .where('email', '=', env.VALENCE_ADMIN_EMAIL)
  .executeTakeFirstOrThrow()
const secrets = await readSecrets(hub, owner)
const client = createClient(
  { api: `${hub.url}/elements/api-v2` },
  `User ${secrets.userSecret}, Organization ${secrets.organizationSecret}`,
)
const element = await client.call('POST', '/elements', {
  body: eventElement({ key: 'quiet', baseUrl: `${vendorUrl}/v1` }),
})
if (element.status !== 200) throw new Error(element.text)

console.log(`Node ${process.version}; ${seconds} s each`)
await measure('nothing is polled')
await addInstances(element.body.id)
const due = await dueTimes()
await measure(`${count} every ${everyMinutes} minutes`)
await reportDrift(due)

/** As provisioning leaves them; ten thousand calls would take minutes. */
async function addInstances(elementId: number): Promise<void> {
  const configuration = JSON.stringify({
    'event.notification.enabled': 'true',
    'event.vendor.type': 'polling',
    'event.poller.refresh_interval': String(everyMinutes),
    'event.poller.configuration': JSON.stringify({ contacts: pollerOf('contacts') }),
  })
  const whose = { organization_id: owner.organizationId, account_id: owner.accountId, user_id: owner.userId }
  const nothing = { deleted_at: null, trace_until: null, revocation: null, oauth_proxy: null, application: null }
  for (let from = 0; from < count; from += 500) {
    const ids = Array.from({ length: Math.min(500, count - from) }, (_, at) => 1_000_000 + from + at)
    await store.changes.transaction(async (trx, publish) => {
      await instanceDb({ db: trx as unknown as typeof store.db })
        .insertInto('instances')
        .values(
          ids.map((id) => ({
            ...{ id, ...whose, ...nothing, element_id: elementId, name: `Quiet ${id}`, tags: [], configuration },
            token_ciphertext: sealToken(store, id, `token-${id}`),
            token_lookup: `bench ${id}`,
            external_authentication: 'none',
          })),
        )
        .execute()
      const refresh = { refresh_state: null, refreshed_at: null, refresh_failed_at: null, refresh_message: null }
      await instanceDb({ db: trx as unknown as typeof store.db })
        .insertInto('instance_credentials')
        .values(ids.map((id) => ({ instance_id: id, ciphertext: sealCredentials(store, id, {}), ...refresh })))
        .execute()
      const now = () => new Date()
      for (const id of ids) {
        const about = {
          kind: 'poller',
          reference: String(id),
          instanceId: id,
          owner,
          name: `Poller ${id}`,
          description: '',
        }
        await putSchedule({ now }, trx, publish, { ...about, everyMinutes })
        await keepCheckpoints(trx, { id, ...owner }, ['contacts'], now())
      }
    })
  }
}

/** Transactions of the database, the share of one core that the hub takes, and how often the vendor was asked. */
async function measure(what: string): Promise<void> {
  await wait(2_000)
  const [began, cpu, before, askedBefore] = [performance.now(), process.cpuUsage(), await transactions(), await asked()]
  await wait(seconds * 1_000)
  const [ms, used] = [performance.now() - began, process.cpuUsage(cpu)]
  const minutes = ms / 60_000
  const share = (used.user + used.system) / 1_000 / ms
  const rate = Math.round(((await transactions()) - before) / minutes)
  const polls = Math.round(((await asked()) - askedBefore) / minutes)
  console.log(
    `${what.padEnd(28)}${polls} polls and ${rate} transactions a minute; the hub takes ${(share * 100).toFixed(1)} % of a core`,
  )
}

async function asked(): Promise<number> {
  return Number(await (await fetch(`${vendorUrl}/asked`)).text())
}

async function transactions(): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(store.db)
  const { rows } = await sql<{ count: string }>`
    select xact_commit as count from pg_stat_database where datname = current_database()`.execute(store.db)
  return Number(rows[0]?.count ?? 0)
}

async function dueTimes(): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; next_run_at: Date }>`
    select id, next_run_at from schedules where kind = 'poller' and next_run_at > now()`.execute(store.db)
  return new Map(rows.map(({ id, next_run_at }) => [id, next_run_at.getTime()]))
}

/** How long after their time polls began. */
async function reportDrift(due: ReadonlyMap<number, number>): Promise<void> {
  const { rows } = await sql<{ schedule_id: number; started_at: Date }>`
    select schedule_id, started_at from schedule_runs where kind = 'poller' order by started_at`.execute(store.db)
  const late = rows.flatMap(({ schedule_id, started_at }) => {
    const time = due.get(schedule_id)
    return time === undefined ? [] : [started_at.getTime() - time]
  })
  const limits = [0.5, 1, 2, 5, 10, Number.POSITIVE_INFINITY].map((it) => it * 1_000)
  console.log(`${late.length} polls began late by`)
  for (const [at, limit] of limits.entries()) {
    const from = limits[at - 1] ?? Number.NEGATIVE_INFINITY
    const share = late.filter((ms) => ms > from && ms <= limit).length / Math.max(1, late.length)
    console.log(
      `${`  ${limit === Number.POSITIVE_INFINITY ? 'more' : `up to ${limit / 1_000} s`}`.padEnd(20)}${(share * 100).toFixed(1)} %`,
    )
  }
}
