import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { allRows } from '../../support/every-route/all-rows.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople } from '../../support/people.ts'

const CRON = '0 0 2 1/1 * ? *'
const DAY_MS = 86_400_000
let hub: TestHub
let instance: Record<string, unknown> & { id: number; token: string }
/** somebody of the same account, who administers nothing */
let other: string
let otherId: number

beforeAll(async () => {
  hub = await startTestHub({}, { clockEveryMs: 50 })
  instance = await hub.provisionBase()
  const people = await meetPeople(hub)
  const bob = await people.addUser(people.first, people.first.accountId)
  otherId = bob.id
  other = bob.authorization
})
afterAll(() => hub.close())

const PING = {
  name: 'nightly-ping',
  description: 'keeps the tenant warm',
  method: 'GET',
  uri: '/elements/api-v2/ping',
  query: {},
  headers: {},
  trigger: { cron: CRON },
}
const create = (body: object = {}, authorization?: string): Promise<Answer> =>
  hub.call('POST', '/jobs', { body: { ...PING, ...body }, ...(authorization ? { authorization } : {}) })
const made = async (body: object = {}): Promise<string> => {
  const answer = await create(body)
  if (answer.status !== 200) throw new Error(`POST /jobs answered ${answer.status}: ${answer.text}`)
  return answer.body.id
}
const read = async (id: string) => (await hub.call('GET', `/jobs/${id}`)).body
/** as if its time had come */
const letCome = (id: string) =>
  sql`update schedules set next_run_at = now() - interval '1 second' where id = ${Number(id)}`.execute(hub.hub.store.db)
/** runs it once and waits for the end */
async function ran(id: string) {
  await letCome(id)
  // the clock is told as by a change
  await hub.hub.store.changes.transaction(async (_trx, publish) => publish({ topic: 'schedules', key: '' }))
  return vi.waitFor(
    async () => {
      const { body } = await hub.call('GET', `/jobs/${id}/history`)
      expect(body).toMatchObject([{ end_time: expect.any(Number) }])
      return body[0]
    },
    { timeout: 15_000, interval: 100 },
  )
}

describe('the life of a job', () => {
  test('none is an empty list', async () => {
    expect(await hub.call('GET', '/jobs')).toMatchObject({ status: 200, body: [] })
    expect(await hub.call('GET', '/jobs/executions')).toMatchObject({ status: 200, body: [] })
  })

  test('created, read, listed, paused, resumed, rescheduled, deleted', async () => {
    const before = Date.now()
    const created = await create({ instanceId: String(instance.id) })
    expect(created).toMatchObject({ status: 200, body: { id: expect.any(String), name: PING.name, schedule: CRON } })
    const { id } = created.body
    const job = await read(id)
    expect(job).toMatchObject({
      id,
      name: PING.name,
      description: PING.description,
      disallowConcurrent: true,
      data: { id: Number(id), topic: 'api', elementKey: 'base', method: 'GET', uri: PING.uri, instanceId: instance.id },
      trigger: { state: 'NORMAL', mayFireAgain: true, endTime: null, cron: CRON, timeZone: 'UTC' },
    })
    expect(job.trigger.startTime).toBeGreaterThanOrEqual(before)
    expect(new Date(job.trigger.nextFireTime).toISOString()).toMatch(/T02:00:00\.000Z$/)
    expect(job.trigger.nextFireTime - before).toBeLessThanOrEqual(DAY_MS)
    expect((await hub.call('GET', '/jobs')).body).toEqual([job])

    expect(await hub.call('PUT', `/jobs/${id}/disable`)).toMatchObject({ status: 200, text: '' })
    expect((await read(id)).trigger).toMatchObject({ state: 'PAUSED', nextFireTime: null, mayFireAgain: true })
    expect((await hub.call('PUT', `/jobs/${id}/enable`)).status).toBe(200)
    expect((await read(id)).trigger).toMatchObject({ state: 'NORMAL', nextFireTime: job.trigger.nextFireTime })

    const trigger = { cron: '0 0/30 * 1/1 * ? *' }
    expect(await hub.call('PATCH', `/jobs/${id}/reschedule`, { body: { trigger } })).toMatchObject({
      status: 200,
      body: { id, name: PING.name, schedule: trigger.cron },
    })
    expect((await read(id)).trigger.nextFireTime - Date.now()).toBeLessThanOrEqual(1_800_000)

    expect(await hub.call('DELETE', `/jobs/${id}`, { body: null })).toMatchObject({ status: 200, text: '' })
    expect((await hub.call('GET', `/jobs/${id}`)).status).toBe(404)
    expect((await hub.call('GET', '/jobs')).body).toEqual([])
  })

  test('the list comes in pages', async () => {
    const ids: string[] = []
    for (const name of ['a', 'b', 'c']) ids.push(await made({ name }))
    const first = await hub.call('GET', '/jobs?pageSize=2')
    const next = first.headers.get('elements-next-page-token')
    expect(first.headers.get('elements-total-count')).toBe('3')
    const second = await hub.call('GET', `/jobs?pageSize=2&nextPage=${encodeURIComponent(next ?? '')}`)
    expect([...first.body, ...second.body].map(({ id }) => id)).toEqual(ids)
    expect(second.headers.get('elements-next-page-token')).toBeNull()
    for (const id of ids) await hub.call('DELETE', `/jobs/${id}/`)
  })
})

describe('what is refused', () => {
  for (const [name, body, status, message] of [
    [
      'nothing',
      { name: undefined, method: undefined, uri: null, trigger: undefined },
      400,
      'Missing in the request body: name, method, uri, trigger.cron',
    ],
    [
      'a cron that comes too often',
      { trigger: { cron: '0/30 * * 1/1 * ? *' } },
      400,
      'cron "0/30 * * 1/1 * ? *" comes too often',
    ],
    ['a cron that never comes', { trigger: { cron: '0 0 12 31 2 ?' } }, 400, 'cron "0 0 12 31 2 ?" never comes again'],
    [
      'words in place of a cron',
      { trigger: { cron: 'every night' } },
      400,
      'cron "every night": expected a Quartz cron',
    ],
    ['a zone that nobody knows', { trigger: { cron: CRON, timeZone: 'Mars' } }, 400, 'time zone "Mars"'],
    ['a method that is none', { method: 'BREW' }, 400, 'method: expected one of GET'],
    ['a path out of the API', { uri: '/../../metrics' }, 400, 'is no path below /elements/api-v2'],
    [
      'an instance that is not there',
      { instanceId: '2147483000' },
      404,
      'There is no element instance with id 2147483000',
    ],
    ['an instance that is no number', { instanceId: 'abc' }, 400, 'instanceId: expected the id'],
    ['headers that are a list', { headers: ['a'] }, 400, 'headers: expected an object'],
    ['a header with a line break', { headers: { a: 'b\r\nc: d' } }, 400, 'headers.a'],
    ['a call of a megabyte', { body: 'x'.repeat(1_000_000) }, 400, 'at most 262144 are kept'],
  ] as const) {
    test(name, async () => {
      const answer = await create(body)
      expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(message)])
    })
  }

  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['PUT', '/disable'],
    ['PUT', '/enable'],
    ['PATCH', '/reschedule'],
    ['GET', '/history'],
    ['GET', '/history/1'],
  ] as const) {
    test(`${method} /jobs/{id}${path} of a job that is not there`, async () => {
      const body = method === 'PATCH' ? { body: { trigger: { cron: CRON } } } : {}
      for (const id of ['999999', '-1', 'abc', '99999999999999999999'])
        expect((await hub.call(method, `/jobs/${id}${path}`, body)).status).toBe(404)
    })
  }
})

describe('a run', () => {
  test('calls the platform as the owner, with the token of the instance', async () => {
    const id = await made({ uri: '/hubs/crm/accounts', query: { pageSize: 1 }, instanceId: instance.id })
    const run = await ran(id)
    expect(run).toMatchObject({
      job_name: PING.name,
      job_group: 'api',
      job_state: 'COMPLETED',
      job_error_message: null,
      instance_id: instance.id,
      description: PING.description,
      account_id: expect.any(Number),
      company_id: expect.any(Number),
      user_id: expect.any(Number),
    })
    expect(run.end_time).toBeGreaterThanOrEqual(run.start_time)
    expect(JSON.parse(run.job_data)).toMatchObject({ id: Number(id), elementKey: 'base' })
    expect(await hub.call('GET', `/jobs/${id}/history/${run.job_history_id}`)).toMatchObject({ status: 200, body: run })
    await vi.waitFor(async () => {
      const { text } = await hub.call('GET', '/usage?pageSize=20')
      expect(text.includes('/elements/api-v2/hubs/crm/accounts'), 'the usage log has the call').toBe(true)
    })
    await hub.call('DELETE', `/jobs/${id}`)
  })

  test('sends its body, query and headers', async () => {
    const snippet = { name: 'made by a job', body: 'done()' }
    const id = await made({ method: 'POST', uri: '/vdrs/snippets', body: snippet, headers: { 'Elements-Own': 'x' } })
    expect(await ran(id)).toMatchObject({ job_state: 'COMPLETED' })
    expect((await hub.call('GET', '/vdrs/snippets')).body).toMatchObject([snippet])
    await hub.call('DELETE', `/jobs/${id}`)
  })

  for (const [name, body, message] of [
    ['of a path that is not there', { uri: '/elements/nosuchelement' }, /nosuchelement/],
    ['without the token that it needs', { uri: '/hubs/crm/accounts' }, /invalid Element token/],
  ] as const) {
    test(`${name} is an error in the platform's words`, async () => {
      const id = await made(body)
      expect(await ran(id)).toMatchObject({ job_state: 'ERROR', job_error_message: expect.stringMatching(message) })
      await hub.call('DELETE', `/jobs/${id}`)
    })
  }

  test('is found among the executions by element and time, also when its job is gone', async () => {
    const start = Date.now()
    const id = await made({ uri: '/hubs/crm/accounts', instanceId: instance.id, name: 'of base' })
    const run = await ran(id)
    await hub.call('DELETE', `/jobs/${id}`)
    const found = async (query: string) => (await hub.call('GET', `/jobs/executions?${query}`)).body
    const [execution] = await found(`elementKeys[]=base&startTime=${start}`)
    expect(execution).toMatchObject({ job_history_id: run.job_history_id, element_key: 'base', job_state: 'COMPLETED' })
    for (const name of ['created_dt', 'account_id', 'external_id']) expect(execution).not.toHaveProperty(name)
    expect(await found(`elementKeys[]=sfdc,jira&startTime=${start}`)).toEqual([])
    expect(await found(`endTime=${start - 3_600_000}`)).toEqual([])
    expect((await hub.call('GET', '/jobs/executions?startTime=yesterday')).status).toBe(400)
    expect(await found('pageSize=1')).toHaveLength(1)
  })

  test('a paused job does not run', async () => {
    const id = await made()
    await letCome(id)
    await hub.call('PUT', `/jobs/${id}/disable`)
    const sentinel = await made({ name: 'after it' })
    await ran(sentinel)
    expect((await hub.call('GET', `/jobs/${id}/history`)).body).toEqual([])
    for (const one of [id, sentinel]) await hub.call('DELETE', `/jobs/${one}`)
  })
})

describe('secrets', () => {
  test('credentials that were sent along are not kept; the call is sealed, and read by its owner only', async () => {
    const headers = { Authorization: 'User stolen, Organization stolen', 'X-Api-Key': 'needle-in-header' }
    const id = await made({ headers, body: { password: 'needle-in-body' } })
    const { rows } = await sql<{ text: string }>`select row_to_json(schedules)::text as text from schedules`.execute(
      hub.hub.store.db,
    )
    const audit = await hub.call('GET', '/audit-logs?pageSize=50')
    for (const needle of ['stolen', 'needle-in']) expect(JSON.stringify(rows) + audit.text).not.toContain(needle)
    expect((await read(id)).data).toMatchObject({ headers: { 'X-Api-Key': 'needle-in-header' } })
    expect((await read(id)).data.headers).not.toHaveProperty('Authorization')
    const own = await create({ headers: { 'X-Api-Key': 'needle' } }, other)
    expect((await read(own.body.id)).data).toMatchObject({ method: 'GET' })
    expect((await read(own.body.id)).data).not.toHaveProperty('headers')
    for (const one of [id, own.body.id]) await hub.call('DELETE', `/jobs/${one}`)
  })
})

describe('the credential of calls from inside', () => {
  test('is written down nowhere, though the call is traced', async () => {
    await hub.call('PUT', `/instances/${instance.id}/trace-logging`, { body: { duration: 60 } })
    const id = await made({ uri: '/hubs/crm/accounts', instanceId: instance.id })
    expect(await ran(id)).toMatchObject({ job_state: 'COMPLETED' })
    await hub.call('DELETE', `/instances/${instance.id}/trace-logging`)
    await hub.call('DELETE', `/jobs/${id}`)
    const rows = await allRows(hub.hub.store)
    expect(rows.filter(({ text }) => text.includes('vpc-')).map(({ table }) => table)).toEqual([])
    expect(rows.filter(({ table }) => table === 'traces')).not.toEqual([])
  })

  for (const scheme of [
    'User vpc-x, Organization vpc-x',
    'User vpc-x, Organization vpc-x, Element vpc-x',
    'Bearer vpc-x',
  ])
    test(`whoever sends "${scheme}" is nobody`, async () => {
      for (const path of ['/jobs', '/instances', '/hubs/crm/accounts', '/authentication/secrets'])
        expect((await hub.call('GET', path, { authorization: scheme })).status).toBe(401)
    })
})

describe('who sees it', () => {
  test('its owner, and administrators of the account', async () => {
    const mine = await made()
    const { body: his } = await create({}, other)
    const seen = async (authorization: string) =>
      (await hub.call('GET', '/jobs', { authorization })).body.map(({ id }: { id: string }) => id)
    expect(await seen(hub.authorization)).toEqual([mine, his.id])
    expect(await seen(other)).toEqual([his.id])
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['PUT', '/disable'],
    ] as const)
      expect((await hub.call(method, `/jobs/${mine}${path}`, { authorization: other })).status).toBe(404)
    for (const id of [mine, his.id]) expect((await hub.call('DELETE', `/jobs/${id}`)).status).toBe(200)
  })

  test('nobody sees what the hub does for itself', async () => {
    const { rows } = await sql<{ reference: string }>`
      select reference from schedules where kind = 'hub' order by reference`.execute(hub.hub.store.db)
    expect(rows.map(({ reference }) => reference)).toEqual([
      'bulk-files',
      'event-keys',
      'formula-executions',
      'formula-instances',
      'partitions',
      'retries',
      'revocations',
    ])
    expect((await hub.call('GET', '/jobs')).body).toEqual([])
  })

  test('the jobs of a user who is made inactive are gone, and do not come back with him', async () => {
    const { body: job } = await create({}, other)
    await hub.call('PATCH', `/users/${otherId}`, { body: { active: false } })
    expect((await hub.call('GET', `/jobs/${job.id}`)).status).toBe(404)
    await hub.call('PATCH', `/users/${otherId}`, { body: { active: true } })
    expect((await hub.call('GET', '/jobs')).body).toEqual([])
    const { body: records } = await hub.call('GET', '/audit-logs?pageSize=20')
    const said = records.map(({ entity_type: type, action }: Record<string, string>) => `${action} ${type}`)
    expect(said).toEqual(expect.arrayContaining(['create job', 'delete job']))
  })
})

describe('a poller', () => {
  test('is one job of its instance, which sets its times', async () => {
    const configuration = {
      'event.notification.enabled': 'true',
      'event.vendor.type': 'polling',
      'event.poller.refresh_interval': '999999999',
      'event.poller.configuration': JSON.stringify({
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a date token
        accounts: { url: "/hubs/crm/accounts?where=modified>'${gmtDate:yyyy-MM-dd}'", idField: 'id' },
      }),
    }
    for (let times = 0; times < 2; times++)
      await hub.call('PATCH', `/instances/${instance.id}`, { body: { configuration } })
    const { body: jobs } = await hub.call('GET', '/jobs')
    expect(jobs).toMatchObject([
      { data: { topic: 'poller', elementKey: 'base', instanceId: instance.id }, trigger: { state: 'NORMAL' } },
    ])
    const [{ id }] = jobs
    const answer = await hub.call('PATCH', `/jobs/${id}/reschedule`, { body: { trigger: { cron: CRON } } })
    expect([answer.status, answer.body.message]).toEqual([409, expect.stringContaining(`instance ${instance.id}`)])
    expect((await hub.call('GET', '/jobs', { authorization: other })).body).toMatchObject([{ id }])
    await hub.call('DELETE', `/instances/${instance.id}`)
    expect((await hub.call('GET', '/jobs')).body).toEqual([])
  })
})
