import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultsOf, shownOperations } from '../support/check-document.ts'
import { mapCommonResource } from '../support/common-resources.ts'
import { makePersonas } from '../support/every-route/personas.ts'
import { startTestHub, type TestHub } from '../support/hub.ts'

/** Documents of the catalog, of an instance and of the platform, as clients of the original ask for them (spec 23 §A, §D). */
let hub: TestHub
let instance: { id: number; token: string }
let privateElement: { id: number; key: string }
const stranger = { authorization: null }

beforeAll(async () => {
  hub = await startTestHub()
  instance = await hub.provisionBase()
  const answer = await hub.call('POST', '/elements', { body: ELEMENT })
  privateElement = answer.body
})
afterAll(() => hub.close())

const model = (name: string, properties: object, more: object = {}) => ({
  name,
  swagger: { [name]: { type: 'array', items: { type: `${name}Object` } }, [`${name}Object`]: { properties }, ...more },
})
const ELEMENT = {
  name: 'Documented',
  key: 'documented',
  description: 'With lists below lists',
  hub: 'crm',
  authentication: { type: 'custom' },
  defaultTransformations: [
    {
      objectName: 'my-partner',
      vendorName: 'contacts',
      configuration: [{ type: 'addToDocumentation' }],
      fields: [{ path: 'number', vendorPath: 'id', type: 'number' }],
    },
    { objectName: 'quiet', vendorName: 'Invoice', fields: [{ path: 'sum', vendorPath: 'total', type: 'number' }] },
  ],
  objects: [{ name: 'Invoice', fields: [{ name: 'total', type: 'number' }] }],
  configuration: [
    { key: 'base.url', name: 'Base', defaultValue: 'https://api.documented.example', type: 'TEXTFIELD_1000' },
  ],
  resources: [
    {
      method: 'GET',
      path: '/hubs/crm/lists/{id}/contacts',
      vendorPath: '/lists/{id}/contacts',
      model: model(
        'listsContacts',
        { id: { type: 'string', 'x-mask': 'x' }, owner: { type: 'owner' } },
        { owner: { properties: { name: { type: 'string' } } } },
      ),
    },
    {
      method: 'GET',
      path: '/hubs/crm/objects/contacts/fields',
      type: 'apiNoDocumentation',
      vendorPath: '/fields',
      rootKey: '|items',
      hooks: [
        {
          type: 'preRequest',
          isLegacy: false,
          body: 'done({continue: false, response_body: [{name: "shoe", type: "number"}]})',
        },
      ],
      customFields: { object: 'contacts', path: 'custom.{name}', type: 'type', displayName: 'name' },
    },
    { method: 'GET', path: '/hubs/crm/contacts-archive', vendorPath: '/archive' },
    {
      method: 'GET',
      path: '/hubs/crm/contacts',
      vendorPath: '/contacts',
      model: model('contacts', { id: { type: 'integer' } }),
    },
  ],
}

async function documentAt(path: string, options: object = stranger) {
  const { status, text, body, headers } = await hub.call('GET', path, options)
  expect(status, text).toBe(200)
  expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
  return { text, body, ids: shownOperations(body).map(({ operationId }) => operationId) }
}

describe('what anybody may read', () => {
  test.each([
    '/docs/crm',
    '/docs/documents',
    '/docs/instances',
    '/docs/elements',
    '/docs/all_platform',
    '/docs/all_hubs',
    '/docs/all',
    '/elements/base/docs',
    '/docs/base',
    '/docs/x?elementKey=base',
  ])('%s is valid, in both formats', async (path) => {
    const swagger = await documentAt(path)
    expect(swagger.body).toMatchObject({ swagger: '2.0', basePath: '/elements/api-v2', schemes: ['http'] })
    expect(swagger.body.host).toBe(new URL(hub.api).host)
    expect(await faultsOf(swagger.text)).toEqual([])
    const openapi = await documentAt(`${path}${path.includes('?') ? '&' : '?'}format=openapi31`)
    expect(openapi.body).toMatchObject({ openapi: '3.1.0', servers: [{ url: hub.api }] })
    expect(await faultsOf(openapi.text)).toEqual([])
    expect(openapi.ids).toEqual(swagger.ids)
  })

  test('the element by its id and by its key', async () => {
    const [byKey, byId] = [await documentAt('/elements/base/docs'), await documentAt('/elements/201/docs?version=-1')]
    expect(byId.text).toBe(byKey.text)
    expect(byKey.body.info).toMatchObject({
      title: 'base',
      version: 'api-v2',
      'x-element-hub': 'crm',
      'x-element-key': 'base',
    })
    expect(byKey.ids).toEqual(expect.arrayContaining(['getContacts', 'getContactById', 'createContact', 'getPing']))
  })

  test('one operation by either spelling of its id, with what it needs', async () => {
    for (const id of ['getContacts', 'GET-contacts']) {
      const { body } = await documentAt(`/elements/base/docs?operationId=${id}`)
      expect(Object.keys(body.paths)).toEqual(['/contacts'])
      expect(Object.keys(body.paths['/contacts'])).toEqual(['get'])
      expect(Object.keys(body.definitions)).not.toContain('Pong')
    }
  })

  test('names of platform operations, tags and signatures are those of elements', async () => {
    const { body } = await documentAt('/docs/all_platform')
    const create = body.paths['/instances'].post
    expect(create).toMatchObject({ operationId: 'createInstance', tags: ['instances'] })
    expect(create.parameters[0]).toMatchObject({ name: 'Authorization', in: 'header', required: true })
    expect(body.paths['/instances/{id}'].get.operationId).toBe('getInstanceById')
  })

  test.each([
    ['/docs/nowhere', 404],
    ['/elements/nowhere/docs', 404],
    ['/elements/base/docs?operationId=getNothing', 404],
    ['/elements/base/docs?version=17', 404],
    ['/elements/base/docs?format=raml', 400],
    ['/elements/base/docs?format=constructor', 400],
    ['/elements/base/docs?baseUrl=http://', 400],
  ])('%s is %i', async (path, status) => {
    expect((await hub.call('GET', path, stranger)).status).toBe(status)
  })
})

describe('where calls go', () => {
  test('baseUrl names host and scheme', async () => {
    const { body } = await documentAt('/docs/crm?baseUrl=https://foo.bar')
    expect(body).toMatchObject({ host: 'foo.bar', schemes: ['https'], basePath: '/elements/api-v2' })
  })

  test('the gateway wants a key, second in every operation', async () => {
    const { body, text } = await documentAt('/docs/crm?provider=aws')
    // no gateway is set: whoever makes a client of it must not send secrets to somebody else's host
    expect(body).toMatchObject({ host: new URL(hub.hub.url).host, basePath: '/elements/api-v2' })
    for (const { parameters = [] } of shownOperations(body)) {
      expect(parameters[1]).toMatchObject({ name: 'x-api-key', in: 'header' })
    }
    expect(await faultsOf(text)).toEqual([])
    expect(shownOperations((await documentAt('/docs/crm')).body)[0]?.parameters?.[1]).not.toMatchObject({
      name: 'x-api-key',
    })
  })
})

describe('a private element', () => {
  test('is documented for those who see it, and for nobody else', async () => {
    const { body } = await documentAt(`/elements/${privateElement.id}/docs`, {})
    expect(Object.keys(body.paths)).toContain('/lists/{id}/contacts')
    for (const name of [privateElement.id, privateElement.key]) {
      expect((await hub.call('GET', `/elements/${name}/docs`, stranger)).status).toBe(404)
      expect((await hub.call('GET', `/docs/${name}`, stranger)).status).toBe(404)
    }
    expect((await documentAt('/docs/crm')).text).not.toContain('contacts-archive')
  })

  test('needs the privilege to see elements, whichever way it is asked for', async () => {
    const { authorization } = (await makePersonas(hub)).nobody
    for (const path of [
      `/elements/${privateElement.id}/docs`,
      `/docs/x?elementKey=${privateElement.key}`,
      `/docs/${privateElement.key}`,
    ]) {
      expect((await hub.call('GET', path, { authorization })).status, path).toBe(403)
    }
    expect((await hub.call('GET', '/docs/instances', { authorization })).status).toBe(200)
  })

  test('another version has another document', async () => {
    const before = await documentAt(`/elements/${privateElement.id}/docs`, {})
    const resource = { method: 'GET', path: '/hubs/crm/late', vendorPath: '/late' }
    expect((await hub.call('POST', `/elements/${privateElement.id}/resources`, { body: resource })).status).toBe(200)
    const after = await documentAt(`/elements/${privateElement.id}/docs`, {})
    expect(before.ids).not.toContain('getLate')
    expect(after.ids).toContain('getLate')
  })

  test('versions and the older name are for users', async () => {
    const { body } = await hub.call('GET', `/elements/${privateElement.id}/versions`)
    expect(body).toMatchObject([{ newest: true }])
    await documentAt(`/elements/${privateElement.id}/docs?version=${body[0].version}`, {})
    await documentAt(`/elements/${privateElement.id}/lbdocs?force=true`, {})
    expect((await hub.call('GET', '/elements/base/lbdocs', stranger)).status).toBe(401)
    expect((await hub.call('GET', '/elements/base/versions', stranger)).status).toBe(401)
  })
})

describe('an instance', () => {
  test('by id and by token', async () => {
    const byId = await documentAt(`/instances/${instance.id}/docs`, {})
    const byToken = await documentAt('/instances/docs', { token: instance.token })
    expect(byToken.text).toBe(byId.text)
    expect(Object.keys(byId.body)).toEqual(
      expect.arrayContaining(['basePath', 'paths', 'host', 'definitions', 'swagger', 'info', 'tags']),
    )
    expect(await faultsOf(byId.text)).toEqual([])
  })

  test('one operation and its definitions', async () => {
    const options = { token: instance.token }
    const whole = await documentAt('/instances/docs', options)
    const one = await documentAt('/instances/docs/getContactById', options)
    expect(shownOperations(one.body)).toHaveLength(1)
    expect(one.body.paths['/contacts/{id}'].get).toEqual(whole.body.paths['/contacts/{id}'].get)
    const { body } = await hub.call('GET', `/instances/${instance.id}/docs/GET-contacts-{id}/definitions`)
    expect(body).toEqual(one.body.definitions)
    const basic = await hub.call('GET', '/instances/docs/getContactById/definitions?basic=true', options)
    expect(JSON.stringify(basic.body)).not.toContain('"x-')
    expect((await hub.call('GET', '/instances/docs/getNothing', options)).status).toBe(404)
  })
})

describe('common resources of levels', () => {
  const documented = { elementKey: 'base', configuration: [{ type: 'addToDocumentation' }] }
  const fields = [{ path: 'familyName', vendorPath: 'last_name', type: 'string' }]

  test('of an organization are in documents of all its instances, of an instance in its own; a change is seen at once', async () => {
    const other = await hub.provisionBase({ name: 'Other' })
    const names = async (id: number) => {
      const { body, text } = await documentAt(`/instances/${id}/docs`, {})
      expect(await faultsOf(text)).toEqual([])
      return Object.keys(body.paths).filter((path) => path.startsWith('/our-'))
    }
    expect(await names(instance.id)).toEqual([])
    await mapCommonResource(hub, { ...documented, objectName: 'our-contacts', vendorName: 'contacts', fields })
    expect(await names(instance.id)).toEqual(['/our-contacts', '/our-contacts/{id}'])
    await mapCommonResource(hub, { ...documented, objectName: 'our-leads', vendorName: 'leads', fields }, other.id)
    expect(await names(other.id)).toEqual(['/our-contacts', '/our-contacts/{id}', '/our-leads', '/our-leads/{id}'])
    expect(await names(instance.id)).toEqual(['/our-contacts', '/our-contacts/{id}'])
    expect((await documentAt('/elements/base/docs')).text).not.toContain('our-contacts')
  })
})

describe('an object', () => {
  let token: string
  beforeAll(async () => {
    const body = { name: 'documented', element: { id: privateElement.id }, configuration: {} }
    token = (await hub.call('POST', '/instances', { body })).body.token
  })

  test.each(['/objects/contacts/docs', '/hubs/crm/objects/contacts/docs'])(
    '%s has its own paths only',
    async (path) => {
      const { body, text } = await documentAt(path, { token })
      expect(Object.keys(body.paths)).toEqual(['/contacts'])
      expect(Object.keys(body.definitions)).toEqual(['contactsObject'])
      expect(await faultsOf(text)).toEqual([])
    },
  )

  test('what is below another object is an object of its own', async () => {
    const { body } = await documentAt('/objects/listsContacts/docs', { token })
    expect(Object.keys(body.paths)).toEqual(['/lists/{id}/contacts'])
    expect(Object.keys(body.definitions).toSorted()).toEqual(['listsContactsObject', 'owner'])
    const resolved = await documentAt('/objects/listsContacts/docs?resolveReferences=true&basic=true', { token })
    expect(resolved.body.definitions).toEqual({
      listsContactsObject: {
        type: 'object',
        properties: { id: { type: 'string' }, owner: { type: 'object', properties: { name: { type: 'string' } } } },
      },
    })
  })

  test('one that has no resource of its own is called by the generic ones', async () => {
    const { body, text } = await documentAt('/objects/Invoice/docs', { token })
    expect(Object.keys(body.paths)).toEqual(['/Invoice', '/Invoice/{objectId}'])
    expect(body.definitions).toEqual({ Invoice: { type: 'object', properties: { total: { type: 'number' } } } })
    expect(await faultsOf(text)).toEqual([])
  })

  test('with fields that only this customer has', async () => {
    const custom = { type: 'object', properties: { shoe: { type: 'number', 'x-displayName': 'shoe' } } }
    const { body, text } = await documentAt('/objects/contacts/docs?discovery=true', { token })
    expect(body.definitions).toMatchObject({
      contactsObject: { properties: { id: { type: 'integer' }, custom: { $ref: '#/definitions/custom' } } },
      custom,
    })
    expect(await faultsOf(text)).toEqual([])
    const ofOperation = await documentAt('/instances/docs/getContacts?discovery=true', { token })
    expect(ofOperation.body.definitions).toMatchObject({ custom })
    const whole = await documentAt('/instances/docs?discovery=true', { token })
    expect(whole.body.definitions).toMatchObject({ custom })
    expect((await documentAt('/instances/docs', { token })).body.definitions).not.toHaveProperty('custom')
  })

  test('common resources: in the document where they are to be, alone in any case', async () => {
    const { body, text } = await documentAt('/instances/docs', { token })
    expect(body.paths['/my-partner'].get).toMatchObject({ operationId: 'getContacts_my-partner', tags: ['my-partner'] })
    expect(body.definitions['my-partner']).toEqual({ type: 'object', properties: { number: { type: 'number' } } })
    expect(Object.keys(body.paths)).not.toContain('/quiet')
    expect(await faultsOf(text)).toEqual([])
    const quiet = await documentAt('/objects/quiet/docs', { token })
    expect(Object.keys(quiet.body.paths)).toEqual(['/quiet', '/quiet/{objectId}'])
    expect(Object.keys(quiet.body.definitions)).toEqual(['quiet'])
    const one = await documentAt('/instances/docs/getContacts_my-partner', { token })
    expect(Object.keys(one.body.definitions)).toEqual(['my-partner'])
    // of the element it is no part: it is the account's
    expect((await documentAt(`/elements/${privateElement.id}/docs`, {})).ids).not.toContain('getContacts_my-partner')
  })

  test('a disabled instance answers nothing but GET /objects', async () => {
    expect((await hub.call('DELETE', '/instances/enabled', { token })).status).toBe(200)
    expect((await hub.call('GET', '/objects/contacts/docs', { token })).status).toBe(403)
    expect((await hub.call('PUT', '/instances/enabled', { token })).status).toBe(200)
    expect((await hub.call('GET', '/objects/contacts/docs', { token })).status).toBe(200)
  })

  test('unknown ones are 404, and nobody is told anything without a token', async () => {
    expect((await hub.call('GET', '/objects/nowhere/docs', { token })).status).toBe(404)
    expect((await hub.call('GET', '/objects/ping/docs', { token })).status).toBe(404)
    expect((await hub.call('GET', '/objects/contacts/docs')).status).toBe(401)
  })
})
