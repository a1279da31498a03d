import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../../src/accounts/accounts-table.ts'
import { shippedKeys } from '../../support/base-catalog.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { addPerson, organizationSecretOf, type Person } from '../people.ts'

let hub: TestHub
let neighbour: Person

const POLLER = {
  things: {
    url: '/hubs/general/things?where=changed>{date}',
    datesConfiguration: { updatedDateField: 'changed', createdDateField: 'made' },
  },
}
const BODY = {
  name: 'Acme',
  description: 'Acme',
  authentication: { type: 'basic' },
  bulkDownloadEnabled: true,
  configuration: [
    { key: 'base.url', name: 'Base URL', defaultValue: 'https://api.acme.test' },
    { key: 'tenant', name: 'Tenant', required: true },
    { key: 'event.poller.configuration', name: 'P', defaultValue: JSON.stringify(POLLER) },
    { key: 'element.like', name: 'E' },
  ],
  hooks: [{ type: 'event', body: 'const element = events; done({events: element})' }],
  resources: [
    {
      method: 'GET',
      path: '/things',
      parameters: [{ name: 'page', type: 'query', vendorName: 'p', vendorType: 'query' }],
    },
    { method: 'GET', path: '/things/{id}' },
    {
      method: 'POST',
      path: '/things',
      model: { name: 'things', swagger: { element: { properties: { elementId: {} } } } },
    },
    { method: 'GET', path: '/hidden', type: 'apiNoDocumentation' },
  ],
  objects: [
    {
      name: 'things',
      customFields: true,
      nativeBulkDownload: true,
      bulkDownloadEnabled: true,
      eventDeletedSupported: true,
    },
  ],
  elementMetadata: { notes: 'kept', discovery: { nativeObjectDiscovery: true } },
}

beforeAll(async () => {
  hub = await startTestHub()
  neighbour = await addPerson(hub.hub.store, {
    organizationId: hub.hub.seeded.created ? hub.hub.seeded.organizationId : 0,
    organizationSecret: organizationSecretOf(hub.authorization),
    name: 'Neighbour',
  })
  await hub.call('POST', '/elements', { body: BODY })
})
afterAll(() => hub.close())

describe('metadata of elements (spec 10 §2.8)', () => {
  test('says which events an element can report', async () => {
    const { body } = await hub.call('GET', '/elements/acme/metadata')
    expect(body).toMatchObject({
      key: 'acme',
      name: 'Acme',
      description: 'Acme',
      active: true,
      notes: 'kept',
      events: {
        supported: true,
        methods: ['polling', 'webhook'],
        polling: { things: { eventTypes: ['created', 'updated'], pollUrl: POLLER.things.url } },
        webhook: { things: { eventTypes: ['deleted'] } },
      },
    })
    expect(body).not.toHaveProperty('resources')
  })

  test('expanded it has every member of the schema', async () => {
    await hub.call('POST', '/instances', {
      body: { name: 'i', element: { key: 'acme' }, configuration: { username: 'a', password: 'b', tenant: 't' } },
    })
    const { body } = await hub.call('GET', '/elements/acme/metadata?expand=true')
    expect(body).toMatchObject({
      image: 'elements/custom-element-default-logo.png',
      displayOrder: 0,
      active: true,
      beta: false,
      transformations: true,
      elementType: 'http',
      normalizedPaging: true,
      swaggerValidated: true,
      cloneable: true,
      authenticationType: 'basic',
      hub: 'general',
      discovery: {
        customFields: true,
        customObjects: false,
        endpointCustomFields: false,
        endpointCustomObjects: false,
        nativeObjectDiscovery: true,
      },
      bulk: { upload: false, download: true },
      usage: { instanceCount: 1, customerCount: 1, traffic: 0 },
      api: { type: 'rest', contentType: 'application/json' },
      resources: [
        {
          canonicalName: 'things',
          operations: ['GET', 'GET_BY_ID', 'POST'],
          events: { supported: true, methods: ['polling', 'webhook'], eventTypes: ['created', 'updated', 'deleted'] },
          bulk: { upload: { supported: false, native: false }, download: { supported: true, native: true } },
          customField: { get: true, create: true, update: false, delete: false },
        },
      ],
    })
  })

  test('of all elements, and of one that is not there', async () => {
    const { body } = await hub.call('GET', '/elements/metadata')
    expect(body.map(({ key }: { key: string }) => key)).toEqual([...(await shippedKeys()), 'acme'])
    const anonymous = await hub.call('GET', '/elements/metadata', { authorization: null })
    expect(anonymous.body.map(({ key }: { key: string }) => key)).toEqual(await shippedKeys())
    expect((await hub.call('GET', '/elements/base/metadata')).body.events).toMatchObject({
      supported: expect.any(Boolean),
    })
    for (const path of ['/elements/-1/metadata', '/elements/nope/metadata?expand=true'])
      expect((await hub.call('GET', path)).status).toBe(404)
    const theirs = await hub.call('GET', '/elements/acme/metadata', { authorization: neighbour.authorization })
    expect(theirs.status).toBe(404)
  })
})

describe('authentication types', () => {
  test('are the element’s own and those that it offers', async () => {
    expect((await hub.call('GET', '/elements/acme/authentication-types')).body).toEqual({
      defaultValue: 'basic',
      options: [{ value: 'basic', description: expect.any(String) }],
    })
    const { body } = await hub.call('GET', '/elements/acme/authentication-types/basic/configurations')
    expect(body.map(({ key }: { key: string }) => key).toSorted()).toEqual(['password', 'tenant', 'username'])
    expect((await hub.call('GET', '/elements/acme/authentication-types/oauth2/configurations')).status).toBe(404)
    const base = await hub.call('GET', '/elements/base/authentication-types/oauth2/configurations')
    expect(base.body.map(({ key }: { key: string }) => key)).toEqual(
      expect.arrayContaining(['oauth.api.key', 'oauth.api.secret']),
    )
  })
})

test('SDK packages are refused in words', async () => {
  for (const [method, path] of [
    ['POST', '/elements/acme/client-sdks'],
    ['GET', '/elements/client-sdks/some-package'],
    ['POST', '/elements/client-sdks/publish'],
  ] as const) {
    const answer = await hub.call(method, path, method === 'POST' ? { body: { type: 'awslambda-native-java' } } : {})
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('SDK') } })
  }
})

describe('catalog properties (spec 50 §11)', () => {
  const rows = [{ elementId: 201, hidden: true, position: 3, featured: false }]

  test('are a list of one’s own; an empty one clears it', async () => {
    expect((await hub.call('GET', '/catalog-properties')).body).toEqual([])
    expect((await hub.call('PUT', '/catalog-properties?entityType=user', { body: rows })).body).toEqual(rows)
    expect((await hub.call('GET', '/catalog-properties')).body).toEqual(rows)
    const theirs = await hub.call('GET', '/catalog-properties', { authorization: neighbour.authorization })
    expect(theirs.body).toEqual([])
    await hub.call('PUT', '/catalog-properties?entityType=organization', { body: [{ ...rows[0], position: 9 }] })
    expect((await hub.call('GET', '/catalog-properties')).body).toEqual(rows)
    await hub.call('PUT', '/catalog-properties?entityType=user', { body: [] })
    expect((await hub.call('GET', '/catalog-properties')).body).toMatchObject([{ position: 9 }])
    expect((await hub.call('GET', '/catalog-properties?entityType=user')).body).toEqual([])
  })

  test('of account and organization are for administrators', async () => {
    for (const entityType of ['account', 'organization']) {
      const options = { authorization: neighbour.authorization, body: rows }
      expect((await hub.call('PUT', `/catalog-properties?entityType=${entityType}`, options)).status).toBe(403)
    }
  })

  test('an administrator of the account sets those of the account, not those of the organization', async () => {
    const db = hub.hub.store.db.withTables<AccountsTables>()
    await db.insertInto('account_roles').values({ account_id: neighbour.accountId, role_key: 'admin' }).execute()
    const put = (entityType: string) =>
      hub.call('PUT', `/catalog-properties?entityType=${entityType}`, {
        authorization: neighbour.authorization,
        body: rows,
      })
    await hub.hub.store.changes.transaction(async (_trx, publish) =>
      publish({ topic: 'account', key: String(neighbour.accountId) }),
    )
    expect((await put('account')).body).toEqual(rows)
    expect((await put('organization')).status).toBe(403)
  })

  for (const body of [{}, [{}], [{ elementId: 'x' }], undefined]) {
    test(`${JSON.stringify(body)} is no list of them`, async () => {
      expect((await hub.call('PUT', '/catalog-properties', { body })).status).toBe(400)
    })
  }

  test('an unknown entity type is named', async () => {
    expect(await hub.call('PUT', '/catalog-properties?entityType=galaxy', { body: [] })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('galaxy') },
    })
  })
})

describe('models of samples (spec 23 §C4)', () => {
  const sample = [{ element: { id: 1 }, name: 'x' }]

  test('schema and CSV, the CSV also of the schema', async () => {
    const schema = await hub.call('POST', '/models/invoice/schema', { body: sample })
    expect(schema.body.invoice).toEqual({ type: 'array', items: { type: 'invoiceObject' } })
    const csv = await hub.call('POST', '/models/invoice/csv', { body: sample, headers: { accept: 'text/csv' } })
    expect(csv.headers.get('content-type')).toBe('text/csv')
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="invoice.csv"')
    const again = await hub.call('POST', '/models/invoice/csv?fromSchema=true', { body: schema.body })
    expect(again.text).toBe(csv.text)
    expect(csv.text.split('\n').length).toBeGreaterThan(2)
  })

  test('the file gives the definitions back', async () => {
    const csv = await hub.call('POST', '/models/invoice/csv', { body: sample, headers: { accept: 'text/csv' } })
    const read = async (path: string) => {
      const form = new FormData()
      form.append('file', new Blob([csv.text], { type: 'text/csv' }), 'invoice.csv')
      const headers = { authorization: hub.authorization }
      const answer = await fetch(`${hub.api}${path}`, { method: 'POST', headers, body: form })
      return [answer.status, await answer.json()]
    }
    const [schema, ofOne] = await Promise.all(
      [sample, sample[0]].map(async (body) => (await hub.call('POST', '/models/invoice/schema', { body })).body),
    )
    expect(await read('/models/invoice/schema/csv?list=true')).toEqual([200, schema])
    expect(await read('/models/invoice/schema/csv')).toEqual([200, ofOne])
    expect((await hub.call('POST', '/models/invoice/schema/csv')).status).toBe(400)
  })

  test('in the dialect names of the sample stay as they are', async () => {
    const { body } = await hub.call('POST', '/your_moms/api-v2/models/invoice/schema', { body: sample })
    expect(Object.keys(body.invoiceObject.properties)).toContain('element')
  })

  test('an instance whose element has the resource answers itself', async () => {
    await hub.call('POST', '/elements/acme/resources', {
      body: { method: 'POST', path: '/models/{name}/schema', vendorPath: '/s' },
    })
    const { body: instance } = await hub.call('POST', '/instances', {
      body: { name: 'j', element: { key: 'acme' }, configuration: { username: 'a', password: 'b', tenant: 't' } },
    })
    const asResource = await hub.call('POST', '/models/x/schema', { body: sample, token: instance.token })
    expect(asResource.headers.get('elements-element-instance-id')).toBe(String(instance.id))
    const asPlatform = await hub.call('POST', '/models/x/csv', { body: sample, token: instance.token })
    expect(asPlatform.status).toBe(200)
    expect(asPlatform.headers.get('elements-element-instance-id')).toBeNull()
  })

  for (const body of [undefined, 5, 'text'])
    test(`${body} is no sample`, async () => {
      expect((await hub.call('POST', '/models/x/schema', { body })).status).toBe(400)
    })

  test('nobody is refused', async () => {
    expect((await hub.call('POST', '/models/x/schema', { body: sample, authorization: null })).status).toBe(401)
  })
})

describe('the dialect', () => {
  const dialect = (path: string) => `/your_moms/api-v2${path}`

  test('spells our names its way and leaves keys, scripts and schemas alone', async () => {
    const { body: element } = await hub.call('GET', dialect('/your_moms/acme'))
    expect(element).toMatchObject({
      image: 'your_moms/custom-element-default-logo.png',
      hooks: [{ your_momId: element.id, body: BODY.hooks[0]?.body }],
      your_momMetadata: { notes: 'kept' },
    })
    expect(element.configuration.map(({ key }: { key: string }) => key)).toContain('element.like')
    expect(element.resources[2].model.swagger).toEqual({ element: { properties: { elementId: {} } } })
    const { body: metadata } = await hub.call('GET', dialect('/your_moms/acme/metadata'))
    expect(metadata.events.polling.things.pollUrl).toBe(POLLER.things.url)
  })

  test('an element that is exported, deleted and imported in the dialect is the same', async () => {
    const platform = (await hub.call('GET', '/elements/acme/export')).body
    const { body: exported } = await hub.call('GET', dialect('/your_moms/acme/export'))
    const { body: made } = await hub.call('POST', dialect('/your_moms'), { body: { ...exported, key: 'acmetwo' } })
    expect(made.key).toBe('acmetwo')
    expect((await hub.call('GET', '/elements/acmetwo/export')).body).toEqual({ ...platform, key: 'acmetwo' })
    const part = { type: 'preRequest', body: 'const your_mom = 1; done({your_mom})' }
    const { body: hook } = await hub.call('POST', dialect('/your_moms/acmetwo/hooks'), { body: part })
    expect(hook).toMatchObject({ ...part, your_momId: made.id })
    expect((await hub.call('DELETE', dialect('/your_moms/acmetwo'))).status).toBe(200)
  })
})
