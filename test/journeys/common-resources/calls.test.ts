import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mapCommonResource } from '../../support/common-resources.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { type CallOptions, startTestHub, type TestHub } from '../../support/hub.ts'
import { provisionOAuth } from '../catalog/crm-checks.ts'

/** Calls of common resources on a running hub, with Salesforce and Base as the simulator plays them (spec 20 §11). */
let hub: TestHub
let token: string
let instanceId: number
let later = 0
beforeAll(async () => {
  hub = await startTestHub({}, { now: () => new Date(Date.now() + later) })
  const instance = await provisionOAuth(hub, 'sfdc')
  token = instance.token
  instanceId = instance.id
  await mapCommonResource(hub, { objectName: 'my-contacts', elementKey: 'sfdc', vendorName: 'Contact', ...SHAPE })
  await mapCommonResource(hub, {
    objectName: 'my-contact-notes',
    elementKey: 'sfdc',
    vendorName: 'contactsNotes',
    configuration: DROP,
    fields: [
      { path: 'title', vendorPath: 'Title' },
      { path: 'text', vendorPath: 'Body' },
    ],
  })
})
afterAll(() => hub.close())

const DROP = [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }]
const SHAPE = {
  configuration: [...DROP, { type: 'inherit' }],
  fields: [
    { path: 'id', vendorPath: 'Id' },
    { path: 'email', vendorPath: 'Email' },
    { path: 'name.first', vendorPath: 'FirstName' },
    { path: 'name.last', vendorPath: 'LastName' },
    { path: 'source', vendorPath: 'LeadSource' },
  ],
}
const of = (body: string, more = {}) => ({ script: { body, mimeType: 'application/javascript', ...more } })
const call = (method: string, path: string, options: CallOptions = {}) => hub.call(method, path, { token, ...options })
const get = async (path: string) => expectOk(await call('GET', path))
const mapContacts = (objectName: string, body: string, more = {}) =>
  mapCommonResource(hub, { objectName, elementKey: 'sfdc', vendorName: 'Contact', ...SHAPE, ...of(body), ...more })

/** What a script needs to call the hub, as real ones write it. */
const API = `
  const api = require('axios').create({
    baseURL: \`\${configuration.protocol}://\${configuration.host}\${configuration.pathPrefix}\`,
    headers: {
      accept: 'application/json',
      Authorization: \`User \${configuration.userSecret}, Organization \${configuration.organizationSecret}, Element \${configuration.elementInstanceToken}\`,
    },
    validateStatus: null,
  })`

describe('a common resource of Salesforce', () => {
  test('is listed, asked in its own names, whatever the hub in the path', async () => {
    const made = { name: { first: 'Ada', last: 'Lovelace' }, email: 'ada@engine.example' }
    const { body: created } = expectOk(await call('POST', '/my-contacts', { body: { ...made, other: 1 } }))
    expect(created).toMatchObject({ id: expect.any(String), ...made })

    const query = `where=${encodeURIComponent("email='ada@engine.example' and name.last like 'Love%'")}&fields=id,name.first`
    for (const path of ['/my-contacts', '/hubs/crm/my-contacts', '/hubs/anything/my-contacts']) {
      const { body, headers } = await get(`${path}?${query}`)
      expect(body).toEqual([{ id: created.id, name: { first: 'Ada' } }])
      expect(headers.get('elements-returned-count')).toBe('1')
    }
    expect((await get(`/my-contacts/${created.id}`)).body).toMatchObject({ id: created.id, ...made })

    const changed = await call('PATCH', `/my-contacts/${created.id}`, { body: { source: 'Web' } })
    expect(expectOk(changed).body).toMatchObject({ source: 'Web' })
    expectOk(await call('DELETE', `/my-contacts/${created.id}`))
    expect((await get(`/my-contacts?${query}`)).body).toEqual([])
  })

  test('is paged by its tokens alone', async () => {
    const first = await get('/my-contacts?pageSize=2&orderBy=email&where=id!=%27x%27')
    expect(first.body).toHaveLength(2)
    const next = await get(`/my-contacts?nextPage=${first.headers.get('elements-next-page-token')}`)
    const both = await get('/my-contacts?pageSize=4&orderBy=email&where=id!=%27x%27')
    expect([...first.body, ...next.body]).toEqual(both.body)
    expect(Object.keys(both.body[0])).not.toContain('Email')
  })

  test('stands in place of a resource of its name, for the instances that it is for', async () => {
    const vendor = (await get('/contacts?pageSize=1')).body[0]
    expect(vendor).toHaveProperty('Email')
    await mapCommonResource(
      hub,
      { objectName: 'contacts', elementKey: 'sfdc', vendorName: 'Contact', ...SHAPE },
      instanceId,
    )
    expect((await get('/contacts?pageSize=1')).body[0]).toHaveProperty('email')
    const other = await provisionOAuth(hub, 'sfdc')
    expect((await get('/hubs/crm/contacts?pageSize=1')).body[0]).toHaveProperty('email')
    const theirs = await hub.call('GET', '/contacts?pageSize=1', { token: other.token })
    expect(theirs.body[0]).toHaveProperty('Email')
  })

  test('whose name the platform knows is meant where an Element token is sent', async () => {
    await mapCommonResource(hub, { objectName: 'jobs', elementKey: 'sfdc', vendorName: 'Contact', ...SHAPE })
    await mapCommonResource(hub, { objectName: 'usage', elementKey: 'sfdc', vendorName: 'Contact', ...SHAPE })
    expect((await get('/usage?pageSize=1')).body[0]).toHaveProperty('email')
    const platform = await hub.call('GET', '/usage?pageSize=1')
    expect(platform.body[0]).toHaveProperty('request_uri')
    expect((await get('/jobs?pageSize=1')).body[0]).toHaveProperty('email')
  })

  test('that stands for what the element lacks says so', async () => {
    await mapCommonResource(hub, { objectName: 'lost', elementKey: 'base', vendorName: 'nowhere', fields: [] })
    const base = await hub.provisionBase()
    const answer = await hub.call('GET', '/lost', { token: base.token })
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('/lost (here /nowhere)') } })
  })
})

test('who counts calls is told of common resources', async () => {
  const { headers } = await get('/my-contacts?pageSize=1')
  const requestId = headers.get('elements-request-id')
  await expect
    .poll(async () => (await hub.call('GET', `/usage/${requestId}`)).body?.is_ce_mapped_resource, { timeout: 10_000 })
    .toBe(true)
  const day = new Date().toISOString().slice(0, 10)
  const { body } = expectOk(await hub.call('GET', `/metrics/vdrs-invoked?from=${day}`))
  expect(JSON.stringify(body)).toMatch(/[1-9]/)
})

test('a warm call asks the database nothing', async () => {
  await get('/my-contacts?pageSize=1')
  await get('/leads?pageSize=1')
  const query = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await get('/my-contacts?pageSize=1')
    await get('/leads?pageSize=1')
    const texts = query.mock.calls.map(([first]) => String((first as { text?: string })?.text ?? first))
    expect(texts.filter((text) => /common_resources|transformation|instances|users/.test(text))).toEqual([])
  } finally {
    query.mockRestore()
  }
})

describe('scripts', () => {
  test('call back for what belongs to each record', async () => {
    await mapContacts(
      'with-notes',
      `${API}
      if (fromVendor) api.get('/my-contacts/' + transformedObject.id + '/my-contact-notes').then(({ data }) => {
        transformedObject.notes = data
        done(transformedObject)
      })`,
    )
    const { body: contact } = expectOk(await call('POST', '/my-contacts', { body: { name: { last: 'Noted' } } }))
    const note = { title: 'First', text: 'Called' }
    expectOk(await call('POST', `/my-contacts/${contact.id}/my-contact-notes`, { body: note }))
    expect((await get(`/with-notes/${contact.id}`)).body.notes).toEqual([note])
    const { body: list } = await get('/with-notes?pageSize=20')
    expect(list.length).toBeGreaterThan(5)
    expect(list.every(({ notes }: { notes: unknown }) => Array.isArray(notes))).toBe(true)
  })

  const exports = process.env['VALENCE_TEST_EXPORTS']
  test.runIf(exports)('a given one works as it is', async () => {
    const file = join(exports ?? '', 'vdrs', 'my-contacts.json')
    const { transformation } = JSON.parse(await readFile(file, 'utf8'))
    await mapCommonResource(hub, { ...transformation.sfdc, objectName: 'my-contacts', elementKey: 'sfdc' })
    await mapCommonResource(hub, {
      objectName: 'my-contact-activities',
      elementKey: 'sfdc',
      vendorName: 'contactsActivities',
      configuration: DROP,
      fields: [{ path: 'subject', vendorPath: 'Subject' }],
    })
    const { body } = await get('/my-contacts?pageSize=3')
    expect(body).toHaveLength(3)
    for (const one of body) {
      expect(one).toMatchObject({ id: expect.any(String), activities: expect.any(Array), notes: expect.any(Array) })
      expect(one).not.toHaveProperty('Email')
    }
    await mapCommonResource(hub, { objectName: 'my-contacts', elementKey: 'sfdc', vendorName: 'Contact', ...SHAPE })
  })

  test.runIf(exports)('a given one maps picklists both ways', async () => {
    const { transformation } = JSON.parse(await readFile(join(exports ?? '', 'vdrs', 'myContacts.json'), 'utf8'))
    await mapCommonResource(hub, { ...transformation.sfdc, objectName: 'myContacts', elementKey: 'sfdc' })
    const body = { firstName: 'Ada', lastName: 'Byron', company: 'Engines', leadSource: 'Phone' }
    const made = expectOk(await call('POST', '/myContacts', { body }))
    expect(made.body).toMatchObject(body)
    const where = `where=${encodeURIComponent("lastName='Byron' and company='Engines'")}`
    expect(
      (await get(`/leads?${where.replace('lastName', 'LastName').replace('company', 'Company')}`)).body,
    ).toMatchObject([{ LastName: 'Byron', LeadSource: 'Phone Inquiry' }])
    expect((await get(`/myContacts?${where}`)).body).toEqual([body])
  })

  // ten runners have to be started one after the other
  test('that call themselves come to an end', { timeout: 60_000 }, async () => {
    await mapContacts(
      'endless',
      `${API}
      api.get('/endless?pageSize=1').then(({ status, data }) => {
        done({ depth: status === 200 ? data[0].depth + 1 : 0, end: status === 200 ? data[0].end : data.message })
      })`,
    )
    const { body } = await get('/endless?pageSize=1')
    expect(body).toEqual([{ depth: 10, end: expect.stringMatching(/endless.* 10 deep/) }])
  })

  test('hold nothing that works for anything else', async () => {
    const other = await provisionOAuth(hub, 'sfdc')
    await mapContacts(
      'curious',
      `${API}
      const { userSecret: user, organizationSecret: organization, elementInstanceToken: element } = configuration
      const ask = (path, authorization) => api.get(path, authorization ? { headers: { Authorization: authorization } } : {}).then(({ status }) => status)
      const own = 'User ' + user + ', Element ' + element
      Promise.all([
        ask('/my-contacts?pageSize=1', own),
        ask('/instances'),
        ask('/elements/sfdc/instances'),
        ask('/organizations/me', 'User ' + user + ', Organization ' + organization),
        ask('/my-contacts?pageSize=1', 'User ' + user + ', Element ${other.token}'),
        ask('/my-contacts?pageSize=1', 'User ' + user + ', Organization x, Element ' + element),
        ask('/my-contacts?pageSize=1', 'User ' + user.slice(0, -1) + ', Element ' + element),
      ]).then((statuses) => done({ statuses, user, element }))`,
    )
    const { body } = await get('/curious?pageSize=1')
    const [{ statuses, user, element }] = body
    expect(statuses).toEqual([200, 401, 401, 401, 401, 401, 401])
    expect(hub.authorization).not.toContain(user)
    const authorization = `User ${user}, Element ${element}`
    expect((await hub.call('GET', '/my-contacts?pageSize=1', { authorization })).status).toBe(200)
    later = 61_000
    expect((await hub.call('GET', '/my-contacts?pageSize=1', { authorization })).status).toBe(401)
    later = 0
  })

  test('whose failures the caller does not notice are in the trace', async () => {
    await mapContacts('failing', 'console.log("about to", configuration.userSecret); throw new Error("no such field")')
    expectOk(await hub.call('PUT', `/instances/${instanceId}/trace-logging`, { body: { duration: 5 } }))
    const { body, headers } = await get('/failing?pageSize=2')
    expect(body[0]).toMatchObject({ id: expect.any(String) })
    const trace = await hub.call('GET', `/elements/sfdc/trace/${headers.get('elements-trace-id')}`)
    expect(trace.body.commonResources).toEqual([
      {
        commonResource: 'failing',
        vendorName: 'Contact',
        resource: 'GET /{objectName}',
        direction: 'fromVendor',
        records: 2,
        script: { failed: 2, error: 'Error: no such field', isLate: false, ms: expect.any(Number) },
      },
    ])
    expect(trace.body.console).toEqual([
      { script: 'script of failing', lines: ['about to ********', 'about to ********'] },
    ])
    expectOk(await hub.call('DELETE', '/instances/trace-logging', { token }))
    const metrics = await (await fetch(`${hub.hub.url}/metrics`)).text()
    expect(metrics).toMatch(/valence_mapping_script_records_total\{outcome="failed"\} [1-9]/)
  })
})

describe('a transformation is tried out (spec 20 §4.3)', () => {
  const execute = (objectName: string, body: object) =>
    hub.call('POST', `/transformations/${objectName}/execute`, { body })
  const payload = { Id: '7', FirstName: 'Ada', LastName: null, Hidden: 1 }
  const mapped = { id: '7', name: { first: 'Ada' } }

  test.each<[string, object, unknown]>([
    ['from the vendor, for an element', { elementId: 23, payload }, mapped],
    ['by its key', { elementId: 'sfdc', payload, method: 'get' }, mapped],
    ['a list', { elementId: 23, payload: [payload, { Id: '8' }] }, [mapped, { id: '8' }]],
    ['to the vendor', { elementId: 23, method: 'POST', payload: { name: { last: 'L' }, x: 1 } }, { LastName: 'L' }],
  ])('%s', async (_name, body, expected) => {
    expect(expectOk(await execute('my-contacts', body)).body).toEqual(expected)
  })

  test('for an instance, with its own level and its script', async () => {
    const own = { script: { body: 'done({ mine: typeof configuration.userSecret, fromVendor })', mimeType: 'x' } }
    const given = { objectName: 'my-contacts', elementKey: 'sfdc', vendorName: 'Contact', ...own }
    await mapCommonResource(hub, given, instanceId)
    const { body } = expectOk(await execute('my-contacts', { instanceId, payload }))
    expect(body).toEqual({ mine: 'string', fromVendor: true })
    expect((await execute('my-contacts', { elementId: 23, payload })).body).toEqual(mapped)
  })

  test('why a script changed nothing is told', async () => {
    const answer = expectOk(await execute('failing', { elementId: 23, payload }))
    expect(answer.body).toEqual(mapped)
    expect(answer.headers.get('elements-error')).toBe('script of failing: Error: no such field')
  })

  test.each<[string, string, object, number, RegExp]>([
    [
      'a name that is not mapped',
      'nobody',
      { elementId: 23, payload },
      404,
      /^No transformation of "nobody" for sfdc found$/,
    ],
    ['an element that is not there', 'my-contacts', { elementId: 'nowhere', payload }, 404, /nowhere/],
    ['an instance that is not there', 'my-contacts', { instanceId: 999_999, payload }, 404, /instance/],
    ['neither', 'my-contacts', { payload }, 400, /elementId or instanceId/],
    ['another verb', 'my-contacts', { elementId: 23, payload, method: 'DELETE' }, 400, /DELETE/],
    ['no payload', 'my-contacts', { elementId: 23 }, 400, /payload/],
  ])('%s is refused', async (_name, objectName, body, status, message) => {
    expect(await execute(objectName, body)).toMatchObject({ status, body: { message: expect.stringMatching(message) } })
  })
})

test('a where that a vendor has no word for is matched here when asked for', async () => {
  const element = {
    ...{
      key: 'wordless',
      name: 'Wordless',
      description: 'x',
      hub: 'general',
      authentication: { type: 'custom' },
      hooks: [],
    },
    configuration: [
      { key: 'base.url', name: 'Base', type: 'TEXTFIELD_128', defaultValue: 'https://api.wordless.test/v1' },
    ],
    parameters: [],
    resources: [
      { method: 'GET', path: '/hubs/general/things', vendorMethod: 'GET', vendorPath: '/things', type: 'api' },
      {
        ...{ method: 'POST', path: '/hubs/general/things', vendorMethod: 'POST', vendorPath: '/things', type: 'api' },
        parameters: [{ name: 'body', vendorName: 'body', type: 'body', vendorType: 'body' }],
      },
    ],
  }
  expectOk(await hub.call('POST', '/elements', { body: element }))
  const body = { name: 'One', element: { key: 'wordless' }, configuration: {} }
  const { token: things } = expectOk(await hub.call('POST', '/instances', { body })).body
  await mapCommonResource(hub, {
    objectName: 'my-things',
    elementKey: 'wordless',
    vendorName: 'things',
    configuration: DROP,
    fields: [{ path: 'label', vendorPath: 'title' }],
  })
  const ask = (method: string, path: string, options: CallOptions = {}) =>
    hub.call(method, path, { token: things, ...options })
  for (const label of ['red', 'blue']) expectOk(await ask('POST', '/my-things', { body: { label } }))
  const where = `where=${encodeURIComponent("label='blue'")}`
  const asked = expectOk(await ask('GET', `/my-things?${where}`, { headers: { 'Elements-Filter': 'platform' } }))
  expect(asked.body).toEqual([{ label: 'blue' }])
  expect(asked.headers.get('elements-filtered')).toBe('platform')
  const unasked = expectOk(await ask('GET', `/my-things?${where}`))
  expect(unasked.body.length).toBeGreaterThan(1)
  expect(unasked.headers.get('elements-filtered')).toBeNull()
})
