import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulasOf } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Formulas and instances of formulas under a name and a stage (spec 33 §2). */
let hub: TestHub
let formulas: Formulas
let crm: { id: number }
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  crm = await hub.provisionBase()
})
afterAll(() => hub.close())

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const ok = async (method: string, path: string, body?: unknown): Promise<any> =>
  expectOk(await formulas.call(method, path, body)).body
const idsOf = (bodies: { id: number }[]) => bodies.map(({ id }) => id)

test('33 §2.1, §2.2: POST, GET, list, PUT, DELETE', async () => {
  const made = await ok('POST', '/integrations', { name: 'quote-to-cash', stage: 'testing' })
  expect(made).toMatchObject({
    ...{ id: expect.any(Number), name: 'quote-to-cash', stage: 'testing', createdDate: expect.any(String) },
    ...{ elementInstances: [], formulaInstances: [] },
  })
  expect(await ok('GET', `/integrations/${made.id}`)).toEqual(made)
  expect(idsOf(await ok('GET', '/integrations'))).toContain(made.id)
  const put = await ok('PUT', `/integrations/${made.id}`, { name: 'order-to-cash', stage: 'production' })
  expect(put).toMatchObject({ id: made.id, name: 'order-to-cash', stage: 'production' })
  await ok('DELETE', `/integrations/${made.id}`)
  expectError(await formulas.call('GET', `/integrations/${made.id}`), 404)
})

test('33 §2.2: no name is 400, one that is taken 409', async () => {
  expectError(await formulas.call('POST', '/integrations', { stage: 'testing' }), 400)
  expectError(await formulas.call('POST', '/integrations', { name: null, stage: 'testing' }), 400)
  await ok('POST', '/integrations', { name: 'taken', stage: 'testing' })
  expectError(await formulas.call('POST', '/integrations', { name: 'taken', stage: 'testing' }), 409)
})

test('33 §2.1: pages', async () => {
  for (const name of ['page one', 'page two']) await ok('POST', '/integrations', { name, stage: 'testing' })
  const first = expectOk(await formulas.call('GET', '/integrations?pageSize=1'))
  const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
  const second = await ok('GET', `/integrations?pageSize=1&nextPage=${token}`)
  expect(second).toHaveLength(1)
  expect(second[0].id).not.toBe(first.body[0].id)
})

test('33 §2: attach and detach; element instances are those that are bound; nothing attached is deleted', async () => {
  const { id } = await ok('POST', '/integrations', { name: 'attached', stage: 'testing' })
  const formula = await formulas.make({ config: { crm: 'elementInstance' } })
  const instance = await formulas.bind(formula, { crm: crm.id })
  await ok('POST', `/integrations/${id}/formulas/${formula.id}`)
  await ok('POST', `/integrations/${id}/formulas/instances/${instance.id}`)
  const whole = await ok('GET', `/integrations/${id}`)
  expect(idsOf(whole.formulas)).toEqual([formula.id])
  expect(idsOf(whole.formulaInstances)).toEqual([instance.id])
  expect(idsOf(whole.elementInstances)).toEqual([crm.id])
  await ok('DELETE', `/integrations/${id}/formulas/instances/${instance.id}`)
  expect(await ok('GET', `/integrations/${id}`)).toMatchObject({ formulaInstances: [], elementInstances: [] })
  await ok('DELETE', `/integrations/${id}/formulas/${formula.id}`)
  expect((await ok('GET', `/integrations/${id}`)).formulas).toEqual([])

  await ok('POST', `/integrations/${id}/formulas/${formula.id}`)
  await ok('POST', `/integrations/${id}/formulas/instances/${instance.id}`)
  await ok('DELETE', `/formulas/${formula.id}/instances/${instance.id}`)
  expect((await ok('GET', `/integrations/${id}`)).formulaInstances).toEqual([])
  await ok('DELETE', `/integrations/${id}`)
  await ok('GET', `/formulas/${formula.id}`)
})

test('33 §2.2: unknown ids are 404', async () => {
  const { id } = await ok('POST', '/integrations', { name: 'of nothing', stage: 'testing' })
  const formula = await formulas.make({})
  for (const path of [`/integrations/${id}/formulas/999999`, `/integrations/${id}/formulas/instances/999999`])
    for (const method of ['POST', 'DELETE']) expectError(await formulas.call(method, path), 404)
  expectError(await formulas.call('POST', `/integrations/999999/formulas/${formula.id}`), 404)
  for (const method of ['GET', 'DELETE']) expectError(await formulas.call(method, '/integrations/999999'), 404)
  expectError(await formulas.call('PUT', '/integrations/999999', { name: 'x', stage: 'y' }), 404)
})
