import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Agent } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Answer, type Client, createClient } from '../support/client.ts'
import { createTestDatabase } from '../support/database.ts'
import { clientOf, type HubProcess, metric, startHubProcess } from '../support/hub-process.ts'
import { endAll } from '../support/processes.ts'
import { provision, startVendor, type Vendor } from '../support/vendor.ts'

/**
 * Three hub processes on one PostgreSQL: a refresh token that works once is used once, whoever calls, and what one
 * process changes the others act on (design.md §5).
 */
const HUBS = 3
const CALLERS = 1_000
const NEWS_MS = 250

let vendor: Vendor
let database: Awaited<ReturnType<typeof createTestDatabase>>
let dataDir: string
let env: Record<string, string>
let hubs: HubProcess[] = []
let clients: Client[] = []
let agents: Agent[] = []

beforeAll(async () => {
  ;[vendor, database, dataDir] = await Promise.all([
    startVendor(),
    createTestDatabase(),
    mkdtemp(join(tmpdir(), 'valence-contract-')),
  ])
  env = {
    DATABASE_URL: database.url,
    VALENCE_DATA_DIR: dataDir,
    VALENCE_KEYS: `one:${randomBytes(32).toString('base64')}`,
    VALENCE_ORIGIN_MAP: vendor.originMap,
  }
  const starts = Array.from({ length: HUBS }, async () => {
    const hub = await startHubProcess(env)
    hubs.push(hub)
  })
  await Promise.all(starts)
  const { authorization } = await clientOf(hubs[0] as HubProcess)
  agents = hubs.map(() => new Agent({ connections: CALLERS, pipelining: 1 }))
  clients = hubs.map((hub, at) => createClient(hub, authorization, agents[at]))
})
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.destroy()))
  await endAll(hubs)
  hubs = []
  await vendor.close()
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})

const hub = (at: number) => clients[at] as Client
const callContacts = (at: number, token: string) => hub(at).call('GET', '/hubs/crm/contacts?pageSize=1', { token })

/** All callers at once, spread evenly. */
async function rush(token: string): Promise<{ statuses: Record<number, number>; ms: number; answers: Answer[] }> {
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: CALLERS }, (_, n) => callContacts(n % HUBS, token)))
  const statuses: Record<number, number> = {}
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
  return { statuses, ms: performance.now() - began, answers }
}

/** Reads every pool's gauges until `work` settles. @returns the most callers seen waiting for a connection, by pool */
async function watchingPools<T>(work: Promise<T>): Promise<{ result: T; waiting: Record<string, number> }> {
  const waiting: Record<string, number> = { main: 0, credential: 0 }
  let isOver = false
  const watch = hubs.map(async (one) => {
    while (!isOver) {
      for (const pool of Object.keys(waiting)) {
        const now = await metric(one, `valence_database_connections{pool="${pool}",state="waiting"}`)
        expect(now).toBeTypeOf('number')
        waiting[pool] = Math.max(waiting[pool] ?? 0, now ?? 0)
      }
      await wait(20)
    }
  })
  const result = await work.finally(() => {
    isOver = true
  })
  await Promise.all(watch)
  return { result, waiting }
}

const printedBefore = new Map<HubProcess, number>()
function newLogLines(): string[] {
  return hubs.flatMap((one) =>
    one
      .output()
      .slice(printedBefore.get(one) ?? 0)
      .split('\n'),
  )
}

async function makeExpired(instance: { id: number }): Promise<void> {
  const configuration = { 'oauth.user.refresh_time': '1000' }
  const { status, text } = await hub(0).call('PATCH', `/instances/${instance.id}`, { body: { configuration } })
  expect(status, text).toBe(200)
  vendor.simulator.expireTokens()
}

describe('1,000 callers on three processes', () => {
  let instance: { id: number; token: string }
  let before: ReturnType<Vendor['tokenRequests']>
  beforeEach(async () => {
    vendor.simulator.reset()
    instance = await provision(hub(0), vendor)
    before = vendor.tokenRequests()
    for (const one of hubs) printedBefore.set(one, one.output().length)
  })

  const asked = () => {
    const now = vendor.tokenRequests()
    return { refresh: now.refresh - before.refresh, refreshed: now.refreshed - before.refreshed }
  }
  async function expectOneRefresh(): Promise<void> {
    const { result, waiting } = await watchingPools(rush(instance.token))
    report({ ms: Math.round(result.ms), ...result.statuses, waiting, ...asked() })
    expect(result.statuses).toEqual({ 200: CALLERS })
    expect(asked()).toEqual({ refresh: 1, refreshed: 1 })
    expect(waiting['credential']).toBe(0)
    expect(newLogLines().filter((line) => /"level":[456]0/.test(line))).toEqual([])
  }

  test('a token known to be expired is refreshed once', async () => {
    await makeExpired(instance)
    await expectOneRefresh()
  })

  test('so it is when every process has the instance in memory', async () => {
    await makeExpired(instance)
    for (let at = 0; at < HUBS; at++) expect((await hub(at).call('GET', '/hubs/crm/ping', instance)).status).toBe(200)
    await expectOneRefresh()
  })

  test('a token that the vendor revoked early is refreshed once, after a 401', async () => {
    for (let at = 0; at < HUBS; at++) expect((await callContacts(at, instance.token)).status).toBe(200)
    vendor.simulator.expireTokens()
    await expectOneRefresh()
  })

  test('all wait for a refresh that takes a second', async () => {
    await makeExpired(instance)
    vendor.simulator.addFault({ match: { path: '/oauth2/token' }, fault: 'slow:1000' })
    await expectOneRefresh()
  })

  test('a vendor that refuses is asked once: 401 for all, and the instance is not valid', async () => {
    await makeExpired(instance)
    vendor.simulator.reset() // it knows neither the client nor its refresh token any more
    before = vendor.tokenRequests()
    const { result, waiting } = await watchingPools(rush(instance.token))
    report({ ms: Math.round(result.ms), ...result.statuses, waiting, ...asked() })
    expect(result.statuses).toEqual({ 401: CALLERS })
    expect(result.answers[0]?.body.message).toContain('provision the instance again')
    expect(asked()).toEqual({ refresh: 1, refreshed: 0 })
    const { body } = await hub(1).call('GET', `/instances/${instance.id}`)
    expect(body.valid).toBe(false)
  })

  test('a vendor that fails for a moment: 502, then everybody gets through with one refresh', async () => {
    await makeExpired(instance)
    vendor.simulator.addFault({ match: { path: '/oauth2/token' }, fault: 'status:503' })
    const first = await rush(instance.token)
    report({ ms: Math.round(first.ms), ...first.statuses, ...asked() })
    const failed = first.statuses[502] ?? 0
    // callers that come after the pause of a second may already find it mended
    expect(failed + (first.statuses[200] ?? 0)).toBe(CALLERS)
    expect(failed).toBeGreaterThan(0)
    await wait(1_100)
    expect((await rush(instance.token)).statuses).toEqual({ 200: CALLERS })
    expect(asked()).toEqual({ refresh: 1, refreshed: 1 })
    const { body } = await hub(2).call('GET', `/instances/${instance.id}`)
    expect(body.valid).toBe(true)
  })

  test('a process killed in the middle of a refresh holds up nobody', async () => {
    const doomed = await startHubProcess(env)
    try {
      await makeExpired(instance)
      vendor.simulator.addFault({ match: { path: '/oauth2/token' }, fault: 'slow:5000' })
      const arrived = vendor.nextRequest('/oauth2/token')
      const lost = createClient(doomed, hub(0).authorization).call('GET', '/hubs/crm/contacts', instance)
      await arrived
      doomed.signal('SIGKILL')
      await expect(lost).rejects.toThrow()
      await expectOneRefresh()
    } finally {
      await endAll([doomed])
    }
  })
})

describe('what one process changes, the others act on within 250 ms', () => {
  let instance: { id: number; token: string }
  beforeEach(async () => {
    instance = await provision(hub(0), vendor)
    for (let at = 0; at < HUBS; at++) expect((await callContacts(at, instance.token)).status).toBe(200)
  })

  const ping = async (at: number) => (await hub(at).call('GET', '/hubs/crm/ping', instance)).status
  const pageSize = async (at: number) =>
    (await hub(at).call('GET', '/hubs/crm/contacts?pageSize=9', instance)).body.length

  for (const [name, change, look, expected] of [
    ['a configuration value', ['PATCH', '', { configuration: { 'pagination.max': '2' } }], pageSize, 2],
    ['an instance disabled', ['DELETE', '/enabled', undefined], ping, 403],
    ['an instance deleted', ['DELETE', '', undefined], ping, 401],
  ] as const) {
    test(name, async () => {
      const [method, path, body] = change
      const answer = await hub(0).call(method, `/instances/${instance.id}${path}`, { body })
      expect(answer.status, answer.text).toBe(200)
      const answered = performance.now()
      expect(await look(0)).toBe(expected)
      const delays = await Promise.all(
        [1, 2].map(async (at) => {
          while ((await look(at)) !== expected && performance.now() - answered < 5_000) await wait(2)
          return performance.now() - answered
        }),
      )
      report({ delaysMs: delays.map((ms) => Math.round(ms)) })
      for (const delay of delays) expect(delay).toBeLessThan(NEWS_MS)
    })
  }

  test('an instance enabled again', async () => {
    await hub(0).call('DELETE', `/instances/${instance.id}/enabled`)
    await vi.waitFor(async () => expect(await ping(2)).toBe(403))
    await hub(1).call('PUT', `/instances/${instance.id}/enabled`)
    const answered = performance.now()
    while ((await ping(2)) !== 200 && performance.now() - answered < 5_000) await wait(2)
    expect(performance.now() - answered).toBeLessThan(NEWS_MS)
  })
})

/** `VALENCE_CONTRACT_FIGURES=1` prints what was measured. */
function report(figures: object): void {
  if (process.env['VALENCE_CONTRACT_FIGURES']) console.log(expect.getState().currentTestName, JSON.stringify(figures))
}
