import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elementRequest, formulaBody, script } from '../../support/formulas.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { administratorOf, insertExecution } from '../../support/insert-executions.ts'

/**
 * Every call of spec 30 §1 once by somebody who may, with the status and the headers that it has, and once with ids that there are not: the
 * order of this file is the life of a formula.
 */
let hub: TestHub
const ids: Record<string, number | string> = {}

beforeAll(async () => {
  hub = await startTestHub()
  ids['crm'] = (await hub.provisionBase()).id
})
afterAll(() => hub.close())

function call(line: string, body?: unknown): Promise<Answer> {
  const [method = '', path = ''] = line.split(' ')
  const filled = path.replace(/\{(\w+)\}/g, (_place, name) => {
    const id = ids[name]
    if (id === undefined) throw new Error(`${line}: nothing has made "${name}"`)
    return String(id)
  })
  return hub.call(method, filled, body === undefined ? {} : { body })
}

async function ok(line: string, body?: unknown): Promise<Answer> {
  const answer = await call(line, body)
  expect(answer.status, `${line}: ${answer.text}`).toBe(200)
  expect(answer.headers.get('elements-request-id')).toMatch(/.+/)
  return answer
}

/** A list says how many it has, and that there is no other page. */
async function list(line: string, count: number): Promise<Answer> {
  const answer = await ok(line)
  expect(Array.isArray(answer.body), line).toBe(true)
  const counts = ['total', 'returned'].map((name) => answer.headers.get(`elements-${name}-count`))
  expect([answer.body.length, ...counts], line).toEqual([count, String(count), String(count)])
  expect(answer.headers.get('elements-next-page-token')).toBeNull()
  return answer
}

async function nothing(line: string, body?: unknown): Promise<void> {
  const answer = await ok(line, body)
  expect(answer.text, line).toBe('')
}

const BODY = formulaBody({
  name: 'Every call',
  config: { crm: 'elementInstance', object: 'value?' },
  steps: { ask: elementRequest('GET /contacts', {}, 'say'), say: script('done({ said: 1 })') },
})

describe('templates (§1.1)', () => {
  test('POST /formulas', async () => {
    const { body } = await ok('POST /formulas', BODY)
    Object.assign(ids, { formula: body.id, say: body.steps[1].id })
    expect(body).toMatchObject({ name: 'Every call', active: true, steps: [{ name: 'ask' }, { name: 'say' }] })
    expect((await call('POST /formulas', BODY)).status).toBe(409)
    expect((await call('POST /formulas', { ...BODY, name: null })).status).toBe(400)
  })
  test('GET /formulas', async () => {
    await list('GET /formulas', 1)
    const { body } = await list("GET /formulas?where=name='Every%20call'&abridged=true&includeSystem=true&nextPage=", 1)
    expect(body[0]).not.toHaveProperty('steps')
    await list("GET /formulas?where=name%20in%20('None')", 0)
    await list('GET /formulas?callableBy={formula}', 0)
  })
  test('GET, PUT, PATCH /formulas/{id}, …/export, …/docs', async () => {
    expect((await ok('GET /formulas/{formula}')).body.id).toBe(ids['formula'])
    expect((await ok('PUT /formulas/{formula}', { name: 'Every call' })).body.steps).toHaveLength(2)
    expect((await ok('PATCH /formulas/{formula}', { description: 'of all' })).body.description).toBe('of all')
    expect(JSON.parse((await ok('GET /formulas/{formula}/export')).text).name).toBe('Every call')
    await ok('PATCH /formulas/{formula}', { method: 'POST', uri: '/every-call' })
    const { paths } = (await ok('GET /formulas/{formula}/docs')).body
    expect(Object.entries(paths).map(([path, methods]) => [path, Object.keys(methods as object)])).toEqual([
      ['/every-call', ['post']],
    ])
    const cleared = await ok('PATCH /formulas/{formula}', { method: null, uri: null })
    expect(cleared.body).not.toHaveProperty('uri')
  })
  test('PUT, DELETE …/upgrade/v3 and …/monitored', async () => {
    expect((await ok('PUT /formulas/{formula}/upgrade/v3')).body.engine).toBe('v3')
    expect((await ok('DELETE /formulas/{formula}/upgrade/v3')).body.engine).not.toBe('v3')
    await ok('PUT /formulas/{formula}/monitored', {})
    await ok('DELETE /formulas/{formula}/monitored')
  })
})

describe('parts of templates (§1.2)', () => {
  test.each([
    ['steps', 2, { name: 'more', type: 'script', properties: { body: 'done()' } }],
    ['triggers', 1, { type: 'manual' }],
    ['configuration', 2, { key: 'more', name: 'more', type: 'value', required: false }],
  ])('%s', async (part, count, body) => {
    await list(`GET /formulas/{formula}/${part}`, count)
    const made = await ok(`POST /formulas/{formula}/${part}`, body)
    ids['part'] = made.body.id
    await list(`GET /formulas/{formula}/${part}`, count + 1)
    expect((await ok(`GET /formulas/{formula}/${part}/{part}`)).body).toEqual(made.body)
    expect((await ok(`PUT /formulas/{formula}/${part}/{part}`, made.body)).body.id).toBe(ids['part'])
    await ok(`DELETE /formulas/{formula}/${part}/{part}`)
    expect((await call(`GET /formulas/{formula}/${part}/{part}`)).status).toBe(404)
  })
})

describe('instances (§1.3)', () => {
  test('POST /formulas/{id}/instances', async () => {
    const body = { name: 'Every instance', configuration: { crm: ids['crm'] } }
    const made = await ok('POST /formulas/{formula}/instances', body)
    ids['instance'] = made.body.id
    ids['second'] = (await ok('POST /formulas/{formula}/instances', body)).body.id
    expect((await call('POST /formulas/{formula}/instances', { name: 'none' })).status).toBe(400)
  })
  test('lists of them', async () => {
    await list('GET /formulas/{formula}/instances', 2)
    await list('GET /formulas/instances', 2)
    await list('GET /formulas/instances?elementInstanceId={crm}&searchText=every', 2)
    await list('GET /formulas/instances?elementInstanceId=2147483647', 0)
    ids['account'] = (await administratorOf(hub)).accountId
    await list('GET /accounts/{account}/formulas/{formula}/instances', 2)
  })
  test('GET, PUT; PUT and DELETE …/active', async () => {
    const short = await ok('GET /formulas/instances/{instance}')
    expect((await ok('GET /formulas/{formula}/instances/{instance}')).body).toEqual(short.body)
    const changed = await ok('PUT /formulas/{formula}/instances/{instance}', { configuration: { object: 'leads' } })
    expect(changed.body.configuration).toMatchObject({ object: 'leads', crm: String(ids['crm']) })
    await nothing('DELETE /formulas/{formula}/instances/{instance}/active')
    expect((await ok('GET /formulas/instances/{instance}')).body.active).toBe(false)
    await nothing('PUT /formulas/{formula}/instances/{instance}/active')
  })
})

describe('executions (§1.4)', () => {
  beforeAll(async () => {
    const owner = await administratorOf(hub)
    const of = { formulaId: Number(ids['formula']), formulaInstanceId: Number(ids['instance']) }
    const at = { event_id: 'e1', object_id: 'o1', created_at: new Date(Date.now() - 60_000) }
    const outcome = { status: 'failed' as const, isFailure: true, error: 'no' }
    const steps = [{ name: 'say', type: 'script', outcome }]
    const failed = await insertExecution(hub.hub.store, owner, { ...of, ...at, status: 'failed', steps })
    Object.assign(ids, { failed: failed.id, step: failed.stepIds[1] })
    const retry = { status: 'retry', attempt: 1, retry_at: new Date(Date.now() + 3_600_000) } as const
    ids['waiting'] = (await insertExecution(hub.hub.store, owner, { ...of, ...retry })).id
    ids['other'] = (await insertExecution(hub.hub.store, owner, { ...of, ...retry })).id
  })

  test('lists of them', async () => {
    await list('GET /formulas/instances/{instance}/executions', 3)
    await list('GET /formulas/{formula}/instances/{instance}/executions?nextPage=&eventId=', 3)
    await list('GET /formulas/instances/executions', 3)
    await list('GET /formulas/instances/{instance}/executions?eventId=e1', 1)
    await list('GET /formulas/instances/{instance}/executions?objectId=o1', 1)
    expect((await call('GET /formulas/instances/{instance}/executions?objectId=o1&eventId=e1')).status).toBe(400)
  })
  test('one, its steps, their values, its errors', async () => {
    const short = await ok('GET /formulas/instances/executions/{failed}')
    expect((await ok('GET /formulas/{formula}/instances/{instance}/executions/{failed}')).body).toEqual(short.body)
    await list('GET /formulas/instances/executions/{failed}/steps?includeValues=true', 2)
    await list('GET /formulas/instances/executions/{failed}/errors', 1)
    expect((await ok('GET /formulas/instances/executions/steps/{step}')).body.stepExecutionValues).toHaveLength(1)
    await list('GET /formulas/instances/executions/steps/{step}/values', 1)
    await list('GET /formulas/instances/{instance}/executions/errors', 1)
    await list('GET /formulas/{formula}/instances/executions/errors', 1)
  })
  test('DELETE …/retries drops what one waits for', async () => {
    await nothing('DELETE /formulas/instances/executions/{waiting}/retries')
    expect((await ok('GET /formulas/instances/executions/{waiting}')).body.status).not.toBe('retry')
    expect((await call('DELETE /formulas/instances/executions/{waiting}/retries')).status).toBe(400)
  })
  test('PATCH cancels one, once', async () => {
    const bad = await call('PATCH /formulas/instances/executions/{other}', { status: 'success' })
    expect([bad.status, bad.body.message]).toEqual([
      400,
      'status: an execution can be set to "cancelled" only, got "success"',
    ])
    expect((await call('PATCH /formulas/instances/executions/{other}')).status).toBe(400)
    const { body } = await ok('PATCH /formulas/instances/executions/{other}', { status: 'cancelled' })
    expect(body).toMatchObject({ id: ids['other'], status: 'cancelled' })
    for (const ended of ['{other}', '{failed}'])
      expect((await call(`PATCH /formulas/instances/executions/${ended}`, { status: 'cancelled' })).status).toBe(400)
    expect((await call('PATCH /formulas/instances/executions/99999999', { status: 'cancelled' })).status).toBe(404)
  })
  test('PUT …/retries begins another one, and leaves the first as it is', async () => {
    const { body } = await ok('PUT /formulas/instances/executions/{failed}/retries', {})
    expect(body).toMatchObject({ formulaInstanceId: ids['instance'], parentExecutionId: ids['failed'] })
    expect(body.id).not.toBe(ids['failed'])
    await list('GET /formulas/instances/{instance}/executions', 4)
    expect((await ok('GET /formulas/instances/executions/{failed}')).body.status).toBe('failed')
    expect((await call('PUT /formulas/instances/executions/99999999/retries')).status).toBe(404)
  })
  test('POST starts one, in both forms', async () => {
    for (const path of [
      '/formulas/instances/{instance}/executions',
      '/formulas/{formula}/instances/{instance}/executions',
    ]) {
      const { body } = await ok(`POST ${path}`, { any: 'thing' })
      expect(body).toMatchObject([{ formulaInstanceId: ids['instance'] }])
    }
    await list('GET /formulas/instances/{instance}/executions', 6)
  })
})

describe('what they add up to, and who changed them (§1.5)', () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const before = new Date(Date.now() - 3_600_000).toISOString()
  const range = `from=${before}&to=${soon}`

  test.each(['', '/steps', '/statuses', '/accounts', '/instances'])('GET /formulas/analytics%s', async (path) => {
    expect((await ok(`GET /formulas/analytics${path}?accountIds[]={account}`)).body).toHaveLength(8)
  })
  test('GET /formulas/analytics/statuses/now', async () => {
    expect((await ok('GET /formulas/analytics/statuses/now')).body).toMatchObject([{ accountId: ids['account'] }])
  })
  test('audit logs', async () => {
    const actions = async (line: string) => (await ok(line)).body.map(({ action }: { action: string }) => action)
    expect(await actions('GET /audit-logs/formulas')).toContain('create')
    expect(await actions('GET /audit-logs/formulas/{formula}')).toContain('create')
    expect((await actions('GET /audit-logs/formulas/{part}')).length).toBeGreaterThan(0)
    expect(await actions('GET /audit-logs/formula-instances')).toContain('create')
  })
  test('metrics and usage', async () => {
    for (const name of ['formula-executions', 'formulas-created']) {
      const { body } = await ok(`GET /metrics/${name}?${range}&interval=day`)
      expect(body[0]?.count, name).toBeGreaterThan(0)
    }
    const { body } = await ok(`GET /usage/analytics/activity/formula-instances?${range}`)
    expect(body.usage).toMatchObject([{ instanceId: ids['instance'], formulaId: ids['formula'] }])
    const path = '/usage/analytics/activity/formula-instances/created-count'
    expect((await ok(`GET ${path}?${range}`)).body).toEqual({ instancesCreatedCount: 2 })
  })
})

test('ids that there are not: 404, of values an empty list', async () => {
  const none = 2_147_483_000
  for (const line of [
    ...['', '/export', '/docs', '/steps', '/triggers', '/configuration', '/instances'].map(
      (of) => `GET /formulas/${none}${of}`,
    ),
    ...['PUT', 'PATCH', 'DELETE'].map((method) => `${method} /formulas/${none}`),
    ...['steps', 'triggers', 'configuration'].map((of) => `GET /formulas/{formula}/${of}/${none}`),
    ...['PUT', 'DELETE'].map((method) => `${method} /formulas/${none}/upgrade/v3`),
    ...['GET', 'PUT', 'DELETE'].map((method) => `${method} /formulas/{formula}/instances/${none}`),
    ...['PUT', 'DELETE'].map((method) => `${method} /formulas/{formula}/instances/${none}/active`),
    ...['GET', 'DELETE'].map((method) => `${method} /formulas/instances/${none}`),
    ...['GET', 'POST'].map((method) => `${method} /formulas/instances/${none}/executions`),
    `GET /formulas/instances/${none}/executions/errors`,
    `GET /formulas/${none}/instances/executions/errors`,
    ...['', '/steps', '/errors'].map((of) => `GET /formulas/instances/executions/${none}${of}`),
    ...['PUT', 'DELETE'].map((method) => `${method} /formulas/instances/executions/${none}/retries`),
    `GET /formulas/instances/executions/steps/${none}`,
  ]) {
    const body = /^(PUT|PATCH|POST)/.test(line) ? { name: 'written' } : undefined
    const answer = await call(line, body)
    expect({ line, status: answer.status, members: Object.keys(answer.body ?? {}) }).toEqual({
      ...{ line, status: 404 },
      members: ['requestId', 'message'],
    })
  }
  await list(`GET /formulas/instances/executions/steps/${none}/values`, 0)
})

describe('the end of it', () => {
  test('a formula cannot be deleted before its instances', async () => {
    expect((await call('DELETE /formulas/{formula}')).status).toBe(409)
    await nothing('DELETE /formulas/instances/{second}')
    await nothing('DELETE /formulas/{formula}/instances/{instance}')
    expect((await call('GET /formulas/instances/{instance}/executions')).status).toBe(404)
    await nothing('DELETE /formulas/{formula}')
    expect((await call('GET /formulas/{formula}')).status).toBe(404)
  })
  test('what ran of it can be read as long as it is kept', async () => {
    expect((await ok('GET /formulas/instances/executions/{failed}')).body.status).toBe('failed')
    await list('GET /formulas/instances/executions/steps/{step}/values', 1)
  })
})
