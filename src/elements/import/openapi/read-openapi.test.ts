// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { beforeAll, describe, expect, test } from 'vitest'
import { formatProblems } from '../../../../test/support/check-element-format.ts'
import { convertFixture, defaultsOf, pairsOf, resourceOf } from '../../../../test/support/imports.ts'
import { convertDocument, type Imported } from '../convert-document.ts'

describe('a library with page numbers (OpenAPI 3.0, YAML)', () => {
  let library: Imported
  beforeAll(async () => {
    library = await convertFixture('library-with-page-numbers.yaml', { hub: 'Documents', key: 'library' })
  })

  test('is a well-formed element', () => {
    expect(formatProblems(library.element)).toEqual([])
  })

  test('has its name from the document, its key and hub from the caller', () => {
    expect(library.element).toMatchObject({
      name: 'Town Library',
      description: 'Books and their readers.',
      key: 'library',
      hub: 'documents',
      protocolType: 'http',
    })
  })

  test('asks for the server variable that has a choice', () => {
    expect(defaultsOf(library)).toMatchObject({ 'base.url': 'https://{branch}.library.example/v2', branch: 'main' })
    expect(library.element.parameters).toMatchObject([
      { type: 'configuration', name: 'branch', vendorType: 'path', vendorName: 'branch' },
    ])
  })

  test('prefers the consent of a user and doubts the rest', () => {
    expect(library.element.authentication).toEqual({ type: 'oauth2' })
    expect(defaultsOf(library)).toMatchObject({
      'oauth.authorization.url': 'https://login.library.example/authorize',
      'oauth.token.url': 'https://login.library.example/token',
      'oauth.scope': 'read write',
    })
    expect(library.doubts).toContainEqual({
      place: 'security',
      message: '"reader" is used; the document also offers desk',
    })
  })

  test('pages by number', () => {
    expect(defaultsOf(library)).toMatchObject({ 'pagination.type': 'page', 'pagination.max': '50' })
    expect(pairsOf(resourceOf(library, 'GET /books'))).toEqual([
      'header X-Trace → header X-Trace',
      'query page → query page_number',
      'query pageSize → query per_page',
      'query author → query author',
      'value book → query kind',
      'query where → query converter:toQueryParameters',
    ])
  })

  test('a list comes out of its envelope, with its sample and the model of what comes out', () => {
    const { rootKey, operationId, description, response, model } = resourceOf(library, 'GET /books')
    expect({ rootKey, operationId, description }).toEqual({
      rootKey: '|data',
      operationId: 'findBooks',
      description: 'Find books',
    })
    expect(JSON.parse(String(response?.['sampleData']))).toEqual({ data: [{ id: 7, title: 'Emma' }], total_count: 1 })
    expect(model?.name).toBe('BookList')
    expect(model?.swagger).toMatchObject({
      BookList: { type: 'array', items: { type: 'Book' } },
      Book: {
        type: 'object',
        required: ['title'],
        properties: {
          id: { type: 'integer', format: 'int64', readOnly: true },
          title: { type: 'string', 'x-samplevalue': 'Emma' },
          format: { enum: ['paper', 'audio'] },
          sequel: { type: 'Book' },
          lentTo: { type: 'Reader' },
        },
      },
      Reader: { properties: { name: { type: 'string' }, since: { format: 'date' }, card: { type: 'string' } } },
    })
  })

  test('a request is wrapped where the vendor wraps it', () => {
    const create = resourceOf(library, 'POST /books')
    expect(create.rootKey).toBe('book|data')
    expect(create.model).toMatchObject({ name: 'Book', requestName: 'Book' })
    expect(create.parameters).toMatchObject([
      {},
      { type: 'body', vendorType: 'body', dataType: 'Book', required: true },
    ])
  })

  test('one book is taken out of its envelope', () => {
    const get = resourceOf(library, 'GET /books/{book_id}')
    expect(get).toMatchObject({ rootKey: '|data', vendorPath: '/books/{book-id}', model: { name: 'Book' } })
    expect(pairsOf(get)).toEqual(['path book_id → path book-id !'])
  })

  test('an upload has a parameter for each part', () => {
    expect(pairsOf(resourceOf(library, 'PUT /books/{book_id}/cover.jpg'))).toEqual([
      'path book_id → path book-id !',
      'multipart file → multipart file !',
      'multipart caption → multipart caption',
      'value multipart/form-data → header Content-Type',
    ])
  })

  test('a list that the vendor does not page is paged by the platform', () => {
    expect(resourceOf(library, 'GET /readers')).toMatchObject({
      paginationType: 'VENDOR_NOT_SUPPORTED',
      model: { name: 'ReaderList' },
    })
  })

  test('doubts name what is deprecated and what has no example', () => {
    expect(library.doubts).toContainEqual({ place: 'DELETE /books/{book-id}', message: 'is deprecated' })
    expect(library.doubts).toContainEqual({
      place: 'GET /books/{book-id}, GET /readers',
      message: 'has no example of an answer',
    })
  })
})

describe('parcels (Swagger 2)', () => {
  let parcels: Imported
  beforeAll(async () => {
    parcels = await convertFixture('parcels-swagger2.json')
  })

  test('is a well-formed element', () => {
    expect(formatProblems(parcels.element)).toEqual([])
  })

  test('is called by https where both are offered, with its key in a header', () => {
    expect(defaultsOf(parcels)['base.url']).toBe('https://api.parcels.example/api')
    expect(parcels.element.authentication).toEqual({ type: 'apiKey' })
    expect(parcels.element.configuration).toContainEqual(
      expect.objectContaining({ key: 'x.api.key', type: 'PASSWORD', required: true }),
    )
    expect(pairsOf({ method: '', path: '', parameters: parcels.element.parameters })).toEqual([
      'value ${configuration.x.api.key} → header X-Api-Key',
    ])
  })

  test('leaves the version that all paths share out of the platform paths', () => {
    expect(parcels.element.resources.map(({ method, path, vendorPath }) => `${method} ${path} ${vendorPath}`)).toEqual([
      'GET /hubs/general/parcels /v1/parcels',
      'POST /hubs/general/parcels /v1/parcels',
      'PUT /hubs/general/parcels/{id} /v1/parcels/{id}',
      'PUT /hubs/general/parcels-by-number/{number} /v1/parcels/{number}',
      'GET /hubs/general/label /v1/label',
    ])
    expect(parcels.doubts).toContainEqual({
      place: 'PUT /v1/parcels/{number}',
      message: 'another operation answers the same path: this one got a name of its own',
    })
  })

  test('pages by offset', () => {
    expect(defaultsOf(parcels)).toMatchObject({ 'pagination.type': 'offset', 'pagination.max': '500' })
    expect(resourceOf(parcels, 'GET /parcels').rootKey).toBe('|parcels')
    expect(pairsOf(resourceOf(parcels, 'GET /parcels'))).toEqual([
      'query page → query offset',
      'query pageSize → query limit',
    ])
  })

  test('callers send JSON where the vendor takes a form', () => {
    expect(pairsOf(resourceOf(parcels, 'POST /parcels'))).toEqual([
      'body body → form body',
      'value application/x-www-form-urlencoded → header Content-Type',
    ])
    expect(resourceOf(parcels, 'POST /parcels').model?.requestSwagger).toMatchObject({
      parcelsPost: { properties: { weight: { type: 'number' }, to: { type: 'string' } }, required: ['weight'] },
    })
  })

  test('a file is asked for by its type', () => {
    expect(pairsOf(resourceOf(parcels, 'GET /label'))).toEqual(['value application/pdf → header Accept'])
  })
})

describe('tickets with cursors (OpenAPI 3.1)', () => {
  let tickets: Imported
  beforeAll(async () => {
    tickets = await convertFixture('tickets-with-cursors.json')
  })

  test('is a well-formed element', () => {
    expect(formatProblems(tickets.element)).toEqual([])
  })

  test('each instance names the host, because the document does not', () => {
    expect(defaultsOf(tickets)['base.url']).toBe('https://{host}/rest')
    expect(tickets.element.configuration).toContainEqual(expect.objectContaining({ key: 'host', required: true }))
    expect(tickets.doubts).toContainEqual({
      place: 'servers',
      message: '"/rest" is no complete address: each instance gives the vendor\'s host',
    })
  })

  test('client credentials become resources that obtain the token', () => {
    expect(tickets.element.authentication).toEqual({ type: 'custom' })
    const [first, next] = tickets.element.resources
    expect([first?.type, next?.type]).toEqual(['provisionAuthValidation', 'onRefresh'])
    expect(first?.vendorPath).toBe('https://id.tickets.example/token')
    expect(pairsOf(first ?? { method: '', path: '' })).toEqual([
      'value application/x-www-form-urlencoded → header Content-Type',
      'value Basic CE.b64(${configuration.client.id}:${configuration.client.secret}) → header Authorization',
      'value client_credentials → form grant_type',
      'configuration oauth.scope → form scope',
      'configuration token → bodyField access_token',
      'configuration expires_in → bodyField expires_in',
    ])
    expect(first?.parameters?.filter(({ source }) => source === 'response').map(({ name }) => name)).toEqual([
      'token',
      'expires_in',
    ])
    expect(defaultsOf(tickets)).toMatchObject({ 'oauth.scope': 'tickets', expires_in: '3600' })
  })

  test('the next cursor is found in the answer, or behind its link', () => {
    expect(resourceOf(tickets, 'GET /tickets').nextPageKey).toBe('body.meta.next_cursor')
    expect(resourceOf(tickets, 'GET /comments').nextPageKey).toBe('body._links.next?cursor')
    expect(pairsOf(resourceOf(tickets, 'GET /tickets'))).toEqual([
      'query nextPage → query cursor',
      'query pageSize → query limit',
    ])
  })

  test('a list without one is doubted', () => {
    expect(tickets.doubts).toContainEqual({
      place: 'GET /agents',
      message: 'takes the cursor "cursor", but where its answer holds the next one is not clear: set nextPageKey',
    })
  })

  test('objects with smaller pages are named', () => {
    expect(JSON.parse(defaultsOf(tickets)['pagination.max'] ?? '')).toEqual({ comments: '20', default: '100' })
    expect(resourceOf(tickets, 'GET /comments').objectName).toBe('comments')
    expect(resourceOf(tickets, 'GET /tickets').objectName).toBeUndefined()
  })
})

describe('single questions', () => {
  const convert = async (paths: unknown, more: object = {}) => {
    const document = {
      openapi: '3.0.0',
      info: { title: 'Q', version: '1' },
      servers: [{ url: 'https://q.example' }],
      paths,
      ...more,
    }
    const imported = await convertDocument(Buffer.from(JSON.stringify(document)), {})
    expect(formatProblems(imported.element)).toEqual([])
    return imported
  }
  const content = (type: string, schema: unknown) => ({ content: { [type]: { schema } } })
  const answers = (schema: unknown, type = 'application/json') => ({
    responses: { 200: { description: '', ...content(type, schema) } },
  })
  const object = (properties: object) => ({ type: 'object', properties })
  const list = { type: 'array', items: object({ id: { type: 'integer' } }) }
  const string = { type: 'string' }

  for (const [name, path, schema, rootKey] of [
    ['an array is no envelope', '/contacts', list, undefined],
    [
      'the only list among paging members',
      '/contacts',
      object({ rows: list, total: { type: 'integer' }, next: string }),
      '|rows',
    ],
    [
      'a list named like the resource',
      '/contacts',
      object({ contacts: list, account: object({ id: string }) }),
      '|contacts',
    ],
    ['a list inside data', '/contacts', object({ data: object({ items: list }), status: string }), '|data.items'],
    [
      'a contact with addresses is no list',
      '/contacts/{id}',
      object({ id: string, name: string, addresses: list }),
      undefined,
    ],
    ['a profile with emails is no list', '/me', object({ id: string, name: string, emails: list }), undefined],
    ['an object named like the resource', '/contacts/{id}', object({ contact: object({ id: string }) }), '|contact'],
    ['an object inside data', '/contacts/{id}', object({ data: object({ id: string }), success: string }), '|data'],
    [
      'a member that is one of several',
      '/contacts/{id}',
      object({ id: string, owner: object({ id: string }) }),
      undefined,
    ],
    ['a name with a dot cannot be a root', '/contacts', object({ 'a.b': list }), undefined],
  ] as const) {
    test(`root key: ${name}`, async () => {
      const parameters = path.includes('{') ? [{ name: 'id', in: 'path', required: true, schema: string }] : []
      const { element } = await convert({ [path]: { get: { parameters, ...answers(schema) } } })
      expect(element.resources[0]?.rootKey).toBe(rootKey)
    })
  }

  test('XML stands in its element, both ways', async () => {
    const schema = { ...object({ name: string }), xml: { name: 'person' } }
    const { element } = await convert({
      '/people': { post: { requestBody: content('application/xml', schema), ...answers(schema, 'application/xml') } },
    })
    expect(element.resources[0]).toMatchObject({ rootKey: 'person|person' })
    expect(pairsOf(element.resources[0] ?? { method: '', path: '' })).toEqual([
      'body body → body body',
      'value application/xml → header Content-Type',
      'value application/xml → header Accept',
    ])
  })

  test('a list in XML is a repeated element of its root', async () => {
    const schema = {
      type: 'array',
      xml: { name: 'people', wrapped: true },
      items: { ...object({ name: string }), xml: { name: 'person' } },
    }
    const { element } = await convert({ '/people': { get: answers(schema, 'text/xml') } })
    expect(element.resources[0]?.rootKey).toBe('|people')
    expect(element.resources[0]?.model?.swagger?.['people']?.properties?.['person']?.type).toBe('array')
  })

  test('variables of an address are inlined where they cannot stay', async () => {
    for (const [url, variables, expected] of [
      ['https://{h}/v1', { h: { default: 'api.q.example' } }, 'https://api.q.example/v1'],
      ['https://api.q.example{base}', { base: { default: '/v1' } }, 'https://api.q.example/v1'],
      ['{scheme}://api.q.example', { scheme: { default: 'https', enum: ['https', 'http'] } }, 'https://api.q.example'],
      ['https://{region}.q.example', { region: { default: 'eu', enum: ['eu', 'us'] } }, 'https://{region}.q.example'],
      ['https://{tenant}.q.example', {}, 'https://{tenant}.q.example'],
      [
        'https://{a}.q.{tld}/x',
        { a: {}, tld: { default: 'example', enum: ['example', 'test'] } },
        'https://{a}.q.example/x',
      ],
      [
        '{p}://{a}.q.{tld}',
        { p: { default: 'https' }, a: { default: 'x' }, tld: { default: 'example', enum: ['example', 'test'] } },
        'https://{a}.q.example',
      ],
      ['https://{h}/v1', { h: { default: 'a.example', enum: ['a.example', 'b.example'] } }, 'https://{h}/v1'],
      ['//api.q.example/', {}, 'https://api.q.example'],
    ] as const) {
      const imported = await convert({ '/a': { get: answers(list) } }, { servers: [{ url, variables }] })
      expect(defaultsOf(imported)['base.url']).toBe(expected)
    }
  })

  test('operations that a fragment or a query tells apart have names of their own', async () => {
    const { element } = await convert({
      '/#Action=ListUsers': { get: answers(list) },
      '/?method=deleteUser&format=json': { post: answers({}) },
      '/files/{id}#copy': {
        get: { parameters: [{ name: 'id', in: 'path', required: true, schema: string }], ...answers({}) },
      },
      '/files/{id}': {
        get: { parameters: [{ name: 'id', in: 'path', required: true, schema: string }], ...answers({}) },
      },
    })
    expect(element.resources.map(({ path, vendorPath }) => `${path} ${vendorPath}`)).toEqual([
      '/hubs/general/ListUsers /',
      '/hubs/general/deleteUser /?method=deleteUser&format=json',
      '/hubs/general/files/{id}/copy /files/{id}',
      '/hubs/general/files/{id} /files/{id}',
    ])
  })

  test('variables beside text become segments of their own', async () => {
    const { element } = await convert({
      '/reports/{id}.json': { get: answers({}) },
      '/tasks/{task_id}:archive': { post: answers({}) },
    })
    expect(element.resources.map(({ path, vendorPath }) => `${path} ${vendorPath}`)).toEqual([
      '/hubs/general/reports/{id} /reports/{id}.json',
      '/hubs/general/tasks/{task_id}/archive /tasks/{task_id}:archive',
    ])
  })

  for (const [name, scheme, type, parameters] of [
    [
      'bearer',
      { type: 'http', scheme: 'bearer' },
      'custom',
      ['value Bearer ${configuration.token} → header Authorization'],
    ],
    ['a key in the query', { type: 'apiKey', in: 'query', name: 'key' }, 'apiKey', ['configuration key → query key']],
    [
      'a key in a cookie',
      { type: 'apiKey', in: 'cookie', name: 'sid' },
      'apiKey',
      ['value sid=${configuration.sid} → header Cookie'],
    ],
    [
      'AWS signatures',
      { type: 'apiKey', in: 'header', name: 'Authorization', 'x-amazon-apigateway-authtype': 'awsSigv4' },
      'awsv4',
      [],
    ],
    ['mutual TLS', { type: 'mutualTLS' }, 'custom', []],
    [
      'OpenID Connect',
      { type: 'openIdConnect', openIdConnectUrl: 'https://id.example' },
      'custom',
      ['value Bearer ${configuration.token} → header Authorization'],
    ],
    ['digest is not supported', { type: 'http', scheme: 'digest' }, 'custom', []],
    [
      'an address that is the root of a host is none',
      { type: 'oauth2', flows: { authorizationCode: { authorizationUrl: '/', tokenUrl: '/', scopes: {} } } },
      'custom',
      ['value Bearer ${configuration.token} → header Authorization'],
    ],
  ] as const) {
    test(`security: ${name}`, async () => {
      const { element } = await convert(
        { '/a': { get: answers(list) } },
        { components: { securitySchemes: { s: scheme } }, security: [{ s: [] }] },
      )
      expect(element.authentication.type).toBe(type)
      expect(pairsOf({ method: '', path: '', parameters: element.parameters })).toEqual(parameters)
    })
  }

  const key = (name: string, required: boolean, place = 'header') => ({ name, in: place, required, schema: string })
  for (const [name, parameter, wanted] of [
    [
      'a key in every call is a credential',
      key('X-API-Key', true),
      ['value ${configuration.x.api.key} → header X-API-Key'],
    ],
    ['also in the query', key('api_key', true, 'query'), ['configuration api.key → query api_key']],
    [
      'an Authorization header is one',
      key('Authorization', false),
      ['value ${configuration.api.key} → header Authorization'],
    ],
    ['a key that may be missing is none', key('X-API-Key', false), []],
    ['nor is a key of something else', key('sort_keys', true, 'query'), []],
  ] as const) {
    test(`without security: ${name}`, async () => {
      const { element } = await convert({
        '/a': { get: { parameters: [parameter], ...answers(list) } },
        '/b': { get: { parameters: [parameter], ...answers(list) } },
      })
      expect(pairsOf({ method: '', path: '', parameters: element.parameters })).toEqual(wanted)
      const [first] = element.resources
      expect(first?.parameters?.some((row) => row.vendorName === parameter.name)).toBe(wanted.length === 0)
    })
  }

  test('a parameter that the credential fills is not asked of callers', async () => {
    const securitySchemes = { s: { type: 'apiKey', in: 'header', name: 'X-Key' } }
    const { element } = await convert(
      { '/a': { get: { parameters: [key('x-key', true), key('authorization', true)], ...answers({}) } } },
      { components: { securitySchemes }, security: [{ s: [] }] },
    )
    expect(element.resources[0]?.parameters).toEqual([])
  })

  test('the password grant becomes a resource that obtains the tokens', async () => {
    const flows = { password: { tokenUrl: 'https://id.example/token', scopes: { all: '' } } }
    const imported = await convert(
      { '/a': { get: answers(list) } },
      { components: { securitySchemes: { s: { type: 'oauth2', flows } } }, security: [{ s: [] }] },
    )
    expect(imported.element.authentication.type).toBe('oauth2Password')
    expect(imported.element.resources[0]).toMatchObject({
      type: 'oauth2Password',
      vendorPath: 'https://id.example/token',
    })
    expect(defaultsOf(imported)).toMatchObject({ 'oauth.token.url': 'https://id.example/token', 'oauth.scope': 'all' })
  })

  test('what an OAuth address leaves open is configuration', async () => {
    const urls = {
      tokenUrl: 'https://id.example/{tenant}/token',
      authorizationUrl: 'https://id.example/{tenant}/authorize',
    }
    const flows = { authorizationCode: { ...urls, scopes: {} } }
    const code = await convert(
      { '/a': { get: answers(list) } },
      { components: { securitySchemes: { s: { type: 'oauth2', flows } } }, security: [{ s: [] }] },
    )
    expect(code.element.configuration).toContainEqual(expect.objectContaining({ key: 'tenant', required: true }))
    const grants = { clientCredentials: { ...urls, scopes: {} } }
    const client = await convert(
      { '/a': { get: answers(list) } },
      { components: { securitySchemes: { s: { type: 'oauth2', flows: grants } } }, security: [{ s: [] }] },
    )
    expect(pairsOf(client.element.resources[0] ?? { method: '', path: '' })).toContain(
      'configuration tenant → path tenant',
    )
  })

  test('two keys that are needed together are both asked for', async () => {
    const securitySchemes = {
      app: { type: 'apiKey', in: 'header', name: 'X-App' },
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
    }
    const { element } = await convert(
      { '/a': { get: answers(list) } },
      { components: { securitySchemes }, security: [{ app: [], key: [] }] },
    )
    expect(element.configuration.filter(({ type }) => type === 'PASSWORD').map(({ key }) => key)).toEqual(
      expect.arrayContaining(['x.app', 'x.key']),
    )
  })

  test('parameters of an object are written out', async () => {
    const { element } = await convert({
      '/a': {
        get: {
          parameters: [
            { name: 'filter', in: 'query', style: 'deepObject', schema: object({ name: string, since: string }) },
          ],
          ...answers(list),
        },
      },
    })
    expect(pairsOf(element.resources[0] ?? { method: '', path: '' }).slice(0, 2)).toEqual([
      'query filter[name] → query filter[name]',
      'query filter[since] → query filter[since]',
    ])
  })
})
