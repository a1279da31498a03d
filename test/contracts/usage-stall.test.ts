import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client as Database } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Client } from '../support/client.ts'
import { createTestDatabase } from '../support/database.ts'
import { clientOf, type HubProcess, metric, startHubProcess } from '../support/hub-process.ts'
import { endAll } from '../support/processes.ts'

/**
 * What the usage log promises when the database stalls and when the hub is killed: no call waits, no record is lost that is
 * older than a second, none is there twice. The table is locked by somebody else, as a long maintenance would.
 */
let database: Awaited<ReturnType<typeof createTestDatabase>>
let operator: Database
let dataDir: string
const hubs: HubProcess[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'valence-stall-'))
  operator = new Database(database.url)
  await operator.connect()
})
afterAll(async () => {
  await endAll(hubs)
  await operator.end()
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})

const LOST_MS = 1_000

async function start(): Promise<{ hub: HubProcess; client: Client }> {
  const hub = await startHubProcess({ DATABASE_URL: database.url, VALENCE_DATA_DIR: dataDir })
  hubs.push(hub)
  return { hub, client: await clientOf(hub) }
}

/** Calls for a while, one after the other. */
async function callFor(ms: number, client: Client): Promise<{ at: number; ms: number }[]> {
  const made: { at: number; ms: number }[] = []
  for (const end = performance.now() + ms; performance.now() < end; await wait(10)) {
    const began = performance.now()
    const { status } = await client.call('GET', '/hubs/keys')
    expect(status).toBe(200)
    made.push({ at: performance.now(), ms: performance.now() - began })
  }
  return made
}

const countStored = async () =>
  Number((await operator.query(`select count(*) from usage_records where uri like '%/hubs/keys'`)).rows[0].count)
const stored = (count: number) =>
  vi.waitFor(async () => expect(await countStored()).toBe(count), { timeout: 15_000, interval: 100 })

describe('a table that is locked', () => {
  let hub: HubProcess
  let client: Client
  let expected = 0
  beforeAll(async () => {
    ;({ hub, client } = await start())
    await client.call('GET', '/hubs/keys')
    expected += 1
    await stored(expected)
  })

  test('makes no call wait; the records come when it is free again, each once', async () => {
    await operator.query('begin')
    await operator.query('lock table usage_records in access exclusive mode')
    const made = await callFor(1_800, client)
    expect(made.length).toBeGreaterThan(50)
    const slowest = Math.max(...made.map(({ ms }) => ms))
    expect(slowest, 'a second would be the stall').toBeLessThan(450)
    expect(await metric(hub, 'valence_usage_spill_bytes')).toBeGreaterThan(0)
    expect(await metric(hub, 'valence_usage_records_total{outcome="spilled"}')).toBeGreaterThan(0)
    await operator.query('commit')
    expected += made.length
    await stored(expected)
    await vi.waitFor(async () => expect(await metric(hub, 'valence_usage_spill_bytes')).toBe(0), { timeout: 5_000 })
    expect(await metric(hub, 'valence_usage_records_total{outcome="dropped"}')).toBeUndefined()
    expect(hub.output()).toContain('the database does not take usage records; they wait in a file')
    expect(hub.output()).toContain('usage records were read back from a file')
  })

  test('and a hub that is killed meanwhile: the next start has all but the last second', async () => {
    await operator.query('begin')
    await operator.query('lock table usage_records in access exclusive mode')
    const made = await callFor(1_800, client)
    const killedAt = performance.now()
    hub.signal('SIGKILL')
    await hub.ended
    await operator.query('commit')
    expect((await readdir(join(dataDir, 'usage'))).length).toBeGreaterThan(0)
    ;({ hub, client } = await start())
    const old = made.filter(({ at }) => at < killedAt - LOST_MS).length
    expect(old).toBeGreaterThan(15)
    // what the file holds is in the database when the file is gone
    const files = () => readdir(join(dataDir, 'usage'))
    await vi.waitFor(async () => expect(await files()).toEqual([]), { timeout: 30_000, interval: 100 })
    const count = await countStored()
    expect(count).toBeGreaterThanOrEqual(expected + old)
    expect(count).toBeLessThanOrEqual(expected + made.length)
    expected = count
  }, 40_000)

  test('a hub that is killed while all is well loses no more than a second', async () => {
    const made = await callFor(1_500, client)
    const killedAt = performance.now()
    hub.signal('SIGKILL')
    await hub.ended
    const old = made.filter(({ at }) => at < killedAt - LOST_MS).length
    expect(old).toBeGreaterThan(10)
    const count = await countStored()
    expect(count).toBeGreaterThanOrEqual(expected + old)
    expect(count).toBeLessThanOrEqual(expected + made.length)
    expected = count
  })

  test('a hub that is stopped loses nothing, also when the table is locked', async () => {
    ;({ hub, client } = await start())
    // a statement that the killed hub had sent may have been at work for a moment longer
    expected = await countStored()
    const made = await callFor(400, client)
    expect((await hub.stop()).code).toBe(0)
    expected += made.length
    expect(await countStored()).toBe(expected)

    ;({ hub, client } = await start())
    await operator.query('begin')
    await operator.query('lock table usage_records in access exclusive mode')
    const more = await callFor(400, client)
    expect((await hub.stop()).code).toBe(0)
    await operator.query('commit')
    expect((await readdir(join(dataDir, 'usage'))).length).toBeGreaterThan(0)
    ;({ hub, client } = await start())
    await stored(expected + more.length)
    expect((await hub.stop()).code).toBe(0)
  }, 60_000)
})
