import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  ;({ token } = await hub.provisionBase())
})
afterAll(() => hub.close())

interface Field {
  path: string
  vendorPath: string
  [member: string]: unknown
}
const fieldsOf = async (path: string, of = token): Promise<Field[]> =>
  expectOk(await hub.call('GET', path, { token: of })).body.fields

/** An element without a vendor, with a common resource of its own. */
const ELEMENT = {
  name: 'Library',
  hub: 'general',
  authentication: { type: 'custom' },
  configuration: [{ key: 'base.url', name: 'Base URL', defaultValue: 'https://api.library.example/v1' }],
  objects: [{ name: 'books', vendorName: 'Book' }, { name: 'Shelf' }],
  resources: [
    {
      method: 'GET',
      path: '/books',
      vendorPath: '/books',
      model: {
        name: 'books',
        swagger: {
          books: { type: 'array', items: { type: 'book' } },
          book: { properties: { title: { type: 'string', 'x-displayName': 'Title' }, place: { type: 'place' } } },
          place: { properties: { room: { type: 'integer' } } },
        },
      },
    },
  ],
  transformations: {
    'my-books': {
      vendorName: 'books',
      fields: [
        { path: 'name', vendorPath: 'title' },
        { path: 'where.room', vendorPath: 'place.room' },
      ],
    },
  },
}
const LIBRARY_OBJECTS = [
  { name: 'Shelf', vendorName: 'Shelf', type: 'vendor' },
  { name: 'books', vendorName: 'Book', type: 'ceCanonical' },
  { name: 'my-books', vendorName: 'books', type: 'vdr' },
]

async function provisionLibrary(more: object = {}, headers: Record<string, string> = {}) {
  const body = { name: 'One', element: { key: 'library' }, configuration: {}, ...more }
  return expectOk(await hub.call('POST', '/instances', { body, headers })).body
}

describe('fields of Base contacts', () => {
  test('are those of its models, with what its customers added', async () => {
    const fields = await fieldsOf('/hubs/crm/objects/contacts/metadata')
    expect(fields).toContainEqual(
      expect.objectContaining({
        path: 'customer_status',
        vendorPath: 'customer_status',
        type: 'string',
        createable: true,
        updateable: true,
        picklistValues: ['none', 'current', 'past'],
      }),
    )
    expect(fields).toContainEqual(
      expect.objectContaining({ vendorPath: 'created_at', type: 'date', vendorReadOnly: true, createable: false }),
    )
    expect(fields).toContainEqual(expect.objectContaining({ vendorPath: 'address.city', type: 'string' }))
    expect(fields.at(-1)).toMatchObject({
      vendorPath: 'custom_fields.Customer number',
      displayName: 'Customer number',
      type: 'string',
      custom: true,
    })
  })

  test('may be custom ones only, of each object its own', async () => {
    const paths = async (object: string) =>
      (await fieldsOf(`/objects/${object}/metadata?customFieldsOnly=true`)).map(({ vendorPath }) => vendorPath)
    expect(await paths('contacts')).toEqual(['custom_fields.Customer number'])
    expect(await paths('leads')).toEqual(['custom_fields.Budget', 'custom_fields.Preferred language'])
    expect(await paths('opportunities')).toEqual(['custom_fields.Contract length'])
    expect(await paths('notes')).toEqual([])
  })

  test('are said of in the metadata of the element', async () => {
    const { body } = expectOk(await hub.call('GET', '/elements/base/metadata?expand=true'))
    expect(body.discovery).toMatchObject({ customFields: true, endpointCustomFields: true })
    const customField = (name: string) =>
      body.resources.find(({ canonicalName }: { canonicalName: string }) => canonicalName === name).customField
    expect(customField('contacts')).toEqual({ get: true, create: true, update: true, delete: true })
    expect(customField('notes')).toEqual({ get: false, create: false, update: false, delete: false })
  })

  test('are not those of an unknown object', async () => {
    const { status, body } = await hub.call('GET', '/objects/unicorns/metadata', { token })
    expect([status, body.message]).toEqual([404, expect.stringContaining('"unicorns"')])
  })
})

describe('an element with a common resource of its own', () => {
  beforeAll(async () => {
    expectOk(await hub.call('POST', '/elements', { body: ELEMENT }))
  })

  test('lists and describes it', async () => {
    const { token: library } = await provisionLibrary()
    const objects = await hub.call('GET', '/objects', { token: library, headers: { 'elements-version': 'Helium' } })
    expect(expectOk(objects).body).toEqual(LIBRARY_OBJECTS)
    expect(await fieldsOf('/objects/my-books/metadata', library)).toEqual([
      expect.objectContaining({ path: 'name', vendorPath: 'title', type: 'string', displayName: 'Title' }),
      expect.objectContaining({ path: 'where.room', vendorPath: 'place.room', type: 'number' }),
    ])
    expect((await fieldsOf('/objects/BOOK/metadata', library)).map(({ path }) => path)).toEqual(['title', 'place.room'])
  })

  test('shows its objects when it is provisioned, on demand', async () => {
    expect(await provisionLibrary()).not.toHaveProperty('objects')
    const wanted = { retrieveObjectsAfterInstantiation: true }
    expect((await provisionLibrary(wanted)).objects).toEqual(LIBRARY_OBJECTS)
    expect((await provisionLibrary(wanted, { 'elements-version': 'Hydrogen' })).objects).toEqual([
      'Shelf',
      'books',
      'my-books',
    ])
  })

  test('of a disabled instance still lists them, and nothing else', async () => {
    const { id, token: library } = await provisionLibrary()
    await hub.call('DELETE', `/instances/${id}/enabled`)
    expect((await hub.call('GET', '/objects', { token: library })).status).toBe(200)
    expect((await hub.call('GET', '/objects/books/metadata', { token: library })).status).toBe(403)
  })
})

test('an instance whose vendor cannot tell is made all the same', async () => {
  const body = {
    ...ELEMENT,
    name: 'Mute',
    transformations: {},
    resources: [
      ...ELEMENT.resources,
      {
        method: 'GET',
        path: '/objects',
        hooks: [
          { type: 'preRequest', body: 'done({ continue: false })' },
          { type: 'postRequest', body: 'done({ response_status_code: 500, response_body: { message: "no" } })' },
        ],
      },
    ],
  }
  expectOk(await hub.call('POST', '/elements', { body }))
  const request = { name: 'M', element: { key: 'mute' }, configuration: {}, retrieveObjectsAfterInstantiation: true }
  const made = await hub.call('POST', '/instances', { body: request })
  expect(expectOk(made).body).not.toHaveProperty('objects')
  expect(made.headers.get('elements-error')).toMatch(/^objects: /)
})
