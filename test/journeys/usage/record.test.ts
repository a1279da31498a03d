import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { UsageRecord } from '../../../src/usage/usage-table.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { addPerson, organizationSecretOf } from '../people.ts'
import { adminOf } from './usage-hub.ts'

/** What a call leaves in the usage log (spec 41 §7.1). */
let hub: TestHub
let token: string
let instanceId: number
beforeAll(async () => {
  hub = await startTestHub()
  const instance = await hub.provisionBase({ name: 'Recorded', tags: ['blue', 'green'] })
  token = instance.token
  instanceId = instance.id
})
afterAll(() => hub.close())

const rowsOf = async (id: string | null) =>
  (await sql<UsageRecord>`select * from usage_records where traffic_id = ${id}`.execute(hub.hub.store.db)).rows
const recordOf = (answer: Answer): Promise<UsageRecord> => byId(answer.headers.get('elements-request-id'))
const byId = (id: string | null) =>
  vi.waitFor(
    async () => {
      const [row] = await rowsOf(id)
      if (!row) throw new Error(`no record of ${id}`)
      return row
    },
    { timeout: 3_000, interval: 20 },
  )
const setFault = (fault: object) =>
  fetch(`${hub.hub.url}/simulator/__simulator/faults`, { method: 'POST', body: JSON.stringify(fault) })

describe('a resource call', () => {
  test('that succeeds', async () => {
    const before = Date.now()
    const answer = await hub.call('GET', '/hubs/crm/contacts?pageSize=3&where=email=%27ada@example.com%27', { token })
    expect(answer.status, answer.text).toBe(200)
    const record = await recordOf(answer)
    expect(record).toMatchObject({
      method: 'GET',
      uri: '/elements/api-v2/hubs/crm/contacts',
      status: 200,
      api: expect.stringMatching(/\S/),
      element_key: 'base',
      element_name: expect.stringContaining('Base'),
      hub: 'crm',
      resource: 'contacts',
      instance_id: instanceId,
      instance_name: 'Recorded',
      instance_tags: ['blue', 'green'],
      vendor_method: 'GET',
      vendor_resource: 'contacts',
      common_resource: false,
      message: null,
      provider_message: null,
    })
    expect(record.ip).toMatch(/127\.0\.0\.1$/)
    expect(record.traffic_date.getTime()).toBeGreaterThanOrEqual(before - 1)
    expect(record.traffic_date.getTime()).toBeLessThanOrEqual(Date.now())
    expect(record.process_ms).toBeGreaterThanOrEqual(record.vendor_ms)
    expect(JSON.stringify(record), 'no query string').not.toContain('ada@example.com')
  })

  test('by a bare path and by the other name of the API it is the same call', async () => {
    const bare = await recordOf(await hub.call('GET', '/contacts?pageSize=1', { token }))
    expect(bare).toMatchObject({ uri: '/elements/api-v2/contacts', element_key: 'base', resource: 'contacts' })
  })

  test('that the vendor refuses: what both said, and the time it took', async () => {
    await setFault({ element: 'base', fault: 'status:422' })
    const answer = await hub.call('GET', '/hubs/crm/contacts', { token })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    const record = await recordOf(answer)
    expect(record).toMatchObject({ status: answer.status, message: answer.body.message, resource: 'contacts' })
    expect(record.provider_message).toBe(answer.body.providerMessage)
    expect(record.provider_message).not.toBeNull()
  })

  test('that the vendor takes its time for', async () => {
    await setFault({ element: 'base', fault: 'slow:120' })
    const record = await recordOf(await hub.call('GET', '/hubs/crm/contacts', { token }))
    expect(record.vendor_ms).toBeGreaterThanOrEqual(115)
    expect(record.process_ms).toBeGreaterThanOrEqual(record.vendor_ms)
    expect(record.process_ms - record.vendor_ms, 'what is ours').toBeLessThan(100)
  })

  test('of a resource that the element does not have', async () => {
    const answer = await hub.call('GET', '/hubs/crm/unicorns', { token })
    expect(answer.status).toBe(400)
    expect(await recordOf(answer)).toMatchObject({
      status: 400,
      element_key: 'base',
      instance_id: instanceId,
      resource: null,
      vendor_resource: null,
      vendor_ms: 0,
      api: 'resources.call',
      message: answer.body.message,
    })
  })

  test('that the caller does not wait for', async () => {
    await setFault({ element: 'base', fault: 'slow:400' })
    const id = await new Promise<string>((resolve) => {
      const request = httpRequest(`${hub.api}/hubs/crm/contacts`, {
        headers: { authorization: `${hub.authorization}, Element ${token}` },
      })
      request.on('error', () => resolve('gone'))
      request.end()
      setTimeout(() => request.destroy(), 100)
    })
    expect(id).toBe('gone')
    await vi.waitFor(
      async () => {
        const { rows } = await sql<UsageRecord>`select * from usage_records where status = 499`.execute(
          hub.hub.store.db,
        )
        expect(rows).toMatchObject([{ element_key: 'base', message: expect.stringContaining('closed the connection') }])
      },
      { timeout: 3_000, interval: 20 },
    )
  })

  test('whose body cannot be read', async () => {
    const answer = await fetch(`${hub.api}/hubs/crm/contacts`, {
      method: 'POST',
      headers: { authorization: `${hub.authorization}, Element ${token}`, 'content-type': 'application/json' },
      body: '{"last_name":',
    })
    expect(answer.status).toBe(400)
    expect(await byId(answer.headers.get('elements-request-id'))).toMatchObject({
      method: 'POST',
      status: 400,
      element_key: 'base',
      instance_id: instanceId,
      api: 'resources.call',
      message: expect.any(String),
    })
  })

  test('whose body cannot be read, of a caller who hangs up at once: his address is known all the same', async () => {
    const { hostname, port } = new URL(hub.api)
    const socket = connect(Number(port), hostname)
    const path = '/elements/api-v2/hubs/crm/hung-up'
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${hub.authorization}, Element ${token}\r\n`
    socket.write(`${head}content-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{!`)
    socket.once('data', () => socket.resetAndDestroy())
    await vi.waitFor(
      async () => {
        const { rows } = await sql<UsageRecord>`select ip, status from usage_records where uri = ${path}`.execute(
          hub.hub.store.db,
        )
        expect(rows).toEqual([{ ip: '127.0.0.1', status: 400 }])
      },
      { timeout: 3_000, interval: 20 },
    )
  })

  test('whose body cannot be read, and whose token is none', async () => {
    const answer = await fetch(`${hub.api}/hubs/crm/contacts`, {
      method: 'POST',
      headers: { authorization: `${hub.authorization}, Element no`, 'content-type': 'application/json' },
      body: '{"last_name":',
    })
    expect(answer.status).toBe(400)
    await recordOf(await hub.call('GET', '/hubs'))
    expect(await rowsOf(answer.headers.get('elements-request-id'))).toEqual([])
  })

  test('/ping and /objects are calls of the instance as well', async () => {
    expect(await recordOf(await hub.call('GET', '/hubs/crm/ping', { token }))).toMatchObject({
      status: 200,
      element_key: 'base',
      vendor_ms: 0,
    })
  })
})

describe('a call that is traced', () => {
  test('is read with what was sent and answered, by its own account alone', async () => {
    expect((await hub.call('PUT', `/instances/${instanceId}/trace-logging`)).status).toBe(200)
    const answer = await hub.call('GET', '/hubs/crm/contacts?pageSize=1', { token })
    expect((await hub.call('DELETE', `/instances/${instanceId}/trace-logging`)).status).toBe(200)
    const id = answer.headers.get('elements-request-id')
    const { body } = await hub.call('GET', `/usage/${id}`)
    expect(body).toMatchObject({ id, response_status: 200 })
    expect(body.trace['GET:/v2/contacts']).toMatchObject({ response: { status: 200 } })
    const plain = await hub.call('GET', '/hubs/crm/contacts?pageSize=1', { token })
    const read = await hub.call('GET', `/usage/${plain.headers.get('elements-request-id')}`)
    expect([read.status, read.body.trace]).toEqual([200, undefined])

    const organizationSecret = organizationSecretOf(hub.authorization)
    const admin = await adminOf(hub)
    const other = await addPerson(hub.hub.store, { ...admin, organizationSecret, name: 'Other Account' })
    await hub.hub.store.changes.transaction(async (trx, publish) => {
      await sql`insert into user_roles (user_id, role_key) values (${other.userId}, 'logs')`.execute(trx)
      await sql`
        insert into roles (organization_id, key, name, privileges)
        values (${admin.organizationId}, 'logs', 'Logs', '{viewLogsOrg}')`.execute(trx)
      publish({ topic: 'user', key: String(other.userId) })
    })
    const seen = await hub.call('GET', `/usage/${id}`, { authorization: other.authorization })
    expect([seen.status, seen.body.id, seen.body.trace]).toEqual([200, id, undefined])
  })
})

describe('a platform call', () => {
  test('that succeeds', async () => {
    expect(await recordOf(await hub.call('GET', '/instances?tags[]=blue'))).toMatchObject({
      method: 'GET',
      uri: '/elements/api-v2/instances',
      status: 200,
      api: 'instances.list',
      element_key: null,
      instance_id: null,
      resource: null,
      vendor_method: null,
      vendor_ms: 0,
    })
  })

  test('that fails', async () => {
    const answer = await hub.call('GET', '/instances/-1')
    expect(await recordOf(answer)).toMatchObject({ status: 404, api: 'instances.read', message: answer.body.message })
  })

  test('whose body is none', async () => {
    const answer = await hub.call('POST', '/instances', { body: {} })
    expect(answer.status).toBe(400)
    expect(await recordOf(answer)).toMatchObject({ status: 400, api: 'instances.create' })
  })
})

test('calls of nobody leave nothing', async () => {
  const refused = await hub.call('GET', '/instances', { authorization: 'User no, Organization no' })
  expect(refused.status).toBe(401)
  const anonymous = await hub.call('GET', '/hubs', { authorization: null })
  expect(anonymous.status).toBe(200)
  await recordOf(await hub.call('GET', '/hubs'))
  for (const answer of [refused, anonymous]) expect(await rowsOf(answer.headers.get('elements-request-id'))).toEqual([])
})

test('numbers for operators', async () => {
  const text = await (await fetch(`${hub.hub.url}/metrics`)).text()
  expect(text).toMatch(/valence_usage_records_total\{outcome="stored"\} \d+/)
  expect(text).not.toContain('outcome="dropped"')
  expect(text).toMatch(/valence_usage_records_waiting \d+/)
  expect(text).toMatch(/valence_usage_spill_bytes 0/)
})

test('there are partitions for today and tomorrow', async () => {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_inherits join pg_class on oid = inhrelid
    where inhparent = 'usage_records'::regclass`.execute(hub.hub.store.db)
  const names = [0, 86_400_000].map((later) =>
    new Date(Date.now() + later).toISOString().slice(0, 10).replaceAll('-', '_'),
  )
  for (const name of names) expect(rows).toContainEqual({ name: `usage_records_${name}` })
})

test('a hub that keeps no log records nothing', async () => {
  const waiting = async ({ hub: { url } }: TestHub) => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(/valence_usage_records_waiting (\d+)/.exec(text)?.[1])
  }
  const silent = await startTestHub({ VALENCE_USAGE_DAYS: '0' })
  try {
    expect((await silent.call('GET', '/hubs')).status).toBe(200)
    expect(await waiting(silent)).toBe(0)
  } finally {
    await silent.close()
  }
  await hub.call('GET', '/hubs')
  expect(await waiting(hub), 'otherwise there would be one').toBeGreaterThan(0)
})
