import { validate } from '@scalar/openapi-parser'
import Type from 'typebox'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DeclaredRoute } from '../collect-routes.ts'
import { API_PREFIX } from '../dispatch.ts'
import { declaredRoutes } from '../list-routes.ts'
import { arrayOf, NOTHING, openBody, query, uncheckedBody } from './describe-route.ts'
import { toDocument } from './document.ts'

const ABOUT = { url: 'https://hub.example.com', version: '1.2.3' }
type Operation = Record<string, unknown> & { operationId: string; parameters?: unknown[]; responses: object }

const documentOf = (routes: readonly DeclaredRoute[]) => toDocument(routes, ABOUT)
const only = (route: Partial<DeclaredRoute>) => {
  const given = { method: 'GET', url: `${API_PREFIX}/instances`, operation: 'instances.list', schema: {}, ...route }
  const document = documentOf([given as DeclaredRoute])
  const [path = ''] = Object.keys(document.paths)
  return { document, path, operation: document.paths[path]?.[given.method.toLowerCase()] as Operation }
}

describe('the description of the platform', () => {
  let routes: readonly DeclaredRoute[]
  let document: ReturnType<typeof documentOf>
  let operations: [name: string, operation: Operation][]
  beforeAll(async () => {
    routes = (await declaredRoutes()).filter(({ url }) => url.startsWith(API_PREFIX))
    document = documentOf(routes)
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation as Operation,
      ]),
    )
  })

  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await validate(structuredClone(document))
    expect(errors ?? []).toEqual([])
    expect(valid).toBe(true)
    expect(document.openapi).toBe('3.1.0')
  })

  test('has every route below the prefix', () => {
    const declared = routes.map(
      ({ method, url }) =>
        `${method} ${url
          .slice(API_PREFIX.length)
          .replace(/:(\w+)/g, '{$1}')
          .replace('*', '{resource}')}`,
    )
    expect(declared.length).toBeGreaterThan(100)
    expect(operations.map(([name]) => name).toSorted()).toEqual(declared.toSorted())
  })

  test('calls each operation by a name of its own', () => {
    const ids = operations.map(([, { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/)
  })

  test('refers to nothing that it does not have', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
    expect(references.length).toBeGreaterThan(100)
    const missing = references.filter(
      (path) =>
        path.split('/').reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], document) === undefined,
    )
    expect(missing).toEqual([])
  })

  test('says of every route what it does, takes in its path and answers', () => {
    const silent = routes.flatMap(({ method, url, schema }) => {
      const described = (schema.params as { properties?: Record<string, { description?: string }> })?.properties ?? {}
      const places = [...url.replace('*', ':resource').matchAll(/:(\w+)/g)].map(([, place = '']) => place)
      const unsaid = [
        ...(schema.summary ? [] : ['summary']),
        ...(schema.response ? [] : ['response']),
        ...places.filter((place) => !described[place]?.description).map((place) => `description of ${place}`),
      ]
      return unsaid.map((what) => `${method} ${url}: ${what}`)
    })
    expect(silent, 'see docs/api-description.md, "A route describes itself"').toEqual([])
  })

  test('says of each parameter of a query what it is', () => {
    const silent = operations.flatMap(([name, { parameters = [] }]) =>
      (parameters as { name: string; in: string; description?: string }[])
        .filter((parameter) => parameter.in === 'query' && !parameter.description)
        .map((parameter) => `${name}: ${parameter.name}`),
    )
    expect(silent).toEqual([])
  })

  test('names the address of the hub', () => {
    expect(document.servers).toEqual([{ url: 'https://hub.example.com/elements/api-v2' }])
    expect(document.info).toMatchObject({ title: 'Valence', version: '1.2.3' })
  })
})

describe('a route', () => {
  test('says what it asks of a caller', () => {
    const { operation } = only({ url: `${API_PREFIX}/accounts`, operation: 'accounts.list' })
    expect(operation).toMatchObject({
      'x-valence-operation': 'accounts.list',
      'x-valence-roles': ['organizationAdmin'],
      security: [{ secrets: [] }, { bearer: [] }],
    })
    expect(Object.keys(operation.responses)).toEqual(['200', '401', '403', 'default'])
    expect(only({ operation: 'elements.create' }).operation['x-valence-privileges']).toEqual(['createElements'])
  })

  test.each([
    ['that anybody may call', { operation: 'authentication.signIn' }, []],
    ['of the catalog', { operation: 'elements.read' }, [{}, { secrets: [] }, { bearer: [] }]],
    [
      'of the instance of a token',
      { operation: 'instances.read', schema: { ofInstance: true } },
      [{ secretsAndElement: [] }],
    ],
  ] as const)('%s', (_fact, route, security) => {
    expect(only(route).operation['security']).toEqual(security)
  })

  test('with a wildcard ends in one parameter', () => {
    const { path, operation } = only({ url: `${API_PREFIX}/hubs/:hub/*`, operation: 'resources.call' })
    expect(path).toBe('/hubs/{hub}/{resource}')
    expect(operation.operationId).toBe('getHubsByHubByResource')
    expect(Object.keys(operation.responses)).toContain('404')
  })

  test('with nextPage is a list with its headers', () => {
    const querystring = query({ nextPage: Type.String({ description: 'the next' }), tags: Type.String() })
    const { operation } = only({ schema: { querystring, response: { 200: arrayOf(Type.String()) } } })
    expect(operation.parameters).toEqual([
      { name: 'nextPage', in: 'query', description: 'the next', schema: { type: 'string' } },
      { name: 'tags', in: 'query', schema: { type: 'string' } },
    ])
    expect(operation.responses).toMatchObject({
      200: {
        headers: { 'Elements-Next-Page-Token': { $ref: '#/components/headers/Elements-Next-Page-Token' } },
        content: { 'application/json': { schema: { type: 'array', items: { type: 'string' } } } },
      },
      400: { $ref: '#/components/responses/BadRequest' },
    })
  })

  test('that answers nothing has no content', () => {
    const { operation } = only({ schema: { response: { 200: NOTHING } } })
    expect(operation.responses).toMatchObject({ 200: { description: 'Done; the body is empty' } })
    expect(JSON.stringify(operation.responses)).not.toContain('content"')
  })

  test.each([
    ['checked as written', Type.Object({ a: Type.String() }), true, 'application/json'],
    ['that the room reads', openBody(Type.Object({ a: Type.String() })), true, 'application/json'],
    [
      'that may be left out',
      uncheckedBody({ 'text/csv': Type.Object({ a: Type.String() }) }, { required: false }),
      false,
      'text/csv',
    ],
  ])('a body %s', (_fact, body, required, type) => {
    const { operation } = only({ method: 'POST', schema: { body } })
    const schema = { type: 'object', required: ['a'], properties: { a: { type: 'string' } } }
    expect(operation['requestBody']).toEqual({ required, content: { [type]: { schema } } })
  })
})

describe('schemas with a title', () => {
  const Inner = Type.Object({ name: Type.String() }, { title: 'Inner' })
  const answer = (schema: Type.TSchema) => only({ schema: { response: { 200: schema } } }).document.components.schemas

  test('are written once, wherever they are', () => {
    const Outer = Type.Object(
      { one: Inner, more: Type.Array(Inner), either: Type.Union([Inner, Type.Null()]) },
      { title: 'Outer' },
    )
    expect(answer(Outer)).toMatchObject({
      Inner: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      Outer: {
        properties: {
          one: { $ref: '#/components/schemas/Inner' },
          more: { items: { $ref: '#/components/schemas/Inner' } },
          either: { anyOf: [{ $ref: '#/components/schemas/Inner' }, { type: 'null' }] },
        },
      },
    })
  })

  test('a record is additionalProperties', () => {
    expect(answer(Type.Record(Type.String(), Inner, { title: 'Table' }))['Table']).toEqual({
      type: 'object',
      additionalProperties: { $ref: '#/components/schemas/Inner' },
    })
  })

  test('two of one title are a mistake', () => {
    const Other = Type.Object({ id: Type.Integer() }, { title: 'Inner' })
    expect(() => answer(Type.Tuple([Inner, Other]))).not.toThrow()
    expect(() => answer(Type.Union([Inner, Other]))).toThrow('two different schemas have the title Inner')
  })
})
