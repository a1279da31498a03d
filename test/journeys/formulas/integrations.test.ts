import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertFormula, partsOf } from '../../support/formula-template.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People } from '../../support/people.ts'

let hub: TestHub
let people: People
let crm: { id: number }
let names = 0

beforeAll(async () => {
  hub = await startTestHub()
  people = await meetPeople(hub)
  crm = await hub.provisionBase({ name: 'CRM' })
})
afterAll(() => hub.close())

const make = async (body: object = {}) => {
  const answer = await hub.call('POST', '/integrations', { body: { name: `integration ${++names}`, ...body } })
  if (answer.status !== 200) throw new Error(`POST /integrations answered ${answer.status}: ${answer.text}`)
  return answer.body
}
const makeFormula = (account = people.first) =>
  insertFormula(
    hub.hub.store,
    { organizationId: account.organizationId, accountId: account.accountId, userId: account.id },
    { name: `formula ${++names}`, parts: partsOf({ variables: { crm: 'elementInstance', copy: 'elementInstance?' } }) },
  )
const bind = async (formulaId: number) => {
  const body = { name: 'bound', configuration: { crm: crm.id, copy: crm.id } }
  return (await hub.call('POST', `/formulas/${formulaId}/instances`, { body })).body.id
}

test('an integration is made, read, listed, replaced, deleted', async () => {
  const integration = await make({ name: 'quote-to-cash', stage: 'testing' })
  expect(integration).toEqual({
    ...{ id: expect.any(Number), name: 'quote-to-cash', stage: 'testing' },
    createdDate: expect.stringMatching(/Z$/),
    updatedDate: integration.createdDate,
    ...{ formulas: [], formulaInstances: [], elementInstances: [] },
  })
  const path = `/integrations/${integration.id}`
  expect((await hub.call('GET', path)).body).toEqual(integration)
  expect((await hub.call('GET', '/integrations')).body).toContainEqual(integration)
  const replaced = await hub.call('PUT', path, { body: { name: 'cash', stage: 'production' } })
  expect(replaced).toMatchObject({ status: 200, body: { id: integration.id, name: 'cash', stage: 'production' } })
  expect(await hub.call('DELETE', path)).toMatchObject({ status: 200, text: '' })
  for (const method of ['GET', 'DELETE', 'PUT'])
    expect((await hub.call(method, path, method === 'PUT' ? { body: { name: 'x' } } : {})).status).toBe(404)
})

test('a name is needed, and is unique in the account', async () => {
  const { id } = await make({ name: 'taken' })
  for (const name of [null, undefined, '', '<b></b>', {}])
    expect((await hub.call('POST', '/integrations', { body: { name } })).status).toBe(400)
  const refused = await hub.call('POST', '/integrations', { body: { name: 'taken' } })
  expect(refused).toMatchObject({ status: 409, body: { message: expect.stringContaining('"taken"') } })
  const other = await make()
  expect((await hub.call('PUT', `/integrations/${other.id}`, { body: { name: 'taken' } })).status).toBe(409)
  expect((await hub.call('PUT', `/integrations/${other.id}`, { body: { name: null } })).status).toBe(400)
  expect((await hub.call('PUT', `/integrations/${id}`, { body: { name: 'taken' } })).status).toBe(200)
})

test('formulas and instances are attached and detached, in the order of the suite', async () => {
  const { id } = await make()
  const formulaId = await makeFormula()
  const [instanceId, secondId] = [await bind(formulaId), await bind(formulaId)]
  const path = `/integrations/${id}`
  expect((await hub.call('POST', `${path}/formulas/${formulaId}`)).body).toMatchObject({
    formulas: [{ id: formulaId }],
  })
  for (const one of [instanceId, secondId, secondId])
    expect((await hub.call('POST', `${path}/formulas/instances/${one}`)).status).toBe(200)
  expect((await hub.call('GET', path)).body).toMatchObject({
    formulas: [{ id: formulaId, active: true }],
    formulaInstances: [{ id: instanceId, name: 'bound', active: true, formula: { id: formulaId } }, { id: secondId }],
    elementInstances: [{ id: crm.id, name: 'CRM' }],
  })
  expect((await hub.call('DELETE', `${path}/formulas/instances/${instanceId}`)).status).toBe(200)
  expect((await hub.call('DELETE', `${path}/formulas/instances/${instanceId}`)).status).toBe(404)
  expect((await hub.call('DELETE', `${path}/formulas/${formulaId}`)).status).toBe(200)
  expect((await hub.call('GET', path)).body).toMatchObject({ formulas: [], formulaInstances: [{ id: secondId }] })
  expect((await hub.call('DELETE', `/formulas/instances/${secondId}`)).status).toBe(200)
  expect((await hub.call('GET', path)).body).toMatchObject({ formulaInstances: [], elementInstances: [] })
  await hub.call('POST', `${path}/formulas/instances/${instanceId}`)
  expect((await hub.call('DELETE', path)).status).toBe(200)
  expect((await hub.call('GET', `/formulas/instances/${instanceId}`)).status).toBe(200)
})

test('what is not there cannot be attached', async () => {
  const { id } = await make()
  const formulaId = await makeFormula()
  for (const path of [
    `/integrations/999999/formulas/${formulaId}`,
    `/integrations/${id}/formulas/999999`,
    `/integrations/${id}/formulas/instances/999999`,
    `/integrations/${id}/formulas/instances/99999999999`,
  ])
    for (const method of ['POST', 'DELETE'])
      expect((await hub.call(method, path)).status, `${method} ${path}`).toBe(404)
})

describe('accounts', () => {
  test('see their own; administrators of the organization see all; what others have is not attached', async () => {
    const { id: accountId } = await people.addAccount(people.first, 'branch')
    const branch = await people.addUser(people.first, accountId)
    const ask = people.as(branch)
    const central = await make()
    const made = await ask('POST', '/integrations', { name: central.name })
    expect(made.status).toBe(200)
    expect((await ask('GET', '/integrations')).body.map(({ id }: { id: number }) => id)).toEqual([made.body.id])
    const all = (await hub.call('GET', '/integrations')).body.map(({ id }: { id: number }) => id)
    expect(all).toEqual(expect.arrayContaining([central.id, made.body.id]))
    expect((await ask('GET', `/integrations/${central.id}`)).status).toBe(403)
    const instanceId = await bind(await makeFormula())
    expect((await ask('POST', `/integrations/${made.body.id}/formulas/instances/${instanceId}`)).status).toBe(403)
    expect((await hub.call('DELETE', `/accounts/${accountId}`)).status).toBe(200)
    expect((await hub.call('GET', `/integrations/${made.body.id}`)).status).toBe(404)
  })

  test('the list comes in pages', async () => {
    await make()
    await make()
    const first = await hub.call('GET', '/integrations?pageSize=1')
    expect(first.headers.get('elements-returned-count')).toBe('1')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    const second = await hub.call('GET', `/integrations?nextPage=${token}`)
    expect(second.body).toHaveLength(1)
    expect(second.body[0].id).toBeGreaterThan(first.body[0].id)
  })
})
