import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePersonas } from '../../support/every-route/personas.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import {
  elementRequest,
  type Formulas,
  type FormulaText,
  filter,
  formulaBody,
  formulasOf,
  platformRequest,
  type StepText,
  script,
  step,
} from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** What is refused, when, and with which word (spec 30 §2.5, 31 §7). */
let hub: TestHub
let formulas: Formulas
let crm: number
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  crm = (await hub.provisionBase()).id
})
afterAll(() => hub.close())

async function refused(formula: FormulaText, ...words: string[]): Promise<void> {
  const { body } = expectError(await formulas.post(formula), 400)
  for (const word of words) expect(body.message).toContain(word)
}
const ofOne = (one: StepText) => ({ steps: { a: one } })

describe('30 §2.5: names and keys', () => {
  test('no name, and null for one: 400', async () => {
    expectError(await formulas.call('POST', '/formulas', {}), 400)
    expectError(await formulas.call('POST', '/formulas', { name: null }), 400)
    expectError(await formulas.call('POST', '/formulas', { name: '' }), 400)
  })

  test.each([
    ['a list', []],
    ['a string', 'x'],
  ])('a body that is %s: 400 that says so', async (what, body) => {
    const { message } = expectError(await formulas.call('POST', '/formulas', body), 400).body
    expect(message).toBe(`A JSON object is required as the request body, got ${what}`)
  })

  test('required: true or false, in either spelling; a word that is neither is not taken for false', async () => {
    const variable = (required: unknown) => [{ key: 'k', name: 'k', type: 'value', required }]
    const body = { ...formulaBody({ name: 'perhaps' }), configuration: variable('perhaps') }
    const { message } = expectError(await formulas.call('POST', '/formulas', body), 400).body
    expect(message).toBe('required of configuration[0]: expected true or false, got "perhaps"')
    const made = expectOk(await formulas.call('POST', '/formulas', { ...body, configuration: variable('True') })).body
    expect(made.configuration[0].required).toBe(true)
  })

  test('a name that the account has already: 409, on POST, PUT and PATCH', async () => {
    await formulas.make({ name: 'taken' })
    expectError(await formulas.post({ name: 'taken' }), 409)
    const { id } = await formulas.make({ name: 'free' })
    expectError(await formulas.call('PUT', `/formulas/${id}`, { name: 'taken' }), 409)
    expectError(await formulas.call('PATCH', `/formulas/${id}`, { name: 'taken' }), 409)
    expectOk(await formulas.call('PUT', `/formulas/${id}`, { name: 'free' }))
  })

  test('a key twice: 409', async () => {
    const configuration = ['one', 'two'].map((name) => ({ key: 'same', name, type: 'value' }))
    expectError(await formulas.call('POST', '/formulas', { name: 'two keys', configuration }), 409)
  })
})

describe('30 §2.5: schedules', () => {
  const trigger = (cron: string) => ({ type: 'scheduled', properties: { cron }, onSuccess: [], onFailure: [] })
  test.each(['0/30 * * 1/1 * ? *', '0 0/5 * 1/1 * ? *', '* * * * * ?'])('%s comes too often: 400', async (cron) => {
    const { id } = expectOk(await formulas.call('POST', '/formulas', { name: `without ${cron}` })).body
    expectError(await formulas.call('POST', `/formulas/${id}/triggers`, trigger(cron)), 400)
  })
  test.each(['0 0/15 * 1/1 * ? *', '0 30 9 ? * MON-FRI', '${config.cron}'])('%s is taken', async (cron) => {
    const { id } = expectOk(await formulas.call('POST', '/formulas', { name: `with ${cron}` })).body
    expectOk(await formulas.call('POST', `/formulas/${id}/triggers`, trigger(cron)))
  })
})

describe('30 §2.5: request steps', () => {
  test('an elementRequest that downloads a bulk file: 400', async () => {
    await refused(ofOne(elementRequest('GET /hubs/crm/bulk/${steps.x.id}/contacts')), 'elementRequestStream')
    await refused(ofOne(elementRequest('GET bulk/17/contacts')))
    for (const line of ['GET /bulk/17/status', 'GET /bulk/17/errors', 'POST /bulk/query', 'POST /bulk/contacts'])
      await formulas.make(ofOne(elementRequest(line)))
  })

  for (const [type, make] of [
    ['elementRequest', (more: object) => elementRequest('GET /contacts', { retry: 'true', ...more })],
    ['request', (more: object) => platformRequest('GET /elements', { retry: 'true', ...more })],
  ] as const) {
    test(`${type}: more than 5 retryAttempts: 400, by POST of the formula and of the step`, async () => {
      const six = make({ retryAttempts: '6' })
      await refused(ofOne(six), 'retryAttempts')
      const { id } = await formulas.make({})
      const { body } = expectError(await formulas.call('POST', `/formulas/${id}/steps`, { name: 'a', ...six }), 400)
      expect(body.message).toContain('retryAttempts')
      expectOk(await formulas.call('POST', `/formulas/${id}/steps`, { name: 'a', ...make({ retryAttempts: '5' }) }))
    })

    test(`${type}: retryStatusCodes that cannot be read: 400`, async () => {
      await refused(ofOne(make({ retryStatusCodes: '401-,400' })), 'retryStatusCodes')
      for (const retryStatusCodes of ['401-405,500', '500', '', ' '])
        await formulas.make(ofOne(make({ retryStatusCodes })))
    })
  }
})

describe('30 §2.5: scripts', () => {
  const v2 = (type: string, body: string) => ofOne(step(type, { body, scriptEngine: 'v2' }))

  test('v2 without done(: 400 with that word', async () => {
    await refused(v2('script', 'const a = 1'), 'done()')
    await refused(v2('filter', 'true'), 'done()')
    await formulas.make(v2('script', 'done()'))
    await formulas.make(v2('filter', 'done (true)'))
  })

  test('v2 with a return of its own: 400; inside a function it is fine', async () => {
    await refused(v2('script', 'if (true) { return 1 }\ndone()'))
    await formulas.make(v2('script', 'const f = () => { return 1 }\ndone({ x: f() })'))
  })

  test('without scriptEngine, done() and syntax are nobody’s business yet', async () => {
    for (const body of ['return 1', 'this is no script {', 'const a = 1']) await formulas.make(ofOne(script(body)))
  })

  test('null for scriptEngine is none', async () => {
    const { steps } = await formulas.make(ofOne(step('script', { body: 'done()', scriptEngine: null })))
    expect(steps[0].properties).toEqual({ body: 'done()' })
  })

  test('a step added to steps that are all v1 becomes v1; to mixed ones it does not', async () => {
    const v1 = { body: 'return 1', scriptEngine: 'v1' }
    const added = { name: 'added', type: 'script', properties: { body: 'done()' } }
    const add = async (steps: Record<string, StepText>) => {
      const { id } = await formulas.make({ steps })
      return expectOk(await formulas.call('POST', `/formulas/${id}/steps`, added)).body.properties
    }
    expect(await add({ a: step('script', v1), b: step('filter', v1) })).toMatchObject({ scriptEngine: 'v1' })
    expect(await add({ a: step('script', v1), b: script('done()') })).not.toHaveProperty('scriptEngine')
    expect(await add({ a: script('done()') })).not.toHaveProperty('scriptEngine')
  })
})

describe('30 §2.5: engines and resources', () => {
  test('method and uri need a manual trigger: 400', async () => {
    const trigger = { type: 'scheduled', properties: { cron: '0 0 2 * * ?' } }
    const more = { method: 'GET', uri: '/not-manual' }
    await refused({ trigger, more })
    const { id } = await formulas.make({ trigger })
    expectError(await formulas.call('PATCH', `/formulas/${id}`, more), 400)
    const manual = await formulas.make({})
    expectOk(await formulas.call('PATCH', `/formulas/${manual.id}`, more))
  })

  test('v3 with a type of step that it does not have: 400; others keep it', async () => {
    await refused({ engine: 'v3', ...ofOne(step('java', { body: 'x' })) }, 'Invalid formula for the v3 engine')
    const { steps } = await formulas.make({ engine: 'v1', ...ofOne(step('java', { body: 'x' })) })
    expect(steps[0].type).toBe('java')
  })

  test('debugLoggingEnabled: false without v3: 400 by POST and PATCH', async () => {
    const words = 'Execution debug logging can be disabled only for formula engine v3'
    await refused({ engine: 'v1', more: { debugLoggingEnabled: false } }, words)
    const { id } = await formulas.make({ engine: 'v1' })
    const { body } = expectError(await formulas.call('PATCH', `/formulas/${id}`, { debugLoggingEnabled: false }), 400)
    expect(body.message).toContain(words)
    await formulas.make({ engine: 'v3', more: { debugLoggingEnabled: false } })
  })
})

test('30 §2.5: a missing privilege is 403, before it is asked whether the thing is there', async () => {
  const { nobody } = await makePersonas(hub)
  const ask = formulasOf(hub, nobody.authorization).call
  expectError(await ask('GET', '/formulas'), 403)
  expectError(await ask('POST', '/formulas', formulaBody({})), 403)
  expectError(await ask('PUT', '/formulas/999999', { name: 'x' }), 403)
  expectError(await ask('DELETE', '/formulas/999999'), 403)
  expectError(await ask('POST', '/formulas/999999/steps', { name: 'a', type: 'script' }), 403)
  expectError(await ask('PUT', '/formulas/999999/upgrade/v3'), 403)
  expectError(await ask('POST', '/formulas/999999/instances', { name: 'x', configuration: {} }), 403)
  expectError(await ask('PUT', '/formulas/999999/instances/999999/active'), 403)
})

describe('30 §3.2, 31 §7: when an instance is made', () => {
  async function refusedInstance(formula: FormulaText, configuration: object, ...words: string[]): Promise<void> {
    const { id } = await formulas.make(formula)
    const answer = await formulas.call('POST', `/formulas/${id}/instances`, { name: 'x', configuration })
    const { body } = expectError(answer, 400)
    for (const word of words) expect(body.message).toContain(word)
  }

  test.each([
    ['the trigger', { first: 'nowhere', steps: { a: script('done()') } }],
    ['a step, when all is well', { steps: { a: script('done()', 'nowhere') } }],
    ['a step, when it fails', { steps: { a: script('done()', undefined, 'nowhere') } }],
  ])('an edge to a step that is not there: %s', async (_, formula) => {
    await refusedInstance(formula, {}, 'nowhere')
  })

  test('a required variable without a value', async () => {
    await refusedInstance({ config: { needed: 'value' } }, {}, 'needed')
    await refusedInstance({ config: { crm: 'elementInstance' } }, {}, 'crm')
    const { id } = await formulas.make({ config: { needed: 'value?' } })
    await formulas.bind({ id })
  })

  test('an element instance that is not there', async () => {
    const formula: FormulaText = { config: { crm: 'elementInstance' } }
    for (const value of ['999999', 'no number']) await refusedInstance(formula, { crm: value }, 'crm')
    const { id } = await formulas.make(formula)
    for (const value of [crm, String(crm)]) {
      const made = await formulas.bind({ id }, { crm: value })
      expect(made.configuration).toEqual({ crm: String(crm) })
    }
  })

  test('a cron of the configuration that is none, or comes too often', async () => {
    const formula: FormulaText = {
      config: { cron: 'value' },
      trigger: { type: 'scheduled', properties: { cron: '${config.cron}' } },
    }
    await refusedInstance(formula, { cron: 'now and then' }, 'now and then')
    await refusedInstance(formula, { cron: '0/30 * * 1/1 * ? *' })
    const { id } = await formulas.make(formula)
    await formulas.bind({ id }, { cron: '0 0/15 * 1/1 * ? *' })
  })

  const stream = {
    ...{ downloadElementInstanceId: '${config.crm}', downloadMethod: 'GET', downloadApi: '/files' },
    ...{ uploadElementInstanceId: '${config.crm}', uploadMethod: 'POST', uploadApi: '/files' },
  }
  test.each<[string, object, string]>([
    ['script', {}, 'body'],
    ['filter', {}, 'body'],
    ['elementRequest', { method: 'GET', api: '/x' }, 'elementInstanceId'],
    ['elementRequest', { elementInstanceId: '${config.crm}', api: '/x' }, 'method'],
    ['elementRequest', { elementInstanceId: '${config.crm}', method: 'GET' }, 'api'],
    ['request', { api: '/x' }, 'method'],
    ['request', { method: 'GET', api: ' ' }, 'api'],
    ['httpRequest', { url: 'https://x.example' }, 'method'],
    ['httpRequest', { method: 'GET' }, 'url'],
    ...Object.keys(stream).map((name): [string, object, string] => [
      'elementRequestStream',
      { ...stream, [name]: '' },
      name,
    ]),
    ['loop', {}, 'list'],
    ['formula', {}, 'formulaId'],
    ['formula', { formulaId: '999999' }, '999999'],
    ['amqpRequest', { queue: 'q', body: '{}' }, 'url'],
    ['amqpRequest', { url: 'amqp://x', body: '{}' }, 'queue'],
    ['amqpRequest', { url: 'amqp://x', queue: 'q' }, 'body'],
  ])('%s with %j lacks %s', async (type, properties, missing) => {
    const formula: FormulaText = {
      config: { crm: 'elementInstance' },
      steps: { lacking: step(type, { ...properties }) },
    }
    await refusedInstance(formula, { crm: String(crm) }, 'lacking', missing)
  })

  test('settings.api that is none (§5.4)', async () => {
    const { id } = await formulas.make({})
    const make = (api: string) =>
      formulas.call('POST', `/formulas/${id}/instances`, { name: 'x', configuration: {}, settings: { api } })
    for (const api of ['/bingo', 'GET', 'GET missing-a-slash', 'GET /accounts', 'GET /formulas/instances'])
      expectError(await make(api), 400)
    expect(expectOk(await make('GET /my-uri')).body.settings).toEqual({ api: 'GET /my-uri' })
  })

  test('a uri of the platform is refused for templates, too (§5.4)', async () => {
    await refused({ more: { method: 'GET', uri: '/accounts' } })
    await refused({ more: { method: 'GET', uri: 'missing-a-slash' } })
  })

  test('extra keys are kept; a formula without a trigger may have an instance', async () => {
    const { id } = await formulas.make({ steps: { a: filter('done(true)') } })
    expect(await formulas.bind({ id }, { extra: 'kept', n: 5 })).toMatchObject({
      configuration: { extra: 'kept', n: '5' },
    })
    const bare = expectOk(await formulas.call('POST', '/formulas', { name: 'no trigger at all' })).body
    await formulas.bind(bare)
  })
})
