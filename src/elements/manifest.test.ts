import { describe, expect, test } from 'vitest'
import { orderConverters } from '../engine/placement/order-converters.ts'
import { ValenceError } from '../errors.ts'
import { expandManifest } from './expand-manifest.ts'
import { SORT_CONVERTERS } from './manifest.ts'

const SOURCE = 'catalog/base/element.yaml'

function manifest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    key: 'acme',
    id: 9001,
    name: 'Acme',
    description: 'Acme',
    hub: 'crm',
    authentication: { type: 'basic' },
    baseUrl: 'https://acme.example',
    models: { contact: { id: 'integer' } },
    resources: { '/contacts': { operations: ['list'] } },
    ...changes,
  }
}

function problemsOf(value: unknown): string[] {
  try {
    expandManifest(value, SOURCE)
  } catch (error) {
    expect(error).toBeInstanceOf(ValenceError)
    expect(error).toHaveProperty('code', 'MANIFEST_INVALID')
    return (error as ValenceError).message.split('\n')
  }
  return []
}

const contacts = (more: Record<string, unknown>) =>
  manifest({ resources: { '/contacts': { operations: ['list'], ...more } } })
const OPERATIONS = 'list, create, get, update, replace, delete'

describe('a wrong manifest names file, path and expectation', () => {
  const cases: [string, unknown, string][] = [
    [
      'an operation that does not exist',
      contacts({ operations: ['list', 'create', 'lst'] }),
      `resources./contacts.operations[2]: expected one of ${OPERATIONS}, got "lst"`,
    ],
    [
      'no operation',
      contacts({ operations: [] }),
      `resources./contacts.operations: expected at least one of ${OPERATIONS}, got []`,
    ],
    [
      'an operation twice',
      contacts({ operations: ['list', 'list'] }),
      'resources./contacts.operations[1]: expected each operation once, got "list"',
    ],
    ['a misspelt member of a resource', contacts({ vendorpath: '/x' }), 'got "vendorpath"'],
    [
      'a misspelt member at the top',
      manifest({ authentification: {} }),
      'authentification: expected one of the members key, id, ',
    ],
    ['a missing member', manifest({ name: undefined }), 'name: expected a value, got nothing'],
    ['no object at all', 'base', 'expected an object, got "base"'],
    [
      'a key in capitals',
      manifest({ key: 'Acme' }),
      'key: expected lower-case letters, digits and dashes with at least one letter, got "Acme"',
    ],
    ['a key of digits, which would be an id', manifest({ key: '201' }), 'key: expected lower-case letters'],
    ['a key that is a path word', manifest({ key: 'metadata' }), 'key: expected a key that is none of the path words'],
    ['an id as text', manifest({ id: '201' }), 'id: expected a whole number from 0, got "201"'],
    [
      'an unknown authentication type',
      manifest({ authentication: { type: 'oauth3' } }),
      'authentication.type: expected one of oauth2,',
    ],
    [
      'oauth2 without its addresses',
      manifest({ authentication: { type: 'oauth2', tokenUrl: 'https://x.example' } }),
      'authentication.authorizationUrl: expected a value, because the type is oauth2, got nothing',
    ],
    [
      'a setting of another authentication type',
      manifest({ authentication: { type: 'basic', scope: 'read' } }),
      'authentication.scope: expected only members of the type basic (none), got "scope"',
    ],
    [
      'a relative base address',
      manifest({ baseUrl: 'acme.example' }),
      'baseUrl: expected an absolute address, got "acme.example"',
    ],
    [
      'a base address with a variable that nothing fills',
      manifest({ baseUrl: 'https://{site}.example' }),
      'baseUrl: expected configuration keys as variables, because nothing fills {site}',
    ],
    [
      'a paging type that does not exist',
      manifest({ pagination: { type: 'pages', max: 1 } }),
      'pagination.type: expected one of page, offset, cursor, got "pages"',
    ],
    [
      'a field with a wrong flag',
      manifest({ models: { contact: { id: 'integer optional' } } }),
      'models.contact.id: expected the flags key, readonly, required, create-only (not "optional"), got "integer optional"',
    ],
    [
      'a wrong type in the long form',
      manifest({ models: { contact: { id: { type: '[x' } } } }),
      'models.contact.id.type: expected a type word',
    ],
    [
      'a field of an unknown model',
      manifest({ models: { contact: { address: 'adress' } } }),
      'models.contact.address: expected a type or one of the models contact, got "adress"',
    ],
    [
      'a model called like a type',
      manifest({ models: { date: { id: 'integer' } } }),
      'models.date: expected a name that is none of the types',
    ],
    [
      'an unknown model',
      contacts({ model: 'contract' }),
      'resources./contacts.model: expected one of the models contact, got "contract"',
    ],
    [
      'a vendor variable that nothing fills',
      contacts({ vendorPath: '/{site}/contacts' }),
      'because nothing fills {site}',
    ],
    [
      'a vendor path with a query before an id',
      contacts({ operations: ['get'], vendorPath: '/x?a=1' }),
      'resources./contacts.vendorPath: expected no query',
    ],
    [
      'a path below /hubs',
      manifest({ resources: { '/hubs/crm/x': { operations: ['list'] } } }),
      'resources./hubs/crm/x: expected a path that starts with / (not /hubs/)',
    ],
    [
      'an item variable that the path uses',
      manifest({ resources: { '/a/{id}/b': { operations: ['get'] } } }),
      'resources./a/{id}/b.item: expected the name of the item',
    ],
    [
      'a singleton with a list',
      contacts({ singleton: true }),
      'resources./contacts.operations: expected only get, update, replace, delete for a singleton',
    ],
    [
      'an override of an operation that is not there',
      contacts({ overrides: { get: {} } }),
      'resources./contacts.overrides.get: expected one of the operations list, got "get"',
    ],
    [
      'sorting without a name for it',
      contacts({ sort: true }),
      'resources./contacts.sort: expected pagination.sortParameter to be declared',
    ],
    [
      'a notation for an order that has no parameter',
      manifest({ pagination: { type: 'page', max: 1, sortConverter: 'toColonOrder' } }),
      'pagination.sortConverter: expected pagination.sortParameter to be declared, got "toColonOrder"',
    ],
    [
      'a notation for an order that nobody knows',
      manifest({ pagination: { type: 'page', max: 1, sortParameter: 'sort', sortConverter: 'toArrows' } }),
      'pagination.sortConverter: expected one of toColonOrder, toMinusOrder, got "toArrows"',
    ],
    [
      'a configuration key twice',
      manifest({ configuration: [{ key: 'a' }, { key: 'a' }] }),
      'configuration[1].key: expected a key that configuration[0] has not declared already, got "a"',
    ],
    [
      'a choice without options',
      manifest({ configuration: [{ key: 'a', type: 'COMBO' }] }),
      'configuration[0].options: expected at least one option',
    ],
    [
      'an extra member with a place of its own',
      manifest({ extra: { resources: [] } }),
      'extra.resources: expected only members that the manifest has no own place for',
    ],
    [
      'a raw resource without a path',
      manifest({ raw: { resources: [{ method: 'GET' }] } }),
      'raw.resources[0].path: expected a path that starts with /, got nothing',
    ],
    [
      'the same resource twice',
      manifest({ raw: { resources: [{ method: 'GET', path: '/contacts' }] } }),
      'resources: expected each method, path and type once, got "GET /hubs/crm/contacts (api)"',
    ],
  ]
  for (const [name, value, expected] of cases) {
    test(name, () => {
      const [problem, ...others] = problemsOf(value)
      expect(problem).toContain(expected)
      expect(problem?.startsWith(`${SOURCE}: `)).toBe(true)
      expect(others).toEqual([])
    })
  }

  test('all problems are told at once, more than eight too', () => {
    const operations = Array.from({ length: 12 }, (_, index) => `wrong${index}`)
    expect(problemsOf({ ...contacts({ operations }), id: -1 })).toHaveLength(13)
  })

  test('members of raw rows, overrides and extra are passed on whatever they are called', () => {
    const element = expandManifest(
      manifest({
        extra: { signupURL: 'https://acme.example/join' },
        resources: { '/contacts': { operations: ['list'], overrides: { list: { tryitoutDisable: true } } } },
        raw: { resources: [{ method: 'GET', path: '/x', modelMigrated: false }] },
      }),
      SOURCE,
    )
    expect(element.signupURL).toBe('https://acme.example/join')
    expect(element.resources).toMatchObject([{ tryitoutDisable: true }, { modelMigrated: false }])
  })
})

describe('expansion', () => {
  test('ids of rows stay the same when other rows come', () => {
    const before = expandManifest(manifest(), SOURCE)
    const after = expandManifest(
      manifest({
        resources: { '/accounts': { operations: ['list'] }, '/contacts': { operations: ['create', 'list'] } },
      }),
      SOURCE,
    )
    const same = after.resources.find((entry) => entry.method === 'GET' && entry.path === '/hubs/crm/contacts')
    expect(same).toEqual(before.resources[0])
  })

  test('a row of a standard key changes the standard row and leaves the rest of it', () => {
    const element = expandManifest(
      manifest({ configuration: [{ key: 'filter.response.nulls', default: false }] }),
      SOURCE,
    )
    expect(element.configuration.filter((row) => row.key === 'filter.response.nulls')).toEqual([
      expect.objectContaining({ type: 'BOOLEAN', defaultValue: 'false', name: 'Filter null values from the response' }),
    ])
  })

  test('event settings are in the form of an element that has events only', () => {
    const hidden = (element: ReturnType<typeof expandManifest>) =>
      element.configuration.find((row) => row.key === 'event.notification.callback.url')?.hideFromConsole
    expect(hidden(expandManifest(manifest(), SOURCE))).toBe(true)
    const polling = manifest({ configuration: [{ key: 'event.vendor.type', default: 'polling' }] })
    expect(hidden(expandManifest(polling, SOURCE))).toBe(false)
  })

  for (const [type, settings, keys] of [
    ['basic', {}, ['username', 'password']],
    [
      'oauth1',
      { requestUrl: 'https://a.example/r', authorizationUrl: 'https://a.example/a', tokenUrl: 'https://a.example/t' },
      ['oauth.api.key', 'oauth.api.secret', 'oauth.callback.url'],
    ],
    [
      'oauth2Password',
      { tokenUrl: 'https://a.example/t' },
      ['oauth.api.key', 'oauth.api.secret', 'username', 'password'],
    ],
    ['awsv4', {}, ['aws.api.key', 'aws.api.secret', 'aws.region']],
    ['apiKey', {}, []],
    ['custom', {}, []],
  ] as const) {
    test(`${type} asks for ${keys.join(', ') || 'nothing'}`, () => {
      const element = expandManifest(manifest({ authentication: { type, ...settings } }), SOURCE)
      expect(element.configuration.filter((row) => row.required).map((row) => row.key)).toEqual(keys)
    })
  }

  test('paging by the platform sends no page parameters', () => {
    const pagination = { type: 'page', max: 10, pageParameter: 'p', pageSizeParameter: 's', nextPageKey: 'body.next' }
    const element = expandManifest(
      {
        ...manifest({ pagination }),
        resources: { '/all': { operations: ['list'], paging: 'platform', where: false } },
      },
      SOURCE,
    )
    expect(element.resources[0]).toMatchObject({ paginationType: 'VENDOR_NOT_SUPPORTED', parameters: [] })
    expect(element.resources[0]).not.toHaveProperty('nextPageKey')
  })
})

describe('what a list is asked by', () => {
  const list = (entry: object, more: Record<string, unknown> = {}) => {
    const search = { operations: ['list'] }
    const resources = { '/contacts': { operations: ['list'], ...entry }, '/contacts/search': search }
    return expandManifest({ ...manifest(more), resources }, SOURCE).resources[0]
  }
  const pagination = {
    type: 'cursor',
    max: 100,
    pageSizeParameter: 'limit',
    nextPageParameter: 'after',
    hasMoreKey: 'more',
  }

  test('a converter of where, with the name of the parameter or without', () => {
    expect(list({ where: { converter: 'toWiql', parameter: 'q' } })?.parameters).toEqual([
      expect.objectContaining({ name: 'where', vendorName: 'q', converter: 'toWiql', vendorType: 'query' }),
    ])
    expect(list({ where: { converter: 'toODataFilter' } })?.parameters).toEqual([
      expect.objectContaining({ vendorName: 'converter:toODataFilter', converter: 'toODataFilter' }),
    ])
    expect(list({ where: { converter: 'toSoqlClause', parameter: '{where}' } })?.parameters).toEqual([
      expect.objectContaining({ vendorName: '{where}', converter: 'toSoqlClause', vendorType: 'no-op' }),
    ])
    expect(() => list({ where: { converter: 'toString' } })).toThrow(/where\.converter: expected one of toBazaarvoice/)
  })

  test('another resource, which shows the where here too', () => {
    expect(list({ searchResource: '/contacts/search' })).toMatchObject({
      searchResource: 'GET:/hubs/crm/contacts/search',
      parameters: [{ name: 'where', vendorType: 'no-op' }],
    })
    expect(() => list({ searchResource: '/deals' })).toThrow(/searchResource: expected the path of a resource/)
  })

  test('a list may page in its own way', () => {
    const own = { pagination: { pageParameter: 'page', nextPageParameter: '' }, nextPageKey: 'next', hasMoreKey: '' }
    const names = (entry: object) =>
      list({ where: false, ...entry }, { pagination })?.parameters?.map(({ vendorName }) => vendorName)
    expect([names({}), names(own)]).toEqual([
      ['limit', 'after'],
      ['page', 'limit'],
    ])
    expect(list({}, { pagination })).toMatchObject({ hasMoreKey: 'more' })
    expect(list(own, { pagination })).toMatchObject({ nextPageKey: 'next' })
    expect(list(own, { pagination })).not.toHaveProperty('hasMoreKey')
  })
})

test('a raw resource may name the model of its answer', () => {
  const raw = (model: string) => ({
    ...manifest({ models: { contact: { id: 'integer' } } }),
    raw: { resources: [{ method: 'GET', path: '/x', model }] },
  })
  const named = (model: string) => expandManifest(raw(model), SOURCE).resources.at(-1)?.model
  expect([named('contact')?.name, named('[contact]')?.name, named('file')?.swagger]).toEqual([
    'contact',
    'contactList',
    { content: { type: 'file' } },
  ])
  expect(() => named('deal')).toThrow(/raw\.resources\[0\]\.model: expected file, or one of the models contact/)
})

test('bodies may be forms, with what is fixed in them', () => {
  const resources = { '/contacts': { operations: ['create'], fixed: { body: { kind: 'person' } } } }
  const [created] = expandManifest({ ...manifest({ requestFormat: 'form' }), resources }, SOURCE).resources
  expect(created?.parameters).toEqual([
    expect.objectContaining({ type: 'body', vendorType: 'form', converter: 'toBrackets' }),
    expect.objectContaining({ type: 'value', name: 'person', vendorType: 'form', vendorName: 'kind' }),
  ])
})

test('definitions of custom fields are a list that documents do not show', () => {
  const customFields = {
    contacts: {
      vendorPath: '/fields',
      path: '{key}',
      only: { custom: true },
      envelope: { list: 'data' },
      fixed: { query: { of: 'contact' } },
    },
  }
  const resources = { '/contacts': { operations: ['list'] } }
  const found = expandManifest({ ...manifest({ customFields }), resources }, SOURCE).resources[1]
  expect(found).toMatchObject({
    method: 'GET',
    path: '/hubs/crm/objects/contacts/custom-fields',
    vendorPath: '/fields',
    type: 'apiNoDocumentation',
    rootKey: '|data',
    customFields: { object: 'contacts', path: '{key}', only: { custom: true } },
    parameters: [{ name: 'contact', type: 'value', vendorName: 'of' }],
  })
  expect(() => expandManifest(manifest({ customFields, resources: {} }), SOURCE)).toThrow(
    'customFields.contacts: expected the name of a resource',
  )
})

test('a manifest may name every notation of an order that the engine can write', () => {
  expect(Object.keys(orderConverters)).toEqual([...SORT_CONVERTERS])
})

test('a record above that is no part of the vendor’s path filters lists and is a member of what is created', () => {
  const resources = {
    '/contacts/{id}/notes': {
      ...{ operations: ['list', 'create', 'get'], vendorPath: '/notes', item: 'noteId' },
      parents: { id: 'person_id' },
    },
  }
  const { resources: expanded } = expandManifest({ ...manifest(), resources }, SOURCE)
  const places = expanded.map(({ method, parameters }) => [
    method,
    ...(parameters ?? []).filter(({ vendorName }) => vendorName === 'person_id').map(({ vendorType }) => vendorType),
  ])
  expect(places).toEqual([['GET', 'query'], ['POST', 'bodyField'], ['GET']])
  expect(
    problemsOf({ ...manifest(), resources: { '/a/{id}/b': { operations: ['list'], parents: { no: 'x' } } } }),
  ).toEqual([`${SOURCE}: resources./a/{id}/b.parents.no: expected a variable of the path, got "no"`])
})
