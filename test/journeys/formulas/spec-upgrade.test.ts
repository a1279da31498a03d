import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import {
  elementRequest,
  type Formulas,
  type FormulaText,
  formulasOf,
  loop,
  script,
  step,
} from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** v1 formulas become v3 and back (spec 31 §8). */
let hub: TestHub
let formulas: Formulas
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  await formulas.warm()
})
afterAll(() => hub.close())

const OLD: FormulaText = {
  engine: 'v1',
  trigger: { type: 'event', properties: { elementInstanceId: '${trigger_instance}' } },
  config: { trigger_instance: 'elementInstance' },
  steps: {
    ten_ids: script('done({ ids: [1, 2] })', 'looper'),
    get_contacts: elementRequest('GET /contacts', { elementInstanceId: '${trigger_instance}', path: ' ', query: '' }),
    looper: loop('ten_ids.ids', 'get_one'),
    by_id: elementRequest('GET /x/${get_contacts.response[0].id}', { elementInstanceId: '${trigger_instance}' }),
    get_one: elementRequest(
      'GET /hubs/crm/contacts/{entry}',
      { elementInstanceId: '${trigger_instance}', path: '${looper}' },
      'looper',
    ),
    full: elementRequest('GET /y/${steps.ten_ids.ids}', { elementInstanceId: '${config.trigger_instance}' }),
    scripted: script('return { x: 1 }'),
  },
}
type Step = { name: string; properties: Record<string, string> }
const propertiesOf = ({ steps }: { steps: Step[] }, name: string) => steps.find((one) => one.name === name)?.properties
const upgrade = (id: number, method = 'PUT') => formulas.call(method, `/formulas/${id}/upgrade/v3`)

test('31 §8: references get their roots, {entry} its value; scripts stay', async () => {
  const old = await formulas.make(OLD)
  const { body } = expectOk(await upgrade(old.id))
  expect(body).toMatchObject({ id: old.id, name: old.name, engine: 'v3' })
  expect(propertiesOf(body, 'looper')).toEqual({ list: '${steps.ten_ids.ids}' })
  expect(propertiesOf(body, 'by_id')).toMatchObject({
    api: '/x/${steps.get_contacts.response[0].id}',
    elementInstanceId: '${config.trigger_instance}',
  })
  const one = propertiesOf(body, 'get_one')
  expect(one?.['api']).toBe('/hubs/crm/contacts/${steps.looper.entry}')
  expect(one).not.toHaveProperty('path')
  const contacts = propertiesOf(body, 'get_contacts')
  for (const name of ['path', 'query']) expect(contacts?.[name] ?? '').toBe('')
  expect(propertiesOf(body, 'full')).toMatchObject({
    api: '/y/${steps.ten_ids.ids}',
    elementInstanceId: '${config.trigger_instance}',
  })
  expect(propertiesOf(body, 'scripted')).toEqual({ body: 'return { x: 1 }' })
  expect(body.triggers[0].properties.elementInstanceId).toBe('${config.trigger_instance}')
  expect((await formulas.call('GET', `/formulas/${old.id}`)).body).toEqual(body)
})

test('31 §8: DELETE brings every old text back', async () => {
  const old = await formulas.make(OLD)
  expectOk(await upgrade(old.id))
  const { body } = expectOk(await upgrade(old.id, 'DELETE'))
  expect(body.engine).not.toBe('v3')
  for (const { name, properties } of old.steps as Step[]) expect(propertiesOf(body, name), name).toEqual(properties)
  expect(body.triggers[0].properties).toEqual(old.triggers[0].properties)
})

test('31 §8: refused for single-threaded ones and for types that v3 does not have', async () => {
  for (const formula of [
    { ...OLD, more: { singleThreaded: true } },
    { engine: 'v1', steps: { old: step('java', { body: 'x' }) } },
    { engine: 'v1', steps: { old: step('notification', { body: 'done(true)' }) } },
  ] as FormulaText[]) {
    const { id } = await formulas.make(formula)
    expectError(await upgrade(id), 400)
    expect((await formulas.call('GET', `/formulas/${id}`)).body.engine).toBe('v1')
  }
})

test('31 §8: what ran as v1 runs as v3', async () => {
  const formula = await formulas.make({
    engine: 'v1',
    steps: {
      make: script('done({ list: ["a", "b"] })', 'each'),
      each: loop('make.list', 'body'),
      body: script('done({ at: steps.each.entry })', 'each'),
    },
  })
  const instance = await formulas.bind(formula)
  const before = await formulas.runAgain({ formula, instance })
  expectOk(await upgrade(formula.id))
  const after = await formulas.runAgain({ formula, instance })
  expect([before.status, after.status]).toEqual(['success', 'success'])
  expect(after.names).toEqual(before.names)
  expect(before.visits.at(-1)?.values).toEqual({ 'each.index': '2' })
  expect(after.visits.at(-1)?.values).toEqual({})
})
