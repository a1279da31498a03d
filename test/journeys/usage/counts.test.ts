import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CALLBACK, startTestHub, type TestHub } from '../../support/hub.ts'
import { addPerson, organizationSecretOf } from '../people.ts'
import { adminOf } from './usage-hub.ts'

/**
 * Many calls at once, through the hub to a vendor: the log has each of them once, whatever it is counted by.
 * `USAGE_CALLS=50000 npx vitest run test/journeys/usage/counts.test.ts` makes more.
 */
const CALLS = Number(process.env['USAGE_CALLS'] ?? 3_000)
const CONNECTIONS = 32

/** What is called in turns, and what it answers. */
interface Kind {
  account: number
  element: string | undefined
  path: string
  authorization: string
  status: number
}

let hub: TestHub
let kinds: Kind[]
/** first and last moment of the calls */
let range: string
const made = new Map<string, number>()

beforeAll(
  async () => {
    hub = await startTestHub({ VALENCE_SCRIPT_RUNNERS: '1' })
    const organizationSecret = organizationSecretOf(hub.authorization)
    const admin = await adminOf(hub)
    const member = await addPerson(hub.hub.store, { ...admin, organizationSecret, name: 'Second Account' })
    const clone = (await hub.call('POST', '/elements/base/clone', { body: {} })).body
    const instances = [
      { account: admin.accountId, owner: hub.authorization, element: 'base', given: {} },
      { account: admin.accountId, owner: hub.authorization, element: clone.key, given: { element: { id: clone.id } } },
      { account: member.accountId, owner: member.authorization, element: 'base', given: {} },
    ]
    const ofInstances: Kind[][] = []
    for (const { account, owner, element, given } of instances) {
      const { token } = await provision(owner, given)
      const kind = { account, element, authorization: `${owner}, Element ${token}` }
      ofInstances.push([
        { ...kind, path: '/hubs/crm/contacts?pageSize=1', status: 200 },
        { ...kind, path: '/hubs/crm/contacts/999999', status: 404 },
        { ...kind, path: '/hubs/crm/unicorns', status: 400 },
        { ...kind, path: '/ping', status: 200 },
      ])
    }
    const ofPlatform: Kind[] = [
      {
        account: admin.accountId,
        element: undefined,
        authorization: hub.authorization,
        path: '/hubs/keys',
        status: 200,
      },
      {
        account: member.accountId,
        element: undefined,
        authorization: member.authorization,
        path: '/instances/-1',
        status: 404,
      },
    ]
    kinds = [...ofInstances.flat(), ...ofPlatform]

    // the calls that made all this are in the log as well
    await wait(20)
    const from = new Date()
    await wait(20)
    await callAll()
    range = `from=${from.toISOString()}&to=${new Date().toISOString()}`
    await settled()
  },
  60_000 + CALLS * 10,
)
afterAll(() => hub.close())

async function provision(authorization: string, given: object): Promise<{ token: string }> {
  const configuration = {
    'oauth.api.key': 'test-key',
    'oauth.api.secret': 'test-secret',
    'oauth.callback.url': CALLBACK,
  }
  const providerData = { code: await hub.obtainCode() }
  const body = { name: 'Counted', element: { key: 'base' }, providerData, configuration, ...given }
  const answer = await hub.call('POST', '/instances', { authorization, body })
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

async function callAll(): Promise<void> {
  const pool = new Pool(hub.hub.url, { connections: CONNECTIONS })
  let next = 0
  const callInTurn = async () => {
    while (next < CALLS) {
      const kind = kinds[next++ % kinds.length] as Kind
      const { authorization, path, status } = kind
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: `/elements/api-v2${path}`,
        headers: { authorization },
      })
      await body.dump()
      if (statusCode !== status) throw new Error(`${path} answered ${statusCode} instead of ${status}`)
      count(
        `account ${kind.account}`,
        `element ${kind.element}`,
        `status ${status}`,
        `${kind.account} ${kind.element} ${status}`,
      )
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, callInTurn))
  await pool.close()
}

function count(...names: string[]): void {
  for (const name of names) made.set(name, (made.get(name) ?? 0) + 1)
}

/** Nothing waits in memory or in the file any more. */
async function settled(): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${hub.hub.url}/metrics`)).text()
    if (/usage_records_waiting 0/.test(text) && /usage_spill_bytes 0/.test(text)) return
    await wait(50)
  }
}

const get = async (path: string) => {
  const { status, body, headers } = await hub.call('GET', path)
  expect(status, JSON.stringify(body)).toBe(200)
  return { body, total: Number(headers.get('elements-total-count')) }
}
const sum = (rows: readonly Record<string, number>[], member: string) =>
  rows.reduce((total, row) => total + (row[member] ?? 0), 0)

test('each call is one record', async () => {
  expect((await get(`/usage?${range}&pageSize=1`)).total).toBe(CALLS)
})

describe('exact by', () => {
  test('status', async () => {
    const rows = (await get(`/usage/analytics/statuses?${range}`)).body
    expect(sum(rows, 'count')).toBe(CALLS)
    expect(sum(rows, 'success')).toBe(made.get('status 200'))
    expect(sum(rows, 'failed')).toBe(CALLS - (made.get('status 200') ?? 0))
    expect((await get(`/usage?${range}&pageSize=1&status=FAILED`)).total).toBe(sum(rows, 'failed'))
  })

  test('element', async () => {
    const rows = (await get(`/usage/analytics/activity/elements?${range}`)).body
    const keys = new Set(kinds.flatMap(({ element }) => element ?? []))
    expect(keys.size).toBe(2)
    for (const key of keys) {
      expect(sum(rows, key), key).toBe(made.get(`element ${key}`))
      expect((await get(`/usage?${range}&pageSize=1&keys[]=${key}`)).total, key).toBe(made.get(`element ${key}`))
    }
    expect(sum(rows, 'count')).toBe(CALLS - (made.get('element undefined') ?? 0))
  })

  test('account', async () => {
    const entries: { id: number; count: number }[] = (await get(`/metrics/api?${range}`)).body
    expect(entries).toHaveLength(2)
    for (const { id, count } of entries) {
      expect(count).toBe(made.get(`account ${id}`))
      expect((await get(`/usage?${range}&pageSize=1&accountIds[]=${id}`)).total).toBe(count)
    }
    expect(sum(entries, 'count')).toBe(CALLS)
  })

  test('account, element and status together', async () => {
    const seen = new Map<string, number>()
    for (let token: string | null = ''; token !== null; ) {
      const answer = await hub.call('GET', `/usage?${range}&pageSize=5000&nextPage=${encodeURIComponent(token)}`)
      expect(answer.status, answer.text.slice(0, 500)).toBe(200)
      for (const { account_id, element_key, response_status } of answer.body) {
        const name = `${account_id} ${element_key} ${response_status}`
        seen.set(name, (seen.get(name) ?? 0) + 1)
      }
      token = answer.headers.get('elements-next-page-token')
    }
    const expected = [...made].filter(([name]) => /^\d/.test(name))
    expect([...seen].toSorted()).toEqual(expected.toSorted())
  })
})

test('nothing was dropped, and what had to wait in a file is stored', async () => {
  const metrics = async () => (await fetch(`${hub.hub.url}/metrics`)).text()
  await vi.waitFor(async () => expect(await metrics()).toMatch(/valence_usage_spill_bytes 0/), 10_000)
  const text = await metrics()
  console.log(text.match(/^valence_usage.*$/gm)?.join('\n'))
  expect(text).not.toMatch(/outcome="dropped"\} [1-9]/)
})
