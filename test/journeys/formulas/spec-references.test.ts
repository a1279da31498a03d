import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BulkVendor } from '../../support/bulk-vendor.ts'
import { startCrmFormulas } from '../../support/crm-formulas.ts'
import {
  countOf,
  elementRequest,
  type Formulas,
  httpRequest,
  loop,
  platformRequest,
  type StepText,
  script,
  step,
  sub,
} from '../../support/formulas.ts'

/** What `${…}` means (spec 31 §2), seen in what is called. */
let vendor: BulkVendor
let formulas: Formulas
let crm: { id: number }
let close: () => Promise<void>
beforeAll(async () => {
  ;({ vendor, formulas, crm, close } = await startCrmFormulas())
  vendor.rows('contacts', [{ id: 'c1', name: 'Ann' }])
})
afterAll(() => close())

/** What a POST to the vendor had for a body, from a step behind one that makes `pick`. */
async function sent(
  body: unknown,
  args: unknown = {},
  pick = 'done({ name: "Ada", n: 5, list: [1, { a: 2 }], o: { deep: { x: true } }, json: \'{"inside":[9]}\', no: false })',
) {
  vendor.take()
  const run = await formulas.run(
    {
      config: { 'crm.source': 'elementInstance', object: 'value?', crm: 'value?' },
      steps: {
        pick: script(pick, 'post'),
        post: elementRequest('POST /contacts', { elementInstanceId: '${config.crm.source}', body }),
      },
    },
    { configuration: { 'crm.source': String(crm.id), object: 'leads', crm: 'short' }, args },
  )
  expect(run.status, JSON.stringify(run.visits)).toBe('success')
  return vendor.take().find(({ method }) => method === 'POST')?.body
}

/** A script that says what a property was, through a sub-formula's `args`. */
async function argsOf(args: string, more: Record<string, StepText> = {}, options: object = {}): Promise<unknown> {
  const child = await formulas.make({
    steps: { tell: script('done({ is: typeof trigger.args, args: trigger.args })') },
  })
  const steps = { ...more, call: sub(child.id, { args }) }
  const run = await formulas.run({ config: { 'a.b': 'value?', a: 'value?', flag: 'value?' }, steps }, options)
  expect(run.status, JSON.stringify(run.visits)).toBe('success')
  return { is: run.value('call.is'), args: run.value('call.args') }
}

describe('31 §2.4: exactly one reference has a type, text around it has none', () => {
  test.each<[string, unknown, unknown]>([
    ['an object', '${steps.pick.o}', { deep: { x: true } }],
    ['with blanks inside and around', '  ${ steps.pick.o } ', { deep: { x: true } }],
    ['members of text, which are JSON', '{"name":"${steps.pick.name}","n":"${steps.pick.n}"}', { name: 'Ada', n: '5' }],
    [
      'an object in text is JSON',
      '{"o":${steps.pick.o},"none":"${steps.pick.none}"}',
      { o: { deep: { x: true } }, none: '' },
    ],
    [
      'several in one text',
      '{"all":"${steps.pick.name}-${config.object}-${steps.pick.no}"}',
      { all: 'Ada-leads-false' },
    ],
  ])('%s', async (_, body, expected) => {
    expect(await sent(body)).toMatchObject(expected as object)
  })

  test('a list, a number, a text, a boolean', async () => {
    for (const [reference, expected] of [
      ['${steps.make.list}', { is: 'object', args: '[1,{"a":2}]' }],
      ['${steps.make.n}', { is: 'number', args: '5' }],
      ['${steps.make.name}', { is: 'string', args: 'Ada' }],
      ['${steps.make.no}', { is: 'boolean', args: 'false' }],
    ] as const) {
      const make = script('done({ list: [1, { a: 2 }], n: 5, name: "Ada", no: false })', 'call')
      expect(await argsOf(reference, { make }), reference).toEqual(expected)
    }
  })

  test('a reference to nothing is a property that is not set', async () => {
    const run = await formulas.run(
      {
        config: { crm: 'elementInstance' },
        steps: {
          get: elementRequest('GET /contacts', { query: '${steps.none.at.all}', headers: '${config.nothing}' }),
        },
      },
      { configuration: { crm: crm.id } },
    )
    expect(run.status).toBe('success')
    expect(run.value('get.response.code')).toBe('200')
  })

  test('text that is JSON is an object where one is wanted: query, headers, path', async () => {
    vendor.take()
    const run = await formulas.run(
      {
        config: { crm: 'elementInstance', headers: 'value', query: 'value' },
        steps: {
          get: elementRequest('GET /contacts/{id}', { headers: '${config.headers}', path: '{"id":"c1"}' }, 'list'),
          list: elementRequest('GET /contacts', { query: '${config.query}' }),
        },
      },
      { configuration: { crm: crm.id, headers: '{}', query: '{"pageSize":7}' } },
    )
    expect(run.status, JSON.stringify(run.visits)).toBe('success')
    expect(vendor.take().map(({ path, query }) => [path, query['per_page']])).toEqual([
      ['/contacts/c1', undefined],
      ['/contacts', '7'],
    ])
  })
})

describe('31 §2.2, §2.3: paths that are no JavaScript', () => {
  test.each([
    ['dots in a key: the longest one wins', '${config.a.b}', 'dotted'],
    ['a key in quotes', "${config['a.b']}", 'dotted'],
    ['the short key', '${config.a}', 'short'],
    ['a hyphen in a step', '${steps.delete-accounts-path.id}', 'd'],
    ['a digit first', '${steps.6_score.body.total}', '9'],
    ['an index', '${steps.6_score.list[1].x}', 'second'],
    ['any key', "${steps.6_score['any key']}", 'any'],
    ['inside of JSON text', '${steps.6_score.json.inside[0]}', '9'],
    ['the longest name of a step', '${steps.6_score_2.body}', 'of the other'],
  ])('%s: %s', async (_, reference, expected) => {
    const steps = {
      'delete-accounts-path': script('done({ id: "d" })', '6_score'),
      '6_score': script(
        'done({ body: { total: 9 }, list: [0, { x: "second" }], "any key": "any", json: \'{"inside":[9]}\' })',
        '6_score_2',
      ),
      '6_score_2': script('done({ body: "of the other" })', 'call'),
    }
    const found = await argsOf(reference, steps, { configuration: { 'a.b': 'dotted', a: 'short' } })
    expect(found).toMatchObject({ args: expected })
  })

  test('$config.x without braces is text', async () => {
    expect(await sent('{"name":"$config.object and {braces}"}')).toMatchObject({ name: '$config.object and {braces}' })
  })

  test('what is no path is JavaScript', async () => {
    const run = await formulas.run({
      steps: {
        sorter: script('done({ byOwner: { ann: [1], bob: [2, 3] } })', 'each'),
        each: loop('${ Object.values(steps.sorter.byOwner) }', 'body'),
        body: script('done({ size: steps.each.entry.length })', 'each'),
      },
    })
    expect(countOf(run.names, 'body')).toBe(2)
    expect(await sent('{"name":"${steps.pick.name.toUpperCase() + trigger.args.n * 2}"}', { n: 4 })).toMatchObject({
      name: 'ADA8',
    })
  })

  test('an expression that throws is undefined, and says no more', async () => {
    expect(await sent('{"name":"x${steps.none.at.all()}y"}')).toMatchObject({ name: 'xy' })
  })

  test('info: numbers are numbers', async () => {
    const found = await argsOf('${info.formulaExecutionId}')
    expect(found).toMatchObject({ is: 'number' })
    expect(await argsOf('${info.formulaStartTime}')).toMatchObject({ is: 'number' })
    expect(await argsOf('${info.formulaInstanceName}')).toMatchObject({ is: 'string' })
  })
})

describe('31 §2.5: what formulas before v3 write', () => {
  const make = script('done({ query: { pageSize: 3 }, list: ["x", "y"], id: "c1" })', 'next')

  test.each<[string, StepText, (run: { names: string[]; value(key: string): string | undefined }) => unknown, unknown]>(
    [
      [
        'a variable',
        elementRequest('GET /contacts', { elementInstanceId: '${crm}' }),
        (run) => run.value('next.response.code'),
        '200',
      ],
      ['a value of a step', elementRequest('GET /contacts', { query: '${build-query.query}' }), () => lastQuery(), '3'],
      [
        'a query without braces',
        elementRequest('GET /contacts', { query: 'build-query.query' }),
        () => lastQuery(),
        '3',
      ],
      [
        'a query without braces, with root',
        elementRequest('GET /contacts', { query: 'steps.build-query.query' }),
        () => lastQuery(),
        '3',
      ],
      [
        'an instance without braces',
        elementRequest('GET /contacts', { elementInstanceId: 'config.crm' }),
        (run) => run.value('next.response.code'),
        '200',
      ],
      ['a list without braces', loop('build-query.list', 'body'), (run) => countOf(run.names, 'body'), 2],
      [
        'a part of a path',
        elementRequest('GET /contacts/${build-query.id}'),
        (run) => run.value('next.response.code'),
        '200',
      ],
      [
        'the trigger',
        elementRequest('GET /contacts/${trigger.args.id}'),
        (run) => run.value('next.response.code'),
        '200',
      ],
    ],
  )('%s', async (_, next, read, expected) => {
    vendor.take()
    const run = await formulas.run(
      {
        engine: 'v1',
        config: { crm: 'elementInstance' },
        steps: { 'build-query': make, next, body: script('done()', 'next') },
      },
      { configuration: { crm: crm.id }, args: { id: 'c1' } },
    )
    expect(read(run)).toBe(expected)
    expect(run.status).toBe('success')
  })
  const lastQuery = () => vendor.calls.at(-1)?.query['per_page']

  test('v3 takes a whole text that names a known root and step', async () => {
    const run = await formulas.run({
      engine: 'v3',
      steps: {
        make: script('done({ list: [1, 2, 3] })', 'each'),
        each: loop('steps.make.list', 'body'),
        body: script('done()', 'each'),
      },
    })
    expect(countOf(run.names, 'body')).toBe(3)
  })
})

describe('31 §2.6: {name} in paths, and queries in them', () => {
  const run = (steps: Record<string, StepText>, args: unknown = {}) =>
    formulas.run({ config: { crm: 'elementInstance' }, steps }, { configuration: { crm: crm.id }, args })

  test('filled from `path`; other members are ignored', async () => {
    vendor.take()
    const { status } = await run(
      { get: elementRequest('GET /hubs/crm/{objectType}/{objectId}', { path: '${trigger.args}' }) },
      { objectType: 'contacts', objectId: 'c1', other: 'x' },
    )
    expect(status).toBe('success')
    expect(vendor.take().map(({ path }) => path)).toEqual(['/contacts/c1'])
  })

  test('{entry} of a loop', async () => {
    vendor.rows('contacts', [{ id: 'c1' }, { id: 'c2' }])
    vendor.take()
    const { status } = await run({
      make: script('done({ ids: ["c1", "c2"] })', 'looper'),
      looper: loop('${steps.make.ids}', 'get'),
      get: elementRequest('GET /contacts/{entry}', { path: '${steps.looper}' }, 'looper'),
    })
    expect(status).toBe('success')
    expect(vendor.take().map(({ path }) => path)).toEqual(['/contacts/c1', '/contacts/c2'])
  })

  test('a query in the path goes with that of `query`; what is put in is encoded', async () => {
    vendor.take()
    const { status, visits } = await run(
      {
        get: elementRequest("GET /contacts?where=name='${trigger.args.name}'", { query: '${trigger.args.query}' }),
      },
      { name: 'A&B=50%+c', query: { pageSize: 4 } },
    )
    expect(status, JSON.stringify(visits)).toBe('success')
    const [{ query } = { query: {} as Record<string, string> }] = vendor.take()
    expect(query['per_page']).toBe('4')
    expect(query['filter']).toBe("name='A&B=50%+c'")
  })
})

test('31 §2.4: url, method and ids may be references, too', async () => {
  vendor.take()
  const run = await formulas.run(
    {
      config: { crm: 'elementInstance', url: 'value', verb: 'value', what: 'value' },
      steps: {
        http: httpRequest('${config.verb} ${config.url}/contacts', {}, 'element'),
        element: step(
          'elementRequest',
          { elementInstanceId: '${config.crm}', method: '${config.verb}', api: '/${config.what}' },
          'platform',
        ),
        platform: platformRequest('${config.verb} /instances/${config.crm}'),
      },
    },
    { configuration: { crm: crm.id, url: vendor.baseUrl, verb: 'GET', what: 'contacts' } },
  )
  expect(run.status, JSON.stringify(run.visits)).toBe('success')
  expect(vendor.take()).toHaveLength(2)
  expect(run.json('platform.response.body').id).toBe(crm.id)
})
