import { describe, expect, test } from 'vitest'
import { callOf, elementOf, NOW, resource } from '../../test/support/engine.ts'
import { compile } from '../engine/compile.ts'
import { ValenceError } from '../errors.ts'
import type { Element, Schema } from '../model/element.ts'
import type { ResourceCall } from '../model/exchange.ts'
import type { Mapping } from '../transform/mapping.ts'
import { createBuiltInResources } from './built-in-resources.ts'
import type { Instance } from './instance.ts'

const model = (properties: Record<string, Schema>, name = 'contact') => ({ name, swagger: { [name]: { properties } } })
const written = (properties: Record<string, Schema>, required: string[] = []) => ({
  requestName: 'contactPost',
  requestSwagger: { contactPost: { properties, required } },
})
const element = elementOf({
  name: 'Acme',
  objects: [{ name: 'deals', vendorName: 'Deal' }, { name: 'contacts', vendorName: 'Contact' }, { name: 'empty' }],
  models: [{ name: 'lead' }, {}],
  resources: [
    resource('GET', '/contacts', {
      model: {
        name: 'contacts',
        swagger: {
          contacts: { type: 'array', items: { type: 'contact' } },
          contact: {
            properties: {
              id: { type: 'integer', 'x-readOnly': true },
              email: { type: 'string', 'x-displayName': 'E-mail', 'x-searchable': true },
              address: { type: 'address' },
              lines: { type: 'array', items: { $ref: '#/definitions/line' } },
              tags: { type: 'array', items: { type: 'string' } },
              born: { type: 'string', format: 'date', 'x-mask': 'yyyy-MM-dd' },
            },
          },
          address: { properties: { city: { type: 'string' }, of: { type: 'contact' } } },
          line: { properties: { unit: { properties: { id: { type: 'number', format: 'double' } } } } },
        },
      },
    }),
    resource('POST', '/contacts', {
      model: {
        ...model({ id: { type: 'integer' } }),
        ...written({ email: { type: 'string' }, kind: { type: 'string', enum: ['a', 'b'] } }, ['email']),
      },
    }),
    resource('PATCH', '/contacts/{id}', { model: { ...model({}), ...written({ email: { type: 'string' } }) } }),
    resource('POST', '/tasks'),
    resource('GET', '/contacts/{id}'),
    resource('GET', '/credit-memos', { model: model({ total: { type: 'number' } }) }),
    resource('GET', '/lists/{id}/contacts', { model: model({ since: { type: 'string', format: 'date-time' } }) }),
    resource('GET', '/hidden', { type: 'onProvision' }),
    resource('GET', '/query'),
  ],
})

const NO_MAPPINGS: Mapping[] = []

interface World {
  element?: Element
  mappings?: readonly Partial<Mapping>[]
  disabled?: boolean
  /** answers of the element's own resources by path */
  vendor?: Record<string, unknown>
}

function builtIn({ element: of = element, mappings = NO_MAPPINGS, disabled = false, vendor = {} }: World = {}) {
  const asked: ResourceCall[] = []
  const resources = createBuiltInResources({
    now: () => NOW,
    mappings: {
      of: (_owner, name) => mappings.find(({ objectName }) => objectName === name) as Mapping | undefined,
      all: () => mappings as Mapping[],
    },
    async ask(_instance, call) {
      asked.push(call)
      if (vendor[call.path] instanceof Error) throw vendor[call.path]
      return { status: 200, headers: {}, body: vendor[call.path] }
    },
  })
  // only what these resources read
  const instance = { id: 1, accountId: 2, organizationId: 3, plan: compile(of), valid: true, disabled } as Instance
  return {
    asked,
    answer: async (line: string, more: Partial<ResourceCall> = {}) => resources.answer(instance, callOf(line, more)),
  }
}

const bodyOf = async (line: string, world?: World, more?: Partial<ResourceCall>) =>
  (await builtIn(world).answer(line, more))?.body
const fieldsOf = async (line: string, world?: World) =>
  ((await bodyOf(line, world)) as { fields: Record<string, unknown>[] }).fields
const pathsOf = async (line: string, world?: World) => (await fieldsOf(line, world)).map(({ vendorPath }) => vendorPath)
const HELIUM = { headers: { 'elements-version': 'Helium' } }

describe('GET /ping (spec 10 §6.2)', () => {
  test('says when, what and whether the credentials worked', async () => {
    expect(await builtIn().answer('GET /ping')).toEqual({
      status: 200,
      headers: {},
      body: { dateTime: '2024-05-01T10:00:00Z', endpoint: 'acme', valid: true },
    })
  })

  test("is the element's own where it has one, but not a resource for any object", async () => {
    const own = elementOf({ resources: [resource('GET', '/ping')] })
    const generic = elementOf({ resources: [resource('GET', '/{objectName}')] })
    expect(await builtIn({ element: own }).answer('GET /ping')).toBeUndefined()
    expect(await builtIn({ element: generic }).answer('GET /ping')).toBeDefined()
  })
})

for (const line of ['POST /ping', 'GET /ping/1', 'GET /contacts', 'GET /', 'POST /objects', 'GET /objects/contacts'])
  test(`${line} is none of them`, async () => expect(await builtIn().answer(line)).toBeUndefined())

describe('GET /objects (spec 23 §B1)', () => {
  const own = elementOf({
    objects: [{ name: 'deals' }],
    resources: [resource('GET', '/objects'), resource('GET', '/notes')],
  })

  test('names objects, models and collections at the top, each once', async () => {
    expect(await builtIn().answer('GET /objects')).toEqual({
      status: 200,
      headers: { 'elements-returned-count': '5' },
      body: ['contacts', 'credit-memos', 'deals', 'empty', 'lead'],
    })
  })

  test('names what the own resource of the element finds as well, whatever the shape', async () => {
    const found = ['Contact', 'deals', { name: 'Lead__c' }, { vendorName: 'Task' }, 7, null]
    expect(await bodyOf('GET /objects', { element: own, vendor: { '/objects': found } })).toEqual([
      'Contact',
      'Lead__c',
      'Task',
      'deals',
      'notes',
    ])
  })

  test('names common resources of the instance', async () => {
    const mappings = [
      { objectName: 'my-people', vendorName: 'contacts' },
      { objectName: 'contacts', vendorName: 'Contact' },
    ]
    expect(await bodyOf('GET /objects', { mappings }, HELIUM)).toEqual([
      { name: 'contacts', vendorName: 'Contact', type: 'vdr' },
      { name: 'credit-memos', vendorName: 'credit-memos', type: 'ceCanonical' },
      { name: 'deals', vendorName: 'deals', type: 'vendor' },
      { name: 'empty', vendorName: 'empty', type: 'vendor' },
      { name: 'lead', vendorName: 'lead', type: 'vendor' },
      { name: 'my-people', vendorName: 'contacts', type: 'vdr' },
    ])
  })

  test('says in the version Helium what each is', async () => {
    expect(await bodyOf('GET /objects', {}, HELIUM)).toContainEqual({
      name: 'contacts',
      vendorName: 'Contact',
      type: 'ceCanonical',
    })
    expect(await bodyOf('GET /objects', { element: own, vendor: { '/objects': ['Contact'] } }, HELIUM)).toContainEqual({
      name: 'Contact',
      vendorName: 'Contact',
      type: 'vendor',
    })
    expect(await bodyOf('GET /objects', {}, { headers: { 'elements-version': 'Hydrogen' } })).toContain('contacts')
  })

  test('asks no vendor for a disabled instance', async () => {
    const { asked, answer } = builtIn({ element: own, disabled: true, vendor: { '/objects': ['Contact'] } })
    expect((await answer('GET /objects'))?.body).toEqual(['deals', 'notes'])
    expect(asked).toEqual([])
  })
})

describe('GET /objects/{objectName}/metadata from models (spec 23 §B2)', () => {
  test('is the union of the models of all methods, leaf by leaf', async () => {
    expect(await fieldsOf('GET /objects/contacts/metadata')).toEqual([
      {
        path: 'id',
        vendorPath: 'id',
        type: 'number',
        vendorNativeType: 'integer',
        vendorRequired: false,
        vendorReadOnly: true,
        hidden: false,
        custom: false,
        createable: false,
        updateable: false,
        method: [
          { name: 'GET', request: false, response: true },
          { name: 'POST', request: false, response: true },
        ],
      },
      expect.objectContaining({
        vendorPath: 'email',
        displayName: 'E-mail',
        vendorDisplayName: 'E-mail',
        vendorRequired: true,
        vendorReadOnly: false,
        filterable: true,
        createable: true,
        updateable: true,
        method: [
          { name: 'GET', request: false, response: true },
          { name: 'POST', request: true, response: false },
          { name: 'PATCH', request: true, response: false },
        ],
      }),
      expect.objectContaining({ vendorPath: 'address.city', type: 'string', vendorReadOnly: true }),
      // a definition that holds itself is not opened again
      expect.objectContaining({ vendorPath: 'address.of', type: 'object' }),
      expect.objectContaining({ vendorPath: 'lines[*].unit.id', type: 'number', vendorNativeType: 'double' }),
      expect.objectContaining({ vendorPath: 'tags', type: 'array' }),
      expect.objectContaining({ vendorPath: 'born', type: 'date', vendorNativeType: 'date', mask: 'yyyy-MM-dd' }),
      expect.objectContaining({
        vendorPath: 'kind',
        createable: true,
        updateable: false,
        picklistValues: ['a', 'b'],
        restrictedPicklist: true,
      }),
    ])
  })

  for (const [name, expected] of [
    ['credit-memos', ['total']],
    ['creditMemos', ['total']],
    ['CreditMemos', ['total']],
    ['listsContacts', ['since']],
    ['empty', []],
  ] as const)
    test(`finds ${name}`, async () => expect(await pathsOf(`GET /objects/${name}/metadata`)).toEqual(expected))

  test("finds the vendor's name in any case", async () => {
    for (const name of ['Contact', 'contact', 'CONTACT']) {
      expect((await pathsOf(`GET /objects/${name}/metadata`))[1]).toBe('email')
    }
  })

  for (const name of ['nothing', 'hidden', 'query', 'constructor', '%E0%A4%A'])
    test(`${name} is no object`, async () => {
      await expect(bodyOf(`GET /objects/${name}/metadata`)).rejects.toMatchObject({
        code: 'OBJECT_NOT_FOUND',
        status: 404,
      })
    })

  test('customFieldsOnly leaves custom fields', async () => {
    const custom = elementOf({
      resources: [
        resource('GET', '/contacts', {
          model: model({ a: { type: 'string' }, b__c: { type: 'string', 'x-custom': true } }),
        }),
      ],
    })
    expect(await pathsOf('GET /objects/contacts/metadata?customFieldsOnly=true', { element: custom })).toEqual(['b__c'])
    expect(await pathsOf('GET /objects/contacts/metadata?customFieldsOnly=true')).toEqual([])
  })
})

describe('GET /objects/{objectName}/metadata from declared fields', () => {
  test('of objects', async () => {
    const declared = elementOf({
      objects: [
        {
          name: 'contacts',
          fields: [
            { name: 'id', type: 'integer', readOnly: true, displayName: 'No.' },
            { name: 'born', type: 'date', format: 'yyyy' },
            { name: '' },
          ],
        },
      ],
      resources: [resource('GET', '/contacts'), resource('POST', '/contacts')],
    })
    expect(await fieldsOf('GET /objects/contacts/metadata', { element: declared })).toEqual([
      expect.objectContaining({
        vendorPath: 'id',
        type: 'number',
        vendorNativeType: 'integer',
        displayName: 'No.',
        vendorReadOnly: true,
        createable: false,
        updateable: false,
      }),
      expect.objectContaining({ vendorPath: 'born', type: 'date', mask: 'yyyy', createable: true, updateable: false }),
    ])
  })

  test('of models, with the methods that have them', async () => {
    const modelled = elementOf({
      models: [
        {
          name: 'feed',
          fields: [
            {
              name: 'status',
              dataType: { jsonType: 'string', format: 'string' },
              fieldMethods: [
                { method: 'GET_BY_ID', direction: 'RESPONSE', populated: 'SOMETIMES' },
                { method: 'POST', direction: 'REQUEST', populated: 'SOMETIMES' },
                { method: 'PATCH', direction: 'REQUEST', populated: 'NEVER' },
              ],
              enumValues: ['on', 'off'],
            },
            { vendorName: 'at', dataType: { jsonType: 'string', format: 'date-time' }, mask: 'yyyy' },
          ],
        },
      ],
    })
    expect(await fieldsOf('GET /objects/feed/metadata', { element: modelled })).toEqual([
      expect.objectContaining({
        vendorPath: 'status',
        type: 'string',
        createable: true,
        updateable: false,
        picklistValues: ['on', 'off'],
        method: [
          { name: 'GET', request: false, response: true },
          { name: 'POST', request: true, response: false },
        ],
      }),
      expect.objectContaining({
        vendorPath: 'at',
        type: 'date',
        vendorNativeType: 'date-time',
        mask: 'yyyy',
        method: [],
      }),
    ])
  })
})

describe("an element's own metadata resource", () => {
  const own = elementOf({
    objects: [{ name: 'contacts', vendorName: 'Contact' }],
    resources: [resource('GET', '/objects/{objectName}/metadata'), resource('GET', '/{objectName}/{a}/{b}')],
  })
  const rows = [
    { vendorPath: 'Email', type: 'string', length: 80 },
    { path: 'Age', type: 'number', custom: true },
    { type: 'x' },
  ]

  test('answers, with what the caller asked it', async () => {
    const vendor = { '/objects/anything/metadata': { fields: rows } }
    const { asked, answer } = builtIn({ element: own, vendor })
    expect((await answer('GET /objects/anything/metadata?discoveryId=7'))?.body).toEqual({
      fields: [
        { path: 'Email', vendorPath: 'Email', type: 'string', length: 80 },
        { path: 'Age', vendorPath: 'Age', type: 'number', custom: true },
      ],
    })
    expect(asked[0]?.query).toEqual({ discoveryId: '7' })
  })

  test('is filtered where it did not filter itself, and loses `path` on demand', async () => {
    const world = { element: own, vendor: { '/objects/a/metadata': rows } }
    expect(await fieldsOf('GET /objects/a/metadata?customFieldsOnly=true&includePath=false', world)).toEqual([
      { vendorPath: 'Age', type: 'number', custom: true },
    ])
  })

  test('that answers no fields is said to', async () => {
    const world = { element: own, vendor: { '/objects/a/metadata': { error: 'x' } } }
    await expect(bodyOf('GET /objects/a/metadata', world)).rejects.toMatchObject({ code: 'VENDOR_REPLY_INVALID' })
  })

  test('that does not know an object leaves it to the document', async () => {
    const missing = new ValenceError('VENDOR_FAILED', 'Request failed', { status: 404 })
    const described = elementOf({
      resources: [
        resource('GET', '/objects/{objectName}/metadata'),
        resource('GET', '/notes', { model: model({ text: { type: 'string' } }) }),
      ],
    })
    const vendor = { '/objects/notes/metadata': missing, '/objects/other/metadata': missing }
    expect(await pathsOf('GET /objects/notes/metadata', { element: described, vendor })).toEqual(['text'])
    await expect(bodyOf('GET /objects/other/metadata', { element: described, vendor })).rejects.toBe(missing)
    const down = { '/objects/notes/metadata': new ValenceError('VENDOR_UNREACHABLE', 'down') }
    await expect(bodyOf('GET /objects/notes/metadata', { element: described, vendor: down })).rejects.toThrow('down')
  })

  test('is no resource for children of any object', async () => {
    const generic = elementOf({ resources: [resource('GET', '/{objectName}/{objectId}/{childObjectName}')] })
    await expect(bodyOf('GET /objects/a/metadata', { element: generic })).rejects.toMatchObject({ status: 404 })
  })
})

describe('metadata of a common resource', () => {
  const field = (path: string, vendorPath: string, type = 'string') => ({ path, vendorPath, type })
  const people = {
    objectName: 'people',
    vendorName: 'contacts',
    fields: [
      field('mail', 'email'),
      field('home.town', 'address.city'),
      field('units', 'lines[*].unit.id'),
      field('x', 'y'),
    ],
  }

  test('is exactly what is mapped, with the attributes of the vendor', async () => {
    expect(await fieldsOf('GET /objects/people/metadata', { mappings: [people] })).toEqual([
      expect.objectContaining({ path: 'mail', vendorPath: 'email', vendorRequired: true, displayName: 'E-mail' }),
      expect.objectContaining({ path: 'home.town', vendorPath: 'address.city', type: 'string', createable: false }),
      expect.objectContaining({ path: 'units', vendorPath: 'lines[*].unit.id', type: 'number' }),
      { path: 'x', vendorPath: 'y', type: 'string' },
    ])
  })

  test('comes before a resource of the same name', async () => {
    const mappings = [{ ...people, objectName: 'contacts' }]
    expect((await fieldsOf('GET /objects/contacts/metadata', { mappings })).map(({ path }) => path)).toEqual([
      'mail',
      'home.town',
      'units',
      'x',
    ])
  })

  test('of an object that nobody describes is what is mapped', async () => {
    const mappings = [{ ...people, vendorName: 'Unheard__c' }]
    expect((await fieldsOf('GET /objects/people/metadata', { mappings }))[0]).toEqual(field('mail', 'email'))
  })
})

describe('custom fields that the vendor tells', () => {
  const declaration = {
    object: 'contacts',
    path: 'custom_fields.{name}',
    type: 'kind',
    types: { geo: 'object' },
    displayName: 'label',
    choices: 'options.list',
    choice: 'value',
    required: 'must',
    readOnly: 'computed',
    only: { custom: true },
  }
  const withCustom = elementOf({
    resources: [
      ...element.resources,
      resource('GET', '/objects/contacts/custom-fields', { type: 'apiNoDocumentation', customFields: declaration }),
    ],
    objects: [{ name: 'contacts', vendorName: 'Contact' }],
  })
  const rows = [
    {
      name: 'level',
      kind: 'list',
      label: 'Level',
      custom: true,
      options: { list: [{ value: 'a' }, { value: 'b' }, {}] },
    },
    { name: 'place', kind: 'geo', custom: true, must: true },
    { name: 'sum', kind: 'Number', custom: true, computed: true },
    { name: 'email', kind: 'string', custom: false },
    { kind: 'string', custom: true },
    'none',
  ]
  const world = { element: withCustom, vendor: { '/objects/contacts/custom-fields': rows } }

  test('stand behind those of the models', async () => {
    const fields = await fieldsOf('GET /objects/Contact/metadata', world)
    expect(fields.length).toBe(11)
    expect(fields.slice(8)).toEqual([
      {
        path: 'custom_fields.level',
        vendorPath: 'custom_fields.level',
        displayName: 'Level',
        vendorDisplayName: 'Level',
        type: 'array',
        vendorNativeType: 'list',
        vendorRequired: false,
        vendorReadOnly: false,
        hidden: false,
        custom: true,
        createable: true,
        updateable: true,
        picklistValues: ['a', 'b'],
        restrictedPicklist: true,
        method: [
          { name: 'GET', request: false, response: true },
          { name: 'POST', request: true, response: true },
          { name: 'PATCH', request: true, response: true },
        ],
      },
      expect.objectContaining({ vendorPath: 'custom_fields.place', type: 'object', vendorRequired: true }),
      expect.objectContaining({
        vendorPath: 'custom_fields.sum',
        type: 'number',
        vendorReadOnly: true,
        createable: false,
        method: [{ name: 'GET', request: false, response: true }],
      }),
    ])
  })

  test('are the only ones on demand, and are asked for that object alone', async () => {
    expect(await pathsOf('GET /objects/contacts/metadata?customFieldsOnly=true', world)).toEqual([
      'custom_fields.level',
      'custom_fields.place',
      'custom_fields.sum',
    ])
    const { asked, answer } = builtIn(world)
    await answer('GET /objects/credit-memos/metadata')
    expect(asked).toEqual([])
  })

  test('reach a common resource that maps them', async () => {
    const mappings = [
      {
        objectName: 'people',
        vendorName: 'contacts',
        fields: [{ path: 'rank', vendorPath: 'custom_fields.level', type: 'string' }],
      },
    ]
    expect(await fieldsOf('GET /objects/people/metadata', { ...world, mappings })).toEqual([
      expect.objectContaining({ path: 'rank', vendorPath: 'custom_fields.level', custom: true, type: 'array' }),
    ])
  })
})
