// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { beforeAll, describe, expect, test } from 'vitest'
import { formatProblems } from '../../../../test/support/check-element-format.ts'
import { convertFixture, defaultsOf, pairsOf, resourceOf } from '../../../../test/support/imports.ts'
import type { Imported } from '../convert-document.ts'

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
    expect(defaultsOf(parcels)['base.url']).toBe('https://api.parcels.example/api/v1')
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
