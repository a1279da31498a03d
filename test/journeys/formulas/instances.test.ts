import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formulaDb } from '../../../src/formulas/formula-table.ts'
import { insertFormula, partsOf } from '../../support/formula-template.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People, type Person } from '../../support/people.ts'

let hub: TestHub
let people: People
let crm: { id: number }
let formulas = 0

beforeAll(async () => {
  hub = await startTestHub()
  people = await meetPeople(hub)
  crm = await hub.provisionBase({ name: 'Contacts of Zürich' })
})
afterAll(() => hub.close())

type Parts = Parameters<typeof partsOf>[0]
const ownerOf = ({ organizationId, accountId, id }: Person) => ({ organizationId, accountId, userId: id })
const makeFormula = (parts: Parts = {}, by: Person = people.first) =>
  insertFormula(hub.hub.store, ownerOf(by), { name: `formula ${++formulas}`, parts: partsOf(parts) })
const create = (formulaId: number, body: object = {}, by: Person = people.first): Promise<Answer> =>
  people.as(by)('POST', `/formulas/${formulaId}/instances`, { name: 'one', ...body })
const made = async (formulaId: number, body: object = {}, by?: Person) => {
  const answer = await create(formulaId, body, by)
  if (answer.status !== 200) throw new Error(`the instance was answered ${answer.status}: ${answer.text}`)
  return answer.body
}
const ids = ({ body }: Answer) => body.map(({ id }: { id: number }) => id)
const step = (name: string, properties: Record<string, unknown>, onSuccess: string[] = [], type = 'script') => ({
  ...{ id: 1, name, type, onSuccess, onFailure: [], properties },
})

describe('an instance', () => {
  test('is made, read in both forms, changed, switched, deleted', async () => {
    const formulaId = await makeFormula({ variables: { 'crm.source': 'elementInstance', object: 'value?' } })
    const body = {
      name: 'EU <b>tenant</b>',
      configuration: { 'crm.source': crm.id, object: 7, flag: true, list: ['a'], extra: 'kept', none: null },
      settings: { 'notification.webhook.url': 'no scheme' },
    }
    const { status, body: instance } = await create(formulaId, body)
    expect(status).toBe(200)
    expect(instance).toEqual({
      id: expect.any(Number),
      name: 'EU tenant',
      formula: {
        id: formulaId,
        name: `formula ${formulas}`,
        active: true,
        singleThreaded: false,
        debugLoggingEnabled: true,
      },
      userId: people.first.id,
      accountId: people.first.accountId,
      active: true,
      configuration: { 'crm.source': String(crm.id), object: '7', flag: 'true', list: '["a"]', extra: 'kept' },
      settings: { 'notification.webhook.url': 'no scheme' },
      numberConsecutiveErrors: 0,
      numberConsecutiveErrorWarningNotifications: 0,
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      updatedDate: instance.createdDate,
    })
    const long = `/formulas/${formulaId}/instances/${instance.id}`
    expect((await hub.call('GET', long)).body).toEqual(instance)
    expect((await hub.call('GET', `/formulas/instances/${instance.id}`)).body).toEqual(instance)

    const changed = await hub.call('PUT', long, { body: { configuration: { object: 'leads', extra: null } } })
    expect(changed).toMatchObject({ status: 200, body: { name: 'EU tenant', settings: instance.settings } })
    expect(changed.body.configuration).toEqual({
      ...{ 'crm.source': String(crm.id), object: 'leads', flag: 'true', list: '["a"]' },
    })

    expect(await hub.call('DELETE', `${long}/active`, { body: null })).toMatchObject({ status: 200, text: '' })
    expect((await hub.call('GET', long)).body.active).toBe(false)
    expect(await hub.call('PUT', `${long}/active`)).toMatchObject({ status: 200, text: '' })
    expect((await hub.call('GET', long)).body.active).toBe(true)

    expect(await hub.call('DELETE', long)).toMatchObject({ status: 200, text: '' })
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await hub.call(method, long, method === 'PUT' ? { body: {} } : {})).status).toBe(404)
    for (const method of ['PUT', 'DELETE']) expect((await hub.call(method, `${long}/active`)).status).toBe(404)
  })

  test('keeps what is stored sealed', async () => {
    const { id } = await made(await makeFormula(), { configuration: { word: 'marzipan-17' } })
    const row = await formulaDb(hub.hub.store)
      .selectFrom('formula_instances')
      .selectAll()
      .where('id', '=', id)
      .execute()
    expect(JSON.stringify(row)).not.toContain('marzipan')
  })

  test('of another formula is not found', async () => {
    const { id } = await made(await makeFormula())
    const other = await makeFormula()
    for (const path of [`/formulas/${other}/instances/${id}`, `/formulas/99999999999/instances/${id}`])
      expect(await hub.call('GET', path)).toMatchObject({
        status: 404,
        body: { message: expect.stringContaining('formula') },
      })
  })

  test('has no unique name', async () => {
    const formulaId = await makeFormula()
    expect((await made(formulaId)).id).not.toBe((await made(formulaId)).id)
  })

  test('counts failures as it is told, and anew when it is made active again', async () => {
    const formulaId = await makeFormula()
    const { id } = await made(formulaId)
    const path = `/formulas/${formulaId}/instances/${id}`
    const body = { numberConsecutiveErrors: 50, firstConsecutiveErrorDate: '2018-01-02T03:04:05Z' }
    expect((await hub.call('PUT', path, { body })).body).toMatchObject({ ...body, name: 'one' })
    await hub.call('DELETE', `${path}/active`)
    expect((await hub.call('GET', path)).body).toMatchObject(body)
    await hub.call('PUT', `${path}/active`)
    const { body: again } = await hub.call('GET', path)
    expect(again).toMatchObject({ numberConsecutiveErrors: 0 })
    expect(again).not.toHaveProperty('firstConsecutiveErrorDate')
  })
})

describe('what is refused with 400', () => {
  const crmOnly = { variables: { crm: 'elementInstance' as const } }
  test.each<[string, Parts, object, string]>([
    ['no name', {}, { name: null }, 'name'],
    ['a name of HTML alone', {}, { name: '<b></b>' }, 'name'],
    ['a required variable that is missing', crmOnly, {}, 'requires a value for "crm"'],
    ['one that is empty', crmOnly, { configuration: { crm: '' } }, '"crm"'],
    ['an element instance that is none', crmOnly, { configuration: { crm: 999_999 } }, '"crm" is "999999"'],
    ['one that is no id', crmOnly, { configuration: { crm: 'mine' } }, '"crm" is "mine"'],
    ['an edge of a step to nowhere', { steps: [step('a', { body: ' ' }, ['b'])] }, {}, 'onSuccess names "b"'],
    ['a script without a body', { steps: [step('a', { body: ' ' })] }, {}, 'step "a" (script) lacks "body"'],
    [
      'a request without what it needs',
      { steps: [step('a', { api: '/x' }, [], 'elementRequest')] },
      {},
      '"elementInstanceId", "method"',
    ],
    ['an edge of the trigger to nowhere', { trigger: { type: 'manual', onSuccess: ['a'] } }, {}, 'names "a"'],
    ['an event trigger without its instance', { trigger: { type: 'event' } }, {}, '"elementInstanceId"'],
    [
      'a request trigger without a path',
      { trigger: { type: 'elementRequest', properties: { elementInstanceId: '1', method: 'GET', api: ' ' } } },
      {},
      '"api"',
    ],
    ['a schedule without a cron', { trigger: { type: 'scheduled' } }, {}, '"cron"'],
    [
      'a cron that is none',
      { trigger: { type: 'scheduled', properties: { cron: '${config.cron}' } }, variables: { cron: 'value' } },
      { configuration: { cron: 'never' } },
      'cron "never"',
    ],
    [
      'a cron that comes too often',
      { trigger: { type: 'scheduled', properties: { cron: '${config.cron}' } } },
      { configuration: { cron: '0/30 * * 1/1 * ? *' } },
      'too often',
    ],
    [
      'a cron that is nowhere',
      { trigger: { type: 'scheduled', properties: { cron: '${config.cron}' } } },
      {},
      '${config.cron}',
    ],
    [
      'a sub-formula that is not there',
      { steps: [step('sub', { formulaId: '-1' }, [], 'formula')] },
      {},
      'step "sub": formulaId is -1',
    ],
    [
      'a configuration that is a list',
      {},
      { configuration: [] },
      'configuration: expected an object of keys and values, got a list',
    ],
    ['more than can be kept', {}, { configuration: { a: 'x'.repeat(1_100_000) } }, 'at most 1048576'],
    ['an API without a method', {}, { settings: { api: '/bingo' } }, 'settings.api'],
    ['an API without a path', {}, { settings: { api: 'GET' } }, 'settings.api'],
    ['an API without a slash', {}, { settings: { api: 'GET missing-a-slash' } }, 'settings.api'],
    ['an API that the platform has', {}, { settings: { api: 'GET /accounts' } }, 'settings.api'],
    ['the same, deeper', {}, { settings: { api: 'GET /formulas/instances' } }, 'settings.api'],
    ['a time to live of no length', {}, { settings: { 'formula.instance.time.to.live': 0 } }, 'time.to.live'],
    ['an address that is no text', {}, { settings: { 'notification.email': 7 } }, 'notification.email'],
    ['errors below none', {}, { numberConsecutiveErrors: -1 }, 'expected a whole number from 0 to 1000000, got -1'],
    ['errors without end', {}, { numberConsecutiveErrors: 1e12 }, 'from 0 to 1000000, got 1000000000000'],
    [
      'a date that is none',
      {},
      { firstConsecutiveErrorDate: 'then' },
      'firstConsecutiveErrorDate: expected a date such as 2019-04-02T10:11:12Z, got "then"',
    ],
  ])('%s', async (_name, parts, body, message) => {
    const answer = await create(await makeFormula(parts), body)
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining(message) } })
  })

  test('an element instance of another account', async () => {
    const account = await people.addAccount(people.first, 'neighbours')
    const neighbour = await people.addUser(people.first, account.id)
    const answer = await create(await makeFormula(crmOnly), { configuration: { crm: crm.id } }, neighbour)
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('of this account') } })
  })

  test('a change that takes a required value away, or names an element instance that is none', async () => {
    const formulaId = await makeFormula(crmOnly)
    const { id } = await made(formulaId, { configuration: { crm: crm.id } })
    const path = `/formulas/${formulaId}/instances/${id}`
    for (const value of [null, '', 12345678, 'x'])
      expect((await hub.call('PUT', path, { body: { configuration: { crm: value } } })).status).toBe(400)
    expect((await hub.call('GET', path)).body.configuration).toEqual({ crm: String(crm.id) })
  })

  test('an unknown formula is 404', async () => {
    for (const id of [0, 999_999, 99_999_999_999]) expect((await create(id)).status).toBe(404)
  })
})

describe('lists', () => {
  test('search, inactive ones, element instances, pages', async () => {
    const formulaId = await makeFormula({ variables: { crm: 'elementInstance?' } })
    const bound = (await made(formulaId, { name: 'Bound', configuration: { crm: crm.id } })).id
    const plain = (await made(formulaId, { name: 'Plain-x7' })).id
    const idle = (await made(formulaId, { name: 'Idle-x7', active: false })).id
    const find = (query: string) => hub.call('GET', `/formulas/instances?${query}`)

    expect(ids(await find('searchText=x7'))).toEqual([plain])
    expect(ids(await find('searchText=X7&includeInactive=true'))).toEqual([plain, idle])
    expect(ids(await find('searchText=of%20z%C3%BCrich'))).toContain(bound)
    expect(ids(await find('searchText=bas'))).toContain(bound)
    expect(ids(await find('searchText=bas'))).not.toContain(plain)
    expect((await find('searchText=nothing-has-this')).body).toEqual([])
    expect(ids(await find(`elementInstanceId=${crm.id}`))).toContain(bound)
    expect(ids(await find(`elementInstanceId=${crm.id}`))).not.toContain(plain)
    expect(await find('elementInstanceId=99999999')).toMatchObject({ status: 200, body: [] })
    expect((await find('elementInstanceId=abc')).status).toBe(400)
    expect((await find('searchText=x7&nextPage=&elementInstanceId=')).body[0].formula).toMatchObject({
      ...{ id: formulaId, name: `formula ${formulas}` },
    })

    const first = await hub.call('GET', `/formulas/${formulaId}/instances?pageSize=2`)
    expect(ids(first)).toEqual([bound, plain])
    expect(first.headers.get('elements-total-count')).toBe('3')
    expect(first.headers.get('elements-returned-count')).toBe('2')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    const second = await hub.call('GET', `/formulas/${formulaId}/instances?nextPage=${token}`)
    expect(ids(second)).toEqual([idle])
    expect(second.headers.get('elements-next-page-token')).toBeNull()
  })

  test('show the own account; administrators of the organization see all of them', async () => {
    const account = await people.addAccount(people.first, 'branch')
    const branch = await people.addUser(people.first, account.id)
    const sibling = await people.addUser(people.first, (await people.addAccount(people.first, 'sibling')).id)
    const shared = await makeFormula()
    const { id } = await made(shared, { name: 'of the branch' }, branch)
    const own = await makeFormula({}, branch)
    const ofOwn = (await made(own, {}, branch)).id
    const central = (await made(shared)).id

    expect(ids(await people.as(branch)('GET', `/formulas/${shared}/instances`))).toEqual([id])
    expect(ids(await people.as(sibling)('GET', `/formulas/${shared}/instances`))).toEqual([])
    expect((await people.as(sibling)('GET', `/formulas/${own}/instances`)).status).toBe(404)
    expect((await create(own, {}, sibling)).status).toBe(404)
    expect(ids(await hub.call('GET', `/formulas/${shared}/instances`))).toEqual([id, central])
    expect(ids(await hub.call('GET', `/accounts/${account.id}/formulas/${shared}/instances`))).toEqual([id])
    expect(ids(await hub.call('GET', '/formulas/instances'))).toEqual(expect.arrayContaining([id, ofOwn, central]))

    const path = `/formulas/${shared}/instances/${central}`
    expect((await people.as(branch)('GET', path)).status).toBe(403)
    expect((await people.as(branch)('DELETE', path)).status).toBe(403)
    const foreign = `/accounts/${people.first.accountId}/formulas/${shared}/instances`
    expect((await people.as(branch)('GET', foreign)).status).toBe(403)
    expect((await hub.call('PUT', `/formulas/${shared}/instances/${id}`, { body: { name: 'x' } })).body.name).toBe('x')
  })
})
