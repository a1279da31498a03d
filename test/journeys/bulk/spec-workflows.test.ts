import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type BulkClient, JSON_BODY, provisionForBulk, uploadForm } from '../../support/bulk-client.ts'
import { bulkElement, postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, startBulkVendor } from '../../support/bulk-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People } from '../../support/people.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'

/** From one instance into another, now and by the clock (spec 22 §10, 33 §1). */
let hub: TestHub
let people: People
let receiver: Receiver
let from: BulkVendor
let to: BulkVendor
let source: BulkClient
let target: BulkClient
beforeAll(async () => {
  ;[from, to, receiver, hub] = await Promise.all([
    startBulkVendor(),
    startBulkVendor(),
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1', VALENCE_SCHEDULE_MINUTES: '1' }),
  ])
  people = await meetPeople(hub)
  const dates = { queryDateName: 'changed', queryDateOperator: '>=', queryDateFormat: "yyyy-MM-dd'T'HH:mm:ss'Z'" }
  await postBulkElement(hub, { key: 'sourcecrm', baseUrl: from.baseUrl, objects: { accounts: dates } })
  await postBulkElement(hub, { key: 'targetcrm', baseUrl: to.baseUrl })
  source = await provisionForBulk(hub, 'sourcecrm')
  target = await provisionForBulk(hub, 'targetcrm')
})
afterAll(async () => {
  await hub.close()
  await Promise.all([from.close(), to.close(), receiver.close()])
})
beforeEach(() => {
  from.reset()
  to.reset()
  from.rows('accounts', [
    { id: 'a1', name: 'Acme', changed: '2020-03-01T00:00:00Z' },
    { id: 'a2', name: 'Globex', changed: '2019-03-01T00:00:00Z' },
  ])
})

// biome-ignore lint/suspicious/noExplicitAny: rows of the history, of every shape
type Row = any

/** One job as the console sends it. */
const job = (more: object = {}, targetMore: object = {}) => ({
  query: 'select name from accounts',
  objectName: 'accounts',
  elementKey: 'sourcecrm',
  path: '/hubs/crm/bulk',
  method: 'POST',
  statusCheckInterval: 10_000,
  targetConfiguration: {
    path: '/hubs/crm/bulk/accounts',
    method: 'POST',
    token: target.token,
    elementKey: 'targetcrm',
    objectName: 'accounts',
    parameters: {},
    metaData: '{}',
    addToCampaign: false,
    ...targetMore,
  },
  ...more,
})
const post = (jobs: unknown, headers: Record<string, string> = {}, path = '/hubs/crm/bulk/workflows') =>
  source.send('POST', path, { body: JSON.stringify(jobs), headers: { ...JSON_BODY, ...headers } })
const start = async (jobs: unknown, headers?: Record<string, string>) => {
  const { body } = expectOk(await post(jobs, headers))
  expect(body).toMatchObject({ status: 'CREATED' })
  expect(String(body.id)).toMatch(/\S/)
  return String(body.id)
}
const history = async (query = ''): Promise<Row[]> => expectOk(await hub.call('GET', `/bulkloader${query}`)).body
const ENDED = /^(COMPLETED|ABORTED|CANCELLED|ERROR|FAILED)$/

/** The rows of a workflow in the history, once there are so many and all have ended. */
const ended = (groupName: string, count = 1): Promise<Row[]> =>
  vi.waitFor(
    async () => {
      const rows = (await history()).filter((row) => row.groupName === groupName)
      if (rows.length < count || rows.some(({ status }) => !ENDED.test(status)))
        throw new Error(`workflow ${groupName} did not end: ${JSON.stringify(rows)}`)
      return rows
    },
    { timeout: 15_000, interval: 50 },
  )

describe('a workflow', () => {
  test('carries what the query finds into the target', async () => {
    const id = await start([job()])
    const [row] = await ended(id)
    expect(row).toMatchObject({
      groupName: id,
      status: 'COMPLETED',
      sourceStatus: 'COMPLETED',
      targetStatus: 'COMPLETED',
      sourceObjectName: 'accounts',
      targetObjectName: 'accounts',
      sourceElementKey: 'sourcecrm',
      targetElementKey: 'targetcrm',
      sourceRecordCount: 2,
      targetErrorCount: 0,
    })
    expect(String(row.bulkLoaderId)).toMatch(/\S/)
    expect(Date.parse(row.createdDate) || row.createdDate).toBeGreaterThan(Date.now() - 60_000)
    expect(to.rows('accounts').map(({ name }) => name)).toEqual(['Acme', 'Globex'])
    for (const { body } of to.calls) expect(Object.keys(body)).toEqual(['name'])
  })

  test('is over soon, whatever the interval of its checks', async () => {
    const asked = Date.now()
    await ended(await start([job({ statusCheckInterval: 60_000 })]))
    expect(Date.now() - asked).toBeLessThan(8_000)
  })

  test('by the short path too, and with a slash at the end', async () => {
    for (const path of ['/bulk/workflows', '/hubs/crm/bulk/workflows/', '/hubs/other/bulk/workflows']) {
      const { body } = expectOk(await post([job()], {}, path))
      await ended(String(body.id))
    }
    expect(to.rows('accounts')).toHaveLength(6)
  })

  test('its jobs are bulk jobs of the two instances', async () => {
    await ended(await start([job()]))
    const [download] = expectOk(await source.send('GET', '/bulk/jobs?pageSize=1')).body
    expect(download).toMatchObject({ job_direction: 'DOWNLOAD', object_name: 'accounts', record_count: 2 })
    const [upload] = expectOk(await target.send('GET', '/bulk/jobs?pageSize=1')).body
    expect(upload).toMatchObject({ job_direction: 'UPLOAD', object_name: 'accounts', record_count: 2, error_count: 0 })
  })

  test('from is a window of dates', async () => {
    await ended(await start([job({ from: '2020-01-01T00:00:00.000Z' })]))
    expect(from.calls[0]?.query['filter']).toMatch(/^changed *>= *'2020-01-01T00:00:00Z'$/)
    expect(to.rows('accounts').map(({ name }) => name)).toEqual(['Acme'])
  })

  test('metaData and parameters of the target', async () => {
    to.rows('accounts', [{ id: 't1', name: 'Acme', kept: 'yes' }])
    const metaData = JSON.stringify({ identifierFieldName: 'name' })
    const [row] = await ended(await start([job({}, { metaData, parameters: { listId: '17' } })]))
    expect(row).toMatchObject({ status: 'COMPLETED', targetErrorCount: 0 })
    expect(to.rows('accounts')).toMatchObject([{ id: 't1', name: 'Acme', kept: 'yes' }, { name: 'Globex' }])
    expect(to.calls.find(({ method }) => method === 'POST')?.query).toMatchObject({ listId: '17' })
  })

  test('another object of the target', async () => {
    const path = '/hubs/crm/bulk/companies'
    const [row] = await ended(await start([job({}, { path, objectName: 'companies' })]))
    expect(row).toMatchObject({ sourceObjectName: 'accounts', targetObjectName: 'companies' })
    expect(to.rows('companies')).toHaveLength(2)
  })

  test('counts rows that the target refuses', async () => {
    to.script('POST /accounts', ({ body }) => (body.name === 'Acme' ? { status: 400, body: {} } : undefined))
    const [row] = await ended(await start([job()]))
    expect(row).toMatchObject({ status: 'COMPLETED', sourceRecordCount: 2, targetErrorCount: 1 })
  })

  test('of nothing is COMPLETED', async () => {
    from.rows('accounts', [])
    const [row] = await ended(await start([job()]))
    expect(row).toMatchObject({ status: 'COMPLETED', sourceRecordCount: 0, targetErrorCount: 0 })
    expect(to.calls).toEqual([])
  })

  test('whose source fails does not reach the target', async () => {
    from.script('GET /accounts', () => ({ status: 403, body: { error: 'no' } }))
    const [row] = await ended(await start([job()]))
    expect(row).toMatchObject({ sourceStatus: 'ABORTED' })
    expect(row.status).not.toBe('COMPLETED')
    expect(to.calls).toEqual([])
  })

  test('a child follows its parent', async () => {
    from.rows('contacts', [{ id: 'c1', name: 'Ann' }])
    const child = job(
      { query: 'select name from contacts', objectName: 'contacts', parentObjectName: 'accounts' },
      { path: '/hubs/crm/bulk/contacts', objectName: 'contacts' },
    )
    const rows = await ended(await start([job(), child]), 2)
    expect(rows.map(({ sourceObjectName }) => sourceObjectName).toSorted()).toEqual(['accounts', 'contacts'])
    for (const row of rows) expect(row).toMatchObject({ status: 'COMPLETED', targetErrorCount: 0 })
    const written = to.calls.map(({ path }) => path)
    expect(written).toEqual(['/accounts', '/accounts', '/contacts'])
  })

  test('tells the address of the header', async () => {
    const inbox = receiver.inbox()
    const id = await start([job()], { 'Elements-Async-Callback-Url': inbox.url })
    await ended(id)
    const [delivery] = await inbox.arrived(1)
    expect(delivery).toMatchObject({ method: 'POST', json: { status: 'COMPLETED' } })
    expect(delivery?.json).not.toHaveProperty('error')
  })
})

describe('what is refused', () => {
  for (const [name, jobs] of [
    ['no jobs', []],
    ['an object', {}],
    ['a job that is none', ['accounts']],
    ['no query', () => [job({ query: undefined })]],
    ['a query that does not parse', () => [job({ query: 'select * accounts' })]],
    ['no target', () => [job({ targetConfiguration: undefined })]],
    ['a target without a token', () => [job({}, { token: undefined })]],
  ] as const) {
    test(name, async () => {
      expectError(await post(typeof jobs === 'function' ? jobs() : jobs), 400)
      expect(to.calls).toEqual([])
    })
  }

  test('a body that is none', async () => {
    for (const body of [undefined, 'null', '[{']) {
      expectError(await source.send('POST', '/hubs/crm/bulk/workflows', { body, headers: JSON_BODY }), 400)
    }
  })

  test('no good token for the source', async () => {
    const options = { body: JSON.stringify([job()]), headers: JSON_BODY }
    for (const authorization of [null, `${hub.authorization}, Element nonsense`]) {
      expectError(await source.send('POST', '/hubs/crm/bulk/workflows', { ...options, authorization }), 401)
    }
  })

  test('a target of nobody, and of somebody else: no row arrives', async () => {
    const stranger = await people.signUp('Strangers')
    const { authorization } = stranger.admin
    for (const token of ['nonsense', target.token]) {
      const client = token === 'nonsense' ? source : await theirSource(authorization)
      const body = JSON.stringify([job({}, { token })])
      const answer = await client.send('POST', '/hubs/crm/bulk/workflows', { body, headers: JSON_BODY })
      if (answer.status === 200 && client === source) {
        const [row] = await ended(String(answer.body.id))
        expect(row.status).not.toBe('COMPLETED')
      } else if (answer.status !== 200) expectError(answer, 400, 401, 403, 404)
      expect(to.calls).toEqual([])
    }
  })

  async function theirSource(authorization: string) {
    const body = bulkElement({ key: 'theirsource', baseUrl: from.baseUrl })
    expectOk(await hub.call('POST', '/elements', { body, authorization }))
    return provisionForBulk(hub, 'theirsource', {}, authorization)
  }
})

describe('GET /bulkloader', () => {
  let groups: string[]
  beforeAll(async () => {
    groups = []
    for (let count = 0; count < 3; count++) {
      const id = await start([job()])
      await ended(id)
      groups.push(id)
    }
  })

  test('is newest first', async () => {
    expect((await history()).slice(0, 3).map(({ groupName }) => groupName)).toEqual(groups.toReversed())
  })

  test('in pages', async () => {
    const [one, two] = [await history('?pageSize=2'), await history('?page=2&pageSize=2')]
    expect(one).toHaveLength(2)
    expect([...one, ...two].slice(0, 3)).toEqual((await history()).slice(0, 3))
    expect(await history('?page=1&pageSize=1')).toEqual(one.slice(0, 1))
    expect(await history('?page=999&pageSize=100')).toEqual([])
  })

  test('by parentBulkLoaderId: nothing has that parent', async () => {
    const [row] = await history('?pageSize=1')
    expect(await history(`?parentBulkLoaderId=${row.bulkLoaderId}`)).toEqual([])
  })

  test('is mine alone, and asks who I am', async () => {
    const stranger = await people.signUp('Readers')
    const answer = await people.as(stranger.admin)('GET', '/bulkloader')
    expect(expectOk(answer).body).toEqual([])
    expectError(await hub.call('GET', '/bulkloader', { authorization: null }), 401)
  })
})

describe('a file for a workflow', () => {
  test('is loaded into the target', async () => {
    const stored = await source.send('POST', '/hubs/crm/bulk/workflows/fileUpload/accounts', {
      body: uploadForm('name\nFrom a file\n'),
    })
    const { body } = expectOk(stored)
    expect(body).toMatchObject({ objectName: 'accounts' })
    expect(String(body.jobId)).toMatch(/\S/)
    const id = await start([job({ fileUpload: true, jobId: body.jobId, query: undefined })])
    const [row] = await ended(id)
    expect(row).toMatchObject({ status: 'COMPLETED', targetErrorCount: 0 })
    expect(to.rows('accounts')).toMatchObject([{ name: 'From a file' }])
    expect(from.calls).toEqual([])
  })

  test('that nobody sent is refused', async () => {
    const answer = await post([job({ fileUpload: true, jobId: '999999999', query: undefined })])
    expectError(answer, 400, 404)
    expectError(await source.send('POST', '/bulk/workflows/fileUpload/accounts'), 400)
  })
})

describe('Elements-Schedule-Request', { timeout: 30_000 }, () => {
  const SCHEDULE = 'Elements-Schedule-Request'
  /** A cron that comes once, in so many seconds. */
  function once(seconds = 2): string {
    const at = new Date(Date.now() + seconds * 1000)
    const [second, minute, hour] = [at.getUTCSeconds(), at.getUTCMinutes(), at.getUTCHours()]
    return `${second} ${minute} ${hour} ${at.getUTCDate()} ${at.getUTCMonth() + 1} ? ${at.getUTCFullYear()}`
  }
  const read = async (id: string) => expectOk(await hub.call('GET', `/jobs/${id}`)).body

  for (const cron of ['0 * * * * ?', '0 0 12 1/1 * ? *']) {
    test(`${cron}: the id is that of a job`, async () => {
      const id = await start([job()], { [SCHEDULE]: cron })
      const whole = await read(id)
      expect(whole).toMatchObject({ id, trigger: { state: 'NORMAL', nextFireTime: expect.any(Number) } })
      expect(typeof whole.data.body).toBe('string')
      expect(JSON.parse(whole.data.body)).toMatchObject([{ query: 'select name from accounts' }])
      const { body } = expectOk(await hub.call('GET', '/jobs'))
      expect(body.map((one: { id: string }) => one.id)).toContain(id)
      expectOk(await hub.call('PUT', `/jobs/${id}/disable`))
      expect((await read(id)).trigger.state).toBe('PAUSED')
      expectOk(await hub.call('PUT', `/jobs/${id}/enable`))
      expectOk(await hub.call('PUT', `/jobs/${id}/disable`))
      expectOk(await hub.call('DELETE', `/jobs/${id}`))
      expectError(await hub.call('GET', `/jobs/${id}`), 404)
    })
  }

  test('a job does not tell the token of the target', async () => {
    const id = await start([job()], { [SCHEDULE]: '0 0 12 1/1 * ? *' })
    const { text } = await hub.call('GET', `/jobs/${id}`)
    expect(text).not.toContain(target.token)
    expectOk(await hub.call('DELETE', `/jobs/${id}`))
  })

  test('nothing runs at once; it runs when its time comes, and the history of the job says so', async () => {
    const asked = Date.now()
    const id = await start([job()], { [SCHEDULE]: once(2) })
    const rows = () => to.rows('accounts').map(({ name }) => name)
    await expect.poll(rows, { timeout: 15_000 }).toEqual(['Acme', 'Globex'])
    expect(Date.now() - asked).toBeGreaterThan(900)
    await expect
      .poll(async () => (await hub.call('GET', `/jobs/${id}/history`)).body?.[0]?.job_state, { timeout: 8_000 })
      .toBe('COMPLETED')
    const [latest] = await history('?pageSize=1')
    expect(latest).toMatchObject({ sourceElementKey: 'sourcecrm', sourceRecordCount: 2 })
  })

  test('of a bulk query', async () => {
    from.rows('contacts', [{ id: 'c1' }])
    const before = expectOk(await source.send('GET', '/bulk/jobs?pageSize=1')).body[0]?.id
    const answer = await source.send('POST', '/bulk/query?q=select%20*%20from%20contacts', {
      headers: { [SCHEDULE]: once(2) },
    })
    const id = String(expectOk(answer).body.id)
    expect(await read(id)).toMatchObject({ data: { method: 'POST' } })
    const latest = async () => expectOk(await source.send('GET', '/bulk/jobs?pageSize=1')).body[0]
    await expect.poll(async () => (await latest())?.id, { timeout: 15_000 }).not.toBe(before)
    const found = await latest()
    expect(await source.completed(String(found.id))).toMatchObject({ object_name: 'contacts', recordsCount: 1 })
  })

  test('a cron that is none, or too often, is refused', async () => {
    for (const cron of ['every day', '0 12 * * *', '* * * * * ?']) {
      expectError(await post([job()], { [SCHEDULE]: cron }), 400)
    }
  })
})
