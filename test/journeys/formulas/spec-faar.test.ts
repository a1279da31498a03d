import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, startBulkVendor } from '../../support/bulk-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { countOf, type Formulas, formulasOf, loop, type StepText, script } from '../../support/formulas.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'

/** Formulas as resources: of a template, of an instance, of an element (spec 30 §5, 32 scenario 12). */
let hub: TestHub
let vendor: BulkVendor
let formulas: Formulas
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startBulkVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  formulas = formulasOf(hub)
  await formulas.warm()
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})

let uris = 0
/** @returns what calls it, with its instance and path */
async function resource(steps: Record<string, StepText>, method = 'POST', uri = `/resource-${++uris}`) {
  const formula = await formulas.make({ steps, more: { method, uri } })
  const instance = await formulas.bind(formula)
  const headers = { 'Elements-Formula-Instance-Id': String(instance.id) }
  const ask = (body?: unknown, query = ''): Promise<Answer> =>
    formulas.call(method, `${uri}${query}`, body, { headers })
  return { formula, instance, uri, headers, ask }
}

describe('30 §5.2: what it sees', () => {
  test('members of the body, and request', async () => {
    const { ask, uri } = await resource({ tell: script('done(trigger.args)') })
    const { body } = expectOk(await ask({ a: 1, deep: { b: [2] } }, '?x=1&y=zwei'))
    expect(body).toMatchObject({ a: 1, deep: { b: [2] }, request: { query: { x: '1', y: 'zwei' }, method: 'POST' } })
    expect(JSON.stringify(body.request)).toContain(uri)
    expect(body.request.body).toEqual({ a: 1, deep: { b: [2] } })
    expect(body.request.headers).toBeTypeOf('object')
  })

  test('scenario 12: members of a `request` in the body survive', async () => {
    const { ask } = await resource({ tell: script('done({ args: trigger.args })') })
    const { body } = expectOk(await ask({ request: { this: 'that' } }, '?x=1'))
    expect(body.args.request).toMatchObject({ this: 'that', query: { x: '1' }, method: 'POST' })
  })

  test('GET without a body; a path of several segments; the header in any case', async () => {
    const { instance } = await resource(
      { tell: script('done({ q: trigger.args.request.query.q })') },
      'GET',
      '/two/segments',
    )
    const headers = { 'elements-formula-instance-id': String(instance.id) }
    expect(expectOk(await formulas.call('GET', '/two/segments?q=5', undefined, { headers })).body).toEqual({ q: '5' })
  })

  test('secrets of the caller are not shown to scripts', async () => {
    const { ask, instance } = await resource({ tell: script('done(trigger.args.request.headers)') })
    const { text } = expectOk(await ask({}))
    const [execution] = await formulas.executions(instance.id, 1)
    const { visits } = await formulas.read(execution.id)
    const secrets = hub.authorization.split(/[ ,]+/).filter((one) => one.length > 20)
    for (const secret of secrets) expect(JSON.stringify(visits) + text).not.toContain(secret)
  })
})

describe('30 §5.3: what the last step says is the answer', () => {
  test('status and result', async () => {
    const { ask } = await resource({ tell: script('done({ statusCode: 401, result: { no: "entry" } })') })
    const { status, body } = await ask({})
    expect([status, body]).toEqual([401, { no: 'entry' }])
  })

  test('a text for a result', async () => {
    const { ask } = await resource({ tell: script("done({ statusCode: 202, result: 'just text' })") })
    const { status, text } = await ask({})
    expect(status).toBe(202)
    expect(text).toContain('just text')
  })

  test('result alone is 200; any other object is the body; nothing is {}', async () => {
    const list = await resource({ tell: script('done({ result: [1, 2] })') })
    expect(expectOk(await list.ask({})).body).toEqual([1, 2])
    const object = await resource({ one: script('done({ x: 1 })', 'two'), two: script('done({ y: { z: 2 } })') })
    expect(expectOk(await object.ask({})).body).toEqual({ y: { z: 2 } })
    const nothing = await resource({ quiet: script('done()') })
    expect(expectOk(await nothing.ask({})).body).toEqual({})
  })

  test('32 §5: a loop over 10 inside is visited 11 times; the execution can be read like any other', async () => {
    const { ask, instance } = await resource({
      make: script('done({ list: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] })', 'each'),
      each: loop('${steps.make.list}', 'add', 'answer'),
      add: script('done({ sum: (steps.add ? steps.add.sum : 0) + steps.each.entry })', 'each'),
      answer: script('done({ statusCode: 200, result: { sum: steps.add.sum } })'),
    })
    expect(expectOk(await ask({ n: 1 })).body).toEqual({ sum: 55 })
    const [execution] = await formulas.executions(instance.id, 1)
    const { names, status } = await formulas.read(execution.id)
    expect(countOf(names, 'each')).toBe(11)
    expect(status).toBe('success')
  })
})

describe('30 §5.1: by instance, method and uri', () => {
  test('no instance is 400, an unknown one 404, one whose formula is another 400 or 409', async () => {
    const one = await resource({ tell: script('done({ one: 1 })') })
    const other = await resource({ tell: script('done({ other: 1 })') })
    const ask = (headers: Record<string, string>, method = 'POST') => formulas.call(method, one.uri, {}, { headers })
    expectError(await ask({ 'Elements-Formula-Instance-Id': '999999999' }), 404)
    expectError(await ask(other.headers), 400, 404, 409)
    const { message } = expectError(await ask({ 'Elements-Formula-Instance-Id': 'abc' }), 404).body
    expect(message).toBe('Elements-Formula-Instance-Id: expected the id of a formula instance, got "abc"')
    expectError(await ask(one.headers, 'PUT'), 400, 404, 409)
    expectError(await ask({}), 400, 401)
  })

  test('equal uris of two formulas do not clash', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map((name) => resource({ tell: script(`done({ name: '${name}' })`) }, 'POST', '/the-same')),
    )
    expect([(await one?.ask({}))?.body, (await two?.ask({}))?.body]).toEqual([{ name: 'one' }, { name: 'two' }])
  })

  test('an instance that is not active answers nothing', async () => {
    const { ask, formula, instance } = await resource({ tell: script('done({ x: 1 })') })
    expectOk(await formulas.call('DELETE', `/formulas/${formula.id}/instances/${instance.id}/active`))
    expect((await ask({})).status).toBeGreaterThanOrEqual(400)
    expectOk(await formulas.call('PUT', `/formulas/${formula.id}/instances/${instance.id}/active`))
    expect(expectOk(await ask({})).body).toEqual({ x: 1 })
  })

  test('an uri that was cleared answers no more', async () => {
    const { ask, formula } = await resource({ tell: script('done({ x: 1 })') })
    expectOk(await formulas.call('PATCH', `/formulas/${formula.id}`, { method: null, uri: null }))
    expect((await ask({})).status).toBeGreaterThanOrEqual(400)
  })
})

test('30 §5.4: settings.api of an instance', async () => {
  const formula = await formulas.make({ steps: { tell: script('done({ q: trigger.args.request.query.q })') } })
  const instance = await formulas.bind(formula, {}, { settings: { api: 'GET /my-own-uri' } })
  const headers = { 'Elements-Formula-Instance-Id': String(instance.id) }
  expect(expectOk(await formulas.call('GET', '/my-own-uri?q=7', undefined, { headers })).body).toEqual({ q: '7' })
})

describe('30 §5.5: a resource of an element', () => {
  test('is called with the token of the element instance, and makes an instance of the formula at the first call', async () => {
    await postBulkElement(hub, { key: 'scored', baseUrl: vendor.baseUrl })
    vendor.rows('contacts', [{ id: 'c1' }, { id: 'c2' }])
    const instance = expectOk(
      await hub.call('POST', '/instances', {
        body: { name: 'Scored tenant', element: { key: 'scored' }, configuration: {} },
      }),
    ).body
    const formula = await formulas.make({
      config: { crm: 'elementInstance' },
      steps: {
        get: {
          type: 'elementRequest',
          properties: { elementInstanceId: '${config.crm}', method: 'GET', api: '/contacts' },
          onSuccess: ['count'],
          onFailure: [],
        },
        count: script(
          'done({ count: steps.get.response.body.length, id: config.crm, q: trigger.args.request.query.q })',
        ),
      },
    })
    const made = await formulas.call('POST', '/elements/scored/resources', {
      ...{ path: '/hubs/crm/scorecard', method: 'GET', vendorPath: '', vendorMethod: 'GET' },
      ...{ type: 'formulaAsResource', formulaId: formula.id, paginationType: 'VENDOR_NOT_SUPPORTED' },
      ...{ response: { contentType: 'application/json' }, hooks: [], parameters: [] },
    })
    expect(made.status, made.text).toBe(200)
    const { token, id } = instance
    for (const path of ['/hubs/crm/scorecard?q=1', '/scorecard?q=1'])
      expect(expectOk(await hub.call('GET', path, { token })).body).toEqual({ count: 2, id: String(id), q: '1' })
    const bound = expectOk(await formulas.call('GET', `/formulas/${formula.id}/instances`)).body
    expect(bound).toHaveLength(1)
    expect(bound[0].name).toContain('Scored tenant')
    const docs = expectOk(await hub.call('GET', `/instances/${id}/docs`, { token })).body
    expect(Object.keys(docs.paths)).toContain('/scorecard')
  })
})
