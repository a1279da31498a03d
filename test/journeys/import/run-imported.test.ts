import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Element } from '../../../src/model/element.ts'
import { CALLBACK, startTestHub, type TestHub } from '../../support/hub.ts'
import { importFixture } from '../../support/imports.ts'

/** A document of each kind goes all the way: converted, created, provisioned at a simulated vendor, called. */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

interface Provisioned {
  element: Element
  token: string
}

async function provisioned(fixture: string, key: string, configuration: Record<string, string>): Promise<Provisioned> {
  const form = new FormData()
  form.append('file', new Blob([importFixture(fixture) as Uint8Array<ArrayBuffer>]), fixture)
  const converted = await fetch(`${hub.api}/elements/convert?key=${key}`, {
    method: 'POST',
    headers: { authorization: hub.authorization },
    body: form,
  })
  const { status, body: element } = await hub.call('POST', '/elements', { body: await converted.json() })
  expect(status).toBe(200)
  const oauth =
    element.authentication.type === 'oauth2' ? { providerData: { code: await codeOf(key, configuration) } } : {}
  const created = await hub.call('POST', '/instances', {
    body: { name: key, element: { key }, configuration, ...oauth },
  })
  expect(created.body).toMatchObject({ valid: true })
  return { element, token: created.body.token }
}

async function codeOf(key: string, configuration: Record<string, string>): Promise<string> {
  const query = new URLSearchParams({ ...configuration, apiKey: 'id', apiSecret: 'secret', callbackUrl: CALLBACK })
  const { body } = await hub.call('GET', `/elements/${key}/oauth/url?${query}`)
  const consent = await fetch(body.oauthUrl, { redirect: 'manual' })
  return new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? ''
}

/** Method, address, body and some headers of the last request that the simulated vendor of an element got. */
async function lastVendorRequest(key: string) {
  const answer = await fetch(`${hub.hub.url}/simulator/__simulator/requests?limit=20`)
  const requests = (await answer.json()) as {
    element: string
    method: string
    url: string
    body: string
    headers: Record<string, string>
  }[]
  const last = requests.findLast(({ element }) => element === key)
  if (!last) throw new Error(`${key} got no request`)
  return last
}

const address = ({ method, url }: { method: string; url: string }) => `${method} ${decodeURIComponent(url)}`

describe('OpenAPI with a consent', () => {
  let library: Provisioned
  beforeAll(async () => {
    library = await provisioned('library-with-page-numbers.yaml', 'library', {
      'oauth.api.key': 'id',
      'oauth.api.secret': 'secret',
      'oauth.callback.url': CALLBACK,
    })
  })

  test('the doubts are not stored, everything else is', async () => {
    const { body } = await hub.call('GET', '/elements/library/export')
    expect(body).not.toHaveProperty('importDoubts')
    expect(body.resources).toHaveLength(library.element.resources.length)
    expect(body.configuration.filter(({ key }: { key: string }) => key === 'base.url')).toHaveLength(1)
  })

  test('a list comes page by page out of its envelope', async () => {
    const first = await hub.call('GET', '/hubs/general/books?pageSize=2', { token: library.token })
    expect(first.body).toHaveLength(2)
    expect(first.body[0]).toMatchObject({ title: expect.any(String) })
    const next = first.headers.get('elements-next-page-token')
    const second = await hub.call('GET', `/hubs/general/books?nextPage=${next}`, { token: library.token })
    expect(second.body).toHaveLength(2)
    expect(second.body).not.toEqual(first.body)
    expect(address(await lastVendorRequest('library'))).toBe('GET /v2/books?kind=book&per_page=2&page_number=2')
  })

  test('a body is wrapped on the way out and unwrapped on the way back', async () => {
    const answer = await hub.call('POST', '/hubs/general/books', { token: library.token, body: { title: 'Emma' } })
    expect(answer.body).toMatchObject({ title: 'Emma' })
    expect(JSON.parse((await lastVendorRequest('library')).body)).toEqual({ book: { title: 'Emma' } })
  })
})

test('Swagger with a key in a header', async () => {
  const { token } = await provisioned('parcels-swagger2.json', 'parcels', { 'x.api.key': 'k' })
  const { body } = await hub.call('GET', '/hubs/general/parcels?page=2&pageSize=3', { token })
  expect(body).toHaveLength(3)
  const { headers, ...request } = await lastVendorRequest('parcels')
  expect(address(request)).toBe('GET /api/v1/parcels?limit=3&offset=3')
  expect(headers).toHaveProperty('x-api-key')
  await hub.call('POST', '/hubs/general/parcels', { token, body: { weight: 2, to: 'a & b' } })
  expect((await lastVendorRequest('parcels')).body).toBe('weight=2&to=a+%26+b')
})

test('OpenAPI with client credentials: the token is obtained before the first call', async () => {
  const { token } = await provisioned('tickets-with-cursors.json', 'tickets', {
    host: 'tickets.simulator.test',
    'client.id': 'id',
    'client.secret': 'secret',
  })
  const first = await hub.call('GET', '/hubs/general/tickets?pageSize=2', { token })
  expect(first.body).toHaveLength(2)
  const next = first.headers.get('elements-next-page-token')
  const second = await hub.call('GET', `/hubs/general/tickets?nextPage=${next}`, { token })
  expect(second.body).toHaveLength(2)
  expect(second.body).not.toEqual(first.body)
  expect(address(await lastVendorRequest('tickets'))).toMatch(/^GET \/rest\/tickets\?.*cursor=/)
})

test('a Postman collection', async () => {
  const { token } = await provisioned('garden-collection.json', 'garden', { token: 't', apiSecret: 's' })
  const { body } = await hub.call('GET', '/hubs/general/plants?pageSize=1', { token })
  expect(body).toHaveLength(1)
  const { headers } = await lastVendorRequest('garden')
  expect(headers).toMatchObject({ 'x-store': 'berlin' })
})

test('OData 4', async () => {
  const { token } = await provisioned('bakery-odata4.xml', 'bakery', {
    serviceRoot: 'https://bakery.simulator.test/odata',
    username: 'u',
    password: 'p',
  })
  const where = encodeURIComponent("Name='Rye' and Price>2")
  const { status } = await hub.call('GET', `/hubs/general/Breads?where=${where}&pageSize=5`, { token })
  expect(status).toBe(200)
  expect(address(await lastVendorRequest('bakery'))).toBe(
    "GET /odata/Breads?$filter=Name eq 'Rye' and Price gt 2&$top=5&$skip=0",
  )
  await hub.call('GET', '/hubs/general/Shops/Berlin/7', { token })
  expect(address(await lastVendorRequest('bakery'))).toBe("GET /odata/Shops(Town='Berlin',Number=7)")
})

describe('WSDL', () => {
  let weather: Provisioned
  beforeAll(async () => {
    weather = await provisioned('weather-asmx.wsdl', 'weather', {
      'AuthHeader.Username': 'u',
      'AuthHeader.Password': 'p<',
    })
  })

  test('a read by its id', async () => {
    const { status, body } = await hub.call('GET', '/hubs/general/getStation/7', { token: weather.token })
    expect(status).toBe(200)
    expect(body).toMatchObject({ town: expect.anything() })
    const request = await lastVendorRequest('weather')
    expect(address(request)).toBe('POST /ws.asmx')
    expect(request.headers).toMatchObject({
      soapaction: '"http://weather.example/ws/GetStation"',
      'content-type': 'text/xml; charset=utf-8',
    })
    expect(request.body).toContain(
      '<GetStation xmlns="http://weather.example/ws"><stationId>7</stationId></GetStation>',
    )
  })

  test('a body becomes XML inside the envelope, credentials its header', async () => {
    const reading = { at: '2024-05-01T10:00:00Z', value: [1, 2.5], rain: 3 }
    await hub.call('POST', '/hubs/general/saveReading', { token: weather.token, body: reading })
    const { body } = await lastVendorRequest('weather')
    expect(body).toContain('<Username>u</Username>')
    expect(body).toContain(
      '<SaveReading xmlns="http://weather.example/ws"><at>2024-05-01T10:00:00Z</at><value>1</value><value>2.5</value><rain>3</rain></SaveReading>',
    )
  })
})
