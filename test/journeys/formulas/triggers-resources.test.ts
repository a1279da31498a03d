import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { postEventElement, provisionWithEvents } from '../../support/event-element.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, type FormulaText, filter, formulasOf, platformRequest, script } from '../../support/formulas.ts'
import { type Answer, type CallOptions, startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type Organization, type People } from '../../support/people.ts'
import { awaitStarted, startedOf } from '../../support/started-executions.ts'

/** Formulas that answer calls (spec 30 §5): at an address of their own, of one of their instances, or of an element. */
let hub: TestHub
let formulas: Formulas
let people: People
let stranger: Organization
let base: { id: number; token: string; name: string }

beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  people = await meetPeople(hub)
  stranger = await people.signUp('Strangers')
  base = (await hub.provisionBase({ name: 'CRM of Zürich' })) as typeof base
})
afterAll(() => hub.close())

const refused = (answer: Answer, status: number, text: string) =>
  expect(expectError(answer, status).body.message).toContain(text)

let addresses = 0
/** A formula at an address of its own, and one instance of it. */
async function exposed(text: FormulaText, method = 'POST') {
  const uri = `/own/address-${++addresses}`
  const formula = await formulas.make({ ...text, more: { method, uri } })
  return { formula, uri, instance: await formulas.bind(formula) }
}
const scripted = (body: string, method?: string) => exposed({ steps: { last: script(body) } }, method)
const call = (
  { uri, instance, formula }: { uri: string; instance: { id: number }; formula: { method?: string } },
  { query = '', ...options }: CallOptions & { query?: string } = {},
) =>
  hub.call(formula.method ?? 'POST', uri + query, {
    ...options,
    headers: { 'elements-formula-instance-id': String(instance.id), ...options.headers },
  })

describe('at an address of its own', () => {
  test('it answers with what its last step came to', async () => {
    const found = await scripted('done({ said: trigger.args.name, type: typeof trigger.type })')
    const answer = expectOk(await call(found, { body: { name: 'Ada' } }))
    expect(answer.body).toEqual({ said: 'Ada', type: 'undefined' })
    expect(await startedOf(hub, found.instance.id)).toMatchObject([{ trigger_type: 'api', chain: 0, depth: 0 }])
  })

  test('it sees the call', async () => {
    const found = await scripted('done({ result: trigger.args.request })', 'PUT')
    const headers = { 'x-own': 'yes' }
    const { body } = await call(found, { body: { request: { this: 'that' } }, query: '?a=1&b=2', headers })
    expect(body).toMatchObject({
      ...{ this: 'that', method: 'PUT', path: found.uri, uri: found.uri, query: { a: '1', b: '2' } },
      ...{ headers: { 'x-own': 'yes' }, body: { request: { this: 'that' } } },
    })
    expect(body.headers).not.toHaveProperty('authorization')
  })

  test.each([
    ['done({ statusCode: 401, result: { a: 1 } })', 401, 'application/json;charset=UTF-8', '{"a":1}'],
    ['done({ result: [1, 2] })', 200, 'application/json;charset=UTF-8', '[1,2]'],
    ["done({ statusCode: 201, result: '<b>text</b>' })", 201, 'text/plain; charset=utf-8', '<b>text</b>'],
    ['done()', 200, 'application/json;charset=UTF-8', '{}'],
    ["done('a text')", 200, 'text/plain; charset=utf-8', 'a text'],
    ['done({ statusCode: 204 })', 204, null, ''],
  ])('%s is answered %i', async (body, status, type, text) => {
    const answer = await call(await scripted(body))
    expect(answer.status, answer.text).toBe(status)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.text).toBe(text)
  })

  test('a filter that says no is an answer, a step that failed is none, and what was caught is none of the caller’s business', async () => {
    const no = await exposed({ steps: { first: script('done({ a: 1 })', 'check'), check: filter('done(false)') } })
    expect(expectOk(await call(no)).body).toEqual({ continue: false })
    const thrown = await scripted("throw new Error('on purpose')")
    refused(await call(thrown), 500, 'on purpose')
    const caught = await exposed({
      steps: {
        first: script("throw new Error('on purpose')", undefined, 'handle'),
        handle: script("done({ statusCode: 409, result: { error: 'told' } })"),
      },
    })
    const answer = await call(caught)
    expect([answer.status, answer.body]).toEqual([409, { error: 'told' }])
    refused(await call(await scripted('done({ statusCode: 42 })')), 500, 'expected a whole number from 200 to 599')
  })

  test('forms and texts are taken, files are not', async () => {
    const found = await scripted('done({ result: trigger.args })')
    const send = (type: string, body: string) =>
      fetch(hub.api + found.uri, {
        method: 'POST',
        headers: {
          authorization: hub.authorization,
          'elements-formula-instance-id': String(found.instance.id),
          'content-type': type,
        },
        body,
      })
    expect(await (await send('application/x-www-form-urlencoded', 'a=1&a=2&b=3')).json()).toMatchObject({
      ...{ a: ['1', '2'], b: '3' },
    })
    expect(await (await send('text/plain', 'just text')).json()).toMatchObject({ request: { body: 'just text' } })
    expect((await send('application/pdf', 'x')).status).toBe(415)
  })

  test('whoever prefers not to wait is told that it began', async () => {
    const found = await scripted('done({ result: trigger.args.a })')
    const headers = { Prefer: 'respond-async' }
    const answer = await call(found, { body: { a: 1 }, headers })
    expect(answer.status, answer.text).toBe(202)
    expect(answer.headers.get('preference-applied')).toBe('respond-async')
    const { id } = answer.body
    expect(answer.body).toMatchObject({ formulaInstanceId: found.instance.id, status: 'pending' })
    expect(answer.headers.get('location')).toBe(`/elements/api-v2/formulas/instances/executions/${id}`)
    expect((await formulas.ended(id)).status).toBe('success')
    const waited = await call(found, { body: { a: 7 }, headers: { Prefer: 'respond-async, wait=10' } })
    expect([waited.status, waited.text]).toEqual([200, '7'])
  })

  test('a formula that calls itself and waits comes to an end', async () => {
    const uri = `/own/circle-${++addresses}`
    const formula = await formulas.make({
      steps: {
        again: platformRequest(`POST ${uri}`, { headers: '${steps.header}' }, 'tell', 'tell'),
        header: script("done({ 'Elements-Formula-Instance-Id': String(info.formulaInstanceId) })", 'again'),
        tell: script(
          'done({ statusCode: 200, result: steps.again.response ? steps.again.response.body : steps.again })',
        ),
      },
      first: 'header',
      more: { method: 'POST', uri },
    })
    const instance = await formulas.bind(formula)
    const answer = await call({ uri, instance, formula }, { body: {} })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.text).toMatch(/deep/)
    const started = await startedOf(hub, instance.id)
    expect(started.length).toBeGreaterThan(2)
    expect(started.length).toBeLessThanOrEqual(12)
    expect(started.map(({ depth }) => depth)).toEqual(started.map((_one, at) => at))
  })

  test('who goes away before the answer does not stop it', async () => {
    const found = await exposed({
      steps: { wait: script('setTimeout(() => done({ a: 1 }), 300)', 'end'), end: script('done({ b: 1 })') },
    })
    const gone = new AbortController()
    const asked = fetch(hub.api + found.uri, {
      method: 'POST',
      headers: { authorization: hub.authorization, 'elements-formula-instance-id': String(found.instance.id) },
      signal: gone.signal,
    }).catch(() => undefined)
    const [started] = await awaitStarted(hub, found.instance.id, 1)
    gone.abort()
    await asked
    expect(await formulas.ended(started?.id ?? 0)).toMatchObject({ status: 'success' })
  })

  test('what is wrong with the call is said', async () => {
    const found = await scripted('done()')
    const other = await formulas.bind(await formulas.make({}))
    const at = (instanceId: string | number, uri = found.uri, method = 'POST') =>
      hub.call(method, uri, { headers: { 'elements-formula-instance-id': String(instanceId) }, body: {} })
    refused(await hub.call('POST', found.uri, { body: {} }), 400, 'Elements-Formula-Instance-Id')
    refused(await at(2147483000), 404, 'no formula instance')
    refused(await at('x'), 404, 'Elements-Formula-Instance-Id')
    refused(await at(other.id), 400, 'is no resource')
    refused(await at(found.instance.id, found.uri, 'PUT'), 400, `answers POST ${found.uri}, not PUT ${found.uri}`)
    refused(await at(found.instance.id, '/own/nowhere'), 400, `answers POST ${found.uri}`)
    expect((await at(found.instance.id, `${found.uri}/`)).status).toBe(200)
    expectOk(await hub.call('DELETE', `/formulas/${found.formula.id}/instances/${found.instance.id}/active`))
    refused(await at(found.instance.id), 400, `Formula instance ${found.instance.id} is not active`)
  })

  test('nobody else can call it, and paths of the platform stay the platform’s', async () => {
    const found = await scripted('done()')
    const headers = { 'elements-formula-instance-id': String(found.instance.id) }
    expectError(await people.as(stranger.admin)('POST', found.uri, {}, { headers }), 403)
    expectError(await hub.call('POST', found.uri, { authorization: null, body: {}, headers }), 401)
    expectError(await people.as(stranger.admin)('POST', found.uri, {}), 401)
    expect(Array.isArray(expectOk(await hub.call('GET', '/accounts', { headers })).body)).toBe(true)
    expectError(await hub.call('GET', '/formulas/no/such/path', { headers }), 404)
    expectOk(await hub.call('GET', '/contacts', { headers, token: base.token }))
    expect(await startedOf(hub, found.instance.id)).toEqual([])
  })

  test('the usage log has it', async () => {
    const found = await scripted('done()')
    expectOk(await call(found))
    await vi.waitFor(async () => {
      const { rows } = await sql<{ api: string; status: number }>`
        select api, status from usage_records where uri like ${`%${found.uri}`}`.execute(hub.hub.store.db)
      expect(rows).toEqual([{ api: 'formulaResources.call', status: 200 }])
    })
  })
})

test('an instance has an address of its own by its setting api', async () => {
  const formula = await formulas.make({ steps: { last: script('done({ result: trigger.args.request.query })') } })
  const instance = await formulas.bind(formula, {}, { settings: { api: 'GET /my-uri' } })
  const headers = { 'elements-formula-instance-id': String(instance.id) }
  expect(expectOk(await hub.call('GET', '/my-uri?a=1', { headers })).body).toEqual({ a: '1' })
  refused(await hub.call('POST', '/my-uri', { headers, body: {} }), 400, 'answers GET /my-uri')
})

describe('as a resource of an element', () => {
  const resource = (formulaId: number, path = '/hubs/crm/scorecard') => ({
    ...{ path, method: 'GET', vendorPath: '', vendorMethod: 'GET', type: 'formulaAsResource', formulaId },
    paginationType: 'VENDOR_NOT_SUPPORTED',
    ...{ response: { contentType: 'application/json' }, hooks: [], parameters: [] },
  })

  test('it runs as an instance of its own for each element instance, made when it is first called', async () => {
    const formula = await formulas.make({
      config: { crm: 'elementInstance', factor: 'value?' },
      steps: { last: script('done({ crm: config.crm, args: trigger.args, name: info.formulaInstanceName })') },
    })
    expectOk(await hub.call('POST', '/elements/base/resources', { body: resource(formula.id) }))
    const ask = (path: string) => hub.call('GET', path, { token: base.token })
    const answers = await Promise.all([ask('/hubs/crm/scorecard?a=1'), ask('/scorecard'), ask('/hubs/x/scorecard')])
    for (const answer of answers) expectOk(answer)
    expect(answers[0]?.body).toMatchObject({
      crm: String(base.id),
      args: { request: { method: 'GET', path: '/scorecard', query: { a: '1' } } },
    })
    expect(answers[0]?.body.name).toContain('CRM of Zürich')
    const { body: instances } = expectOk(await hub.call('GET', `/formulas/${formula.id}/instances`))
    expect(instances).toMatchObject([{ configuration: { crm: String(base.id) }, active: true }])
    const second = (await hub.provisionBase({ name: 'another' })) as typeof base
    expect((await hub.call('GET', '/scorecard', { token: second.token })).body.crm).toBe(String(second.id))
    const { body: docs } = expectOk(await hub.call('GET', `/instances/${base.id}/docs`))
    expect(Object.keys(docs.paths['/scorecard'])).toEqual(['get'])
  })

  test('it needs exactly one variable that is an element instance', async () => {
    const none = await formulas.make({})
    await postEventElement(hub, {
      key: 'faar',
      baseUrl: 'https://api.acme.test',
      resources: [resource(none.id, '/none'), resource(2147483000, '/gone')],
    })
    const { token } = await provisionWithEvents(hub, 'faar', {})
    refused(await hub.call('GET', '/none', { token }), 400, 'no variables of type elementInstance')
    refused(await hub.call('GET', '/gone', { token }), 404, 'no formula')
  })
})
