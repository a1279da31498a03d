import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXPOSED_HEADERS, expectError, expectOk } from '../support/expect-answer.ts'
import { ADMIN, type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { type RawRequest, sendBytes, sendRaw } from '../support/raw-request.ts'

/**
 * What holds for every endpoint of the platform, row by row (spec 00, 01 §1): which reads there are, how lists have
 * pages, which bodies are none, what an error looks like wherever it comes from. Single rules are in
 * platform.test.ts, instances.test.ts and hub-call.test.ts as well; here they meet every route.
 */
let hub: TestHub
let instance: { id: number; token: string }
let own: { id: number; key: string }
let bearer: string
/** an account beside the administrator's, and somebody in it */
let account: { id: number }
let person: { id: number }
let organizationId: number

const ORIGIN = 'https://app.example.com'
const PREFIX = '/elements/api-v2'
const JSON_BODY = { 'content-type': 'application/json' }
const OWN_ELEMENT = {
  name: 'Almanac',
  description: 'Days and their events.',
  hub: 'general',
  authentication: { type: 'custom' },
  configuration: [{ key: 'base.url', name: 'Base URL', defaultValue: 'https://api.almanac.example/v1' }],
  resources: [
    { method: 'GET', path: '/days', vendorMethod: 'GET', vendorPath: '/days', type: 'api' },
    { method: 'GET', path: '/days/{id}', vendorMethod: 'GET', vendorPath: '/days/{id}', type: 'api' },
    { method: 'POST', path: '/days', vendorMethod: 'POST', vendorPath: '/days', type: 'api' },
  ],
  parameters: [
    { name: 'zone', vendorName: 'tz', type: 'query', vendorType: 'query', source: 'request', dataType: 'string' },
    { name: 'year', vendorName: 'year', type: 'query', vendorType: 'query', source: 'request', dataType: 'string' },
  ],
  hooks: [{ type: 'preRequest', body: 'done({ continue: true })', mimeType: 'application/javascript' }],
}

beforeAll(async () => {
  hub = await startTestHub()
  own = expectOk(await hub.call('POST', '/elements', { body: OWN_ELEMENT })).body
  const made = [
    await hub.provisionBase({ name: 'One', tags: ['eu', 'prod'] }),
    await hub.provisionBase({ name: 'Two', tags: ['eu'] }),
    await hub.provisionBase({ name: 'Three', tags: ['us'] }),
  ]
  instance = made[0] as typeof instance
  const login = { username: ADMIN.email, password: ADMIN.password }
  const me = expectOk(await hub.call('POST', '/authentication', { authorization: null, body: login })).body
  bearer = me.token
  organizationId = me.organizationId
  account = await makeAccount()
  person = await makeUser()
  await makeUser()
  await make('/organizations/users', anybody())
})
afterAll(() => hub.close())

const get = (path: string) => hub.call('GET', path)
const signed = (request: RawRequest) =>
  sendRaw(hub, {
    ...request,
    path: PREFIX + request.path,
    headers: { authorization: hub.authorization, ...request.headers },
  })
const fill = (path: string) => {
  const ids = {
    instance: instance.id,
    own: own.id,
    account: account.id,
    person: person.id,
    organization: organizationId,
  }
  return path.replace(/\{(\w+)\}/g, (_all, name: keyof typeof ids) => String(ids[name]))
}
const withQuery = (path: string, query: string) => `${path}${path.includes('?') ? '&' : '?'}${query}`

/** Reads that anybody may do who is let into the catalog (spec 00 §2.2). */
const CATALOG = [
  '/elements/base',
  '/elements/base/metadata',
  '/elements/base/authentication-types',
  '/elements/base/oauth/url?apiKey=a&apiSecret=b&callbackUrl=https://app.example.com',
  '/hubs/crm',
]
/** Lists of the catalog, with a way to make them long enough for pages. */
const CATALOG_LISTS = [
  '/elements',
  '/elements/keys',
  '/hubs',
  '/hubs/keys',
  '/hubs/crm/elements',
  '/elements/base/configuration',
  '/elements/base/resources',
]
/** Lists of somebody who is signed in. */
const OWN_LISTS = [
  '/instances',
  '/elements/base/instances',
  '/elements/{own}/resources',
  '/elements/{own}/parameters',
  '/elements/{own}/hooks',
  '/accounts',
  '/accounts/{account}/users',
  '/organizations/{organization}/accounts',
  '/organizations/users',
  '/users',
]
const OWN_READS = [
  '/instances/{instance}',
  '/instances/{instance}/configuration',
  '/instances/count',
  '/elements/{own}',
  '/elements/{own}/export',
  '/elements/{own}/accounts',
  '/elements/oauthProxies',
  '/catalog-properties',
  '/authentication/secrets',
  '/organizations/me',
  '/organizations/roles',
  '/organizations/password-policies',
  '/organizations/{organization}/accounts/{account}',
  '/accounts/{account}',
  '/accounts/{account}/roles',
  '/accounts/{account}/users/{person}',
  '/accounts/settings',
  '/users/{person}',
  '/users/{person}/roles',
]
const LISTS = [...CATALOG_LISTS, ...OWN_LISTS]
const READS = [...CATALOG, ...LISTS, ...OWN_READS]

describe('every read', () => {
  for (const path of READS) {
    test(`${path} is found by a slash too many, by Bearer, with headers and parameters it does not know`, async () => {
      const expected = expectOk(await get(fill(path))).body
      const [place = '', query = ''] = fill(path).split('?')
      const same: [string, Answer][] = [
        ['slash', await get(`${place}/${query && `?${query}`}`)],
        ['bearer', await hub.call('GET', fill(path), { authorization: `Bearer ${bearer}` })],
        ['unknown parameters', await get(withQuery(fill(path), 'unknown=1&alsoUnknown[]=2'))],
        ['empty parameters', await get(withQuery(fill(path), 'pageSize=&page=&nextPage=&searchText=&where=&hydrate='))],
        ['a type without a body', await hub.call('GET', fill(path), { headers: JSON_BODY })],
        ['no representation asked for', await hub.call('GET', fill(path), { headers: { accept: 'text/html' } })],
        ['a strange client', await hub.call('GET', fill(path), { headers: { 'user-agent': '<script>;DROP--"' } })],
      ]
      for (const [name, answer] of same) expect(expectOk(answer).body, name).toEqual(expected)
    })

    test(`${path} has neither warning nor cookie, and what has no value is left out`, async () => {
      const { headers, body } = expectOk(await get(fill(path)))
      for (const absent of ['elements-error', 'set-cookie', 'x-powered-by', 'access-control-expose-headers'])
        expect(headers.has(absent), absent).toBe(false)
      expect(nullsIn(body)).toEqual([])
      if (!Array.isArray(body)) expect(body, 'one client takes it for an error (§5)').not.toHaveProperty('message')
      for (const [place, date] of datesIn(body)) expect(date, place).toMatch(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$/)
    })
  }

  for (const path of [...OWN_LISTS, ...OWN_READS]) {
    test(`${path} is nothing for strangers`, async () => {
      // a private element need not even be there for them
      const refused = path.startsWith('/elements/{own}') ? [401, 404] : [401]
      expectError(await hub.call('GET', fill(path), { authorization: null }), ...refused)
      expectError(await hub.call('GET', fill(path), { authorization: 'Bearer nobody' }), 401)
    })
  }
})

/** Of instances, by null, that a value is not set (10 §4.1, §4.4); of audit records, what a thing was like, whole. */
const NULLABLE = new Set(['configuration', 'propertyValue', 'before', 'after'])

/** Places of other members that are null. */
function nullsIn(value: unknown, place = ''): string[] {
  if (value === null) return [place]
  if (typeof value !== 'object') return []
  return Object.entries(value)
    .filter(([name]) => !NULLABLE.has(name))
    .flatMap(([name, member]) => nullsIn(member, `${place}/${name}`))
}

function datesIn(value: unknown, place = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    /^(created|updated)Date$/.test(name) && typeof member === 'string'
      ? [[`${place}/${name}`, member] as [string, string]]
      : datesIn(member, `${place}/${name}`),
  )
}

const tokenOf = ({ headers }: Answer) => headers.get('elements-next-page-token') ?? ''

describe('every list (§8)', () => {
  const firstPage = async (path: string) => {
    const first = expectOk(await get(withQuery(path, 'pageSize=1')))
    return { first, token: tokenOf(first) }
  }

  for (const path of LISTS) {
    test(`${path} says how many there are, and can be walked to its end`, async () => {
      const whole = expectOk(await get(fill(path)))
      expect(whole.body.length, 'a list that says something').toBeGreaterThan(0)
      expect(whole.headers.get('elements-returned-count')).toBe(String(whole.body.length))
      expect(whole.headers.get('elements-total-count')).toBe(String(whole.body.length))
      expect(tokenOf(whole)).toBe('')

      const pageSize = Math.max(1, Math.ceil(whole.body.length / 3))
      const walked: unknown[] = []
      let query = `pageSize=${pageSize}`
      while (query !== '') {
        const page = expectOk(await get(withQuery(fill(path), query)))
        expect(page.headers.get('elements-returned-count')).toBe(String(page.body.length))
        expect(page.headers.get('elements-total-count')).toBe(String(whole.body.length))
        walked.push(...page.body)
        expect(walked.length).toBeLessThanOrEqual(whole.body.length)
        query = tokenOf(page) && `nextPage=${encodeURIComponent(tokenOf(page))}`
      }
      expect(walked).toEqual(whole.body)
    })

    test(`${path}: a page of more than 5000 is one of 5000, and a warning`, async () => {
      const answer = expectOk(await get(withQuery(fill(path), 'pageSize=1000000')))
      expect(answer.headers.get('elements-error')).toContain('5000')
      expect(answer.body).toEqual((await get(withQuery(fill(path), 'pageSize=5000'))).body)
    })

    for (const pageSize of ['0', '-1', 'ten', '1.5', '1e2', '0x10', '%201']) {
      test(`${path}: pageSize=${pageSize} is named`, async () => {
        const { body } = expectError(await get(withQuery(fill(path), `pageSize=${pageSize}`)), 400)
        expect(body.message).toContain('pageSize')
      })
    }
  }

  const PAGED = ['/elements/base/configuration', '/hubs', '/instances', '/elements/{own}/resources']
  for (const path of PAGED) {
    test(`${path}: a token is not one when a letter of it is changed, cut off or added`, async () => {
      const { token } = await firstPage(fill(path))
      const places = [0, 5, Math.floor(token.length / 2), token.length - 20, token.length - 2]
      const changed = places.map((at) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1))
      for (const text of [
        ...changed,
        token.slice(1),
        token.slice(0, -3),
        `${token}A`,
        `${token}~`,
        token.toLowerCase(),
      ])
        expectError(await get(withQuery(fill(path), `nextPage=${encodeURIComponent(text)}`)), 400)
    })

    test(`${path}: a token of another list is none of this one`, async () => {
      for (const other of PAGED.filter((one) => one !== path)) {
        const { token } = await firstPage(fill(other))
        const { body } = expectError(await get(withQuery(fill(path), `nextPage=${encodeURIComponent(token)}`)), 400)
        expect(body.message).toContain('nextPage')
      }
    })
  }

  test('a token shows neither secrets nor what other accounts have, and is safe in an address', async () => {
    for (const path of PAGED) {
      const { token } = await firstPage(fill(path))
      expect(token).toMatch(/^[A-Za-z0-9._~-]+$/)
      const readable = token + Buffer.from(token, 'base64url').toString('latin1')
      for (const secret of [ADMIN.email, instance.token, bearer]) expect(readable).not.toContain(secret)
    }
  })
})

describe('lists that grow while they are read (§8)', () => {
  for (const path of ['/usage', '/audit-logs', '/audit-logs/element-instances']) {
    test(`${path} keeps to the same rules`, async () => {
      const first = expectOk(await get(`${path}/?pageSize=1&unknown=1&from=&to=&nextPage=`))
      expect(first.body).toHaveLength(1)
      expect(first.headers.get('elements-returned-count')).toBe('1')
      expect(Number(first.headers.get('elements-total-count'))).toBeGreaterThan(1)
      expect(nullsIn(first.body)).toEqual([])
      const token = tokenOf(first)
      const second = expectOk(await get(`${path}?nextPage=${encodeURIComponent(token)}`))
      expect(second.body).toHaveLength(1)
      expect(second.body).not.toEqual(first.body)
      for (const text of [`${token}~`, token.slice(1), `x${token.slice(1)}`])
        expectError(await get(`${path}?nextPage=${encodeURIComponent(text)}`), 400)
      expect(expectOk(await get(`${path}?pageSize=9999`)).headers.get('elements-error')).toContain('5000')
      expect(expectError(await get(`${path}?pageSize=-1`), 400).body.message).toContain('pageSize')
      expectOk(await hub.call('GET', path, { authorization: `Bearer ${bearer}` }))
      expectError(await hub.call('GET', path, { authorization: null }), 401)
      expect(expectError(await hub.call('DELETE', path), 405).headers.get('allow')).toBe('GET')
    })
  }
})

describe('arrays in a query (§9)', () => {
  const names = async (query: string) =>
    expectOk(await get(`/instances?${query}`))
      .body.map(({ name }: { name: string }) => name)
      .sort()

  for (const [query, expected] of [
    ['elementKeys[]=nothere&elementKeys[]=base', ['One', 'Three', 'Two']],
    ['elementKeys%5B%5D=%20nothere%20%2C%20base%20', ['One', 'Three', 'Two']],
    ['elementKeys=nothere,base', ['One', 'Three', 'Two']],
    ['elementKeys[]=,base,,', ['One', 'Three', 'Two']],
    ['tags=eu,prod', ['One']],
    ['tags[]=eu&tags=prod', ['One']],
    ['tags[]=,&elementKeys=,', ['One', 'Three', 'Two']],
  ] as const) {
    test(`${query}`, async () => expect(await names(query)).toEqual(expected))
  }
})

describe('booleans in a query, in any letters (§9)', () => {
  for (const value of ['true', 'TRUE', 'True']) {
    test(`abridged=${value}`, async () => {
      for (const row of expectOk(await get(`/elements?abridged=${value}`)).body)
        expect(row).not.toHaveProperty('resources')
    })
  }
  for (const value of ['false', 'FALSE', 'False']) {
    test(`hydrate=${value}`, async () => {
      for (const row of expectOk(await get(`/instances?hydrate=${value}`)).body)
        expect(row).not.toHaveProperty('configuration')
    })
  }
})

describe('ids that nothing has (§1)', () => {
  const ABSURD = [
    '-1',
    '0',
    '2147483648',
    '99999999999999999999999',
    '1.5',
    '1e3',
    'NaN',
    'null',
    '%2E%2E',
    '%27--',
    '💥',
  ]
  const places: [method: string, path: (id: string) => string][] = [
    ...['', '/configuration', '/resources', '/hooks', '/models', '/export', '/metadata', '/instances', '/accounts'].map(
      (below) => ['GET', (id: string) => `/elements/${id}${below}`] as [string, (id: string) => string],
    ),
    ['GET', (id) => `/elements/${id}/oauth/url?apiKey=a&apiSecret=b&callbackUrl=https://app.example.com`],
    ['GET', (id) => `/elements/base/instances/${id}`],
    ['GET', (id) => `/elements/base/trace/${id}`],
    ['GET', (id) => `/elements/{own}/resources/${id}`],
    ['GET', (id) => `/elements/{own}/resources/${id}/hooks`],
    ['GET', (id) => `/elements/{own}/hooks/${id}`],
    ['GET', (id) => `/hubs/${id}`],
    ['GET', (id) => `/oauthproxy/${id}?state=nothere&code=x`],
    ['GET', (id) => `/instances/{instance}/configuration/${id}`],
    ['PUT', (id) => `/elements/${id}`],
    ['PUT', (id) => `/elements/${id}/active`],
    ['POST', (id) => `/elements/${id}/clone`],
    ['PUT', (id) => `/elements/{own}/hooks/${id}`],
    ['DELETE', (id) => `/elements/${id}`],
    ['DELETE', (id) => `/elements/${id}/instances/${id}`],
    ['DELETE', (id) => `/elements/{own}/resources/${id}`],
    ['DELETE', (id) => `/elements/{own}/parameters/${id}`],
    ['DELETE', (id) => `/elements/oauthProxies/${id}`],
    ['DELETE', (id) => `/hubs/${id}`],
  ]

  for (const [method, path] of places) {
    test(`${method} ${path('{id}')}: 404, and not the text of an empty list`, async () => {
      for (const id of ABSURD) {
        const body = method === 'PUT' ? { headers: JSON_BODY, body: '{"type":"preRequest"}' } : {}
        const answer = expectError(await signed({ method, path: encodeURI(fill(path(id))), ...body }), 404)
        expect(answer.body.message).not.toMatch(/^No (.*) found$/)
      }
    })
  }

  test('a key may be percent-encoded, once', async () => {
    expect(expectOk(await get('/elements/b%61se')).body.id).toBe(201)
    expect(expectOk(await get('/hubs/%63rm')).body.key).toBe('crm')
    expectError(await get('/elements/b%2561se'), 404)
  })
})

/** Routes whose writes need no body, each with something of its own to act on. */
const WITHOUT_BODY: [method: string, path: string, make: () => Promise<string>][] = [
  ['PUT', '/instances/{id}/enabled', async () => `/instances/${(await hub.provisionBase()).id}/enabled`],
  ['DELETE', '/instances/{id}/enabled', async () => `/instances/${(await hub.provisionBase()).id}/enabled`],
  ['PUT', '/instances/{id}/trace-logging', async () => `/instances/${(await hub.provisionBase()).id}/trace-logging`],
  ['DELETE', '/instances/{id}', async () => `/instances/${(await hub.provisionBase()).id}`],
  ['PUT', '/elements/{id}/active', async () => `/elements/${own.id}/active`],
  ['POST', '/elements/{id}/clone', async () => `/elements/${(await makeElement()).id}/clone`],
  ['DELETE', '/elements/{id}', async () => `/elements/${(await makeElement()).id}`],
  [
    'DELETE',
    '/hubs/{key}',
    async () => `/hubs/${(await make('/hubs', { name: `Hub ${next()}`, key: `hub${next()}` })).key}`,
  ],
  [
    'DELETE',
    '/elements/oauthProxies/{id}',
    async () => `/elements/oauthProxies/${(await make('/elements/oauthProxies', { name: `Proxy ${next()}` })).id}`,
  ],
  ['PUT', '/users/{id}/roles/admin', async () => `/users/${(await makeUser()).id}/roles/admin`],
  ['PUT', '/users/{id}/secret', async () => `/users/${(await makeUser()).id}/secret`],
  ['DELETE', '/users/{id}', async () => `/users/${(await makeUser()).id}`],
  ['PUT', '/accounts/{id}/roles/admin', async () => `/accounts/${(await makeAccount()).id}/roles/admin`],
  ['DELETE', '/accounts/{id}', async () => `/accounts/${(await makeAccount()).id}`],
  ['PUT', '/organizations/roles/reset', async () => '/organizations/roles/reset'],
]
let counter = 0
const next = () => ++counter
const make = async (path: string, body: unknown) => expectOk(await hub.call('POST', path, { body })).body
const anybody = () => ({ firstName: 'Some', lastName: 'Body', email: `somebody-${next()}@example.com` })
const makeUser = () => make(`/accounts/${account.id}/users`, anybody())
const makeAccount = () => make('/accounts', { externalId: `account-${next()}` })
const makeElement = () => make('/elements', { ...OWN_ELEMENT, name: `Almanac ${next()}` })

describe('bodies that are none (01 §1)', () => {
  for (const [method, path, place] of WITHOUT_BODY) {
    test(`${method} ${path} takes null, nothing, an empty object, and blanks for no body`, async () => {
      for (const [headers, body] of [
        [JSON_BODY, 'null'],
        [JSON_BODY, ''],
        [JSON_BODY, '{}'],
        [JSON_BODY, ' \r\n'],
        [{}, 'null'],
        [{ 'content-type': 'text/plain' }, ''],
        [{}, undefined],
      ] as const) {
        const request = {
          method,
          path: await place(),
          headers: { ...headers },
          ...(body === undefined ? {} : { body }),
        }
        expectOk(await signed(request))
      }
    })

    test(`${method} ${path}/ is the same call`, async () => {
      expectOk(await signed({ method, path: `${await place()}/` }))
    })
  }

  test('a resource of a vendor is deleted with null as well', async () => {
    const token = instance.token
    const { body } = expectOk(await hub.call('POST', '/hubs/crm/contacts', { token, body: { last_name: 'Gone' } }))
    const authorization = `${hub.authorization}, Element ${token}`
    const path = `/hubs/crm/contacts/${body.id}`
    expectOk(await signed({ method: 'DELETE', path, headers: { authorization, ...JSON_BODY }, body: 'null' }))
    expectError(await withoutProviderMessage(hub.call('GET', path, { token })), 404)
  })
})

async function withoutProviderMessage(answer: Promise<Answer>): Promise<Answer> {
  const { body, ...rest } = await answer
  const { providerMessage, ...own } = body
  expect(providerMessage).toEqual(expect.any(String))
  return { ...rest, body: own }
}

describe('bodies without a type, and types in other letters (§3)', () => {
  const login = JSON.stringify({ username: ADMIN.email, password: ADMIN.password })
  for (const type of [
    undefined,
    'application/json;charset=UTF-8',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json ; charset="utf-8"',
  ]) {
    test(`${type ?? 'none'}: JSON`, async () => {
      const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type }
      expectOk(await signed({ method: 'POST', path: '/authentication/', headers, body: login }))
      const path = `/instances/${instance.id}`
      const renamed = await signed({ method: 'PATCH', path: `${path}/`, headers, body: '{"name":"One"}' })
      expect(expectOk(renamed).body.name).toBe('One')
    })
  }
})

const USER_MEMBERS = /(?=.*email)(?=.*firstName)(?=.*lastName)/
/** Routes that need a JSON object, and what they miss in an empty one. */
const WRITES: [method: string, path: string, missing: RegExp | undefined][] = [
  ['POST', '/authentication', /username.*password/],
  ['POST', '/authentication/passwords', /password/],
  ['POST', '/instances', /name|element/],
  ['POST', '/elements/base/instances', /name|oauth\.api\.key/],
  ['PUT', '/instances/{instance}', undefined],
  ['PATCH', '/instances/{instance}', undefined],
  ['POST', '/elements', /name/],
  ['PUT', '/elements/{own}', undefined],
  ['POST', '/elements/{own}/resources', /method|path/],
  ['POST', '/elements/{own}/hooks', /type|body/],
  ['POST', '/hubs', /name|key/],
  ['POST', '/accounts', /externalId/],
  ['PATCH', '/accounts/{account}', undefined],
  ['PUT', '/accounts/{account}', undefined],
  ['POST', '/accounts/{account}/users', USER_MEMBERS],
  ['POST', '/organizations/users', USER_MEMBERS],
  ['PATCH', '/accounts/{account}/users/{person}', undefined],
  ['PATCH', '/users/{person}', undefined],
  ['PATCH', '/accounts/settings', undefined],
  ['PUT', '/organizations/me', undefined],
  ['PUT', '/organizations/password-policies', undefined],
  ['PUT', '/organizations/branding', /headerFont/],
  ['POST', '/customers/signup', /organization|user/],
  ['POST', '/elements/oauthProxies', /name/],
]

describe('bodies that cannot be (§12)', () => {
  for (const [method, path, missing] of WRITES) {
    const send = (body: string, headers: Record<string, string> = JSON_BODY) =>
      signed({ method, path: fill(path), headers, body })

    test(`${method} ${path}: text that is no JSON, and JSON that is no object`, async () => {
      const noJson = ['{', '{"name":}', "{'name':'x'}", '{"name":"x"}}', '{"name":"x",}', 'NaN', 'undefined', '\u0000']
      for (const body of [...noJson, '[]', '"text"', '5', 'true', '[{}]', 'null', ''])
        expectError(await send(body), 400)
    })

    test(`${method} ${path}: text that cannot be stored is named`, async () => {
      for (const body of ['{"name":"a\\ud800"}', '{"\\udfff":1}', '{"name":[{"x":"\\ud83d"}]}', '{"name":"\\u0000"}'])
        expect(expectError(await send(body), 400).body.message).toMatch(/half of a surrogate pair|NUL/)
    })

    test(`${method} ${path}: other types are 415`, async () => {
      for (const type of [
        'text/plain',
        'text/xml',
        'application/xml',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/octet-stream',
        'application/jsonx',
        'json',
      ])
        expectError(await send('name=x', { 'content-type': type }), 415)
    })

    if (missing) {
      test(`${method} ${path}: {} is empty, and what is missing is named`, async () => {
        expect(expectError(await send('{}'), 400).body.message).toMatch(missing)
      })
    }
  }

  test('catalog properties are a list', async () => {
    const object = { toString: 1, valueOf: 2 }
    for (const body of [
      {},
      { elementId: 201 },
      'text',
      5,
      [{ elementId: object }],
      [{ elementId: [201] }],
      [{ elementId: true }],
    ])
      expectError(await hub.call('PUT', '/catalog-properties?entityType=user', { body }), 400)
  })
})

describe('headers', () => {
  test('have the same meaning in any letters', async () => {
    const authorization = `${hub.authorization}, Element ${instance.token}`
    for (const name of ['Elements-Version', 'elements-version', 'ELEMENTS-VERSION', 'eLEMENTS-vERSION']) {
      const answer = await sendRaw(hub, {
        path: `${PREFIX}/hubs/crm/objects`,
        headers: { [name === name.toUpperCase() ? 'AUTHORIZATION' : 'Authorization']: authorization, [name]: 'Helium' },
      })
      expect(expectOk(answer).body[0]).toEqual({
        name: expect.any(String),
        vendorName: expect.any(String),
        type: expect.stringMatching(/^(vendor|ceCanonical|vdr)$/),
      })
    }
  })

  for (const order of [
    ['User', 'Organization', 'Element'],
    ['Element', 'User', 'Organization'],
    ['Organization', 'Element', 'User'],
    ['Element', 'Organization', 'User'],
    ['User', 'Element'],
    ['Element', 'User'],
  ]) {
    test(`pairs may come as ${order.join(', ')}, with any blanks between them`, async () => {
      const pairs = `${hub.authorization}, Element ${instance.token}`.split(', ')
      const sorted = order.map((scheme) => pairs.find((pair) => pair.startsWith(scheme)) ?? '')
      for (const between of [', ', ',', ' ,  ', ',\t']) {
        const headers = { authorization: sorted.join(between) }
        expectOk(await sendRaw(hub, { path: `${PREFIX}/hubs/crm/stages`, headers }))
        if (order.includes('Organization')) expectOk(await sendRaw(hub, { path: `${PREFIX}/instances`, headers }))
      }
    })
  }

  test('a Bearer is as good as the secrets for writing', async () => {
    const authorization = `Bearer ${bearer}`
    const path = `/instances/${(await hub.provisionBase()).id}`
    const renamed = await hub.call('PATCH', path, { authorization, body: { name: 'Borne' } })
    expect(expectOk(renamed).body.name).toBe('Borne')
    expectOk(await hub.call('DELETE', `${path}/enabled`, { authorization }))
    expectOk(await hub.call('DELETE', path, { authorization }))
    expectError(await hub.call('DELETE', path, { authorization }), 404)
  })

  test('the request id is the hub’s, whatever the caller says', async () => {
    const said = 'aaaaaaaaaaaaaaaaaaaaaaaa'
    const headers = { 'Elements-Request-Id': said, 'X-Request-Id': said, 'Request-Id': said }
    for (const path of ['/hubs/keys', '/hubs/nothere'])
      expect((await signed({ path, headers })).headers.get('elements-request-id')).not.toBe(said)
  })

  test('a Host or proxy header of the caller does not become part of an answer', async () => {
    const headers = {
      'X-Forwarded-Host': 'evil.example.net',
      'X-Forwarded-Proto': 'gopher',
      Forwarded: 'host=evil.example.net',
    }
    for (const path of READS) {
      const { text } = await signed({ path: fill(path), headers })
      expect(text, path).not.toMatch(/evil\.example\.net|gopher:/)
    }
  })
})

describe('an error looks the same wherever it comes from (§5, §11)', () => {
  const asked = { authorization: () => hub.authorization, origin: ORIGIN }
  const login = { method: 'POST', path: `${PREFIX}/authentication` }
  const cases: [fact: string, status: number, request: () => RawRequest][] = [
    ['a path outside the API', 404, () => ({ path: '/nothere' })],
    ['the prefix alone', 404, () => ({ path: '/elements' })],
    ['an older version of the API', 404, () => ({ path: '/elements/api-v1/instances' })],
    ['an address that is not well encoded', 400, () => ({ path: `${PREFIX}/elements/%zz` })],
    ['an unknown platform path', 404, () => ({ path: `${PREFIX}/instances/1/nothere` })],
    ['a verb that is not there', 405, () => ({ method: 'DELETE', path: `${PREFIX}/hubs` })],
    ['no JSON', 400, () => ({ ...login, headers: JSON_BODY, body: '{' })],
    ['another media type', 415, () => ({ ...login, headers: { 'content-type': 'text/xml' }, body: '<x/>' })],
    [
      'a body of a stranger that is too large',
      413,
      () => ({ ...login, headers: { authorization: '', ...JSON_BODY }, body: `"${'x'.repeat(80_000)}"` }),
    ],
    ['a wrong password', 401, () => ({ ...login, headers: JSON_BODY, body: '{"username":"a@b.c","password":"x"}' })],
    [
      'wrong secrets',
      401,
      () => ({ path: `${PREFIX}/instances`, headers: { authorization: 'User x, Organization y' } }),
    ],
    ['an unreadable header', 401, () => ({ path: `${PREFIX}/instances`, headers: { authorization: 'Basic eDp5' } })],
    ['a resource call without a token', 401, () => ({ path: `${PREFIX}/hubs/crm/contacts` })],
    ['a path of the dialect', 404, () => ({ path: '/your_moms/api-v2/instances/nothere' })],
    ['an invalid condition', 400, () => ({ path: `${PREFIX}/elements?where=%3D%3D` })],
    ['an empty list', 404, () => ({ path: `${PREFIX}/instances?searchText=nothere` })],
  ]

  for (const [fact, status, request] of cases) {
    test(`${fact}: ${status}`, async () => {
      const { headers, ...given } = request()
      const authorization = asked.authorization()
      const answer = await sendRaw(hub, { ...given, headers: { authorization, origin: asked.origin, ...headers } })
      expectError(answer, status)
      expect(answer.headers.get('access-control-expose-headers')).toBe(EXPOSED_HEADERS)
      expect(answer.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/app\.example\.com)$/)
    })
  }

  for (const [fact, status, bytes] of [
    ['what is no HTTP', 400, 'HELO hub\r\n\r\n'],
    ['a header without a name', 400, `GET ${PREFIX}/hubs HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n`],
    ['two lengths', 400, `POST ${PREFIX}/hubs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`],
    ['a length that is none', 400, `POST ${PREFIX}/hubs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n`],
    ['an address that is too large', 431, `GET ${PREFIX}/hubs?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['headers that are too large', 431, `GET ${PREFIX}/hubs HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ] as const) {
    test(`${fact}: ${status}`, async () => {
      expectError(await sendBytes(hub, bytes), status)
      expectOk(await get('/hubs/keys'))
    })
  }

  test('the vendor’s part of it is text', async () => {
    const answer = await hub.call('GET', '/hubs/crm/contacts/-1', {
      token: instance.token,
      headers: { origin: ORIGIN },
    })
    expect(answer.headers.get('access-control-expose-headers')).toBe(EXPOSED_HEADERS)
    expectError(await withoutProviderMessage(Promise.resolve(answer)), 404)
  })
})

describe('verbs that a path does not have: 405 with Allow (§12)', () => {
  for (const [method, path, allow] of [
    ['POST', '/elements/base', ['GET', 'PUT', 'PATCH', 'DELETE']],
    ['POST', '/elements/base/active', ['PUT', 'DELETE']],
    ['GET', '/elements/base/clone', ['POST']],
    ['PUT', '/elements/base/export', ['GET']],
    ['PATCH', '/elements/base/hooks', ['GET', 'POST']],
    ['PUT', '/hubs/crm', ['GET', 'DELETE']],
    ['PUT', '/authentication/passwords', ['POST']],
    ['POST', '/instances/count', ['GET']],
    ['DELETE', '/instances/1/configuration', ['GET']],
    ['POST', '/catalog-properties', ['GET', 'PUT']],
    ['POST', '/users', ['GET']],
    ['PUT', '/accounts', ['GET', 'POST']],
    ['DELETE', '/organizations/me', ['GET', 'PUT']],
    ['PATCH', '/organizations/roles', ['GET', 'PUT']],
    ['GET', '/organizations/roles/reset', ['PUT']],
    ['PATCH', '/organizations/password-policies', ['GET', 'PUT', 'DELETE']],
    ['GET', '/customers/signup', ['POST']],
  ] as const) {
    for (const slash of ['', '/']) {
      test(`${method} ${path}${slash}`, async () => {
        const answer = expectError(await hub.call(method, path + slash), 405)
        const allowed = (answer.headers.get('allow') ?? '').split(/,\s*/)
        expect(allowed).toEqual(expect.arrayContaining([...allow]))
        expect(allowed).not.toContain(method)
      })
    }
  }
})
