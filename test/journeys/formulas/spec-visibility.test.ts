import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulasOf, platformRequest, script } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People, type Person } from '../../support/people.ts'

/** Whose formulas one sees (spec 30 §7). */
let hub: TestHub
let people: People
let admin: Formulas
let north: Formulas
let northToo: Formulas
let south: Formulas
let stranger: Formulas
let northUser: Person
beforeAll(async () => {
  hub = await startTestHub()
  people = await meetPeople(hub)
  const of = (person: Person) => formulasOf(hub, person.authorization)
  const [first, second] = [
    await people.addAccount(people.first, 'North'),
    await people.addAccount(people.first, 'South'),
  ]
  northUser = await people.addUser(people.first, first.id)
  admin = of(people.first)
  await admin.warm()
  north = of(northUser)
  northToo = of(await people.addUser(people.first, first.id))
  south = of(await people.addUser(people.first, second.id))
  stranger = of((await people.signUp('Strangers')).admin)
})
afterAll(() => hub.close())

const one = { steps: { a: script('done({ x: 1 })') } }
const sees = async (who: Formulas, id: number): Promise<boolean> => {
  const { body } = expectOk(await who.call('GET', '/formulas?pageSize=200&abridged=true'))
  const isListed = body.some((formula: { id: number }) => formula.id === id)
  const { status } = await who.call('GET', `/formulas/${id}`)
  expect([isListed, status]).toEqual(isListed ? [true, 200] : [false, 404])
  return isListed
}

describe('30 §7: templates', () => {
  test('of a user of a sub-account: users of the account and the administrator see it, siblings and strangers do not', async () => {
    const { id } = await north.make(one)
    expect(await sees(north, id)).toBe(true)
    expect(await sees(northToo, id)).toBe(true)
    expect(await sees(admin, id)).toBe(true)
    expect(await sees(south, id)).toBe(false)
    expect(await sees(stranger, id)).toBe(false)
  })

  test('of the default account: every account of the organization sees it', async () => {
    const { id } = await admin.make(one)
    for (const who of [north, south]) expect(await sees(who, id)).toBe(true)
    expect(await sees(stranger, id)).toBe(false)
  })

  test('what is not seen is not there for any call', async () => {
    const made = await north.make(one)
    for (const who of [south, stranger])
      for (const [method, path, body] of [
        ['GET', '/export'],
        ['GET', '/steps'],
        ['PUT', '', { name: 'stolen' }],
        ['PATCH', '', { active: false }],
        ['DELETE', ''],
        ['POST', '/steps', { name: 'b', type: 'script', properties: {} }],
        ['PUT', `/steps/${made.steps[0].id}`, made.steps[0]],
        ['DELETE', `/triggers/${made.triggers[0].id}`],
        ['POST', '/instances', { name: 'x', configuration: {} }],
        ['GET', '/instances'],
        ['GET', '/instances/executions/errors'],
        ['PUT', '/upgrade/v3'],
      ] as const)
        expectError(await who.call(method, `/formulas/${made.id}${path}`, body), 403, 404)
    expect((await north.call('GET', `/formulas/${made.id}`)).body).toEqual(made)
  })

  test('an administrator sees what users of sub-accounts wrote, but it does not run in his name: they could have him do what he may do', async () => {
    const theirs = await north.make(one)
    const asInstance = await admin.call('POST', `/formulas/${theirs.id}/instances`, { name: 'x', configuration: {} })
    expectError(asInstance, 403)
    expect(asInstance.body.message).toContain('belongs to another account')
    const call = (formulaId: unknown) => ({ type: 'formula', properties: { formulaId }, onSuccess: [], onFailure: [] })
    const named = await admin.make({ steps: { call: call(theirs.id) } })
    expectError(await admin.call('POST', `/formulas/${named.id}/instances`, { name: 'x', configuration: {} }), 400)
    const formula = await admin.make({ steps: { call: call('${trigger.args.id}') } })
    const run = await admin.runAgain({ formula, instance: await admin.bind(formula) }, { id: theirs.id })
    expect(run.status).toBe('failed')
    const { id: instanceId } = await north.bind(theirs)
    expectOk(await admin.call('POST', `/formulas/instances/${instanceId}/executions`, {}))
  })

  test('names are unique in an account only', async () => {
    await north.make({ ...one, name: 'Same name' })
    await south.make({ ...one, name: 'Same name' })
    expectError(await northToo.post({ ...one, name: 'Same name' }), 409)
  })

  test('a formula of somebody else cannot be called as a sub-formula', async () => {
    const secret = await south.make(one)
    const parent = await north.make({
      steps: { call: { type: 'formula', properties: { formulaId: secret.id }, onSuccess: [], onFailure: [] } },
    })
    const answer = await north.call('POST', `/formulas/${parent.id}/instances`, { name: 'x', configuration: {} })
    expectError(answer, 400)
    const { subFormulas } = (await north.call('GET', `/formulas/${parent.id}`)).body
    expect(subFormulas ?? []).toEqual([])
  })
})

describe('30 §7: instances and executions', () => {
  test('of a template of the default account, by a user of a sub-account', async () => {
    const formula = await admin.make(one)
    const instance = await north.bind(formula)
    const run = await north.runAgain({ formula, instance })
    expect(run.status).toBe('success')
    const { id } = run.execution
    const [step] = run.visits
    const calls = [
      `/formulas/instances/${instance.id}`,
      `/formulas/instances/${instance.id}/executions`,
      `/formulas/instances/${instance.id}/executions/errors`,
      `/formulas/instances/executions/${id}`,
      `/formulas/instances/executions/${id}/steps`,
      `/formulas/instances/executions/${id}/errors`,
      `/formulas/instances/executions/steps/${step?.id}`,
      `/formulas/instances/executions/steps/${step?.id}/values`,
    ]
    for (const path of calls) {
      expectOk(await admin.call('GET', path))
      expectOk(await northToo.call('GET', path))
      expectError(await south.call('GET', path), 403, 404)
      expectError(await stranger.call('GET', path), 403, 404)
    }
    for (const who of [south, stranger]) {
      expectError(await who.call('POST', `/formulas/instances/${instance.id}/executions`, {}), 403, 404)
      expectError(await who.call('PATCH', `/formulas/instances/executions/${id}`, { status: 'cancelled' }), 403, 404)
      expectError(await who.call('PUT', `/formulas/instances/executions/${id}/retries`, {}), 403, 404)
      expectError(await who.call('DELETE', `/formulas/instances/${instance.id}`), 403, 404)
      const all = expectOk(await who.call('GET', '/formulas/instances?includeInactive=true&pageSize=200')).body
      expect(all.map((one: { id: number }) => one.id)).not.toContain(instance.id)
      const executions = expectOk(await who.call('GET', '/formulas/instances/executions?pageSize=200')).body
      expect(executions.map((one: { id: number }) => one.id)).not.toContain(id)
    }
  })

  test('an element instance of somebody else cannot be bound', async () => {
    const theirs = await people.provision(northUser)
    const formula = await admin.make({ ...one, config: { crm: 'elementInstance' } })
    const answer = await south.call('POST', `/formulas/${formula.id}/instances`, {
      name: 'x',
      configuration: { crm: theirs.id },
    })
    expectError(answer, 400)
    await north.bind(formula, { crm: theirs.id })
  })

  test('request steps run as the owner of the instance, not of the formula', async () => {
    const formula = await admin.make({
      steps: { who: platformRequest('GET /formulas/instances?includeInactive=true') },
    })
    const instance = await south.bind(formula)
    const run = await south.runAgain({ formula, instance })
    const accounts = await Promise.all([admin.bind(formula), north.bind(formula)])
    const seen = run.json('who.response.body').map(({ id }: { id: number }) => id)
    expect(seen).toContain(instance.id)
    for (const { id } of accounts) expect(seen).not.toContain(id)
  })
})
