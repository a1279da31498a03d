import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Formulas as people write them (spec 30 §1.1, §2, §7, §8). */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

let names = 0
const named = (more: object = {}) => ({ name: `formula ${++names}`, ...more })
const manual = { type: 'manual' }
const script = (name: string, properties: object = { body: 'done()' }) => ({ name, type: 'script', properties })

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
async function make(body: unknown): Promise<any> {
  const answer = await hub.call('POST', '/formulas', { body })
  expectOk(answer)
  return answer.body
}

describe('what was sent comes back', () => {
  test('with what the hub adds, and nothing that is not set', async () => {
    const body = named({
      description: 'CRM to mail list',
      engine: 'v3',
      configuration: [{ key: 'crm.source', name: 'CRM source', type: 'elementInstance' }],
      triggers: [
        { type: 'event', onSuccess: ['onlyLeads'], properties: { elementInstanceId: '${config.crm.source}' } },
      ],
      steps: [
        {
          ...script('onlyLeads'),
          type: 'filter',
          onFailure: null,
          formulaId: 7,
          properties: { body: 'done(true)', retryDelay: 500 },
        },
      ],
      instances: [{ id: 1 }],
    })
    const made = await make(body)
    expect(made).toEqual({
      ...{ id: expect.any(Number), name: body.name, description: 'CRM to mail list', engine: 'v3' },
      ...{ userId: expect.any(Number), accountId: expect.any(Number) },
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      updatedDate: made.createdDate,
      ...{ active: true, singleThreaded: false, debugLoggingEnabled: true },
      configuration: [
        { id: expect.any(Number), key: 'crm.source', name: 'CRM source', type: 'elementInstance', required: true },
      ],
      triggers: [
        {
          ...{ id: expect.any(Number), name: 'trigger', type: 'event', async: true },
          ...{ onSuccess: ['onlyLeads'], onFailure: [], properties: { elementInstanceId: '${config.crm.source}' } },
        },
      ],
      steps: [
        {
          ...{ id: expect.any(Number), name: 'onlyLeads', type: 'filter', onSuccess: [], onFailure: [] },
          properties: { body: 'done(true)', retryDelay: 500 },
        },
      ],
    })
    expect((await hub.call('GET', `/formulas/${made.id}`)).body).toEqual(made)
    expect((await hub.call('GET', `/formulas/${made.id}/export`)).body).toEqual(made)
  })

  test('ids of elsewhere are ignored, also where two are the same', async () => {
    const made = await make(
      named({
        id: 1,
        accountId: 1,
        steps: [
          { ...script('a'), id: 5 },
          { ...script('b'), id: 5 },
        ],
      }),
    )
    expect(made.id).not.toBe(1)
    expect(made.accountId).not.toBe(1)
    expect(new Set(made.steps.map(({ id }: { id: number }) => id)).size).toBe(2)
  })

  test('HTML is taken out of the name, its text stays', async () => {
    const { name } = await make({ name: `<a href="x">linked ${++names}</a><script>x</script>` })
    expect(name).toBe(`linked ${names}x`)
  })

  const folder = join(process.env['VALENCE_TEST_EXPORTS'] ?? '', 'formulas')
  const files = process.env['VALENCE_TEST_EXPORTS'] && existsSync(folder) ? globSync('*.json', { cwd: folder }) : []
  test.skipIf(files.length === 0).each(files)('%s', async (file) => {
    for (const given of [JSON.parse(readFileSync(join(folder, file), 'utf8'))].flat()) {
      const made = await make({ ...given, name: `${given.name} ${++names}` })
      const { id, userId, accountId, createdDate, debugLoggingExpires, ...rest } = given
      expect(withoutIds(made)).toMatchObject(withoutIds({ ...rest, name: made.name }))
    }
  })
})

// biome-ignore lint/suspicious/noExplicitAny: formulas of every shape
function withoutIds(formula: any): object {
  const bare = ({ id: _, ...part }: { id: number }) => part
  const { steps, triggers, configuration } = formula
  const lists = { steps: steps.map(bare), triggers: triggers.map(bare), configuration: (configuration ?? []).map(bare) }
  return { ...bare(formula), ...lists }
}

describe('what cannot be is refused', () => {
  const request = (properties: object) => ({ name: 'ask', type: 'elementRequest', properties })
  const v2 = (body: string) => script('run', { body, scriptEngine: 'v2' })
  const twice = [
    { key: 'a', type: 'value' },
    { key: 'a', type: 'value' },
  ]
  test.each<[string, object, number, string]>([
    ['no name', { name: undefined }, 400, 'name'],
    ['name null', { name: null }, 400, 'name'],
    ['two variables of one key', { configuration: twice }, 409, '"a"'],
    ['two steps of one name', { steps: [script('a'), script('a')] }, 409, '"a"'],
    [
      'a cron that comes too often',
      { triggers: [{ type: 'scheduled', properties: { cron: '0/30 * * 1/1 * ? *' } }] },
      400,
      'cron',
    ],
    [
      'a bulk download in a request step',
      { steps: [request({ method: 'GET', api: '/hubs/crm/bulk/${steps.a.id}/contacts' })] },
      400,
      'elementRequestStream',
    ],
    ['too many attempts', { steps: [request({ retryAttempts: '6' })] }, 400, 'retryAttempts'],
    [
      'too many attempts as a number',
      { steps: [{ ...request({ retryAttempts: 6 }), type: 'httpRequest' }] },
      400,
      'retryAttempts',
    ],
    ['status codes that are none', { steps: [request({ retryStatusCodes: '401-,400' })] }, 400, 'retryStatusCodes'],
    ['a v2 script that is never done', { steps: [v2('1 + 1')] }, 400, 'done()'],
    ['a v2 script that returns', { steps: [v2('done(); return 1')] }, 400, 'done()'],
    [
      'method and uri without a manual trigger',
      { method: 'GET', uri: '/a', triggers: [{ type: 'event' }] },
      400,
      'manual',
    ],
    [
      'a type of steps that v3 does not know',
      { engine: 'v3', steps: [{ name: 'a', type: 'java' }] },
      400,
      'Invalid formula for the v3 engine',
    ],
    [
      'v1 without logging',
      { engine: 'v1', debugLoggingEnabled: false },
      400,
      'Execution debug logging can be disabled only for formula engine v3',
    ],
    ['an engine that nobody knows', { engine: 'v2' }, 400, 'engine'],
    ['an unknown trigger', { triggers: [{ type: 'sometimes' }] }, 400, 'sometimes'],
    ['an unknown type of variables', { configuration: [{ key: 'a', type: 'number' }] }, 400, 'number'],
    ['a uri that is none', { method: 'GET', uri: 'a', triggers: [manual] }, 400, 'uri'],
    [
      'a path of the platform',
      { method: 'GET', uri: '/formulas/instances', triggers: [manual] },
      400,
      '/formulas/instances',
    ],
    ['a step without a name', { steps: [{ type: 'script' }] }, 400, 'steps[0]'],
    ['too many steps', { steps: Array.from({ length: 1001 }, (_, at) => script(`s${at}`)) }, 400, '1000'],
    ['more than fits', { steps: [script('a', { body: 'x'.repeat(5 * 1024 * 1024) })] }, 413, 'bytes'],
  ])('%s', async (_name, more, status, said) => {
    const answer = await hub.call('POST', '/formulas', { body: named(more) })
    expectError(answer, status)
    expect(answer.body.message).toContain(said)
  })

  test('a name that is taken', async () => {
    const { name } = await make(named())
    expectError(await hub.call('POST', '/formulas', { body: { name } }), 409)
  })

  test.each<[string, object]>([
    ['a script that is never done, or broken', { steps: [script('a', { body: 'oh no (' })] }],
    ['a return in a function of a v2 script', { steps: [v2('const f = () => { return 1 }; done(f())')] }],
    ['steps that lead nowhere', { steps: [{ ...script('a'), onSuccess: ['nobody'] }] }],
    ['unknown types, unless v3 is said', { steps: [{ name: 'a', type: 'java', properties: {} }] }],
    ['formulas that are not there', { steps: [{ name: 'a', type: 'formula', properties: { formulaId: -1 } }] }],
    ['a method alone', { method: 'GET', triggers: [{ type: 'event' }] }],
    ['status of a bulk job', { steps: [request({ method: 'GET', api: '/bulk/${steps.a.id}/status' })] }],
    [
      'attempts and codes that are references',
      { steps: [request({ retryAttempts: '${config.n}', retryStatusCodes: '${config.c}' })] },
    ],
    [
      'a cron of another type of trigger, or of the configuration',
      {
        triggers: [
          { ...manual, properties: { cron: 'x' } },
          { type: 'scheduled', properties: { cron: '${config.cron}' } },
        ],
      },
    ],
  ])('accepted: %s', async (_name, more) => {
    await make(named(more))
  })

  test('a script engine that is null is not there', async () => {
    const { steps } = await make(named({ steps: [script('a', { body: 'done()', scriptEngine: null })] }))
    expect(steps[0].properties).toEqual({ body: 'done()' })
  })
})

describe('lists', () => {
  test('by name, page after page, and without steps', async () => {
    const made = [await make(named({ steps: [script('a')] })), await make(named()), await make(named())]
    const where = encodeURIComponent(`name in (${made.map(({ name }) => `'${name}'`).join(',')})`)
    const first = await hub.call('GET', `/formulas?where=${where}&pageSize=2&abridged=true`)
    expect(first.body.map(({ name }: { name: string }) => name)).toEqual([made[0].name, made[1].name])
    expect(first.body[0]).not.toHaveProperty('steps')
    expect(first.body[0].triggers).toEqual(made[0].triggers)
    expect(first.headers.get('elements-total-count')).toBe('3')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    const second = await hub.call('GET', `/formulas?nextPage=${token}&where=${where}`)
    expect(second.body).toEqual([made[2]])
    expect(second.headers.get('elements-next-page-token')).toBeNull()
    const shown = await hub.call('GET', `/formulas?where=${where}%20AND%20abridged%3Dtrue`)
    expect(shown.body).toHaveLength(3)
    expect(shown.body[0]).not.toHaveProperty('steps')
  })

  test('none is an empty list', async () => {
    const answer = await hub.call('GET', `/formulas?where=${encodeURIComponent("name='nobody'")}&includeSystem=true`)
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: [] })
    expect(answer.headers.get('elements-total-count')).toBe('0')
  })

  test('sub-formulas are shown, and nothing is callable that closes a circle', async () => {
    const calls = (id: number | string) => ({
      steps: [{ name: 'sub', type: 'formula', properties: { formulaId: id } }],
    })
    const inner = await make(named())
    const middle = await make(named(calls(String(inner.id))))
    const outer = await make(named(calls(middle.id)))
    expect(outer.subFormulas.map(({ id }: { id: number }) => id).toSorted()).toEqual([inner.id, middle.id].toSorted())
    const callable = async (id: number) => {
      const { body } = await hub.call('GET', `/formulas?callableBy=${id}`)
      return [inner, middle, outer].filter((one) => body.some((other: { id: number }) => other.id === one.id))
    }
    expect(await callable(outer.id)).toEqual([inner, middle])
    expect(await callable(inner.id)).toEqual([])
    expectError(await hub.call('GET', '/formulas?callableBy=999999'), 404)
  })
})
