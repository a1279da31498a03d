import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ListeningSimulator, listenSimulator } from '../../test/support/simulator-listener.ts'
import { loadCatalog } from '../elements/catalog.ts'
import { loadSimulations } from './load-simulations.ts'
import type { Row } from './simulation.ts'
import { createSimulator } from './simulator.ts'

/** The Base vendor API of spec 12 §3, from the shipped catalog. */
const catalogFolder = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../catalog')
const now = () => new Date('2026-03-04T05:06:07.890Z')

// biome-ignore lint/suspicious/noExplicitAny: wire bodies are read as a client would, the assertions are the schema
type Wire = any

let base: ListeningSimulator
let token: string

async function options() {
  const [{ elements }, simulations] = await Promise.all([
    loadCatalog([catalogFolder]),
    loadSimulations([catalogFolder]),
  ])
  return { elements: elements.filter((element) => element.key === 'base'), simulations, now }
}

beforeAll(async () => {
  base = await listenSimulator(await options())
})
beforeEach(async () => {
  base.simulator.reset()
  token = await base.accessToken('base')
})
afterAll(() => base.close())

async function call(
  method: string,
  target: string,
  data?: unknown,
): Promise<{ status: number; body: Wire; response: Response }> {
  const body = data === undefined ? undefined : JSON.stringify({ data })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await base.call(`/base/v2${target}`, { method, headers, body })
  const text = await response.text()
  return { status: response.status, body: text === '' ? '' : JSON.parse(text), response }
}

describe('lists', () => {
  test('have the collection envelope, 25 a page, with links to the vendor itself', async () => {
    const { status, body } = await call('GET', '/contacts')
    expect(status).toBe(200)
    expect(body.items).toHaveLength(25)
    expect(body.items[0].meta).toEqual({ type: 'contact' })
    expect(body.meta).toEqual({
      type: 'collection',
      count: 25,
      links: {
        self: 'https://api.getbase.com/v2/contacts?page=1&per_page=25',
        next_page: 'https://api.getbase.com/v2/contacts?page=2&per_page=25',
      },
    })
  })

  test('the last page has prev_page and no next_page', async () => {
    const { body } = await call('GET', '/contacts?page=3')
    expect(body.items).toHaveLength(10)
    expect(Object.keys(body.meta.links)).toEqual(['self', 'prev_page'])
  })

  test('a page beyond the end is empty', async () => {
    expect((await call('GET', '/contacts?page=9')).body.items).toEqual([])
  })

  test('pages put together are the whole', async () => {
    const ids = async (query: string) =>
      (await call('GET', `/contacts?${query}`)).body.items.map((item: Wire) => item.data.id)
    const [first, second, both] = [
      await ids('per_page=7&page=1'),
      await ids('per_page=7&page=2'),
      await ids('per_page=14'),
    ]
    expect([...first, ...second]).toEqual(both)
  })

  test('per_page above 100 is cut to 100', async () => {
    expect((await call('GET', '/contacts?per_page=1000')).body.meta.links.self).toContain('per_page=100')
  })

  test('contacts are sorted by last name unless asked otherwise', async () => {
    const names = (await call('GET', '/contacts?is_organization=false&per_page=100')).body.items.map(
      (item: Wire) => item.data.last_name,
    )
    expect(names).toEqual([...names].sort())
    const ids = (await call('GET', '/contacts?sort_by=id:desc&per_page=3')).body.items.map((item: Wire) => item.data.id)
    expect(ids).toEqual([60, 59, 58])
  })

  for (const [name, target, least, check] of [
    ['is_organization', '/contacts?is_organization=true&per_page=100', 15, (row: Wire) => row.is_organization === true],
    ['ids', '/contacts?ids=3,5', 2, (row: Wire) => [3, 5].includes(row.id)],
    ['address[city]', '/contacts?address%5Bcity%5D=Berlin', 1, (row: Wire) => row.address.city === 'Berlin'],
    ['q in the text of tasks', '/tasks?q=offer', 1, (row: Wire) => /offer/i.test(row.content)],
    ['completed', '/tasks?completed=true', 1, (row: Wire) => row.completed === true && row.overdue === false],
    ['pipeline_id', '/stages?pipeline_id=2', 6, (row: Wire) => row.pipeline_id === 2],
    ['pipeline_id, 1 when not given', '/stages', 7, (row: Wire) => row.pipeline_id === 1],
    ['two at once', '/contacts?is_organization=false&first_name=Nobody', 0, () => false],
  ] as const) {
    test(`filter ${name}`, async () => {
      const rows = (await call('GET', target)).body.items.map((item: Wire) => item.data)
      expect(rows.length).toBeGreaterThanOrEqual(least)
      expect(rows.every(check)).toBe(true)
      if (least === 0) expect(rows).toEqual([])
    })
  }

  test('a filter that the vendor does not have is ignored', async () => {
    expect((await call('GET', '/contacts?phone=none')).body.items).toHaveLength(25)
  })

  for (const query of ['page=0', 'page=x', 'per_page=-1', 'sort_by=nothing', 'sort_by=id%20desc']) {
    test(`${query} is refused with 400`, async () => {
      const { status, body } = await call('GET', `/contacts?${query}`)
      expect(status).toBe(400)
      expect(body.meta.http_status).toBe('400 Bad Request')
    })
  }

  for (const resource of [
    'leads',
    'deals',
    'tasks',
    'notes',
    'users',
    'pipelines',
    'sources',
    'lead_sources',
    'loss_reasons',
    'tags',
    'calls',
    'products',
    'lead/custom_fields',
  ]) {
    test(`${resource} are there`, async () => {
      const { status, body } = await call('GET', `/${resource}`)
      expect([status, body.items.length > 0, body.meta.type]).toEqual([200, true, 'collection'])
    })
  }
})

describe('rows', () => {
  test('create answers 201 with the item envelope, consecutive ids and times without milliseconds', async () => {
    const { status, body } = await call('POST', '/contacts', {
      first_name: 'Ada',
      last_name: 'Byron',
      tags: ['a', 'b'],
      id: 999,
      nonsense: 1,
    })
    expect(status).toBe(201)
    expect(body.meta).toEqual({ type: 'contact' })
    expect(body.data).toMatchObject({
      id: 61,
      name: 'Ada Byron',
      creator_id: 1,
      owner_id: 1,
      is_organization: false,
      created_at: '2026-03-04T05:06:07Z',
      updated_at: '2026-03-04T05:06:07Z',
    })
    expect(body.data).not.toHaveProperty('nonsense')
    expect((await call('GET', '/contacts/61')).body.data).toEqual(body.data)
  })

  test('PUT changes what it names, replaces tags as a whole and keeps what may only be set at creation', async () => {
    await call('POST', '/contacts', { first_name: 'Ada', last_name: 'Byron', tags: ['a', 'b'] })
    const { status, body } = await call('PUT', '/contacts/61', {
      last_name: 'King',
      tags: ['c'],
      is_organization: true,
      created_at: 'x',
    })
    expect(status).toBe(200)
    expect(body.data).toMatchObject({
      first_name: 'Ada',
      last_name: 'King',
      name: 'Ada King',
      tags: ['c'],
      is_organization: false,
    })
  })

  test('a list shows a change at once', async () => {
    await call('GET', '/contacts?ids=20')
    await call('PUT', '/contacts/20', { title: 'Changed' })
    expect((await call('GET', '/contacts?ids=20')).body.items[0].data.title).toBe('Changed')
  })

  test('DELETE answers 204 without a body, then 404', async () => {
    const { status, body } = await call('DELETE', '/leads/3')
    expect([status, body]).toEqual([204, ''])
    expect((await call('DELETE', '/leads/3')).status).toBe(404)
    expect((await call('POST', '/leads', { last_name: 'Next' })).body.data.id).toBe(21)
  })

  for (const id of ['-1', '0', '9999', 'x', '%ZZ', '__proto__']) {
    test(`id ${id} is not found`, async () => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const { status, body } = await call(method, `/contacts/${id}`, method === 'PUT' ? {} : undefined)
        expect(status).toBe(404)
        expect(body).toMatchObject({
          errors: [{ error: { code: 'not_found' }, meta: { type: 'error' } }],
          meta: { type: 'errors_list', http_status: '404 Not Found' },
        })
      }
    })
  }

  for (const [name, target, data, fields] of [
    ['a person without last name', '/contacts', {}, ['last_name']],
    ['a company without name', '/contacts', { is_organization: true }, ['name']],
    ['a lead without any name', '/leads', {}, ['last_name', 'organization_name']],
    ['a deal without name and contact', '/deals', {}, ['contact_id', 'name']],
    ['a deal of an unknown contact', '/deals', { name: 'x', contact_id: 9999 }, ['contact_id']],
    ['a task without content', '/tasks', {}, ['content']],
    ['a note about nothing', '/notes', { content: 'x' }, ['resource_type', 'resource_id']],
    ['a wrong type', '/contacts', { last_name: 'x', email: 5 }, ['email']],
    [
      'a value that is none of the allowed',
      '/contacts',
      { last_name: 'x', customer_status: 'maybe' },
      ['customer_status'],
    ],
  ] as const) {
    test(`422 names every field: ${name}`, async () => {
      const { status, body } = await call('POST', target, data)
      expect(status).toBe(422)
      expect(body.errors.map((entry: Wire) => entry.error.field).sort()).toEqual([...fields].sort())
      expect(body.errors[0].error.resource).toBe(target.slice(1, -1))
    })
  }

  test('a body without its wrapper, without JSON or with another type is refused', async () => {
    const post = (body: string, type: string) =>
      base.call('/base/v2/contacts', {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
      })
    expect((await post('{"last_name":"x"}', 'application/json')).status).toBe(400)
    expect((await post('{"data":', 'application/json')).status).toBe(400)
    expect((await post('data=1', 'application/x-www-form-urlencoded')).status).toBe(415)
  })

  test('a deal knows the company of its contact, its stage changes and takes its value as text', async () => {
    const company = (await call('GET', '/contacts?is_organization=true&per_page=1')).body.items[0].data.id
    const { body } = await call('POST', '/deals', { name: 'Big', contact_id: company, value: '12.50' })
    expect(body.data).toMatchObject({
      organization_id: company,
      value: '12.50',
      stage_id: 1,
      last_stage_change_at: '2026-03-04T05:06:07Z',
      last_stage_change_by_id: 1,
    })
  })

  test('a task that is done has a time and is not overdue', async () => {
    const { body } = await call('POST', '/tasks', { content: 'x', due_date: '2020-01-01T00:00:00Z' })
    expect(body.data).toMatchObject({ overdue: true, completed: false, completed_at: null })
    const done = await call('PUT', `/tasks/${body.data.id}`, { completed: true })
    expect(done.body.data).toMatchObject({ overdue: false, completed_at: '2026-03-04T05:06:07Z' })
  })

  test('upsert updates what its filter finds, creates otherwise, and needs a filter', async () => {
    expect(
      (await call('POST', '/contacts/upsert?email=new@example.com', { last_name: 'New', email: 'new@example.com' }))
        .status,
    ).toBe(201)
    const again = await call('POST', '/contacts/upsert?email=new@example.com', { last_name: 'Renewed' })
    expect([again.status, again.body.data.id, again.body.data.last_name]).toEqual([200, 61, 'Renewed'])
    expect((await call('POST', '/contacts/upsert', { last_name: 'x' })).status).toBe(400)
  })

  test('contacts are associated with deals', async () => {
    const before = (await call('GET', '/deals/1/associated_contacts')).body.items.length
    expect((await call('POST', '/deals/1/associated_contacts', { contact_id: 20 })).status).toBe(201)
    expect((await call('GET', '/deals/1/associated_contacts')).body.items).toHaveLength(before + 1)
    expect((await call('DELETE', '/deals/1/associated_contacts/20')).status).toBe(204)
    expect((await call('GET', '/deals/77/associated_contacts')).status).toBe(404)
  })

  test('users/self is the first user, accounts/self the account', async () => {
    expect((await call('GET', '/users/self')).body).toMatchObject({
      data: { id: 1, email: 'ada@example.com' },
      meta: { type: 'user' },
    })
    expect((await call('GET', '/accounts/self')).body).toMatchObject({
      data: { id: 1, currency: 'USD' },
      meta: { type: 'account' },
    })
  })
})

describe('protocol', () => {
  for (const [name, authorization] of [
    ['no token', undefined],
    ['an unknown token', 'Bearer nothing'],
    ['an empty token', 'Bearer '],
  ] as const) {
    test(`${name} is 401 in the vendor's shape`, async () => {
      const response = await base.call('/base/v2/contacts', { headers: authorization ? { authorization } : {} })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('invalid_token')
      expect(await response.json()).toMatchObject({ meta: { http_status: '401 Unauthorized' } })
    })
  }

  test('unknown paths are 404, known paths with another method 405', async () => {
    expect((await call('GET', '/nothing')).status).toBe(404)
    const { status, response } = await call('PATCH', '/contacts/1', {})
    expect([status, response.headers.get('allow')?.split(', ').sort()]).toEqual([405, ['DELETE', 'GET', 'PUT']])
  })

  test('the only element answers without its prefix too', async () => {
    const response = await base.call('/v2/users/self', { headers: { authorization: `Bearer ${token}` } })
    expect(response.status).toBe(200)
  })

  test('origins are those of the element', () => {
    expect(base.simulator.origins('http://127.0.0.1:9000/')).toEqual({
      'https://api.getbase.com': 'http://127.0.0.1:9000/base',
      'https://base.simulator.test': 'http://127.0.0.1:9000/base',
    })
  })

  test('calls are counted by resource and status', async () => {
    await call('GET', '/contacts')
    await call('GET', '/contacts')
    await call('GET', '/contacts/0')
    expect(base.simulator.stats('base').requests).toEqual({ contacts: { '200': 2, '404': 1 } })
  })
})

test('the same seed gives the same rows on any day, another seed others', async () => {
  const given = await options()
  const rowsOf = (seed: number, day: string) =>
    createSimulator({ ...given, seed, now: () => new Date(day) }).inspect().base?.resources
  const first = rowsOf(7, '2026-01-01T00:00:00Z')
  expect(rowsOf(7, '2031-01-01T00:00:00Z')).toEqual(first)
  expect(rowsOf(8, '2026-01-01T00:00:00Z')).not.toEqual(first)
  expect(first?.contacts).toHaveLength(60)
})

test('sample rows refer to rows that exist', async () => {
  const resources: Record<string, Row[]> = createSimulator(await options()).inspect().base?.resources ?? {}
  const ids = (name: string) => new Set(resources[name]?.map((row) => row.id))
  const contacts = ids('contacts')
  for (const row of resources.contacts ?? [])
    if (row.contact_id !== null) expect(contacts.has(row.contact_id)).toBe(true)
  for (const row of resources.deals ?? [])
    expect([contacts.has(row.contact_id), ids('stages').has(row.stage_id)]).toEqual([true, true])
  for (const row of resources.tasks ?? []) expect(ids(`${String(row.resource_type)}s`).has(row.resource_id)).toBe(true)
})
