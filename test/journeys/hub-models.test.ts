import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../support/hub.ts'

/** Calls in the words of the crm hub's model (docs/hub-models.md), on Base CRM. */
let hub: TestHub
let token: string
beforeAll(async () => {
  hub = await startTestHub()
  token = (await hub.provisionBase()).token
})
afterAll(() => hub.close())

const call = (method: string, path: string, { model, body }: { model?: string; body?: unknown } = {}) =>
  hub.call(method, `/hubs/crm${path}`, {
    token,
    ...(model === undefined ? {} : { headers: { 'elements-model': model } }),
    ...(body === undefined ? {} : { body }),
  })
const make = async () => {
  const body = { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@engine.example', title: 'Countess' }
  return expectOk(await call('POST', '/contacts', { model: 'canonical', body })).body
}

describe('whose words a call speaks', () => {
  test('the vendor’s unless it says so', async () => {
    const made = await make()
    expect(made).toMatchObject({ id: expect.any(String), firstName: 'Ada', createdAt: expect.any(String) })
    const plain = await call('GET', `/contacts/${made.id}`)
    expect(plain.body).toMatchObject({ id: Number(made.id), first_name: 'Ada', last_name: 'Lovelace' })
    expect(plain.headers.get('elements-model')).toBeNull()
  })

  test('the model’s for all calls of an account that chose it', async () => {
    const { id } = await make()
    expectOk(await hub.call('PATCH', '/accounts/settings', { body: { 'hub.model': 'canonical' } }))
    const chosen = await call('GET', `/contacts/${id}`)
    const vendor = await call('GET', `/contacts/${id}`, { model: 'vendor' })
    expectOk(await hub.call('PATCH', '/accounts/settings', { body: { 'hub.model': null } }))
    expect(chosen.body).toMatchObject({ id, lastName: 'Lovelace' })
    expect(chosen.headers.get('elements-model')).toBe('canonical')
    expect(vendor.body).toMatchObject({ last_name: 'Lovelace' })
    expect((await call('GET', `/contacts/${id}`)).body).toMatchObject({ last_name: 'Lovelace' })
  })

  test('other words are refused, by a call and by an account', async () => {
    expect(expectError(await call('GET', '/contacts', { model: 'canon' }), 400).body.message).toContain(
      'Elements-Model',
    )
    const setting = await hub.call('PATCH', '/accounts/settings', { body: { 'hub.model': 'canon' } })
    expect(expectError(setting, 400).body.message).toContain('hub.model')
  })

  test('what the model does not have speaks the vendor’s', async () => {
    const { status, headers, body } = await call('GET', '/stages?pageSize=1', { model: 'canonical' })
    expect({ status, model: headers.get('elements-model') }).toEqual({ status: 200, model: null })
    expect(body[0]).toMatchObject({ id: expect.any(Number), pipeline_id: expect.any(Number) })
  })

  test('a common resource of one’s own comes first', async () => {
    const definition = { fields: [{ path: 'body' }] }
    expectOk(await hub.call('POST', '/organizations/objects/notes/definitions', { body: definition }))
    const mapping = {
      vendorName: 'notes',
      fields: [{ path: 'mine', vendorPath: 'content' }],
      configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
    }
    expectOk(await hub.call('POST', '/organizations/elements/base/transformations/notes', { body: mapping }))
    const note = { resource_type: 'contact', resource_id: Number((await make()).id), content: 'Tea' }
    const raw = await hub.call('POST', '/hubs/crm/notes', { token, body: { mine: 'Tea', ...note } })
    expect(raw.status).toBe(400) // `passThrough` keeps the vendor's own names out
    const { body } = await call('GET', '/notes?pageSize=1', { model: 'canonical' })
    for (const row of body) expect(Object.keys(row)).toEqual(['mine'])
  })
})

describe('requests', () => {
  test('name what they give and nobody takes', async () => {
    const { id, ...read } = await make()
    const body = { ...read, title: 'Dr', department: 'Maths', address: { planet: 'Earth', city: 'London' } }
    const changed = expectOk(await call('PATCH', `/contacts/${id}`, { model: 'canonical', body }))
    expect(changed.headers.get('elements-error')).toBe(
      'ignored: department, address.planet; the model does not bring them to Base CRM, "raw" reaches its own fields',
    )
    expect(changed.body).toMatchObject({ title: 'Dr', address: { city: 'London' } })
  })

  test('a record that was read can be sent back without a word', async () => {
    const read = (await call('GET', `/contacts/${(await make()).id}`, { model: 'canonical' })).body
    const sent = expectOk(await call('PATCH', `/contacts/${read.id}`, { model: 'canonical', body: read }))
    expect(sent.headers.get('elements-error')).toBeNull()
  })

  test('null empties a field', async () => {
    const { id } = await make()
    expectOk(await call('PATCH', `/contacts/${id}`, { model: 'canonical', body: { title: null } }))
    expect((await call('GET', `/contacts/${id}`, { model: 'canonical' })).body).not.toHaveProperty('title')
  })

  test('raw reaches the vendor’s own fields, below what is mapped', async () => {
    const { id } = await make()
    const body = { title: 'Dr', raw: { title: 'Prof', twitter: 'ada', address: { line1: 'Main St' } } }
    const changed = await call('PATCH', `/contacts/${id}`, { model: 'canonical; raw', body })
    expect(expectOk(changed).body).toMatchObject({
      title: 'Dr',
      address: { street: 'Main St' },
      raw: { title: 'Dr', twitter: 'ada' },
    })
    expect(changed.headers.get('elements-error')).toBeNull()
  })
})

describe('lists', () => {
  test('where, fields and orderBy name fields of the model; pages go on in its words', async () => {
    for (let n = 0; n < 3; n += 1) await make()
    const where = encodeURIComponent("lastName='Lovelace'")
    const query = `where=${where}&fields=id,lastName&orderBy=id%20desc&pageSize=2`
    const first = await call('GET', `/contacts?${query}`, { model: 'canonical' })
    expect(first.body).toHaveLength(2)
    for (const row of first.body) expect(row).toEqual({ id: expect.any(String), lastName: 'Lovelace' })
    expect(Number(first.body[0].id)).toBeGreaterThan(Number(first.body[1].id))
    const next = first.headers.get('elements-next-page-token')
    const second = await call('GET', `/contacts?nextPage=${next}`, { model: 'canonical' })
    expect(Number(second.body[0].id)).toBeLessThan(Number(first.body[1].id))
    expect(second.body[0]).toEqual({ id: expect.any(String), lastName: 'Lovelace' })
  })

  test('a field of the model that the element lacks is no question for its vendor', async () => {
    const ask = (where: string, model: string) => call('GET', `/contacts?where=${encodeURIComponent(where)}`, { model })
    const { body } = expectError(await ask("lastName='Lovelace' and department='x'", 'canonical'), 400)
    expect(body.message).toBe(
      'where: Base CRM has no "department" of contacts; GET /hubs/crm/coverage says by what it filters',
    )
    expectOk(await ask("department='x'", 'vendor'))
  })

  test('by a field that the vendor does not filter by only where it is asked for, and then here', async () => {
    const { id } = await make()
    expectOk(await call('PATCH', `/contacts/${id}`, { model: 'canonical', body: { phone: '+1 202 555 0199' } }))
    const where = encodeURIComponent("phone='+1 202 555 0199' and lastName='Lovelace'")
    const refused = expectError(await call('GET', `/contacts?where=${where}`, { model: 'canonical' }), 400)
    expect(refused.body.message).toContain('Base CRM does not filter contacts by "phone"')
    const headers = { 'elements-model': 'canonical', 'elements-filter': 'platform' }
    const found = await hub.call('GET', `/hubs/crm/contacts?where=${where}&pageSize=100`, { token, headers })
    expect(found.headers.get('elements-filtered')).toBe('platform')
    expect(found.body.map((row: { id: string }) => row.id)).toEqual([id])
  })

  test('below another record', async () => {
    const { status, body, text } = await call('GET', '/opportunities?pageSize=1', { model: 'canonical' })
    expect(status, text).toBe(200)
    expect(Object.keys(body[0])).not.toContain('stage_id')
  })
})

test('the model is served, with where each field comes from', async () => {
  const { body } = await hub.call('GET', '/hubs/crm/models/contacts', { authorization: null })
  const email = body.fields.find(({ path }: { path: string }) => path === 'email')
  expect(email.provenance).toContainEqual({ element: 'base', vendorPath: 'email' })
  expectError(await hub.call('GET', '/hubs/crm/models/nothing'), 404)
  expectError(await hub.call('GET', '/hubs/documents/coverage'), 404)
})
