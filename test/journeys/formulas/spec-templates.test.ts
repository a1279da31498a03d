import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulaBody, formulasOf, loop, script, step, sub } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Templates as a whole: written, read, listed, exported (spec 30 §1.1, §1.6, §2.1, §2.6, §8). */
let hub: TestHub
let formulas: Formulas
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
})
afterAll(() => hub.close())

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const one = { steps: { a: script('done({ x: 1 })') } }
const read = async (id: number) => expectOk(await formulas.call('GET', `/formulas/${id}`)).body
const patch = (id: number, body: object) => formulas.call('PATCH', `/formulas/${id}`, body)
type Named = { id: number; name: string }
const list = async (query = ''): Promise<Named[]> => expectOk(await formulas.call('GET', `/formulas?${query}`)).body

describe('30 §2.1: the members of a template', () => {
  test('the server sets ids, owner and date; what is not said has its default', async () => {
    const made = await formulas.make({ ...one, name: 'Mirror new leads', config: { 'crm.source': 'elementInstance' } })
    const { body: me } = await hub.call('GET', '/accounts')
    expect(made).toMatchObject({
      id: expect.any(Number),
      name: 'Mirror new leads',
      userId: expect.any(Number),
      accountId: expect.any(Number),
      createdDate: expect.stringMatching(ISO),
      active: true,
      singleThreaded: false,
      configuration: [{ id: expect.any(Number), key: 'crm.source', type: 'elementInstance', required: true }],
      triggers: [{ id: expect.any(Number), name: 'trigger', type: 'manual', async: true, onSuccess: ['a'] }],
      steps: [{ id: expect.any(Number), name: 'a', type: 'script', onSuccess: [], onFailure: [] }],
    })
    expect(me.map(({ id }: Named) => id)).toContain(made.accountId)
    expect(await read(made.id)).toEqual(made)
  })

  test('a name alone is a template', async () => {
    const { body } = expectOk(await formulas.call('POST', '/formulas', { name: 'bare' }))
    expect(body).toMatchObject({ name: 'bare', configuration: [], triggers: [], steps: [] })
  })

  test('an export that is posted back: ids, dates, owners and unknown members are ignored', async () => {
    const made = await formulas.make(one)
    const foreign = {
      ...made,
      ...{ name: 'posted back', id: 41017, userId: 62973, accountId: 48093, createdDate: '2019-08-26T14:33:26Z' },
      ...{ api: 'POST /x', instances: [{ id: 5 }], subFormulas: [{ id: 9, name: 'child' }], whatever: true },
      steps: [{ ...made.steps[0], id: 435355, formulaId: 41017, color: 'red' }],
      triggers: [{ ...made.triggers[0], id: 37105, formulaId: 41017 }],
    }
    const { body } = expectOk(await formulas.call('POST', '/formulas', foreign))
    expect(body.id).not.toBe(41017)
    expect([body.userId, body.accountId]).toEqual([made.userId, made.accountId])
    expect(body.createdDate.slice(0, 4)).not.toBe('2019')
    expect(body).not.toHaveProperty('whatever')
    expect(body.steps[0]).not.toHaveProperty('color')
    expect(await read(made.id)).toEqual(made)
  })

  test('HTML is stripped from names on POST, PUT and PATCH; the text inside stays', async () => {
    const { id, name } = await formulas.make({ ...one, name: '<b>bold</b> & <i>brave</i> formula' })
    expect(name).toBe('bold & brave formula')
    const put = expectOk(await formulas.call('PUT', `/formulas/${id}`, { name: '<script>put</script>' })).body
    expect(put.name).toBe('put')
    expect(expectOk(await patch(id, { name: '<a href="x">patched</a>' })).body.name).toBe('patched')
    expect((await read(id)).name).toBe('patched')
  })

  test('debugLoggingExpires is set when logging is switched on: 72 h later', async () => {
    const { id } = await formulas.make({ ...one, engine: 'v3', more: { debugLoggingEnabled: false } })
    const off = await read(id)
    expect(off.debugLoggingEnabled).toBe(false)
    expect(off.debugLoggingExpires ?? null).toBeNull()
    const before = Date.now()
    const on = expectOk(await patch(id, { debugLoggingEnabled: true })).body
    expect(on.debugLoggingEnabled).toBe(true)
    expect(on.debugLoggingExpires).toMatch(ISO)
    const hours = (Date.parse(on.debugLoggingExpires) - before) / 3_600_000
    expect(hours).toBeGreaterThan(71.9)
    expect(hours).toBeLessThan(72.1)
  })

  test('`api` is derived when method and uri are there, and gone with them', async () => {
    const uri = '/lead-mirror/of/many'
    const both = await formulas.make({ ...one, more: { method: 'POST', uri, api: 'GET /lies' } })
    expect(both).toMatchObject({ method: 'POST', uri, api: `POST ${uri}` })
    const cleared = expectOk(await patch(both.id, { method: null, uri: null })).body
    for (const key of ['method', 'uri', 'api']) expect(cleared).not.toHaveProperty(key)
    const alone = await formulas.make({ ...one, more: { method: 'GET' } })
    expect(alone.method).toBe('GET')
    expect(alone).not.toHaveProperty('api')
  })

  test('PATCH changes what it names and nothing else; null clears', async () => {
    const made = await formulas.make({ ...one, engine: 'v3', more: { description: 'CRM to mail list' } })
    const change = { name: 'patched one', active: false, singleThreaded: true, engine: 'v1' }
    const patched = expectOk(await patch(made.id, change)).body
    expect(patched).toMatchObject({ ...change, description: 'CRM to mail list', steps: made.steps })
    const cleared = expectOk(await patch(made.id, { description: null })).body
    expect(cleared.description ?? null).toBeNull()
    expect((await read(made.id)).steps).toEqual(made.steps)
  })

  test('steps with a null for their next ones have none (§2.3)', async () => {
    const body = formulaBody(one)
    const steps = [{ name: 'a', type: 'script', onSuccess: null, properties: { body: 'done()' } }]
    const made = expectOk(await formulas.call('POST', '/formulas', { ...body, steps })).body
    expect(made.steps[0]).toMatchObject({ onSuccess: [], onFailure: [] })
  })
})

describe('30 §2.6: PUT replaces', () => {
  test('a name alone leaves steps, triggers and configuration as they are', async () => {
    const made = await formulas.make({ ...one, config: { flag: 'value' } })
    const put = expectOk(await formulas.call('PUT', `/formulas/${made.id}`, { name: 'only the name' })).body
    const { steps, triggers, configuration } = made
    expect(put).toMatchObject({ id: made.id, name: 'only the name', steps, triggers, configuration })
  })

  test('the steps in the body are the new ones; ids stay with their names', async () => {
    const made = await formulas.make({ steps: { a: script('done(1)', 'b'), b: script('done(2)') } })
    const [a] = made.steps
    const steps = [
      { name: 'c', type: 'script', properties: { body: 'done(3)' }, onSuccess: [], onFailure: [] },
      { name: 'a', type: 'script', properties: { body: 'done(4)' }, onSuccess: ['c'], onFailure: [] },
    ]
    const put = expectOk(await formulas.call('PUT', `/formulas/${made.id}`, { name: made.name, steps })).body
    expect(put.steps.map(({ name }: Named) => name).toSorted()).toEqual(['a', 'c'])
    expect(put.steps.find(({ name }: Named) => name === 'a')).toMatchObject({
      id: a.id,
      onSuccess: ['c'],
      properties: { body: 'done(4)' },
    })
    expect(put.triggers).toEqual(made.triggers)
  })

  test('a whole export, with its ids, comes back as it is', async () => {
    const made = await formulas.make({ ...one, config: { flag: 'value' } })
    const put = expectOk(await formulas.call('PUT', `/formulas/${made.id}`, { ...made, subFormulas: [] })).body
    expect(put).toMatchObject({ id: made.id, steps: made.steps, triggers: made.triggers })
    expect(put.configuration).toEqual(made.configuration)
  })
})

describe('30 §1.6: lists', () => {
  test('counts and pages in headers; abridged ones have no steps', async () => {
    await formulas.make(one)
    await formulas.make(one)
    const first = expectOk(await formulas.call('GET', '/formulas?pageSize=1&nextPage='))
    const total = Number(first.headers.get('elements-total-count'))
    expect(total).toBeGreaterThan(1)
    expect(first.headers.get('elements-returned-count')).toBe('1')
    expect(first.body[0].steps).toBeInstanceOf(Array)
    const names = new Set<number>([first.body[0].id])
    let token = first.headers.get('elements-next-page-token')
    for (let pages = 1; token !== null; pages++) {
      expect(pages).toBeLessThan(total)
      const query = `pageSize=1&abridged=true&nextPage=${encodeURIComponent(token)}`
      const next = expectOk(await formulas.call('GET', `/formulas?${query}`))
      expect(next.body).toHaveLength(1)
      expect(next.body[0]).not.toHaveProperty('steps')
      expect(next.body[0]).toMatchObject({ name: expect.any(String), triggers: expect.any(Array) })
      names.add(next.body[0].id)
      token = next.headers.get('elements-next-page-token')
    }
    expect(names.size).toBe(total)
  })

  test('`page` of older clients is no error', async () => {
    expect((await list('page=1&pageSize=50')).length).toBeGreaterThan(0)
  })

  test('where: by one name, by several; none is an empty list', async () => {
    const a = await formulas.make({ ...one, name: "Where's A" })
    const b = await formulas.make({ ...one, name: 'Where B' })
    const where = async (text: string) => (await list(`where=${encodeURIComponent(text)}`)).map(({ id }) => id)
    expect(await where("name='Where B'")).toEqual([b.id])
    expect((await where("name in ('Where''s A','Where B')")).toSorted()).toEqual([a.id, b.id].toSorted())
    expect(await where("name in ('nobody')")).toEqual([])
  })

  test('callableBy leaves out the formula itself and all that would close a circle', async () => {
    const child = await formulas.make(one)
    const parent = await formulas.make({ steps: { call: sub(child.id) } })
    const grandparent = await formulas.make({ steps: { call: sub(parent.id) } })
    const ids = async (by: number) => (await list(`pageSize=200&callableBy=${by}`)).map(({ id }) => id)
    const all = (await list('pageSize=200')).length
    const byChild = await ids(child.id)
    for (const { id } of [child, parent, grandparent]) expect(byChild).not.toContain(id)
    expect(await ids(grandparent.id)).toEqual(expect.arrayContaining([child.id, parent.id]))
    const answer = await formulas.call('GET', `/formulas?callableBy=${child.id}`)
    expect(answer.headers.get('elements-total-count')).toBe(String(all - 3))
  })
})

describe('30 §1.1: the rest of a life', () => {
  test('export is the same formula', async () => {
    const made = await formulas.make({ ...one, config: { flag: 'value' } })
    const answer = await formulas.call('GET', `/formulas/${made.id}/export`)
    expect(answer.status, answer.text).toBe(200)
    const { name, steps, triggers, configuration } = JSON.parse(answer.text)
    expect({ name, steps, triggers, configuration }).toEqual({
      name: made.name,
      steps: made.steps,
      triggers: made.triggers,
      configuration: made.configuration,
    })
  })

  test('docs of a formula as a resource: one path, one method', async () => {
    const { id } = await formulas.make({ ...one, more: { method: 'PUT', uri: '/documented/here' } })
    const { paths, swagger } = expectOk(await formulas.call('GET', `/formulas/${id}/docs`)).body
    expect(swagger).toBe('2.0')
    expect(Object.keys(paths)).toEqual(['/documented/here'])
    expect(Object.keys(paths['/documented/here'])).toEqual(['put'])
  })

  test('DELETE is refused while instances exist, then it is gone', async () => {
    const { id } = await formulas.make(one)
    const instance = await formulas.bind({ id })
    expectError(await formulas.call('DELETE', `/formulas/${id}`), 409)
    expectOk(await formulas.call('DELETE', `/formulas/${id}/instances/${instance.id}`))
    expectOk(await formulas.call('DELETE', `/formulas/${id}`))
    for (const path of ['', '/export', '/steps', '/docs', '/instances'])
      expectError(await formulas.call('GET', `/formulas/${id}${path}`), 404)
  })

  test('unknown ids are 404, whatever is asked of them', async () => {
    for (const [method, path, body] of [
      ['GET', ''],
      ['GET', '/export'],
      ['PUT', '', { name: 'x' }],
      ['PATCH', '', { name: 'x' }],
      ['DELETE', ''],
      ['PUT', '/upgrade/v3'],
    ] as const)
      expectError(await formulas.call(method, `/formulas/999999${path}`, body), 404)
  })
})

describe('30 §8: what import tools do', () => {
  test('a foreign id and a formula that is not there are taken; PUT mends them; subFormulas show the whole', async () => {
    const child = await formulas.make({ ...one, name: 'imported child' })
    for (const formulaId of [-1, '-1', 123456789, '123456789']) {
      const posted = await formulas.make({ steps: { call: sub(formulaId) }, more: { id: 555 } })
      expect(String(posted.steps[0].properties.formulaId)).toBe(String(formulaId))
    }
    const parent = await formulas.make({ steps: { call: sub(-1) } })
    const steps = [{ ...parent.steps[0], properties: { formulaId: String(child.id) } }]
    expectOk(await formulas.call('PUT', `/formulas/${parent.id}`, { ...parent, steps, subFormulas: [] }))
    const { subFormulas } = await read(parent.id)
    expect(subFormulas).toMatchObject([{ id: child.id, name: 'imported child', steps: child.steps }])
  })

  test('a script whose text is in another file is an empty one', async () => {
    const { steps } = await formulas.make({ steps: { a: step('script', {}) } })
    expect(steps[0].properties).toEqual({})
  })

  test('steps keep the order, names and edges they were given, also to steps that are not there (§2.3)', async () => {
    const { steps } = await formulas.make({
      steps: {
        '6_score': script('done()', 'delete-accounts-path'),
        'delete-accounts-path': loop('x', 'nowhere', 'x2'),
      },
    })
    expect(steps).toMatchObject([
      { name: '6_score', onSuccess: ['delete-accounts-path'] },
      { name: 'delete-accounts-path', onSuccess: ['nowhere'], onFailure: ['x2'] },
    ])
  })
})
