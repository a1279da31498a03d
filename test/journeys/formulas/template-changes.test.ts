import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { addPerson, organizationSecretOf, type Person } from '../people.ts'

/** How formulas are changed, as a whole and part by part (spec 30 §1.1, §1.2, §2.4, §2.6, §7; 31 §8). */
let hub: TestHub
let member: Person
beforeAll(async () => {
  hub = await startTestHub()
  const organizationId = (await call('GET', '/organizations/me')).id
  const organizationSecret = organizationSecretOf(hub.authorization)
  member = await addPerson(hub.hub.store, { organizationId, organizationSecret, name: 'Member' })
})
afterAll(() => hub.close())

let names = 0
const named = (more: object = {}) => ({ name: `formula ${++names}`, ...more })
const script = (name: string, properties: object = { body: 'done()' }) => ({ name, type: 'script', properties })
const manual = { type: 'manual' }

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
async function call(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await hub.call(method, path, body === undefined ? {} : { body })
  expectOk(answer)
  return answer.body
}
const make = (more: object = {}) => call('POST', '/formulas', named(more))
const makeInstance = (id: number, configuration: object = {}) =>
  call('POST', `/formulas/${id}/instances`, { name: 'bound', configuration })
const idsOf = (parts: { id: number; name: string }[]) => Object.fromEntries(parts.map(({ id, name }) => [name, id]))

describe('as a whole', () => {
  test('a name alone leaves everything else', async () => {
    const made = await make({ description: 'kept', triggers: [manual], steps: [script('a')] })
    const put = await call('PUT', `/formulas/${made.id}`, { name: 'another <b>name</b>' })
    expect(put).toEqual({ ...made, name: 'another name', updatedDate: expect.any(String) })
    const nameless = await hub.call('PUT', `/formulas/${made.id}`, { body: { description: 'x' } })
    expect(expectError(nameless, 400).body.message).toBe('Missing in the request body: name')
  })

  test('lists replace the present ones; parts are found again by id, then by name', async () => {
    const made = await make({ triggers: [manual], steps: ['a', 'b', 'c'].map((name) => script(name)) })
    const { a, b } = idsOf(made.steps)
    const steps = [
      { ...script('renamed'), id: a },
      script('b'),
      { ...script('new'), id: 4711 },
      { ...script('other'), id: b },
    ]
    const put = await call('PUT', `/formulas/${made.id}`, { name: made.name, steps })
    const after = idsOf(put.steps)
    // b has its id by name only if nobody took it by id
    expect(after).toMatchObject({ renamed: a, other: b })
    expect(Object.values(made.steps.map(({ id }: { id: number }) => id))).not.toContain(after['new'])
    expect(put.triggers).toEqual(made.triggers)
    expect((await call('PUT', `/formulas/${made.id}`, { ...put, subFormulas: [], id: 1 })).steps).toEqual(put.steps)
  })

  test('PATCH takes away what is null', async () => {
    const made = await make({ description: 'gone', method: 'POST', uri: '/mirror', engine: 'v3', triggers: [manual] })
    expect(made.api).toBe('POST /mirror')
    const gone = { description: null, method: null, uri: null, engine: null, singleThreaded: null }
    const patched = await call('PATCH', `/formulas/${made.id}`, gone)
    for (const name of ['description', 'method', 'uri', 'api', 'engine']) expect(patched).not.toHaveProperty(name)
    expectError(await hub.call('PATCH', `/formulas/${made.id}`, { body: { name: null } }), 400)
  })

  test('logging that is switched on is off again after 72 hours', async () => {
    const { id } = await make()
    expect(await call('PATCH', `/formulas/${id}`, { debugLoggingEnabled: true })).not.toHaveProperty(
      'debugLoggingExpires',
    )
    expect(await call('PATCH', `/formulas/${id}`, { debugLoggingEnabled: false })).toMatchObject({
      debugLoggingEnabled: false,
    })
    const { debugLoggingExpires } = await call('PATCH', `/formulas/${id}`, { debugLoggingEnabled: true })
    const hours = (Date.parse(debugLoggingExpires) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(71.9)
    expect(hours).toBeLessThanOrEqual(72)
    const v1 = await make({ engine: 'v1' })
    expectError(await hub.call('PATCH', `/formulas/${v1.id}`, { body: { debugLoggingEnabled: false } }), 400)
  })

  test.each<[string, object, number]>([
    ['a name that is taken', {}, 409],
    ['a uri without a manual trigger', { method: 'GET', uri: '/x' }, 400],
  ])('refused: %s', async (_name, more, status) => {
    const { name } = await make()
    const { id } = await make({ triggers: [{ type: 'event' }] })
    expectError(
      await hub.call('PATCH', `/formulas/${id}`, { body: { ...(status === 409 ? { name } : {}), ...more } }),
      status,
    )
  })

  test('a formula that is a resource keeps a manual trigger', async () => {
    const { id, triggers } = await make({ method: 'GET', uri: '/kept', triggers: [manual] })
    expectError(await hub.call('DELETE', `/formulas/${id}/triggers/${triggers[0].id}`), 400)
    expectError(await hub.call('PUT', `/formulas/${id}/triggers/${triggers[0].id}`, { body: { type: 'event' } }), 400)
  })

  test('it cannot be deleted while it has instances', async () => {
    const { id } = await make({ triggers: [manual] })
    const instance = await makeInstance(id)
    const refused = await hub.call('DELETE', `/formulas/${id}`)
    expectError(refused, 409)
    expect(refused.body.message).toContain('1 instance')
    await call('DELETE', `/formulas/instances/${instance.id}`)
    await call('DELETE', `/formulas/${id}`)
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
      expectError(await hub.call(method, `/formulas/${id}`, method === 'GET' ? {} : { body: { name: 'x' } }), 404)
  })

  test('schedules come and go with the trigger and with the formula', async () => {
    const cron = { type: 'scheduled', properties: { cron: '0 0 12 1/1 * ? *' } }
    const made = await make({ triggers: [cron] })
    const instance = await makeInstance(made.id)
    const jobs = async () =>
      (await call('GET', '/jobs')).filter(({ description }: { description: string }) =>
        description.includes(`formula ${made.id}, instance ${instance.id}`),
      ).length
    const counts = [await jobs()]
    for (const body of [
      { name: made.name, active: false },
      { name: made.name, active: true },
      { name: made.name, triggers: [{ ...manual, properties: cron.properties }] },
      { name: made.name, triggers: [cron] },
    ]) {
      await call('PUT', `/formulas/${made.id}`, body)
      counts.push(await jobs())
    }
    expect(counts).toEqual([1, 0, 1, 0, 1])
  })

  test('two at once lose nothing', async () => {
    const { id } = await make()
    const added = Array.from({ length: 8 }, (_, at) => `step${at}`)
    await Promise.all([
      ...added.map((name) => call('POST', `/formulas/${id}/steps`, script(name))),
      call('PATCH', `/formulas/${id}`, { description: 'meanwhile' }),
      call('POST', `/formulas/${id}/configuration`, { key: 'meanwhile', type: 'value' }),
    ])
    const { steps, description, configuration } = await call('GET', `/formulas/${id}`)
    expect(steps.map(({ name }: { name: string }) => name).toSorted()).toEqual(added)
    expect([description, configuration.length]).toEqual(['meanwhile', 1])
  })

  test('two of one name at once: one is made', async () => {
    const body = named()
    const answers = await Promise.all([1, 2, 3].map(() => hub.call('POST', '/formulas', { body })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409])
  })
})

describe('part by part', () => {
  test.each<[string, object, object]>([
    ['steps', script('a', { body: 'done(1)' }), { description: 'said' }],
    ['triggers', { type: 'scheduled', properties: { cron: '${config.cron}' } }, { type: 'manual' }],
    [
      'configuration',
      { key: 'crm.source', type: 'elementInstance', description: 'x' },
      { name: 'Label', description: null },
    ],
  ])('%s are made, read, changed and deleted', async (list, body, change) => {
    const { id } = await make()
    const added = await call('POST', `/formulas/${id}/${list}`, { id: 7, ...body })
    const url = `/formulas/${id}/${list}/${added.id}`
    expect(added).toMatchObject(body)
    expect(added.id).not.toBe(7)
    expect(await call('GET', url)).toEqual(added)
    expect(await call('GET', `/formulas/${id}/${list}`)).toEqual([added])
    const changed = await call('PUT', url, change)
    const { description = 'x', ...others } = change as { description?: string | null }
    expect(changed).toMatchObject({ id: added.id, ...others })
    expect(changed.description ?? null).toBe(list === 'triggers' ? null : description)
    expect((await call('GET', `/formulas/${id}`))[list]).toEqual([changed])
    await call('DELETE', url)
    expectError(await hub.call('GET', url), 404)
    expectError(await hub.call('DELETE', url), 404)
    expectError(await hub.call('GET', `/formulas/999999/${list}`), 404)
  })

  test('what a name or key is taken by', async () => {
    const { id } = await make({ steps: [script('a')], configuration: [{ key: 'a', type: 'value' }] })
    expectError(await hub.call('POST', `/formulas/${id}/steps`, { body: script('a') }), 409)
    expectError(await hub.call('POST', `/formulas/${id}/configuration`, { body: { key: 'a', type: 'value' } }), 409)
    const tooOften = { type: 'scheduled', properties: { cron: '0/30 * * 1/1 * ? *' } }
    expectError(await hub.call('POST', `/formulas/${id}/triggers`, { body: tooOften }), 400)
    const attempts = { name: 'b', type: 'request', properties: { retry: 'true', retryAttempts: '6' } }
    const refused = await hub.call('POST', `/formulas/${id}/steps`, { body: attempts })
    expectError(refused, 400)
    expect(refused.body.message).toContain('retryAttempts')
  })

  test('a step that goes is nobody’s next', async () => {
    const edges = { onSuccess: ['b'], onFailure: ['b'] }
    const made = await make({ triggers: [{ ...manual, ...edges }], steps: [{ ...script('a'), ...edges }, script('b')] })
    await call('DELETE', `/formulas/${made.id}/steps/${idsOf(made.steps)['b']}`)
    const { steps, triggers } = await call('GET', `/formulas/${made.id}`)
    expect([...steps, ...triggers].map(({ onSuccess, onFailure }) => [onSuccess, onFailure])).toEqual([
      [[], []],
      [[], []],
    ])
  })

  test('a new script has the engine of all others', async () => {
    const v1 = (name: string) => script(name, { body: 'return 1', scriptEngine: 'v1' })
    const all = await make({ steps: [v1('a'), v1('b'), { name: 'ask', type: 'request' }] })
    const body = script('c')
    expect((await call('POST', `/formulas/${all.id}/steps`, body)).properties.scriptEngine).toBe('v1')
    expect(
      (await call('POST', `/formulas/${all.id}/steps`, script('d', { body: '', scriptEngine: null }))).properties
        .scriptEngine,
    ).toBe('v1')
    const mixed = await make({ steps: [v1('a'), script('b')] })
    expect((await call('POST', `/formulas/${mixed.id}/steps`, body)).properties).toEqual(body.properties)
    const none = await make()
    expect((await call('POST', `/formulas/${none.id}/steps`, body)).properties).toEqual(body.properties)
  })

  test('a variable with another key takes references and values of instances along', async () => {
    const made = await make({
      configuration: [
        { key: 'old', type: 'value' },
        { key: 'old.more', type: 'value', required: false },
      ],
      triggers: [{ ...manual, properties: { elementInstanceId: '${old}' } }],
      steps: [
        {
          name: 'ask',
          type: 'request',
          properties: { method: 'GET', api: '/${config.old}/${old}/${config.old.more}' },
        },
      ],
    })
    const instance = await makeInstance(made.id, { old: 'said', extra: 'kept' })
    const [{ id: variable }] = made.configuration
    await call('PUT', `/formulas/${made.id}/configuration/${variable}`, { ...made.configuration[0], key: 'new.key' })
    const after = await call('GET', `/formulas/${made.id}`)
    expect(after.steps[0].properties.api).toBe('/${config.new.key}/${new.key}/${config.old.more}')
    expect(after.triggers[0].properties.elementInstanceId).toBe('${new.key}')
    expect((await call('GET', `/formulas/instances/${instance.id}`)).configuration).toEqual({
      'new.key': 'said',
      extra: 'kept',
    })
    expectError(await hub.call('DELETE', `/formulas/${made.id}/configuration/${variable}`), 409)
    await call('DELETE', `/formulas/instances/${instance.id}`)
    await call('DELETE', `/formulas/${made.id}/configuration/${variable}`)
  })
})

describe('engines', () => {
  test('upgraded to v3, and back', async () => {
    const made = await make({
      engine: 'v1',
      configuration: [{ key: 'crm', type: 'elementInstance' }],
      triggers: [{ type: 'event', properties: { elementInstanceId: '${crm}' } }],
      steps: [
        { name: 'looper', type: 'loop', properties: { list: 'ids.ids' } },
        script('ids', { body: 'return { ids: [1] }', scriptEngine: 'v1' }),
        {
          name: 'get',
          type: 'elementRequest',
          properties: {
            elementInstanceId: '${crm}',
            method: 'GET',
            api: '/contacts/{entry}',
            path: '${looper}',
            query: '',
          },
        },
      ],
    })
    const url = `/formulas/${made.id}/upgrade/v3`
    const upgraded = await call('PUT', url, {})
    expect(upgraded.engine).toBe('v3')
    expect(upgraded.steps[2].properties).toEqual({
      ...{ elementInstanceId: '${config.crm}', method: 'GET', api: '/contacts/${steps.looper.entry}' },
    })
    expect(upgraded.steps[0].properties.list).toBe('${steps.ids.ids}')
    expect(upgraded.steps[1]).toEqual(made.steps[1])
    expect(upgraded.triggers[0].properties.elementInstanceId).toBe('${config.crm}')
    expect(await call('PUT', url)).toMatchObject({ steps: upgraded.steps })
    const back = await call('DELETE', url)
    expect(back).toEqual({ ...made, updatedDate: expect.any(String) })
    expectError(await hub.call('DELETE', url), 400)
  })

  test.each<[string, object]>([
    ['single-threaded', { singleThreaded: true }],
    ['a type of steps that v3 does not know', { steps: [{ name: 'a', type: 'java' }] }],
    ['notification', { steps: [{ name: 'a', type: 'notification' }] }],
  ])('not upgraded: %s', async (_name, more) => {
    const { id } = await make({ engine: 'v1', ...more })
    expectError(await hub.call('PUT', `/formulas/${id}/upgrade/v3`), 400)
  })
})

describe('of others', () => {
  const as = (method: string, path: string, body?: unknown) =>
    hub.call(method, path, { authorization: member.authorization, ...(body === undefined ? {} : { body }) })

  test('a user of another account sees those of the default account, and may not change them', async () => {
    const { id, name } = await make({ triggers: [manual] })
    expect((await as('GET', `/formulas/${id}`)).body.id).toBe(id)
    expect((await as('GET', `/formulas?where=${encodeURIComponent(`name='${name}'`)}`)).body).toHaveLength(1)
    for (const [method, path] of [
      ['PUT', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/steps'],
      ['PUT', '/upgrade/v3'],
    ] as const)
      expectError(await as(method, `/formulas/${id}${path}`, { name: 'x', type: 'script' }), 403)
  })

  test('the administrator sees and changes those of every account; the name may be taken in another one', async () => {
    const body = named()
    await call('POST', '/formulas', body)
    const theirs = (await as('POST', '/formulas', body)).body
    expect((await call('PATCH', `/formulas/${theirs.id}`, { description: 'seen' })).description).toBe('seen')
  })
})

test('the document of a resource has one path with one method', async () => {
  const { id } = await make({ method: 'POST', uri: '/hubspot/connect', description: 'Connects', triggers: [manual] })
  const document = await call('GET', `/formulas/${id}/docs`)
  expect(document.swagger).toBe('2.0')
  expect(Object.keys(document.paths)).toEqual(['/hubspot/connect'])
  expect(Object.keys(document.paths['/hubspot/connect'])).toEqual(['post'])
  const plain = await make()
  expectError(await hub.call('GET', `/formulas/${plain.id}/docs`), 404)
})

test('a common resource knows which steps call it', async () => {
  const name = `usages${Date.now()}`
  await call('POST', `/organizations/objects/${name}/definitions`, { fields: [{ path: 'id' }] })
  const ask = (at: number, api: string) => ({
    name: `s${at}`,
    type: 'elementRequest',
    properties: { method: 'POST', api },
  })
  const apis = [
    `/hubs/crm/${name}`,
    ` ${name} /1`,
    `/${name}/\${steps.a.b['/?']}/x?where=1`,
    `/${name}s`,
    `/x?y=/${name}/`,
  ]
  const { id, name: formulaName } = await make({ steps: apis.map((api, at) => ask(at, api)) })
  const { formulaUsages } = await call('GET', `/common-resources/${name}/usages`)
  expect(formulaUsages).toEqual([{ formulaId: id, formulaName, usageCount: 3 }])
})

test('what was done is in the audit log, under the formula and under the part', async () => {
  const { id } = await make()
  const { id: step } = await call('POST', `/formulas/${id}/steps`, script('a'))
  await call('PUT', `/formulas/${id}/steps/${step}`, { description: 'said' })
  const actions = async (entity: number) =>
    (await call('GET', `/audit-logs/formulas/${entity}`)).map(({ method }: { method: string }) => method)
  expect(await actions(id)).toEqual(['PUT', 'POST', 'POST'])
  expect(await actions(step)).toEqual(['PUT', 'POST'])
})

test('how many were made is counted', async () => {
  await make()
  const answer = await call('GET', '/metrics/formulas-created')
  expect(JSON.stringify(answer)).toMatch(/"(?:total|count|value)":[1-9]/)
})

test('formulas are watched by whoever runs the server', async () => {
  const { id } = await make()
  for (const method of ['PUT', 'DELETE']) {
    expectOk(await hub.call(method, `/formulas/${id}/monitored`, { body: {} }))
    expectError(
      await hub.call(method, `/formulas/${id}/monitored`, { authorization: member.authorization, body: {} }),
      403,
    )
  }
})

test('formulas go with their account, and all instances of them', async () => {
  const [organization, organizationSecret] = [
    await call('GET', '/organizations/me'),
    organizationSecretOf(hub.authorization),
  ]
  const leaver = await addPerson(hub.hub.store, { organizationId: organization.id, organizationSecret, name: 'Leaver' })
  const made = await hub.call('POST', '/formulas', {
    authorization: leaver.authorization,
    body: named({ triggers: [manual] }),
  })
  const { body: instance } = expectOk(
    await hub.call('POST', `/formulas/${expectOk(made).body.id}/instances`, {
      authorization: leaver.authorization,
      body: { name: 'of the leaver' },
    }),
  )
  expectOk(await hub.call('DELETE', `/accounts/${leaver.accountId}`))
  expectError(await hub.call('GET', `/formulas/${made.body.id}`), 404)
  expectError(await hub.call('GET', `/formulas/instances/${instance.id}`), 404)
  const records = await call('GET', `/audit-logs/formulas/${made.body.id}`)
  expect(records.map(({ method }: { method: string }) => method)).toEqual(['DELETE', 'POST'])
})

test.each<[string, string]>([
  ['braces', '{'.repeat(2_000_000)],
  ['references', '${'.repeat(2_000_000)],
  ['places', `/bulk/${'{}'.repeat(1_000_000)}//`],
])('a path of a million %s takes no time', async (_name, api) => {
  const began = performance.now()
  const step = { name: 'ask', type: 'elementRequest', properties: { method: 'GET', api, path: '${trigger.event}' } }
  const { id } = await make({ engine: 'v1', configuration: [{ key: 'a', type: 'value' }], steps: [step] })
  const [{ id: variable }] = (await call('GET', `/formulas/${id}`)).configuration
  await call('PUT', `/formulas/${id}/configuration/${variable}`, { key: 'b' })
  await call('PUT', `/formulas/${id}/upgrade/v3`)
  await call('DELETE', `/formulas/${id}`)
  // a busy machine; what grows with the square takes hours
  expect(performance.now() - began).toBeLessThan(20_000)
})
