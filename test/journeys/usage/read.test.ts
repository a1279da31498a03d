import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { addColleague, addOrganization, addPerson, organizationSecretOf, type Person } from '../people.ts'
import { adminOf, type Owner, writeUsage } from './usage-hub.ts'

/** `GET /usage`: filters, paging, whose records, tables (spec 41 §7.2, 00 §6, §8, 01 §2). */
let hub: TestHub
let admin: Owner
/** of a second account of the administrator's organization, where members see the log of their account */
let member: Person
/** of the same account */
let colleague: Person
/** of another organization */
let stranger: Person
/** of another account there, and may see nobody's log but his own */
let narrow: Person
let narrowColleague: Person

const DAY_MS = 86_400_000
const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
/** an hour of the day three days ago */
const at = (hour: number, minute = 0) => new Date(today - 3 * DAY_MS + hour * 3_600_000 + minute * 60_000)
const range = `from=${at(0).toISOString()}&to=${at(23).toISOString()}`
const ids: Record<string, string[]> = {}

beforeAll(async () => {
  hub = await startTestHub()
  const { store } = hub.hub
  const organizationSecret = organizationSecretOf(hub.authorization)
  admin = await adminOf(hub)
  member = await addPerson(store, { ...admin, organizationSecret, name: 'Second Account' })
  colleague = await addColleague(store, { ...member, organizationSecret, name: 'Colleague' })
  stranger = await addOrganization(store, 'Elsewhere')
  const strangerSecret = organizationSecretOf(stranger.authorization)
  await sql`
    update roles set privileges = array_remove(privileges, 'viewLogsAccount')
    where organization_id = ${stranger.organizationId} and key = 'default-user'`.execute(store.db)
  narrow = await addPerson(store, { ...stranger, organizationSecret: strangerSecret, name: 'Narrow' })
  narrowColleague = await addColleague(store, {
    ...narrow,
    organizationSecret: strangerSecret,
    name: 'Narrow Colleague',
  })

  const call = { element_key: 'base', element_name: 'Base CRM', hub: 'crm', resource: 'contacts', api: 'getContacts' }
  ids['admin'] = await writeUsage(hub, admin, [
    { ...call, traffic_date: at(1), instance_id: 7, instance_name: 'North', instance_tags: ['a', 'b'] },
    {
      ...call,
      traffic_date: at(2),
      instance_id: 8,
      instance_name: 'South',
      instance_tags: ['b'],
      status: 502,
      message: 'Request failed',
      provider_message: 'Zebra',
    },
    { traffic_date: at(3), uri: '/elements/api-v2/elements/100%_sure' },
    { traffic_date: at(3), element_key: 'sfdc', hub: 'CRM', status: 404, message: "=2+5+cmd|' /C calc'!A0" },
    { traffic_date: at(3, 30), element_key: 'dropbox', hub: 'documents' },
  ])
  ids['member'] = await writeUsage(hub, member, [{ traffic_date: at(4) }])
  ids['colleague'] = await writeUsage(hub, colleague, [{ traffic_date: at(5), element_key: 'base', hub: 'crm' }])
  ids['stranger'] = await writeUsage(hub, stranger, [{ traffic_date: at(6) }])
  ids['narrow'] = await writeUsage(hub, narrow, [{ traffic_date: at(7) }])
  ids['narrowColleague'] = await writeUsage(hub, narrowColleague, [{ traffic_date: at(8) }])
})
afterAll(() => hub.close())

const list = (query: string, options: Parameters<TestHub['call']>[2] = {}) =>
  hub.call('GET', `/usage?${query}`, options)
const idsIn = (answer: Answer): string[] => {
  expect(answer.status, answer.text).toBe(200)
  return answer.body.map(({ id }: { id: string }) => id)
}
const some = (name: string, ...which: number[]): string[] => which.map((one) => ids[name]?.[one] ?? '')

describe('a record', () => {
  test('has the members of both generations', async () => {
    const [record] = (await list(`${range}&searchText=Zebra`)).body
    const id = some('admin', 1)[0]
    const date = at(2).toISOString()
    expect(record).toEqual({
      id,
      traffic_id: id,
      request_id: id,
      traffic_date: date,
      usageDate: date,
      request_status: 'FAILED',
      requestStatus: 'FAILED',
      response_status: 502,
      request_method: 'GET',
      request_uri: '/elements/api-v2/instances',
      requestURI: '/elements/api-v2/instances',
      request_ip: '127.0.0.1',
      requestIP: '127.0.0.1',
      process_time: 10,
      processTime: 10,
      platform_process_time: 10,
      vendor_process_time: 0,
      element_key: 'base',
      elementKey: 'base',
      element_name: 'Base CRM',
      elementName: 'Base CRM',
      element_resource: 'contacts',
      element_api: 'getContacts',
      elementApi: 'getContacts',
      element_tag: 'b',
      elementTags: 'b',
      instance_tags: 'b',
      instance_id: 8,
      instance_name: 'South',
      instanceName: 'South',
      provision_name: 'South',
      is_ce_mapped_resource: false,
      message: 'Request failed',
      provider_message: 'Zebra',
      user_id: admin.userId,
      userId: admin.userId,
      user_name: 'ada@example.com',
      account_id: admin.accountId,
      accountId: admin.accountId,
      account_name: 'Default Account',
      company_id: admin.organizationId,
      companyId: admin.organizationId,
      company_name: 'My Organization',
      company_external_id: 'NA',
      company_external_name: 'NA',
    })
  })

  test('is read by its id, alone', async () => {
    const [id] = some('admin', 1)
    const { status, body } = await hub.call('GET', `/usage/${id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ id, traffic_id: id, instance_tags: 'b', provider_message: 'Zebra' })
  })

  test('is there as soon as its call is answered', async () => {
    const failed = await hub.call('GET', '/instances/-1')
    const { status, body } = await hub.call('GET', `/usage/${failed.body.requestId}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      request_id: failed.body.requestId,
      response_status: 404,
      message: failed.body.message,
    })
  })

  for (const id of ['ffffffffffffffffffffffff', '-1', 'nothing', 'analytics']) {
    test(`there is none with the id ${id}`, async () => {
      const answer = await hub.call('GET', `/usage/${id}`)
      expect(answer.status).toBe(404)
      expect(answer.body.message).toContain(id)
    })
  }
})

describe('filters', () => {
  for (const [query, which] of [
    ['', [4, 3, 2, 1, 0]],
    ['hub=crm', [3, 1, 0]],
    ['hub=Documents', [4]],
    ['keys[]=base', [1, 0]],
    ['keys[]=base&keys[]=dropbox', [4, 1, 0]],
    ['keys%5B%5D=base,%20sfdc', [3, 1, 0]],
    ['tags[]=a', [0]],
    ['tags[]=b', [1, 0]],
    ['tags=a,b', [1, 0]],
    ['status=FAILED', [3, 1]],
    ['status=success', [4, 2, 0]],
    ['searchText=ELEMENTS/100%25_sure', [2]],
    ['searchText=NORTH', [0]],
    ['searchText=base%20crm', [1, 0]],
    ['searchText=request%20failed', [1]],
    ['hub=crm&status=SUCCESS&tags[]=b', [0]],
    ['hub=&keys[]=&status=&searchText=', [4, 3, 2, 1, 0]],
    ['unknown=ignored', [4, 3, 2, 1, 0]],
  ] as const) {
    test(query || 'none', async () => {
      const answer = await list(`${range}&accountIds[]=${admin.accountId}&${query}`)
      // two calls came at the same time: the later id is first
      expect(idsIn(answer)).toEqual(some('admin', ...which))
      expect(answer.headers.get('elements-total-count')).toBe(String(which.length))
    })
  }

  test('% and _ are no wildcards', async () => {
    expect((await list(`${range}&searchText=100_sure`)).body).toEqual([])
    expect((await list(`${range}&searchText=1%25sure`)).body).toEqual([])
  })

  for (const [fact, query, message] of [
    ['a status that is none', 'status=maybe', 'SUCCESS or FAILED'],
    ['a date that is none', 'from=soon', 'from: expected a date'],
    ['from after to', 'from=2019-01-02&to=2019-01-01', 'later than to'],
    ['an offset that is none', 'pageOffset=-1', 'pageOffset'],
    ['a page size that is none', 'pageSize=0', 'pageSize'],
    ['an account that is no number', 'accountIds[]=mine', 'accountIds[]: expected a whole number'],
    ['a token that is none', 'nextPage=abc', 'nextPage'],
  ] as const) {
    test(`400: ${fact}`, async () => {
      const answer = await list(query)
      expect(answer.status).toBe(400)
      expect(answer.body.message).toContain(message)
    })
  }
})

describe('nothing found', () => {
  for (const [fact, query] of [
    ['a time in which nothing was called', 'from=2019-01-01&to=2019-01-02'],
    ['a time to come', 'from=2999-01-01&to=2999-01-02'],
    ['a time to come, with an open end', 'from=2999-01-01'],
    ['a time to come, and a text', 'from=2999-01-01&to=2999-01-02&searchText=x'],
    ['a filter that nothing matches', `${range}&keys[]=nosuch`],
  ] as const) {
    test(`404: ${fact}`, async () => {
      const answer = await list(query)
      expect(answer.status).toBe(404)
      expect(answer.body.message).toBe('No usage logs found')
    })
  }

  test('a text that is nowhere: an empty list', async () => {
    const answer = await list(`${range}&searchText=nowhere`)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual([])
    expect(answer.headers.get('elements-total-count')).toBe('0')
  })
})

describe('pages', () => {
  const all = () => [...some('colleague', 0), ...some('member', 0), ...some('admin', 4, 3, 2, 1, 0)]

  test('by offset', async () => {
    const seen: string[] = []
    for (let offset = 0; offset < 7; offset++) {
      const answer = await list(`${range}&pageSize=1&pageOffset=${offset}`)
      seen.push(...idsIn(answer))
      expect(answer.headers.get('elements-returned-count')).toBe('1')
      expect(answer.headers.get('elements-total-count')).toBe('7')
      expect(answer.headers.has('elements-next-page-token')).toBe(offset < 6)
    }
    expect(seen).toEqual(all())
    const beyond = await list(`${range}&pageSize=1&pageOffset=7`)
    expect([beyond.status, beyond.body]).toEqual([200, []])
  })

  test('by token, which knows the filter and stays where it was when new calls come', async () => {
    const seen: string[] = []
    let answer = await list(`${range}&pageSize=3`)
    for (let page = 1; ; page++) {
      seen.push(...idsIn(answer))
      expect(answer.headers.get('elements-total-count')).toBe('7')
      const token = answer.headers.get('elements-next-page-token')
      if (!token) break
      expect(page).toBeLessThan(3)
      await writeUsage(hub, stranger, [{ traffic_date: at(9) }])
      answer = await list(`nextPage=${encodeURIComponent(token)}`)
    }
    expect(seen).toEqual(all())
  })

  test('a token and the range that "now" meant', async () => {
    const first = await list('pageSize=2')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    const wide = await list('pageSize=4')
    const next = idsIn(await list(`pageSize=2&nextPage=${token}`))
    const known = idsIn(wide)
    // the calls of this test are in the log as well by now, at its beginning
    const start = known.indexOf(idsIn(first)[1] ?? '') + 1
    expect(start).toBeGreaterThan(0)
    expect(next.slice(0, known.length - start)).toEqual(known.slice(start))
  })

  test('a token of another filter is refused', async () => {
    const token = encodeURIComponent((await list(`${range}&pageSize=1`)).headers.get('elements-next-page-token') ?? '')
    const answer = await list(`${range}&hub=crm&nextPage=${token}`)
    expect(answer.status).toBe(400)
    expect(answer.body.message).toContain('another list or filter')
  })

  test('the default is 100', async () => {
    const day = { traffic_date: at(-24) }
    await writeUsage(hub, admin, Array(120).fill(day))
    const answer = await list(`from=${at(-24).toISOString()}&to=${at(-23).toISOString()}`)
    expect(answer.body).toHaveLength(100)
    expect(answer.headers.get('elements-total-count')).toBe('120')
  })
})

describe('whose records', () => {
  const as = (person: Person, query = '') => list(`${range}&${query}`, { authorization: person.authorization })

  test('viewLogsOrg: those of the organization', async () => {
    const mine = [...some('colleague', 0), ...some('member', 0), ...some('admin', 4, 3, 2, 1, 0)]
    expect(idsIn(await list(range))).toEqual(mine)
    expect(idsIn(await list(`${range}&accountIds[]=${member.accountId}`))).toEqual([
      ...some('colleague', 0),
      ...some('member', 0),
    ])
    expect(idsIn(await list(`${range}&accountIds[]=${member.accountId},${admin.accountId}`))).toEqual(mine)
  })

  test('viewLogsAccount: those of the account', async () => {
    for (const query of ['', `accountIds[]=${member.accountId}`]) {
      expect(idsIn(await as(member, query))).toEqual([...some('colleague', 0), ...some('member', 0)])
    }
  })

  test('neither: one’s own', async () => {
    expect(idsIn(await as(narrow))).toEqual(some('narrow', 0))
    expect(idsIn(await as(narrowColleague))).toEqual(some('narrowColleague', 0))
  })

  for (const [fact, person, accountId] of [
    ['the administrator asks for another organization', () => undefined, () => stranger.accountId],
    ['… for none', () => undefined, () => 0],
    ['… for what cannot be', () => undefined, () => 99_999_999_999],
    ['… for his own and another', () => undefined, () => `${admin.accountId}&accountIds[]=${stranger.accountId}`],
    ['a member asks for another account', () => member, () => admin.accountId],
    ['a user without the privilege asks for another account', () => narrow, () => stranger.accountId],
  ] as const) {
    test(`403: ${fact}`, async () => {
      const someone = person()
      const answer = await list(
        `${range}&accountIds[]=${accountId()}`,
        someone && { authorization: someone.authorization },
      )
      expect(answer.status).toBe(403)
      expect(answer.body).toMatchObject({ requestId: expect.any(String), message: expect.any(String) })
    })
  }

  test('a record of somebody else is not there', async () => {
    const read = async (id: string | undefined, person?: Person) =>
      (await hub.call('GET', `/usage/${id}`, person && { authorization: person.authorization })).status
    expect(await read(some('stranger', 0)[0])).toBe(404)
    expect(await read(some('admin', 0)[0], member)).toBe(404)
    expect(await read(some('member', 0)[0], colleague)).toBe(200)
    expect(await read(some('narrow', 0)[0], narrowColleague)).toBe(404)
    expect(await read(some('narrow', 0)[0], narrow)).toBe(200)
  })

  test('nor one that is still in memory', async () => {
    const { headers } = await hub.call('GET', '/hubs', { authorization: stranger.authorization })
    const id = headers.get('elements-request-id')
    expect((await hub.call('GET', `/usage/${id}`, { authorization: stranger.authorization })).status).toBe(200)
    expect((await hub.call('GET', `/usage/${id}`)).status).toBe(404)
  })

  test('without credentials 401', async () => {
    expect((await list(range, { authorization: null })).status).toBe(401)
  })
})

describe('tables', () => {
  const table = (query: string) => list(query, { headers: { accept: 'text/csv' } })

  test('Accept: text/csv answers all of what matches', async () => {
    const answer = await table(`${range}&accountIds[]=${admin.accountId}&pageSize=1`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/csv;charset=UTF-8')
    const [header = '', ...lines] = answer.text.trimEnd().split('\n')
    const columns = header.split(',')
    expect(columns.slice(0, 4)).toEqual(['traffic_id', 'traffic_date', 'request_status', 'response_status'])
    expect(lines.map((line) => line.split(',')[0])).toEqual(some('admin', 4, 3, 2, 1, 0))
    expect(lines.at(-1)).toContain(`${at(1).toISOString()},SUCCESS,200,GET`)
    expect(lines.at(-1)?.split(',')[columns.indexOf('instance_tags')]).toBe('"a')
  })

  test('what a spreadsheet would run is escaped', async () => {
    const { text } = await table(`${range}&searchText=calc`)
    expect(text).toContain("'=2+5+cmd")
  })

  test('more than one page', async () => {
    await writeUsage(hub, stranger, Array(2_500).fill({ traffic_date: at(20) }))
    const { text } = await list(`from=${at(20).toISOString()}&to=${at(20).toISOString()}`, {
      authorization: stranger.authorization,
      headers: { accept: 'text/csv' },
    })
    const found = text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[0])
    expect(new Set(found).size).toBe(2_500)
    expect(found).toHaveLength(2_500)
  })

  test('nothing found is the error it always is', async () => {
    const answer = await table('from=2999-01-01&to=2999-01-02')
    expect([answer.status, answer.body.message]).toEqual([404, 'No usage logs found'])
  })

  test('what is neither JSON nor CSV is 406', async () => {
    expect((await list(range, { headers: { accept: 'image/png' } })).status).toBe(406)
    for (const accept of ['*/*', 'application/json', 'text/html, application/json;q=0.9', 'application/vnd.x+json']) {
      const answer = await list(range, { headers: { accept } })
      expect(answer.headers.get('content-type'), accept).toBe('application/json;charset=UTF-8')
    }
  })
})
