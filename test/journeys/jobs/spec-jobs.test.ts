import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ProvisionedInstance, postEventElement, provisionWithEvents } from '../../support/event-element.ts'
import { type EventVendor, startEventVendor } from '../../support/event-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type Organization, type People } from '../../support/people.ts'

/** Calls that the hub makes by the clock (spec 33 §1). */
let hub: TestHub
let vendor: EventVendor
let people: People
let stranger: Organization
let instance: ProvisionedInstance
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startEventVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  people = await meetPeople(hub)
  stranger = await people.signUp('Strangers')
  await postEventElement(hub, { key: 'called', baseUrl: vendor.baseUrl })
  instance = await provisionWithEvents(hub, 'called', { 'event.notification.enabled': false })
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})

const NIGHTLY = '0 0 2 1/1 * ? *'
const job = (given: object = {}) => ({
  name: 'nightly-ping',
  description: 'keeps the tenant warm',
  method: 'GET',
  uri: '/elements/api-v2/ping',
  instanceId: String(instance.id),
  query: {},
  headers: {},
  trigger: { cron: NIGHTLY },
  ...given,
})
const create = async (given: object = {}) => expectOk(await hub.call('POST', '/jobs', { body: job(given) })).body
const read = async (id: string) => expectOk(await hub.call('GET', `/jobs/${id}`)).body
const ids = async () => expectOk(await hub.call('GET', '/jobs')).body.map((one: { id: string }) => one.id)

/** A cron that comes once, in so many seconds. */
function once(seconds = 2): string {
  const at = new Date(Date.now() + seconds * 1000)
  const [second, minute, hour] = [at.getUTCSeconds(), at.getUTCMinutes(), at.getUTCHours()]
  return `${second} ${minute} ${hour} ${at.getUTCDate()} ${at.getUTCMonth() + 1} ? ${at.getUTCFullYear()}`
}

/** The first run once it has ended. */
async function historyOf(id: string) {
  return vi.waitFor(
    async () => {
      const { body } = expectOk(await hub.call('GET', `/jobs/${id}/history`))
      if (body.length !== 1 || body[0].job_state === 'RUNNING') throw new Error(`job ${id}: ${JSON.stringify(body)}`)
      return body[0]
    },
    { timeout: 10_000, interval: 50 },
  )
}

describe('the life of a job (§1.1)', () => {
  test('none are an empty list', async () => {
    expect(expectOk(await people.as(stranger.admin)('GET', '/jobs')).body).toEqual([])
  })

  test('POST, GET, list, DELETE', async () => {
    const made = await create()
    expect(made).toMatchObject({ id: expect.any(String), name: 'nightly-ping' })
    expect(Object.keys(made).toSorted()).toEqual(['id', 'name', 'schedule'])
    expect(JSON.stringify(made.schedule)).toContain(NIGHTLY)
    const whole = await read(made.id)
    expect(whole).toMatchObject({
      id: made.id,
      name: 'nightly-ping',
      description: 'keeps the tenant warm',
      disallowConcurrent: expect.any(Boolean),
      data: { method: 'GET', uri: expect.stringContaining('/ping') },
      trigger: {
        id: expect.any(String),
        state: 'NORMAL',
        startTime: expect.any(Number),
        nextFireTime: expect.any(Number),
        mayFireAgain: true,
        priority: expect.any(Number),
      },
    })
    const next = new Date(whole.trigger.nextFireTime)
    expect([next.getUTCHours(), next.getUTCMinutes(), next.getUTCSeconds()]).toEqual([2, 0, 0])
    expect(next.getTime() - Date.now()).toBeLessThanOrEqual(24 * 3_600_000)
    const { body } = expectOk(await hub.call('GET', '/jobs'))
    expect(body.filter(({ id }: { id: string }) => id === made.id)).toEqual([whole])
    expectOk(await hub.call('DELETE', `/jobs/${made.id}`))
    expectError(await hub.call('GET', `/jobs/${made.id}`), 404)
    expectError(await hub.call('DELETE', `/jobs/${made.id}`), 404)
    expect(await ids()).not.toContain(made.id)
  })

  test('the call is kept whole', async () => {
    const call = {
      method: 'POST',
      uri: '/hubs/crm/contacts',
      body: { name: 'Ann', nested: { a: [1] } },
      query: { where: "a='b'", pageSize: '5' },
      headers: { 'X-Trace': 'yes' },
    }
    const { id } = await create(call)
    expect((await read(id)).data).toMatchObject({ method: 'POST', elementKey: 'called', query: call.query })
  })

  test('disable and enable', async () => {
    const { id } = await create()
    expectOk(await hub.call('PUT', `/jobs/${id}/disable`))
    expect((await read(id)).trigger.state).toBe('PAUSED')
    expectOk(await hub.call('PUT', `/jobs/${id}/disable`))
    expectOk(await hub.call('PUT', `/jobs/${id}/enable`))
    expect((await read(id)).trigger).toMatchObject({ state: 'NORMAL', nextFireTime: expect.any(Number) })
  })

  test('reschedule', async () => {
    const { id } = await create()
    const cron = '0 0/30 * 1/1 * ? *'
    const answer = expectOk(await hub.call('PATCH', `/jobs/${id}/reschedule`, { body: { trigger: { cron } } })).body
    expect(answer).toMatchObject({ id, name: 'nightly-ping' })
    expect(JSON.stringify(answer.schedule)).toContain(cron)
    expect((await read(id)).trigger.nextFireTime).toBeLessThanOrEqual(Date.now() + 30 * 60_000)
  })

  test('two of one name are two', async () => {
    const [one, two] = [await create(), await create()]
    expect(one.id).not.toBe(two.id)
    expect(await ids()).toEqual(expect.arrayContaining([one.id, two.id]))
  })
})

describe('what is taken (§1.2)', () => {
  for (const [name, given] of [
    ['six fields', { trigger: { cron: '0 12 * * * ?' } }],
    ['seven fields', { trigger: { cron: '0 0/15 * 1/1 * ? *' } }],
    ['names of days', { trigger: { cron: '0 30 9 ? * MON-FRI' } }],
    ['a number for the instance', () => ({ instanceId: instance.id })],
    ['no instance', { instanceId: undefined }],
    ['no body, query or headers', { body: undefined, query: undefined, headers: undefined }],
    ['a uri without the prefix', { uri: '/ping' }],
  ] as const) {
    test(name, async () => {
      await create(typeof given === 'function' ? given() : given)
    })
  }

  for (const [name, given] of [
    ['no cron', { trigger: {} }],
    ['no trigger', { trigger: undefined }],
    ['a cron that is none', { trigger: { cron: 'every now and then' } }],
    ['five fields', { trigger: { cron: '0 12 * * *' } }],
    ['every 30 seconds', { trigger: { cron: '0/30 * * 1/1 * ? *' } }],
    ['a minute 61', { trigger: { cron: '0 61 * * * ?' } }],
    ['no uri', { uri: undefined }],
    ['a uri of another host', { uri: 'https://example.com/elements/api-v2/ping' }],
    ['no method', { method: undefined }],
    ['a method that is none', { method: 'FETCH' }],
  ] as const) {
    test(`${name} is refused`, async () => {
      expectError(await hub.call('POST', '/jobs', { body: job(given) }), 400)
    })
  }

  test('nothing at all is refused', async () => {
    expectError(await hub.call('POST', '/jobs', { body: {} }), 400)
  })

  test('a reschedule to nonsense is refused and changes nothing', async () => {
    const { id } = await create()
    const before = await read(id)
    for (const body of [{}, { trigger: {} }, { trigger: { cron: 'x' } }, { trigger: { cron: '* * * * * ?' } }]) {
      expectError(await hub.call('PATCH', `/jobs/${id}/reschedule`, { body }), 400)
    }
    expect(await read(id)).toEqual(before)
  })
})

describe('what is not there, or not mine', () => {
  const CALLS = [
    ['GET', ''],
    ['DELETE', ''],
    ['PUT', '/disable'],
    ['PUT', '/enable'],
    ['GET', '/history'],
  ] as const

  test('is 404', async () => {
    for (const id of ['-1', '999999999', 'nojob']) {
      for (const [method, path] of CALLS) expectError(await hub.call(method, `/jobs/${id}${path}`), 404)
      const body = { trigger: { cron: NIGHTLY } }
      expectError(await hub.call('PATCH', `/jobs/${id}/reschedule`, { body }), 404)
    }
    const { id } = await create()
    expectError(await hub.call('GET', `/jobs/${id}/history/999999999`), 404)
    const ask = people.as(stranger.admin)
    for (const [method, path] of CALLS) expectError(await ask(method, `/jobs/${id}${path}`), 404)
    expect(await ids()).toContain(id)
  })

  test('an instance of somebody else is refused', async () => {
    const answer = await people.as(stranger.admin)('POST', '/jobs', job())
    expectError(answer, 400, 403, 404)
  })
})

describe.concurrent('its runs (§1.4, §1.5)', { timeout: 30_000 }, () => {
  test('the vendor is called with the token of the instance; the run is in the history', async ({ expect }) => {
    vendor.fill('contacts', [{ id: 1 }])
    const { id } = await create({
      name: 'fetch',
      uri: '/elements/api-v2/hubs/crm/contacts',
      query: { where: "a='b'", pageSize: 7 },
      trigger: { cron: once() },
    })
    const run = await historyOf(id)
    expect(vendor.requests.filter(({ query }) => query['per_page'] === '7')).toMatchObject([
      { method: 'GET', path: '/contacts', query: { filter: "a='b'" } },
    ])
    expect(run).toMatchObject({
      job_history_id: expect.any(Number),
      job_name: expect.any(String),
      job_group: expect.any(String),
      job_class_name: expect.any(String),
      description: 'keeps the tenant warm',
      job_state: 'COMPLETED',
      job_data: expect.any(String),
      start_time: expect.any(Number),
      end_time: expect.any(Number),
      created_dt: expect.any(Number),
      updated_dt: expect.any(Number),
      account_id: people.first.accountId,
      company_id: people.first.organizationId,
      user_id: people.first.id,
      instance_id: instance.id,
    })
    JSON.parse(run.job_data)
    expect(run.end_time).toBeGreaterThanOrEqual(run.start_time)
    expect(Math.abs(Date.now() - run.start_time)).toBeLessThan(20_000)
    expect(expectOk(await hub.call('GET', `/jobs/${id}/history/${run.job_history_id}`)).body).toEqual(run)
    expect((await hub.call('GET', `/jobs/${id}`)).body?.trigger?.mayFireAgain ?? false).toBe(false)
    const executions = expectOk(await hub.call('GET', '/jobs/executions')).body
    expect(
      executions.find((one: { job_history_id: number }) => one.job_history_id === run.job_history_id),
    ).toMatchObject({
      job_state: 'COMPLETED',
      element_key: 'called',
      start_time: run.start_time,
    })
  })

  test('a platform call runs as the owner, with its body', async ({ expect }) => {
    const topic = 'made-by-a-job'
    const body = { topic, from: 'job@example.com', message: 'Good night', severity: 'low' }
    const { id } = await create({
      method: 'POST',
      uri: '/notifications',
      body,
      instanceId: undefined,
      trigger: { cron: once() },
    })
    expect(await historyOf(id)).toMatchObject({ job_state: 'COMPLETED' })
    expect(expectOk(await hub.call('GET', `/notifications?topics[]=${topic}`)).body).toMatchObject([
      { message: 'Good night' },
    ])
  })

  test('a call that fails is a run with an error, and the message says why', async ({ expect }) => {
    const { id } = await create({ uri: '/hubs/crm/unicorns', trigger: { cron: once() } })
    expect(await historyOf(id)).toMatchObject({ job_state: 'ERROR', job_error_message: expect.stringMatching(/\S/) })
  })

  test('a paused one does not run', async ({ expect }) => {
    const { id } = await create({ trigger: { cron: once(3) } })
    expectOk(await hub.call('PUT', `/jobs/${id}/disable`))
    await wait(4_500)
    expect(expectOk(await hub.call('GET', `/jobs/${id}/history`)).body).toEqual([])
  })

  test('executions by element and time, in pages', async ({ expect }) => {
    const { id } = await create({ trigger: { cron: once() } })
    await historyOf(id)
    const find = async (query: string) => expectOk(await hub.call('GET', `/jobs/executions?${query}`)).body
    expect(await find('elementKeys[]=nosuchelement')).toEqual([])
    expect((await find('elementKeys[]=called')).length).toBeGreaterThan(0)
    expect(await find('pageSize=1')).toHaveLength(1)
    const [from, to] = [Date.now() - 60_000, Date.now() + 60_000].map((ms) => new Date(ms).toISOString())
    expect((await find(`startTime=${from}&endTime=${to}`)).length).toBeGreaterThan(0)
    expect(await find('startTime=2019-01-01T00:00:00Z&endTime=2019-02-01T00:00:00Z')).toEqual([])
  })
})

describe('its owner (§1.5)', () => {
  for (const [name, act] of [
    ['deactivating', (id: number) => hub.call('PATCH', `/users/${id}`, { body: { active: false } })],
    ['deleting', (id: number) => hub.call('DELETE', `/users/${id}`)],
  ] as const) {
    test(`${name} the user ends their jobs`, async () => {
      const user = await people.addUser(people.first, people.first.accountId)
      const { id } = expectOk(await people.as(user)('POST', '/jobs', job({ instanceId: undefined }))).body
      expectOk(await act(user.id))
      expect(await ids()).not.toContain(id)
      if (name === 'deleting') return
      expectOk(await hub.call('PATCH', `/users/${user.id}`, { body: { active: true } }))
      expect(expectOk(await people.as(user)('GET', '/jobs')).body).toEqual([])
    })
  }

  test('deleting the account ends the jobs of its users', async () => {
    const ask = people.as(stranger.admin)
    const account = await people.addAccount(stranger.admin, 'Short-lived')
    const user = await people.addUser(stranger.admin, account.id)
    const { id } = expectOk(await people.as(user)('POST', '/jobs', job({ instanceId: undefined }))).body
    expectOk(await ask('DELETE', `/accounts/${account.id}`))
    expectError(await ask('GET', `/jobs/${id}`), 404)
  })
})
