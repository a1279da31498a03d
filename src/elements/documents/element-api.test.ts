import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultsOf } from '../../../test/support/check-document.ts'
import type { Element, Resource } from '../../model/element.ts'
import { complete, type Format, writeDocument } from './document-text.ts'
import { elementApi } from './element-api.ts'
import { atOnce } from './in-slices.ts'
import type { Api } from './swagger.ts'

const FRAME = { host: 'hub.example.com', basePath: '/elements/api-v2', schemes: ['https'] }

/** What was sent by JSON: anything may stand anywhere. */
function elementWith(resources: unknown[], more: object = {}): Element {
  const parts = { configuration: [], parameters: [], hooks: [], resources }
  return { id: 1, key: 'dirty', name: 'Dirty', description: '', hub: 'crm', ...parts, ...more } as unknown as Element
}

const get = (path: string, more: object = {}): Resource =>
  ({ method: 'GET', path: `/hubs/crm${path}`, type: 'api', ...more }) as Resource
const withModel = (swagger: unknown, name = 'contacts') => get('/contacts', { model: { name, swagger } })
const apiOf = (...resources: unknown[]) => atOnce(elementApi(elementWith(resources)))

async function faultsIn(api: Api): Promise<string[]> {
  const formats: Format[] = ['swagger', 'openapi31']
  const texts = formats.map((format) => complete(atOnce(writeDocument(api, format)), FRAME).toString())
  return (await Promise.all(texts.map(faultsOf))).flat()
}

const answerOf = (api: Api, path = '/contacts') => api.paths[path]?.get?.responses['200']?.schema

describe('answers', () => {
  test('an object is a reference', () => {
    const api = apiOf(withModel({ contacts: { type: 'object', properties: { id: { type: 'string' } } } }))
    expect(answerOf(api)).toEqual({ $ref: '#/definitions/contacts' })
  })

  test('the root of a list is written out, and is no definition', () => {
    const api = apiOf(
      withModel({ contacts: { type: 'array', items: { type: 'contactsObject' } }, contactsObject: { properties: {} } }),
    )
    expect(answerOf(api)).toEqual({ type: 'array', items: { $ref: '#/definitions/contactsObject' } })
    expect(api.definitions).not.toHaveProperty('contacts')
    expect(api.repairs).toEqual([])
  })

  test('without a root it is a list of the object that is named like it', () => {
    const api = apiOf(withModel({ contactsObject: { properties: {} } }))
    expect(answerOf(api)).toEqual({ type: 'array', items: { $ref: '#/definitions/contactsObject' } })
  })

  test('a schema in place of definitions is the root', () => {
    expect(answerOf(apiOf(withModel({ type: 'array', items: { type: 'string' } })))).toEqual({
      type: 'array',
      items: { type: 'string' },
    })
  })

  test('nothing is said of deletions, of answers without a model, and of models that are nowhere', () => {
    const swagger = { contacts: { type: 'object' } }
    const api = apiOf(
      { ...withModel(swagger), method: 'DELETE' },
      get('/plain'),
      get('/nowhere', { model: { name: 'nowhere' } }),
    )
    expect(api.paths['/contacts']?.delete?.responses['200']).toEqual({ description: 'OK' })
    expect(answerOf(api, '/plain')).toBeUndefined()
    expect(answerOf(api, '/nowhere')).toBeUndefined()
  })

  test('a file', () => {
    const api = apiOf(get('/pictures/{id}', { response: { contentType: 'image/png' } }))
    expect(answerOf(api, '/pictures/{id}')).toEqual({ type: 'file' })
    expect(api.paths['/pictures/{id}']?.get?.produces).toEqual(['image/png'])
  })
})

describe('parameters (spec 23 §A4)', () => {
  const row = (name: string, type: string, more: object = {}) => ({
    name,
    type,
    vendorName: name,
    vendorType: type,
    ...more,
  })
  const shown = (resource: Resource, path: string) =>
    (Object.values(apiOf(resource).paths[path] ?? {})[0]?.parameters ?? []).map(
      ({ name, in: place, type, format, schema, required }) => ({ name, place, type, format, schema, required }),
    )

  test('Authorization is the first; page becomes nextPage, which is there once', () => {
    const parameters = [
      row('page', 'query'),
      row('pageSize', 'query', { dataType: 'integer' }),
      row('nextPage', 'query'),
    ]
    expect(shown(get('/contacts', { parameters }), '/contacts')).toEqual([
      { name: 'Authorization', place: 'header', type: 'string', required: true },
      { name: 'pageSize', place: 'query', type: 'integer', format: 'int64', required: false },
      { name: 'nextPage', place: 'query', type: 'string', required: false },
    ])
  })

  test('what the caller does not send is not shown', () => {
    const parameters = [
      row('x', 'value'),
      row('y', 'configuration'),
      row('z', 'prevBody'),
      row('q', 'query', { source: 'response' }),
    ]
    expect(shown(get('/contacts', { parameters }), '/contacts')).toHaveLength(1)
  })

  test('a variable of the path is required, whatever the row says or if there is none', () => {
    const parameters = [row('id', 'multipart', { required: false })]
    expect(shown(get('/a/{id}/b/{other}', { parameters }), '/a/{id}/b/{other}').slice(1)).toEqual([
      { name: 'id', place: 'path', type: 'string', required: true },
      { name: 'other', place: 'path', type: 'string', required: true },
    ])
  })

  test('a body refers to its model; a primitive stands inline; an unknown word is any object', () => {
    const body = (dataType: string, model?: object) =>
      shown(
        { ...get('/c', { model }), method: 'POST', parameters: [row('body', 'body', { dataType })] } as Resource,
        '/c',
      ).at(-1)?.schema
    expect(body('contact', { requestSwagger: { contact: { properties: {} } } })).toEqual({
      $ref: '#/definitions/contact',
    })
    expect(body('string')).toEqual({ type: 'string' })
    expect(body('Body', { requestName: 'one', requestSwagger: { one: {} } })).toEqual({ $ref: '#/definitions/one' })
    expect(body('nowhere')).toEqual({ type: 'object' })
  })

  test('odd types', () => {
    const parameters = [
      row('a', 'query', { dataType: 'array' }),
      row('d', 'query', { dataType: 'dateTime' }),
      row('f', 'multipart', { dataType: 'File' }),
    ]
    const api = apiOf({ ...get('/c', { parameters }), method: 'POST' })
    const { parameters: seen = [], consumes } = api.paths['/c']?.post ?? {}
    expect(seen.slice(1)).toMatchObject([
      { type: 'array', items: { type: 'string' } },
      { type: 'string', format: 'date-time' },
      { in: 'formData', type: 'file' },
    ])
    expect(consumes).toEqual(['multipart/form-data'])
  })

  test('fields are offered on lists when the platform picks them', () => {
    const configuration = [{ key: 'allow.select.fields', name: '', defaultValue: 'true' }]
    const api = atOnce(elementApi(elementWith([get('/contacts'), get('/contacts/{id}')], { configuration })))
    const names = (path: string) => api.paths[path]?.get?.parameters.map(({ name }) => name)
    expect(names('/contacts')).toContain('fields')
    expect(names('/{objectName}')).toContain('fields')
    expect(names('/contacts/{id}')).not.toContain('fields')
  })
})

describe('what every element answers (spec 23 §A5)', () => {
  test('a resource of the element goes before the standard one of its shape', () => {
    const api = apiOf(get('/{objectName}/{id}', { description: 'Ours' }), get('/ping', { description: 'Our ping' }))
    expect(api.paths['/{objectName}/{id}']?.get?.summary).toBe('Ours')
    expect(Object.keys(api.paths['/{objectName}/{objectId}'] ?? {})).toEqual(['put', 'patch', 'delete'])
    expect(api.paths['/ping']?.get?.summary).toBe('Our ping')
    expect(answerOf(api, '/ping')).toEqual({ $ref: '#/definitions/Pong' })
  })

  test.each([
    [{}, []],
    [{ bulkDownloadEnabled: true }, ['/bulk/query']],
    [{ objects: [{ name: 'a', bulkUploadEnabled: true }] }, ['/bulk/{objectName}']],
    [{ objects: [{ name: 'a', hulkDownloadEnabled: true }] }, ['/bulk/download']],
    [{ bulkDownloadEnabled: true, bulkUploadEnabled: true }, ['/bulk/query', '/bulk/{objectName}']],
  ])('bulk calls of %j (spec 22 §12)', (flags, starts) => {
    const jobs = [
      '/bulk/jobs',
      '/bulk/{id}/cancel',
      '/bulk/{id}/errors',
      '/bulk/{id}/status',
      '/bulk/{id}/{objectName}',
    ]
    const shown = Object.keys(atOnce(elementApi(elementWith([], flags))).paths).filter((path) =>
      path.startsWith('/bulk'),
    )
    expect(shown).toEqual((starts.length > 0 ? [...starts, ...jobs] : []).toSorted())
  })

  test('lifecycle resources and hidden ones are nobody’s business', () => {
    const api = apiOf(get('/hidden', { type: 'apiNoDocumentation' }), get('/login', { type: 'onProvision' }))
    expect(Object.keys(api.paths).filter((path) => /hidden|login/.test(path))).toEqual([])
  })
})

describe('dirty models give valid documents', () => {
  const MESSES: readonly [string, unknown, RegExp | undefined][] = [
    [
      'definitions refer to each other in a circle',
      { contacts: { properties: { next: { type: 'contacts' } } } },
      undefined,
    ],
    ['a reference to nothing', { contacts: { properties: { a: { $ref: '#/definitions/nowhere' } } } }, /nowhere/],
    ['a type that is no type', { contacts: { properties: { a: { type: 'nowhere' } } } }, /nowhere/],
    ['an unknown type', { contacts: { properties: { a: { type: 'unknown' } } } }, undefined],
    [
      'bare names',
      { contacts: { properties: { a: { type: 'array', items: { $ref: 'item' } } } }, item: { id: 'item' } },
      undefined,
    ],
    [
      'names with odd characters',
      { contacts: { properties: { a: { type: 'a b/~{"ü"}' } } }, 'a b/~{"ü"}': {}, 'a b_~{"ü"}': {} },
      /is called/,
    ],
    [
      'names that every object has',
      JSON.parse(
        '{"contacts":{"properties":{"__proto__":{"type":"__proto__"}}},"__proto__":{"type":"object"},"constructor":{}}',
      ),
      /is called "proto"/,
    ],
    [
      'definitions that are nothing but each other',
      { contacts: 'a', a: { $ref: 'b' }, b: { type: 'contacts' }, c: 'a', alone: { type: 'alone' } },
      /refers to itself/,
    ],
    ['a property that is called $ref', { contacts: { properties: { $ref: { type: 'string' } } } }, /\$ref/],
    ['lists of lists of themselves', { contacts: { type: 'array', items: { type: 'contacts' } } }, /itself/],
    [
      'lists without items',
      { contacts: { properties: { a: { type: 'array' }, b: { type: 'array', items: [] } } } },
      /several schemas/,
    ],
    ['several types', { contacts: { properties: { a: { type: ['null', 'string'] } } } }, /several types/],
    [
      'values of the wrong kind',
      {
        contacts: {
          required: true,
          properties: { a: { type: 'string', enum: [], maxLength: 'x', pattern: '(', required: true } },
        },
      },
      /impossible/,
    ],
    ['members of JSON Schema', { contacts: { oneOf: [{ type: 'string' }], properties: {} } }, /oneOf/],
    ['numbers as texts', { contacts: { properties: { a: { type: 'integer', maximum: '12' } } } }, undefined],
    [
      'no schemas at all',
      { contacts: null, other: 'text', more: [1], nothing: { properties: { a: null } } },
      /in place of a schema/,
    ],
    ['no definitions', 'text', undefined],
  ]

  test.each(MESSES)('%s', async (_name, swagger, repair) => {
    const api = apiOf(withModel(swagger))
    expect(await faultsIn(api)).toEqual([])
    if (repair) expect(api.repairs.join('\n')).toMatch(repair)
    else expect(api.repairs).toEqual([])
  })

  test('a list that is referred to elsewhere is written out there', () => {
    const api = apiOf(
      withModel({
        contacts: { type: 'array', items: { type: 'contact' } },
        contact: { properties: { id: { type: 'string' } } },
      }),
      get('/lists', {
        model: { name: 'lists', swagger: { lists: { properties: { members: { type: 'contacts' } } } } },
      }),
    )
    expect(api.definitions['lists']?.['properties']).toEqual({
      members: { type: 'array', items: { $ref: '#/definitions/contact' } },
    })
  })

  test('resources that nobody could call', async () => {
    const odd = [
      { method: 'PURGE', path: '/hubs/crm/a', type: 'api' },
      { method: 'get', path: 'a//b/', type: 'api' },
      {
        method: 'GET',
        path: '/hubs/crm',
        type: 'api',
        model: null,
        parameters: null,
        response: null,
        description: null,
      },
      {
        method: 'POST',
        path: '/hubs/crm/c',
        type: 'api',
        parameters: [
          { name: 'x', type: 'body', dataType: 'Body' },
          { name: 'y', type: 'body' },
          { name: 'f', type: 'form' },
          { name: 'id', type: 'path' },
        ],
      },
    ]
    const api = apiOf(...odd)
    expect(await faultsIn(api)).toEqual([])
    expect(Object.keys(api.paths)).toEqual(expect.arrayContaining(['/', '/a/b', '/c']))
  })

  test('any JSON in place of models', async () => {
    const name = fc.constantFrom(
      'contacts',
      'contactsObject',
      'a',
      '#/definitions/a',
      'string',
      'array',
      'unknown',
      '',
      'x y',
    )
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small' },
        name,
        fc.jsonValue({ maxDepth: 1 }),
        fc.record(
          {
            type: fc.oneof(name, fc.array(name), fc.jsonValue({ maxDepth: 1 })),
            $ref: name,
            items: tie('schema'),
            properties: fc.dictionary(fc.oneof(name, fc.string()), tie('schema'), { maxKeys: 3 }),
            required: fc.jsonValue({ maxDepth: 1 }),
            enum: fc.jsonValue({ maxDepth: 1 }),
            allOf: fc.array(tie('schema'), { maxLength: 2 }),
            additionalProperties: tie('schema'),
            format: fc.jsonValue({ maxDepth: 1 }),
            maximum: fc.jsonValue({ maxDepth: 1 }),
            exclusiveMaximum: fc.boolean(),
            'x-samplevalue': fc.jsonValue({ maxDepth: 1 }),
          },
          { requiredKeys: [] },
        ),
      ),
    }))
    const model = fc.record({ swagger: fc.dictionary(fc.oneof(name, fc.string()), schema, { maxKeys: 4 }), name })
    await fc.assert(
      fc.asyncProperty(model, async (one) => {
        expect(await faultsIn(apiOf(get('/contacts', { model: one })))).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})
