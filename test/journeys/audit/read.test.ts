import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS, type Rule } from '../../../src/accounts/operations.ts'
import { auditedEntity } from '../../../src/http/audited-entity.ts'
import { declaredRoutes } from '../../../src/http/list-routes.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { addOrganization, addPerson, organizationSecretOf, type Person } from '../people.ts'

/** Who reads the audit log, and by which filters (spec 41 §9, 50 §7). */
let hub: TestHub
let member: Person
let stranger: Person
let powerless: Person
let owner: { organizationId: number; accountId: number; userId: number }
beforeAll(async () => {
  hub = await startTestHub()
  const { store, seeded } = hub.hub
  if (!seeded.created) throw new Error('a new database is seeded')
  owner = seeded
  const organizationSecret = organizationSecretOf(hub.authorization)
  member = await addPerson(store, { organizationId: owner.organizationId, organizationSecret, name: 'Member' })
  stranger = await addOrganization(store, 'Stranger')
  powerless = await addOrganization(store, 'Powerless')
  await sql`update roles set privileges = array_remove(array_remove(privileges, 'viewLogsOrg'), 'viewLogsAccount')
    where organization_id = ${powerless.organizationId}`.execute(store.db)
  for (const name of ['First', 'Second', 'Third']) await hub.call('POST', '/hubs', { body: { name } })
  await as(member, 'POST', '/hubs', { name: 'Members' })
  await as(stranger, 'POST', '/hubs', { name: 'Strangers' })
})
afterAll(() => hub.close())

const as = ({ authorization }: { authorization: string }, method: string, path: string, body?: unknown) =>
  hub.call(method, path, { authorization, ...(body === undefined ? {} : { body }) })
// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const names = (answer: { body: any }) => answer.body.map((record: any) => record.after?.name)
const list = (query = '', path = '/audit-logs') => hub.call('GET', `${path}?${query}`)

describe('who sees what', () => {
  test('viewLogsOrg: the whole organization, the newest first, nothing of another', async () => {
    const answer = await list()
    expect(answer.status).toBe(200)
    expect(names(answer)).toEqual(['Members', 'Third', 'Second', 'First'])
    expect(answer.headers.get('elements-total-count')).toBe('4')
  })

  test('viewLogsAccount alone: the own account', async () => {
    expect(names(await as(member, 'GET', '/audit-logs'))).toEqual(['Members'])
    expect(names(await as(member, 'GET', `/audit-logs?accountId=${member.accountId}`))).toEqual(['Members'])
    expect(names(await as(member, 'GET', `/audit-logs?userId=${owner.userId}`))).toEqual([])
    expect((await as(member, 'GET', `/audit-logs?accountId=${owner.accountId}`)).status).toBe(403)
  })

  test('neither: 403, on every list', async () => {
    for (const path of [
      '',
      '/authentication',
      '/elements',
      '/elements/1',
      '/element-instances/7',
      '/formulas',
      '/formula-instances',
      '/common-resources/x',
    ]) {
      expect((await as(powerless, 'GET', `/audit-logs${path}`)).status).toBe(403)
    }
  })

  test('nobody: 401', async () =>
    expect((await hub.call('GET', '/audit-logs', { authorization: null })).status).toBe(401))

  for (const accountId of ['0', '-1', '99999999999', '1']) {
    test(`account ${accountId} is foreign: 403`, async () =>
      expect((await list(`accountId=${accountId}`)).status).toBe(403))
  }

  test('an account of another organization is as foreign as one that is not there', async () => {
    expect((await list(`accountId=${stranger.accountId}`)).status).toBe(403)
  })
})

describe('filters', () => {
  test('of account and user', async () => {
    expect(names(await list(`accountId=${member.accountId}`))).toEqual(['Members'])
    expect(names(await list(`userId=${owner.userId}&accountId=`))).toEqual(['Third', 'Second', 'First'])
    expect(names(await list('userId=-1'))).toEqual([])
    expect(names(await list('userId=99999999999'))).toEqual([])
    expect((await list('userId=ada')).body.message).toContain('userId: expected a whole number, got "ada"')
  })

  test('of time: both bounds, one, none that fits', async () => {
    const { timestamp } = (await list()).body[2]
    const at = encodeURIComponent(timestamp)
    expect(names(await list(`from=${at}&to=${at}`))).toEqual(['Second'])
    expect(names(await list(`from=${at}`))).toEqual(['Members', 'Third', 'Second'])
    expect(names(await list(`to=${at}`))).toEqual(['Second', 'First'])
    expect((await list('from=2030-01-01&to=2030-02-01')).body).toEqual([])
    expect((await list('from=2020-02-01&to=2020-01-01')).status).toBe(400)
    expect((await list('from=soon')).body.message).toContain('from: expected a date')
  })

  test('of what it is about, elements by id and by key', async () => {
    const element = {
      name: 'Ledger',
      description: '',
      authentication: { type: 'basic' },
      configuration: [{ key: 'base.url', name: 'u', defaultValue: 'https://x.test' }],
    }
    const { id } = (await hub.call('POST', '/elements', { body: element })).body
    await hub.call('POST', '/elements', { body: { ...element, name: 'Other' } })
    await hub.call('PUT', '/elements/ledger', { body: [] })
    const made = await hub.call('POST', '/instances', {
      body: { name: 'Mine', element: { id }, configuration: { username: 'u', password: 'p' } },
    })
    expect(made.status, made.text).toBe(200)

    expect((await list('', '/audit-logs/elements')).body).toHaveLength(3)
    for (const keyOrId of [id, 'ledger']) {
      const found = await list('', `/audit-logs/elements/${keyOrId}`)
      expect(found.body.map((one: { status: number }) => one.status)).toEqual([400, 200])
    }
    expect((await list('', '/audit-logs/elements/999999')).body).toEqual([])
    expect(names(await list('', '/audit-logs/element-instances'))).toEqual(['Mine'])
    expect(names(await list('', `/audit-logs/element-instances/${made.body.id}`))).toEqual(['Mine'])
    for (const path of [
      'formulas',
      'formulas/1',
      'formula-instances',
      'common-resources',
      'common-resources/contacts',
    ]) {
      expect((await list('', `/audit-logs/${path}`)).body).toEqual([])
    }
    expect((await list('', '/audit-logs/authentication')).status).toBe(200)
  })
})

describe('pages', () => {
  test('two small ones are one of twice the size; the last has no token; the filter goes with it', async () => {
    const whole = await list(`userId=${owner.userId}&pageSize=4`)
    const first = await list(`userId=${owner.userId}&pageSize=2`)
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    // what happens meanwhile moves nothing
    await hub.call('POST', '/hubs', { body: { name: 'Later' } })
    const second = await list(`nextPage=${token}`)
    expect([...first.body, ...second.body]).toEqual(whole.body)
    let [page, count] = [second, 4]
    while (page.headers.has('elements-next-page-token')) {
      page = await list(`nextPage=${encodeURIComponent(page.headers.get('elements-next-page-token') ?? '')}`)
      count += page.body.length
    }
    expect(count).toBe(Number(first.headers.get('elements-total-count')))
  })

  test('a token of another list is refused', async () => {
    const first = await list('pageSize=1')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    expect((await list(`nextPage=${token}`, '/audit-logs/elements')).status).toBe(400)
  })
})

test('every call of every route that may change something leaves a record, whatever it is answered', async () => {
  const { store } = hub.hub
  const routes = (await declaredRoutes()).filter(({ method, operation, url }) => {
    if (operation === undefined || !['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) return false
    return (OPERATIONS[operation] as Rule).tenant !== 'public' && auditedEntity(operation, url, {}) !== undefined
  })
  expect(routes.length).toBeGreaterThan(60)
  const calls: { route: string; status: number; requestId: string | null }[] = []
  for (const { method, url } of routes) {
    const person = await addOrganization(store, `Walker ${calls.length}`)
    const path = url.replace('/elements/api-v2', '').replace(/:[A-Za-z]+/g, '999999999')
    const answer = await as(person, method, path, {})
    calls.push({
      route: `${method} ${url}`,
      status: answer.status,
      requestId: answer.headers.get('elements-request-id'),
    })
  }
  await list('pageSize=1')
  const { rows } = await sql<{ request_id: string; status: number }>`select request_id, status from audit_logs`.execute(
    store.db,
  )
  const statuses = new Map(rows.map(({ request_id, status }) => [request_id, status]))
  const without = calls.filter(({ status, requestId }) => statuses.get(requestId ?? '') !== status)
  expect(without).toEqual([])
  expect(calls.filter(({ status }) => status >= 500)).toEqual([])
}, 120_000)

test('how a user was changed: who sees the user; that he was, everybody', async () => {
  const person = { email: 'private@example.com', firstName: 'Made', lastName: 'Up', phone: '555-1234' }
  expect((await hub.call('POST', `/accounts/${member.accountId}/users`, { body: person })).status).toBe(200)
  const newest = async (reader: { authorization: string }) => (await as(reader, 'GET', '/audit-logs?pageSize=1')).body
  expect(await newest(hub)).toMatchObject([{ entity_type: 'user', action: 'create', after: person }])
  const [record] = await newest(member)
  expect(record).toMatchObject({ entity_type: 'user', action: 'create', user_id: owner.userId })
  expect(JSON.stringify(record)).not.toMatch(/private@|555-1234|"after"/)
  const own = { phone: '555-9876' }
  expect((await hub.call('PATCH', `/users/${member.userId}`, { body: own })).status).toBe(200)
  expect(await newest(member)).toMatchObject([{ action: 'update', after: own }])
})
