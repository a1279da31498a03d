// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { beforeAll, describe, expect, test } from 'vitest'
import { formatProblems } from '../../../../test/support/check-element-format.ts'
import { convertFixture, defaultsOf, pairsOf, resourceOf } from '../../../../test/support/imports.ts'
import { convertDocument, type Imported } from '../convert-document.ts'

describe('a garden shop (collection 2.1)', () => {
  let garden: Imported
  beforeAll(async () => {
    garden = await convertFixture('garden-collection.json')
  })

  test('is a well-formed element', () => {
    expect(formatProblems(garden.element)).toEqual([])
  })

  test('is named and addressed as the collection says', () => {
    expect(garden.element).toMatchObject({ name: 'Garden Shop', description: 'Plants and orders.' })
    expect(defaultsOf(garden)['base.url']).toBe('https://api.garden.example/v1')
  })

  test('folders become paths, requests to the same path one resource', () => {
    expect(garden.element.resources.map(({ method, path, vendorPath }) => `${method} ${path} ${vendorPath}`)).toEqual([
      'GET /hubs/general/plants /plants',
      'GET /hubs/general/plants/{plantId} /plants/{plantId}',
      'POST /hubs/general/plants /plants',
      'POST /hubs/general/photos https://upload.garden.example/photos',
      'POST /hubs/general/orders /orders',
    ])
    expect(pairsOf(resourceOf(garden, 'GET /plants/{plantId}'))).toEqual([
      'path plantId → path plantId !',
      'query expand → query expand',
    ])
  })

  test('variables in headers of every request become configuration of the element', () => {
    expect(pairsOf({ method: '', path: '', parameters: garden.element.parameters })).toEqual([
      'value Bearer ${configuration.token} → header Authorization',
      'value ${configuration.storeId} → header X-Store',
      'value ${configuration.apiSecret} → header X-Secret',
    ])
  })

  test('a value that the collection has is a default, a secret that somebody left in it is not', () => {
    expect(defaultsOf(garden)).toMatchObject({ storeId: 'berlin' })
    expect(JSON.stringify(garden)).not.toContain('left-here-by-mistake')
  })

  test('pages by offset, and parameters that are switched off are offered too', () => {
    expect(defaultsOf(garden)['pagination.type']).toBe('offset')
    expect(pairsOf(resourceOf(garden, 'GET /plants'))).toEqual([
      'query page → query offset',
      'query pageSize → query limit',
      'query colour → query colour',
      'query where → query converter:toQueryParameters',
    ])
  })

  test('the model comes from the example of a success', () => {
    const { rootKey, model, response } = resourceOf(garden, 'GET /plants')
    expect(rootKey).toBe('|plants')
    expect(JSON.parse(String(response?.['sampleData']))).toMatchObject({ total: 1 })
    expect(model?.swagger?.['plantsList']).toMatchObject({
      type: 'array',
      items: {
        properties: {
          id: { type: 'integer' },
          name: { type: 'string', 'x-samplevalue': 'Fern' },
          planted: { format: 'date' },
          price: { type: 'number' },
          tags: { type: 'array' },
        },
      },
    })
  })

  test('a JSON body is understood with a variable in it', () => {
    const { rootKey, model } = resourceOf(garden, 'POST /plants')
    expect(rootKey).toBe('plant|')
    expect(model?.requestSwagger).toMatchObject({ plantsPost: { properties: { name: { type: 'string' }, owner: {} } } })
  })

  test('forms and uploads have their parameters', () => {
    expect(pairsOf(resourceOf(garden, 'POST /photos'))).toEqual([
      'multipart photo → multipart photo',
      'multipart title → multipart title',
      'value multipart/form-data → header Content-Type',
    ])
    expect(pairsOf(resourceOf(garden, 'POST /orders'))).toContain('body body → form body !')
  })

  test('what is left out is doubted', () => {
    expect(garden.doubts).toContainEqual({
      place: 'Look',
      message: 'has a method that callers of the platform cannot use',
    })
    expect(garden.doubts.map(({ place }) => place)).toContain('event')
  })
})

describe('collections in other shapes', () => {
  const convert = (collection: unknown) => convertDocument(Buffer.from(JSON.stringify(collection)), {})

  test('version 2.0: authentication is an object, addresses are text, and the whole may be wrapped', async () => {
    const imported = await convert({
      collection: {
        info: { name: 'Old', schema: 'https://schema.getpostman.com/json/collection/v2.0.0/' },
        auth: { type: 'apikey', apikey: { key: 'X-Key', value: '{{k}}', in: 'header' } },
        item: [{ name: 'All', request: 'https://{{region}}.old.example/things' }],
        variable: [{ key: 'region', value: 'eu' }],
      },
    })
    expect(formatProblems(imported.element)).toEqual([])
    expect(defaultsOf(imported)).toMatchObject({ 'base.url': 'https://{region}.old.example', region: 'eu' })
    expect(imported.element.authentication.type).toBe('apiKey')
    expect(imported.element.resources[0]).toMatchObject({ method: 'GET', path: '/hubs/general/things' })
  })

  test('an address that only the environment knows is asked of each instance', async () => {
    const imported = await convert({
      info: { name: 'Nowhere' },
      item: [
        {
          name: 'All',
          request: { method: 'GET', url: { raw: '{{url}}/things', host: ['{{url}}'], path: ['things'] } },
        },
      ],
    })
    expect(formatProblems(imported.element)).toEqual([])
    expect(defaultsOf(imported)['base.url']).toBe('{url}')
    expect(imported.element.configuration).toContainEqual(expect.objectContaining({ key: 'url', required: true }))
  })

  test('OAuth 2 with its addresses becomes the consent of a user', async () => {
    const imported = await convert({
      info: { name: 'Consent' },
      auth: {
        type: 'oauth2',
        oauth2: [
          { key: 'grant_type', value: 'authorization_code' },
          { key: 'authUrl', value: '{{id}}/authorize' },
          { key: 'accessTokenUrl', value: '{{id}}/token' },
          { key: 'scope', value: 'a b' },
        ],
      },
      variable: [{ key: 'id', value: 'https://id.consent.example' }],
      item: [{ name: 'All', request: 'https://api.consent.example/things' }],
    })
    expect(imported.element.authentication.type).toBe('oauth2')
    expect(defaultsOf(imported)).toMatchObject({
      'oauth.token.url': 'https://id.consent.example/token',
      'oauth.scope': 'a b',
    })
  })

  test('an Authorization header written by hand is a credential, leftovers of a browser are nothing', async () => {
    const header = [
      { key: 'Authorization', value: 'Bearer {{access_token}}' },
      { key: 'Sec-Fetch-Mode', value: 'cors' },
      { key: 'Accept', value: 'application/json, text/plain, */*' },
      { key: 'X-Version', value: '2' },
    ]
    const { element } = await convert({
      info: { name: 'By hand' },
      item: ['a', 'b'].map((name) => ({
        name,
        request: { method: 'POST', url: `https://h.example/${name}`, header, body: { mode: 'formdata', formdata: [] } },
      })),
    })
    expect(element.authentication.type).toBe('custom')
    expect(pairsOf({ method: '', path: '', parameters: element.parameters })).toEqual([
      'value Bearer ${configuration.token} → header Authorization',
      'value 2 → header X-Version',
    ])
    expect(element.resources.map(({ parameters }) => parameters)).toEqual([[], []])
  })

  test('a collection without requests is refused', async () => {
    await expect(convert({ info: { name: 'Empty' }, item: [] })).rejects.toThrow('no request with an address')
  })
})
