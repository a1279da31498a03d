import { request as httpRequest } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import { ADMIN, type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { organizationSecretOf, userSecretOf } from './people.ts'

/** Resource calls from the caller's request to the vendor's and back (spec 00, 01, 10 §6, 12 §2, 21). */
let hub: TestHub
let token: string
let instanceId: number
/** the hub's clock; the vendor has its own */
let now = new Date()

beforeAll(async () => {
  hub = await startTestHub({}, { now: () => now })
  const instance = await hub.provisionBase({ name: 'Calls' })
  token = instance.token
  instanceId = instance.id
})
afterAll(() => hub.close())

const simulator = () => {
  if (!hub.hub.simulator) throw new Error('the hub runs without its simulator')
  return hub.hub.simulator
}
const call = (method: string, path: string, given: Parameters<TestHub['call']>[2] = {}) =>
  hub.call(method, path, { token, ...given })
const get = (path: string) => call('GET', path)
const lastRequest = (): LoggedRequest => simulator().requests(1)[0] as LoggedRequest
const clearFaults = () => fetch(`${hub.hub.url}/simulator/__simulator/faults`, { method: 'DELETE' })
const CREDENTIALS = 'Invalid Organization or User secret, or invalid Element token provided.'

function expectOk(answer: Answer) {
  expect(answer.status, answer.text).toBe(200)
  return answer
}

/** Every error: the two or three members and nothing else, and the request id twice (spec 00 §5). */
function expectError(answer: Answer, status: number) {
  expect(answer.status, answer.text).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/json;charset=UTF-8')
  expect(answer.body.requestId).toMatch(/^[0-9a-f]{24}$/)
  expect(answer.headers.get('elements-request-id')).toBe(answer.body.requestId)
  expect(answer.body.message).toEqual(expect.any(String))
  expect(answer.body.message).not.toBe('')
  expect(
    Object.keys(answer.body).filter((name) => !['requestId', 'message', 'providerMessage'].includes(name)),
  ).toEqual([])
  return answer
}

/** Requests that reached the vendor's resources while `work` ran, without those for tokens. */
async function vendorRequests(work: () => Promise<unknown>, { withTokens = false } = {}): Promise<LoggedRequest[]> {
  const marker = `/v2/marker-${Math.random()}`
  await fetch(`${hub.hub.url}/simulator/base${marker}`)
  await work()
  const log = simulator().requests(200)
  const start = log.findLastIndex(({ path }) => path === marker)
  return log.slice(start + 1).filter(({ path }) => withTokens || !path.startsWith('/oauth2/'))
}

describe('create, read, update, delete, search', () => {
  let contactId: number
  beforeAll(async () => {
    contactId = expectOk(await call('POST', '/hubs/crm/contacts', { body: { last_name: 'Anchor' } })).body.id
  })

  for (const [resource, vendorPath, create, change] of [
    ['contacts', '/v2/contacts', () => ({ first_name: 'Ada', last_name: 'Lovelace' }), { title: 'Countess' }],
    ['accounts', '/v2/contacts', () => ({ name: 'Analytical Engines' }), { industry: 'Computing' }],
    [
      'leads',
      '/v2/leads',
      () => ({ last_name: 'Babbage', phone: '1', email: 'cb@example.com' }),
      { status: 'Working' },
    ],
    ['opportunities', '/v2/deals', () => ({ name: 'Engine no. 2', contact_id: contactId }), { hot: true }],
    [
      'activities',
      '/v2/tasks',
      () => ({ content: 'Call back', due_date: '2030-01-02T03:04:05Z' }),
      { content: 'Write' },
    ],
    [
      'notes',
      '/v2/notes',
      () => ({ resource_type: 'contact', resource_id: contactId, content: 'Met' }),
      { content: 'Met twice' },
    ],
  ] as const) {
    test(`${resource}`, async () => {
      const created = expectOk(await call('POST', `/hubs/crm/${resource}`, { body: create() }))
      expect(created.body).toMatchObject({ ...create(), id: expect.any(Number) })
      expect(lastRequest()).toMatchObject({ method: 'POST', path: vendorPath })
      expect(JSON.parse(lastRequest().body)).toMatchObject({ data: create() })
      const path = `/hubs/crm/${resource}/${created.body.id}`
      const vendorItem = `${vendorPath}/${created.body.id}`

      expect(expectOk(await get(path)).body).toMatchObject({ ...create(), id: created.body.id })
      expect(lastRequest()).toMatchObject({ method: 'GET', path: vendorItem })

      expect(expectOk(await call('PATCH', path, { body: change })).body).toMatchObject({
        id: created.body.id,
        ...change,
      })
      expect(lastRequest(), 'the vendor knows no PATCH').toMatchObject({ method: 'PUT', path: vendorItem })
      expect(JSON.parse(lastRequest().body)).toEqual({ data: change })
      expect((await get(path)).body).toMatchObject({ ...create(), ...change })

      expectOk(await call('PUT', path, { body: change }))
      expect(lastRequest()).toMatchObject({ method: 'PUT', path: vendorItem })

      const list = expectOk(await get(`/hubs/crm/${resource}?pageSize=100`))
      expect(Array.isArray(list.body)).toBe(true)
      expect(list.body.map((row: { id: number }) => row.id)).toContain(created.body.id)

      const removed = expectOk(await call('DELETE', path))
      expect(['', '{}']).toContain(removed.text)
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE'])
        expectError(await call(method, path, method.startsWith('P') ? { body: change } : {}), 404)
    })
  }

  for (const resource of [
    'stages',
    'users',
    'pipelines',
    'sources',
    'tags',
    'loss-reasons',
    'calls',
    'products',
    'lead-sources',
    'deal-sources',
  ]) {
    test(`${resource} can be listed`, async () => {
      const answer = expectOk(await get(`/hubs/crm/${resource}`))
      expect(Array.isArray(answer.body)).toBe(true)
      expect(answer.headers.get('elements-returned-count')).toBe(String(answer.body.length))
    })
  }

  test('users/me is a user, not the user with the id "me"', async () => {
    const { body } = expectOk(await get('/hubs/crm/users/me'))
    expect(lastRequest().path).toBe('/v2/users/self')
    expect(body).toMatchObject({ id: expect.any(Number), email: expect.any(String) })
  })

  test('contacts of an opportunity', async () => {
    const deal = expectOk(
      await call('POST', '/hubs/crm/opportunities', { body: { name: 'Shared', contact_id: contactId } }),
    ).body
    const other = expectOk(await call('POST', '/hubs/crm/contacts', { body: { last_name: 'Second' } })).body
    const path = `/hubs/crm/opportunities/${deal.id}/contacts`
    expectOk(await call('POST', path, { body: { contact_id: other.id, role: 'involved' } }))
    expect(lastRequest().path).toBe(`/v2/deals/${deal.id}/associated_contacts`)
    expect(expectOk(await get(path)).body.map((row: { contact_id: number }) => row.contact_id)).toContain(other.id)
    expectOk(await call('DELETE', `${path}/${other.id}`))
    expect(lastRequest().path).toBe(`/v2/deals/${deal.id}/associated_contacts/${other.id}`)
  })

  test('an empty list is [], not the vendor’s envelope', async () => {
    const answer = expectOk(await get("/hubs/crm/contacts?where=last_name='nobody at all'"))
    expect(answer.body).toEqual([])
    expect(answer.headers.get('elements-returned-count')).toBe('0')
    expect(answer.headers.has('elements-next-page-token')).toBe(false)
  })
})

describe('accounts are companies', () => {
  test('the list has nothing else', async () => {
    const { body } = expectOk(await get('/hubs/crm/accounts?pageSize=100'))
    expect(body.length).toBeGreaterThan(0)
    expect(body.every((row: { is_organization: boolean }) => row.is_organization === true)).toBe(true)
    expect(lastRequest().query).toMatchObject({ is_organization: 'true' })
  })

  test('what is created is one, whatever the body says', async () => {
    for (const given of [{}, { is_organization: false }]) {
      const { body } = expectOk(
        await call('POST', '/hubs/crm/accounts', { body: { name: 'Sure a company', ...given } }),
      )
      expect(body.is_organization).toBe(true)
    }
  })

  test('a where cannot undo it', async () => {
    const { body } = expectOk(await get("/hubs/crm/accounts?where=is_organization='false'&pageSize=100"))
    expect(body.filter((row: { is_organization: boolean }) => !row.is_organization)).toEqual([])
  })

  test('a where works beside it', async () => {
    await call('POST', '/hubs/crm/accounts', { body: { name: 'Only One Ltd' } })
    const { body } = expectOk(await get("/hubs/crm/accounts?where=name='Only One Ltd'"))
    expect(body.map((row: { name: string }) => row.name)).toEqual(['Only One Ltd'])
    expect(lastRequest().query).toMatchObject({ is_organization: 'true', name: 'Only One Ltd' })
  })

  test('users and accounts of the platform do not take these paths while an Element token is there', async () => {
    for (const path of ['/accounts', '/users']) {
      const answer = expectOk(await get(path))
      expect(answer.headers.get('elements-element-instance-id')).toBe(String(instanceId))
    }
  })
})

describe('where', () => {
  for (const [where, query] of [
    ["email='x@y.z'", { email: 'x@y.z' }],
    ["email = 'x@y.z'", { email: 'x@y.z' }],
    ['email="x@y.z"', { email: 'x@y.z' }],
    ['`email`=`x@y.z`', { email: 'x@y.z' }],
    ["last_name='O''Hara'", { last_name: "O'Hara" }],
    ["first_name='Ada' and last_name='Lovelace'", { first_name: 'Ada', last_name: 'Lovelace' }],
    ["first_name='Ada' AND (last_name='Lovelace')", { first_name: 'Ada', last_name: 'Lovelace' }],
    ['is_organization=true', { is_organization: 'true' }],
    ['contact_id=7', { contact_id: '7' }],
    ["name='a&b=c+d%e#f'", { name: 'a&b=c+d%e#f' }],
    ["name='Zoë 🚀'", { name: 'Zoë 🚀' }],
    ["name=''", { name: '' }],
    ["'address[city]'='Bonn'", { 'address[city]': 'Bonn' }],
    ["ids in ('1','2','3')", { ids: '1,2,3' }],
    ["no_filter_of_the_vendor='1'", { no_filter_of_the_vendor: '1' }],
  ] as const) {
    test(`${where} becomes query parameters of the vendor`, async () => {
      expectOk(await get(`/hubs/crm/contacts?where=${encodeURIComponent(where)}`))
      const { page: _page, per_page: _perPage, ...sent } = lastRequest().query
      expect(sent).toEqual(query)
    })
  }

  test('every row that comes back has the value', async () => {
    const email = 'unique@example.com'
    await call('POST', '/hubs/crm/contacts', { body: { last_name: 'Unique', email } })
    const { body } = expectOk(await get(`/hubs/crm/contacts?where=email='${email}'`))
    expect(body.length).toBeGreaterThan(0)
    expect(body.every((row: { email: string }) => row.email === email)).toBe(true)
  })

  for (const where of ['', '   ']) {
    test(`"${where}" is no where`, async () => {
      expectOk(await get(`/hubs/crm/contacts?where=${encodeURIComponent(where)}&pageSize=3`))
      const { page: _page, per_page: _perPage, ...sent } = lastRequest().query
      expect(sent).toEqual({})
    })
  }

  for (const where of ['name', "name=='x", '(((', "and name='x'", "name='x' name='y'"]) {
    test(`${where} is no condition: 400 without asking the vendor`, async () => {
      const seen = await vendorRequests(async () => {
        const { body } = expectError(await get(`/hubs/crm/contacts?where=${encodeURIComponent(where)}`), 400)
        expect(body.message).toContain('Error parsing query')
        expect(body).not.toHaveProperty('providerMessage')
      })
      expect(seen).toEqual([])
    })
  }
})

describe('orderBy and fields', () => {
  test('orderBy is the vendor’s sort_by', async () => {
    const { body } = expectOk(await get('/hubs/crm/leads?orderBy=last_name:desc&pageSize=50'))
    expect(lastRequest().query).toMatchObject({ sort_by: 'last_name:desc' })
    const names = body.map((row: { last_name: string }) => row.last_name)
    expect(names).toEqual([...names].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)))
  })

  test('a direction after a blank is the vendor’s direction too', async () => {
    const [blank, own] = [
      await get('/hubs/crm/leads?orderBy=last_name%20desc&pageSize=50'),
      await get('/hubs/crm/leads?orderBy=last_name:desc&pageSize=50'),
    ]
    expect(expectOk(blank).body).toEqual(own.body)
  })

  test('unknown parameters do not reach the vendor', async () => {
    expectOk(await get('/hubs/crm/contacts?calledVia=x&lastRunDate=y&pageSize=2'))
    expect(Object.keys(lastRequest().query).sort()).toEqual(['page', 'per_page'])
  })

  test('fields pick members where the instance allows it', async () => {
    const chooser = await hub.provisionBase({ name: 'Chooser' })
    const ask = async () =>
      expectOk(
        await hub.call('GET', '/hubs/crm/contacts?fields=id, address.city,nothere&pageSize=5', {
          token: chooser.token,
        }),
      ).body
    expect(Object.keys((await ask())[0]).length).toBeGreaterThan(3)
    const changed = await hub.call('PATCH', `/instances/${chooser.id}`, {
      body: { configuration: { 'allow.select.fields': 'true' } },
    })
    expect(changed.status, changed.text).toBe(200)
    for (const row of await ask()) {
      expect(Object.keys(row).filter((name) => !['id', 'address'].includes(name))).toEqual([])
      expect(row.id).toEqual(expect.any(Number))
      if (row.address) expect(Object.keys(row.address)).toEqual(['city'])
    }
  })
})

describe('paging', () => {
  const leads = (query: string) => get(`/hubs/crm/leads?${query}`)
  const ids = (answer: Answer): number[] => answer.body.map((row: { id: number }) => row.id)
  const tokenOf = (answer: Answer) => answer.headers.get('elements-next-page-token') ?? ''
  let total = 0
  let all: number[] = []
  beforeAll(async () => {
    all = ids(expectOk(await leads('pageSize=100')))
    total = all.length
    expect(total).toBeGreaterThanOrEqual(20)
  })

  test('page and pageSize become the vendor’s page and per_page', async () => {
    const answer = expectOk(await leads('page=2&pageSize=3'))
    expect(lastRequest().query).toEqual({ page: '2', per_page: '3' })
    expect(answer.body).toHaveLength(3)
    expect(answer.headers.get('elements-returned-count')).toBe('3')
  })

  test('page 1 and page 2 of n are page 1 of 2n', async () => {
    const [one, two, both] = [
      await leads('page=1&pageSize=4'),
      await leads('page=2&pageSize=4'),
      await leads('page=1&pageSize=8'),
    ]
    expect([...one.body, ...two.body]).toEqual(both.body)
  })

  test('page 1 and its successor by token are page 1 of 2n', async () => {
    const one = await leads('page=1&pageSize=4')
    const two = expectOk(await leads(`page=1&pageSize=4&nextPage=${encodeURIComponent(tokenOf(one))}`))
    expect([...one.body, ...two.body]).toEqual((await leads('page=1&pageSize=8')).body)
  })

  for (const pageSize of [1, 7]) {
    test(`tokens walk everything in order, ${pageSize} at a time, and end without a header`, async () => {
      const seen: number[] = []
      let next = ''
      for (let calls = 0; calls <= total; calls++) {
        const answer = expectOk(await leads(`pageSize=${pageSize}&nextPage=${encodeURIComponent(next)}`))
        expect(answer.body.length).toBeLessThanOrEqual(pageSize)
        seen.push(...ids(answer))
        next = tokenOf(answer)
        if (next === '') {
          expect(answer.headers.has('elements-next-page-token')).toBe(false)
          break
        }
      }
      expect(seen).toEqual(all)
    })
  }

  test('the last full page has no successor when the vendor says so', async () => {
    const answer = expectOk(await leads(`page=1&pageSize=${total}`))
    expect(answer.body).toHaveLength(total)
    expect(answer.headers.has('elements-next-page-token')).toBe(false)
  })

  test('the token alone carries size, filter and order', async () => {
    const query = "pageSize=3&orderBy=last_name:desc&where=status='New'"
    const one = expectOk(await leads(query))
    const alone = expectOk(await leads(`nextPage=${encodeURIComponent(tokenOf(one))}`))
    expect(lastRequest().query).toMatchObject({ per_page: '3', page: '2', sort_by: 'last_name:desc', status: 'New' })
    const both = await leads(query.replace('pageSize=3', 'pageSize=6'))
    expect([...one.body, ...alone.body]).toEqual(both.body)
  })

  for (const next of ['', 'null', 'undefined']) {
    test(`nextPage=${next} is the first page`, async () => {
      expect(ids(expectOk(await leads(`nextPage=${next}&pageSize=3`)))).toEqual(all.slice(0, 3))
    })
  }

  test('a page after the end is []', async () => {
    const answer = expectOk(await leads('page=500&pageSize=10'))
    expect(answer.body).toEqual([])
    expect(answer.headers.get('elements-returned-count')).toBe('0')
    expect(answer.headers.has('elements-next-page-token')).toBe(false)
  })

  for (const pageSize of [101, 200, 5000]) {
    test(`pageSize ${pageSize} is cut to the vendor’s 100, and Elements-Error says so`, async () => {
      const answer = expectOk(await leads(`pageSize=${pageSize}`))
      expect(lastRequest().query['per_page']).toBe('100')
      expect(answer.headers.get('elements-error')).toContain('100')
    })
  }

  test('there is no Elements-Error when nothing was cut', async () => {
    for (const query of ['pageSize=100', 'pageSize=1', ''])
      expect((await leads(query)).headers.has('elements-error'), query).toBe(false)
  })

  for (const query of ['pageSize=0', 'pageSize=-1', 'pageSize=x', 'pageSize=1.5', 'page=0', 'page=-1', 'page=x']) {
    test(`${query}: 400 without asking the vendor`, async () => {
      const seen = await vendorRequests(async () => {
        const { body } = expectError(await leads(query), 400)
        expect(body.message).toContain(query.split('=')[0])
      })
      expect(seen).toEqual([])
    })
  }

  test('an empty page or pageSize is none', async () => {
    expectOk(await leads('page=&pageSize='))
  })

  for (const next of ['garbage', 'eyJwYWdlIjoyfQ==', '%00', 'a.b.c', '..%2F']) {
    test(`the token ${next} was never given: 400`, async () => {
      expectError(await leads(`nextPage=${next}`), 400)
    })
  }

  test('a token of another filter or resource: 400', async () => {
    const next = encodeURIComponent(tokenOf(await leads("pageSize=2&where=status='New'")))
    expectError(await leads(`pageSize=2&where=status='Working'&nextPage=${next}`), 400)
    expectError(await get(`/hubs/crm/contacts?pageSize=2&nextPage=${next}`), 400)
  })

  test('a token of another instance: 400', async () => {
    const other = await hub.provisionBase({ name: 'Other' })
    const next = encodeURIComponent(tokenOf(await leads('pageSize=2')))
    expectError(await hub.call('GET', `/hubs/crm/leads?nextPage=${next}`, { token: other.token }), 400)
  })
})

describe('headers of answers', () => {
  test('a list', async () => {
    const { headers, body } = expectOk(await get('/hubs/crm/contacts?pageSize=2'))
    expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
    expect(headers.get('elements-request-id')).toMatch(/^[0-9a-f]{24}$/)
    expect(headers.get('elements-element-instance-id')).toBe(String(instanceId))
    expect(headers.get('elements-returned-count')).toBe(String(body.length))
    expect(headers.get('elements-next-page-token')).toEqual(expect.any(String))
    for (const absent of ['x-frame-options', 'elements-error', 'set-cookie', 'x-powered-by'])
      expect(headers.has(absent), absent).toBe(false)
  })

  test('the next-page token is safe in an address', async () => {
    const { headers } = await get('/hubs/crm/contacts?pageSize=2')
    expect(headers.get('elements-next-page-token')).toMatch(/^[A-Za-z0-9._~-]+$/)
  })

  test('a single record', async () => {
    const { headers } = expectOk(await get('/hubs/crm/users/me'))
    expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
    expect(headers.get('elements-element-instance-id')).toBe(String(instanceId))
    expect(headers.has('elements-returned-count')).toBe(false)
    expect(headers.has('elements-next-page-token')).toBe(false)
  })

  test('every call has its own request id', async () => {
    const seen = await Promise.all(Array.from({ length: 20 }, () => get('/hubs/crm/stages')))
    expect(new Set(seen.map(({ headers }) => headers.get('elements-request-id'))).size).toBe(20)
  })

  test('an error has the id in its body as well, and the instance in its headers', async () => {
    const answer = expectError(await get('/hubs/crm/contacts/-1'), 404)
    expect(answer.headers.get('elements-element-instance-id')).toBe(String(instanceId))
  })

  test('a browser may read them, also on errors', async () => {
    for (const path of ['/hubs/crm/contacts?pageSize=1', '/hubs/crm/contacts/-1']) {
      const { headers } = await call('GET', path, { headers: { origin: 'https://app.example.com' } })
      expect(headers.get('access-control-expose-headers')).toBe(
        'Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition',
      )
      expect(['*', 'https://app.example.com']).toContain(headers.get('access-control-allow-origin'))
    }
  })
})

describe('the hub segment is decoration', () => {
  for (const path of [
    '/hubs/crm/contacts',
    '/hubs/documents/contacts',
    '/hubs/nonsense/contacts',
    '/hubs/CRM/contacts',
    '/contacts',
    '/contacts/',
    '/hubs/crm/contacts/',
  ]) {
    test(`${path} is contacts`, async () => {
      const [said, expected] = [expectOk(await get(`${path}?pageSize=3`)), await get('/hubs/crm/contacts?pageSize=3')]
      expect(said.body).toEqual(expected.body)
      expect(lastRequest().path).toBe('/v2/contacts')
    })
  }

  test('for writes as well', async () => {
    const { body } = expectOk(await call('POST', '/contacts', { body: { last_name: 'Bare' } }))
    expectOk(await call('PATCH', `/hubs/whatever/contacts/${body.id}`, { body: { title: 'x' } }))
    expectOk(await call('DELETE', `/contacts/${body.id}`))
  })

  test('platform roots stay the platform’s with the token in the header', async () => {
    for (const path of ['/elements/base', '/instances', '/hubs', '/hubs/keys', '/hubs/crm']) {
      const answer = expectOk(await get(path))
      expect(answer.headers.has('elements-element-instance-id'), path).toBe(false)
    }
  })
})

describe('ids in paths', () => {
  for (const [given, vendorPath] of [
    ['%35', '/v2/contacts/5'],
    ['a%2Fb', '/v2/contacts/a%2Fb'],
    ['a%20b', '/v2/contacts/a%20b'],
    ['a+b', '/v2/contacts/a+b'],
    ['a%2Bb', '/v2/contacts/a+b'],
    ['%C3%BC', '/v2/contacts/%C3%BC'],
    ['ada@example.com', '/v2/contacts/ada@example.com'],
    ['ada%40example.com', '/v2/contacts/ada@example.com'],
    ['1.2.3', '/v2/contacts/1.2.3'],
    ['a%3Fb', '/v2/contacts/a%3Fb'],
    ['a%23b', '/v2/contacts/a%23b'],
    ['%2535', '/v2/contacts/%2535'],
  ] as const) {
    test(`${given} reaches the vendor as one segment, decoded once`, async () => {
      const seen = await vendorRequests(() => rawGet(`/hubs/crm/contacts/${given}`))
      expect(seen).toHaveLength(1)
      // which characters are escaped is free, what they mean is not
      expect(seen[0]?.path.split('/').map(decodeURIComponent)).toEqual(vendorPath.split('/').map(decodeURIComponent))
      expect(seen[0]?.query).toEqual({})
    })
  }

  for (const given of ['..', '%2e%2e', '%2E%2E%2Fusers', '.', '%2e', '..%2f..%2foauth2%2ftoken']) {
    test(`${given} leads nowhere else`, async () => {
      const seen = await vendorRequests(() => rawGet(`/hubs/crm/contacts/${given}`))
      for (const { path } of seen) expect(path).toMatch(/^\/v2\/contacts\/[^/]+$/)
    })
  }

  test('an encoding that is none: 400', async () => {
    expectError(await rawGet('/hubs/crm/contacts/%zz'), 400)
  })

  for (const id of ['-1', '0', '999999999']) {
    test(`contact ${id}: 404 for every verb`, async () => {
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE'])
        expectError(
          await call(method, `/hubs/crm/contacts/${id}`, method.startsWith('P') ? { body: { title: 'x' } } : {}),
          404,
        )
    })
  }

  /** `fetch` would resolve dots before it sends. */
  function rawGet(path: string): Promise<Answer> {
    const { hostname, port } = new URL(hub.hub.url)
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          hostname,
          port,
          path: `/elements/api-v2${path}`,
          headers: { authorization: `${hub.authorization}, Element ${token}` },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
            resolve({
              status: response.statusCode ?? 0,
              headers,
              text,
              body: text === '' ? undefined : JSON.parse(text),
            })
          })
        },
      )
      request.on('error', reject).end()
    })
  }
})

describe('errors of the vendor', () => {
  afterEach(clearFaults)

  test('422 becomes 400 with the vendor’s own text', async () => {
    const { body } = expectError(await call('POST', '/hubs/crm/contacts', { body: { first_name: 'Nobody' } }), 400)
    expect(lastRequest().status).toBe(422)
    const said = JSON.parse(body.providerMessage)
    expect(said.errors[0].error).toMatchObject({ resource: 'contact', field: 'last_name' })
  })

  test('404 stays, with the vendor’s own text', async () => {
    const { body } = expectError(await get('/hubs/crm/contacts/999999999'), 404)
    expect(JSON.parse(body.providerMessage)).toHaveProperty('errors')
  })

  for (const [vendor, platform] of [
    [400, 400],
    [402, 400],
    [403, 403],
    [405, 405],
    [406, 406],
    [409, 409],
    [410, 400],
    [415, 415],
    [418, 400],
    [422, 400],
    [451, 400],
    [500, 502], // spec 12 §2.5 for Base; the general rule of 10 §6.3 would let it stay
    [501, 502],
    [502, 502],
    [503, 502],
    [504, 502],
    [507, 502],
    [599, 502],
  ] as const) {
    test(`${vendor} becomes ${platform}`, async () => {
      simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault: `status:${vendor}`, times: 10 })
      const { body } = expectError(await get('/hubs/crm/stages'), platform)
      expect(body.providerMessage).toEqual(expect.any(String))
    })
  }

  test('429 stays, and Retry-After in seconds is passed on', async () => {
    simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault: 'rate-limit:77', times: 10 })
    const answer = expectError(await get('/hubs/crm/stages'), 429)
    expect(answer.headers.get('retry-after')).toBe('77')
  })

  test('429 stays, and Retry-After as a date is passed on', async () => {
    simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault: 'rate-limit-date:77', times: 10 })
    const answer = expectError(await get('/hubs/crm/stages'), 429)
    expect(answer.headers.get('retry-after')).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$|^\d+$/)
  })

  test('a body that is no JSON becomes 502', async () => {
    simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault: 'malformed-json', times: 10 })
    expectError(await get('/hubs/crm/stages'), 502)
  })

  test('an answer that takes its time is waited for', async () => {
    simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault: 'slow:300' })
    expectOk(await get('/hubs/crm/stages'))
  })

  test('an error never shows the vendor’s credentials', async () => {
    simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault: 'status:500', times: 10 })
    const { text } = await get('/hubs/crm/stages')
    expect(text).not.toMatch(/Bearer|test-secret/)
  })
})

describe('trying again', () => {
  afterEach(clearFaults)

  for (const [fault, name] of [
    ['status:503', 'a 503'],
    ['reset', 'a connection that breaks in the middle'],
    ['reset-before', 'a connection that breaks at once'],
    ['rate-limit:0', 'a rate limit without a wait'],
  ] as const) {
    test(`GET survives ${name}`, async () => {
      simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault, times: 1 })
      const seen = await vendorRequests(async () => expectOk(await get('/hubs/crm/stages')))
      expect(seen).toHaveLength(2)
    })
  }

  test('GET gives up after a few, and says 502', async () => {
    simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault: 'reset', times: 50 })
    const seen = await vendorRequests(async () => expectError(await get('/hubs/crm/stages'), 502))
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.length).toBeLessThanOrEqual(5)
  })

  for (const [fault, status] of [
    ['reset', 502],
    ['status:503', 502],
    ['status:500', 502],
    ['rate-limit:0', 429],
  ] as const) {
    test(`POST is sent once when the vendor answers ${fault}`, async () => {
      simulator().addFault({ element: 'base', match: { method: 'POST', path: '/v2/contacts' }, fault, times: 1 })
      const seen = await vendorRequests(async () =>
        expectError(await call('POST', '/hubs/crm/contacts', { body: { last_name: 'Once' } }), status),
      )
      expect(seen).toHaveLength(1)
    })
  }

  test('DELETE, which is safe to repeat, survives a 503', async () => {
    const { body } = await call('POST', '/hubs/crm/contacts', { body: { last_name: 'Gone' } })
    simulator().addFault({ element: 'base', match: { method: 'DELETE' }, fault: 'status:503', times: 1 })
    expectOk(await call('DELETE', `/hubs/crm/contacts/${body.id}`))
  })
})

describe('the access token', () => {
  afterEach(clearFaults)
  const refreshes = () => simulator().stats('base').refreshes
  const valid = async (id: number) => (await hub.call('GET', `/instances/${id}`)).body.valid

  /** An instance whose vendor tokens we know, as after a code flow of the application's own. */
  async function instanceWithKnownTokens() {
    const tokens = await hub.obtainTokens()
    const instance = await hub.provisionBase({ name: 'Known tokens', providerData: tokens })
    return { instance, tokens }
  }
  const revoke = (value: string) =>
    fetch(`${hub.hub.url}/simulator/base/oauth2/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token: value, client_id: 'test-key', client_secret: 'test-secret' }),
    })

  test('expired: refreshed once, and the call goes through', async () => {
    simulator().expireTokens('base')
    const before = refreshes()
    expectOk(await get('/hubs/crm/stages'))
    expect(refreshes()).toBe(before + 1)
    expectOk(await get('/hubs/crm/stages'))
    expect(refreshes()).toBe(before + 1)
  })

  test('expired again and again: the rotated refresh token is the one that is used', async () => {
    const before = refreshes()
    for (let round = 1; round <= 3; round++) {
      simulator().expireTokens('base')
      expectOk(await get('/hubs/crm/stages'))
      expect(refreshes()).toBe(before + round)
    }
  })

  test('expired under a write: the record is written once', async () => {
    simulator().expireTokens('base')
    expectOk(await call('POST', '/hubs/crm/contacts', { body: { last_name: 'Written once' } }))
    expect(expectOk(await get("/hubs/crm/contacts?where=last_name='Written once'")).body).toHaveLength(1)
  })

  test('expired under many calls at once: one refresh, no failure', async () => {
    simulator().expireTokens('base')
    const before = refreshes()
    const answers = await Promise.all(Array.from({ length: 40 }, () => get('/hubs/crm/stages')))
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200))
    expect(refreshes()).toBe(before + 1)
  })

  test('due by its age: refreshed before the vendor sees it', async () => {
    const { instance } = await instanceWithKnownTokens()
    now = new Date(now.getTime() + 3_700_000)
    const seen = await vendorRequests(
      async () => expectOk(await hub.call('GET', '/hubs/crm/stages', { token: instance.token })),
      { withTokens: true },
    )
    expect(seen.map(({ path, status }) => [path, status])).toEqual([
      ['/oauth2/token', 200],
      ['/v2/stages', 200],
    ])
    expect(new URLSearchParams(seen[0]?.body).get('grant_type')).toBe('refresh_token')
  })

  test('refused although it is new: 401, not a loop', async () => {
    simulator().addFault({ element: 'base', match: { path: '/v2/stages' }, fault: 'status:401', times: 10 })
    const seen = await vendorRequests(async () => expectError(await get('/hubs/crm/stages'), 401))
    expect(seen).toHaveLength(2)
  })

  test('the refresh token is revoked: 401 that says so, and the instance shows it', async () => {
    const { instance, tokens } = await instanceWithKnownTokens()
    await revoke(tokens.refresh_token)
    const { body } = expectError(await hub.call('GET', '/hubs/crm/stages', { token: instance.token }), 401)
    expect(body.message).toMatch(/refresh/i)
    expect(body.message).not.toBe(CREDENTIALS)
    expect(body.providerMessage).toContain('invalid_grant')
    expect(await valid(instance.id)).toBe(false)
    expect((await hub.call('GET', '/hubs/crm/ping', { token: instance.token })).body).toMatchObject({
      endpoint: 'base',
      valid: false,
    })

    const before = simulator().stats('base').tokenRequests['refresh_token']
    expectError(await hub.call('GET', '/hubs/crm/stages', { token: instance.token }), 401)
    expect(simulator().stats('base').tokenRequests['refresh_token'], 'the vendor is not asked again and again').toBe(
      before,
    )
    const alarms = await hub.call('GET', '/notifications?topics[]=alarms-credentials-refused')
    const ofInstance = alarms.body.filter(
      ({ message }: { message: { instanceId: number } }) => message.instanceId === instance.id,
    )
    expect(ofInstance, 'and the account hears of it once').toMatchObject([
      { severity: 'high', message: { reason: expect.stringMatching(/provision the instance again/) } },
    ])

    const again = await hub.call('PATCH', `/instances/${instance.id}`, {
      body: { providerData: { code: await hub.obtainCode() } },
    })
    expect(again.status, again.text).toBe(200)
    expect(again.body).toMatchObject({ id: instance.id, token: instance.token, valid: true })
    expectOk(await hub.call('GET', '/hubs/crm/stages', { token: instance.token }))
  })

  test('the token endpoint fails for a while: 502, the instance stays valid and recovers', async () => {
    const { instance } = await instanceWithKnownTokens()
    simulator().expireTokens('base')
    simulator().addFault({ element: 'base', match: { path: '/oauth2/token' }, fault: 'status:503', times: 50 })
    expectError(await hub.call('GET', '/hubs/crm/stages', { token: instance.token }), 502)
    expect(await valid(instance.id)).toBe(true)
    await clearFaults()
    now = new Date(now.getTime() + 120_000)
    expectOk(await hub.call('GET', '/hubs/crm/stages', { token: instance.token }))
    expect(await valid(instance.id)).toBe(true)
  })
})

describe('what the element does not have', () => {
  test('an unknown resource: 400 without asking the vendor', async () => {
    const seen = await vendorRequests(async () => {
      for (const path of ['/hubs/crm/nothere', '/nothere', '/hubs/crm/contacts/1/nothere', '/hubs/crm/nothere/1/2/3'])
        expectError(await get(path), 400)
    })
    expect(seen).toEqual([])
  })

  for (const [method, path] of [
    ['DELETE', '/hubs/crm/stages'],
    ['POST', '/hubs/crm/users'],
    ['PATCH', '/hubs/crm/contacts'],
  ] as const) {
    test(`a resource without this verb, ${method} ${path}: 405 with Allow`, async () => {
      const answer = expectError(await call(method, path, method === 'DELETE' ? {} : { body: { x: 1 } }), 405)
      expect(answer.headers.get('allow')).toContain('GET')
    })
  }
})

describe('ping and objects', () => {
  test('ping', async () => {
    for (const path of ['/ping', '/hubs/crm/ping']) {
      const { body } = expectOk(await get(path))
      expect(body).toEqual({
        dateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
        endpoint: 'base',
        valid: true,
      })
    }
  })

  test('objects are names, each once', async () => {
    const { body } = expectOk(await get('/hubs/crm/objects'))
    for (const name of ['accounts', 'contacts', 'leads', 'opportunities', 'activities', 'notes', 'stages', 'users'])
      expect(body).toContain(name)
    expect(new Set(body).size).toBe(body.length)
    expect(body.every((name: unknown) => typeof name === 'string')).toBe(true)
  })

  test('objects for Helium have two names and a type', async () => {
    for (const version of ['Helium', 'helium']) {
      const { body } = expectOk(await call('GET', '/hubs/crm/objects', { headers: { 'Elements-Version': version } }))
      expect(body).toContainEqual({ name: 'contacts', vendorName: 'contacts', type: 'ceCanonical' })
    }
    expect(typeof (await call('GET', '/objects', { headers: { 'Elements-Version': 'Hydrogen' } })).body[0]).toBe(
      'string',
    )
  })
})

describe('credentials', () => {
  const user = () => `User ${userSecretOf(hub.authorization)}`
  const organization = () => `Organization ${organizationSecretOf(hub.authorization)}`
  const element = () => `Element ${token}`
  const bearer = async () => {
    const { body } = await hub.call('POST', '/authentication', {
      authorization: null,
      body: { username: ADMIN.email, password: ADMIN.password },
    })
    return `Bearer ${body.token}`
  }

  const good: [string, () => string | Promise<string>][] = [
    ['user and element', () => `${user()}, ${element()}`],
    ['element and user', () => `${element()}, ${user()}`],
    ['user, organization, element', () => `${user()}, ${organization()}, ${element()}`],
    ['element, user, organization', () => `${element()}, ${user()}, ${organization()}`],
    ['organization, element, user', () => `${organization()}, ${element()}, ${user()}`],
    ['without blanks after the comma', () => `${user()},${organization()},${element()}`],
    ['with many blanks', () => `  ${user()} ,   ${element()}  `],
    ['with several blanks before the secret', () => `${user().replace(' ', '   ')}, ${element()}`],
    ['schemes in lower case', () => `${user().replace('User', 'user')}, ${element().replace('Element', 'ELEMENT')}`],
    ['bearer and element', async () => `${await bearer()}, ${element()}`],
  ]
  for (const [name, header] of good) {
    test(`${name}: accepted`, async () => {
      expectOk(await call('GET', '/hubs/crm/stages', { authorization: await header() }))
    })
  }

  const bad: [string, () => string | null][] = [
    ['no header', () => null],
    ['user only', () => user()],
    ['element only', () => element()],
    ['organization and element', () => `${organization()}, ${element()}`],
    ['user and organization', () => `${user()}, ${organization()}`],
    ['a wrong user', () => `User wrong, ${element()}`],
    ['a wrong organization', () => `${user()}, Organization wrong, ${element()}`],
    ['a wrong element', () => `${user()}, Element wrong`],
    ['secrets in other letters', () => `${user()}, Element ${token.toLowerCase()}`],
    ['secrets without their schemes', () => `${userSecretOf(hub.authorization)}, ${token}`],
    ['empty secrets', () => 'User , Element '],
    ['Basic', () => `Basic ${Buffer.from('a:b').toString('base64')}`],
    ['garbage', () => ',,,=,User'],
  ]
  for (const [name, header] of bad) {
    test(`${name}: 401 with the fixed text`, async () => {
      const { body } = expectError(await call('GET', '/hubs/crm/contacts', { authorization: header() }), 401)
      expect(body).toEqual({ requestId: expect.any(String), message: CREDENTIALS })
    })
  }

  test('a path that exists nowhere, without a token: 401', async () => {
    expectError(await hub.call('GET', '/nothere'), 401)
    expectError(await hub.call('GET', '/nothere', { authorization: null }), 401)
  })

  test('the caller’s own secrets do not reach the vendor', async () => {
    const seen = await vendorRequests(() => get('/hubs/crm/stages'))
    expect(seen[0]?.headers['authorization']).toMatch(/^Bearer /)
    expect(JSON.stringify(seen)).not.toContain(token)
  })
})

describe('bodies', () => {
  /** `fetch` adds a content type to texts; bytes travel as they are. */
  async function send(
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(hub.api + path, {
      method,
      headers: { authorization: `${hub.authorization}, Element ${token}`, ...headers },
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? undefined : JSON.parse(text),
    }
  }
  const JSON_BODY = { 'content-type': 'application/json' }

  for (const body of ['{', '{"last_name": }', 'last_name=x', '{"last_name":"x"} trailing', '\u0000']) {
    test(`${JSON.stringify(body)} is no JSON: 400 without asking the vendor`, async () => {
      const seen = await vendorRequests(async () =>
        expectError(await send('POST', '/hubs/crm/contacts', body, JSON_BODY), 400),
      )
      expect(seen).toEqual([])
    })
  }

  test('an empty object is the vendor’s to refuse: 400', async () => {
    expectError(await send('POST', '/hubs/crm/contacts', '{}', JSON_BODY), 400)
  })

  for (const [name, body, headers] of [
    ['no body at all', undefined, {}],
    ['an empty body', '', JSON_BODY],
    ['the body null', 'null', JSON_BODY],
  ] as const) {
    test(`POST with ${name}: 400`, async () => {
      expectError(await send('POST', '/hubs/crm/contacts', body, headers), 400)
    })
  }

  test('JSON without a content type is read', async () => {
    expectOk(await send('POST', '/hubs/crm/contacts', '{"last_name":"Typeless"}'))
  })

  test('what is written arrives letter by letter', async () => {
    const record = {
      last_name: 'Zoë "🚀" \\ </script> \u2028',
      custom_fields: { a: 'ß', 'b.c': '1' },
      tags: ['x', 'ÿ'],
    }
    const { body } = expectOk(await call('POST', '/hubs/crm/contacts', { body: record }))
    expect(body).toMatchObject(record)
    expect(
      simulator()
        .rows('base', 'contacts')
        .find((row) => row['id'] === body.id),
    ).toMatchObject(record)
  })

  for (const [name, body, headers] of [
    ['no body', undefined, {}],
    ['a content type and no body', undefined, JSON_BODY],
    ['an empty body', '', JSON_BODY],
    ['the body null', 'null', JSON_BODY],
  ] as const) {
    test(`DELETE with ${name} deletes`, async () => {
      const created = await call('POST', '/hubs/crm/contacts', { body: { last_name: 'Short lived' } })
      expectOk(await send('DELETE', `/hubs/crm/contacts/${created.body.id}`, body, headers))
    })
  }

  test('GET with a JSON content type and no body is a GET', async () => {
    expectOk(await send('GET', '/hubs/crm/stages', undefined, JSON_BODY))
  })

  test('an upload that is no form, with a valid token: 400', async () => {
    const type = { 'content-type': 'multipart/form-data; boundary=b' }
    expectError(await send('POST', '/hubs/crm/contacts', 'x', type), 400)
  })
})
