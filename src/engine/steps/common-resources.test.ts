import { describe, expect, test } from 'vitest'
import {
  answer,
  callOf,
  elementOf,
  failureOf,
  parameter,
  type RunOptions,
  resource,
  row,
  runCall,
  transformationOf,
} from '../../../test/support/engine.ts'
import type { EffectiveTransformation } from '../../model/common-resource.ts'
import { newCallFacts } from '../../model/exchange.ts'
import type { RecordScript, RunRecordScript } from '../../sandbox/sandbox.ts'

const list = [
  parameter('query where', 'query q'),
  parameter('query fields', 'query select'),
  parameter('query orderBy', 'query sort'),
  parameter('query page', 'query page'),
  parameter('query pageSize', 'query size'),
]
const body = [parameter('body body', 'body body')]
const element = elementOf({
  configuration: [row('base.url', 'https://v.test'), row('token', undefined, { type: 'PASSWORD' })],
  resources: [
    resource('GET', '/contacts', { parameters: list }),
    resource('GET', '/contacts/{id}'),
    resource('POST', '/contacts', { parameters: body }),
    resource('PATCH', '/contacts/{id}', { parameters: body }),
    resource('DELETE', '/contacts/{id}'),
    resource('GET', '/contacts/{id}/notes'),
    resource('GET', '/files/{id}'),
    resource('GET', '/{objectName}', { vendorPath: '/sobjects/{objectName}', parameters: list }),
  ],
})
const fields = { id: 'Id', name: 'FullName', 'address.city': 'City', 'tags[*].label': 'Tags[*].Name' }
const dropped = { type: 'passThrough', properties: { fromVendor: false, toVendor: false } }
const people = (more: Partial<EffectiveTransformation> & { body?: string } = {}) =>
  transformationOf('people', 'contacts', fields, { configuration: [dropped], ...more })
const ADA = { Id: 7, FullName: 'Ada', City: 'Leeds', Secret: 'x' }
const COMMON_ADA = { id: '7', name: 'Ada', address: { city: 'Leeds' } }

const run = (
  line: string,
  vendor: unknown = [ADA],
  options: RunOptions & { body?: unknown; headers?: Record<string, string> } = {},
) =>
  runCall(
    element,
    callOf(line, { body: options.body, ...(options.headers ? { headers: options.headers } : {}) }),
    [answer(200, vendor)],
    { mappings: [people()], ...options },
  )
const asked = async (line: string, options: RunOptions = {}) =>
  decodeURIComponent((await run(line, [], options)).requests[0]?.url ?? '')

describe('which resource is called', () => {
  test.each<[string, string, string]>([
    ['its own', 'GET /people', 'https://v.test/contacts'],
    ['with an id', 'GET /people/12', 'https://v.test/contacts/12'],
    ['through a parent', 'GET /people/12/notes', 'https://v.test/contacts/12/notes'],
    ['what is no common resource', 'GET /contacts/12', 'https://v.test/contacts/12'],
    ['of the vendor, by its generic resource', 'GET /leads', 'https://v.test/sobjects/Lead'],
    ['in place of one of the same name', 'GET /contacts', 'https://v.test/sobjects/Contact'],
  ])('%s', async (_name, line, expected) => {
    const mappings = [people(), transformationOf('leads', 'Lead', {})]
    if (_name.startsWith('in place')) mappings.push(transformationOf('contacts', 'Contact', {}))
    expect((await asked(line, { mappings })).split('?')[0]).toBe(expected)
  })

  test('a resource that the element lacks is named by both names', async () => {
    const mappings = [transformationOf('people', 'contacts/search/all', {})]
    const { error } = await failureOf(runCall(element, callOf('GET /people'), [], { mappings }))
    expect(error).toMatchObject({
      code: 'RESOURCE_UNKNOWN',
      message: 'Acme has no resource /people (here /contacts/search/all)',
    })
  })

  test('a verb that the element lacks too', async () => {
    const { error } = await failureOf(runCall(element, callOf('PUT /people/1'), [], { mappings: [people()] }))
    expect(error).toMatchObject({ code: 'METHOD_NOT_ALLOWED', headers: { allow: 'GET, PATCH, DELETE' } })
    expect(error.message).toContain('/people/1 (here /contacts/1)')
  })

  test('hooks see the path of the element', async () => {
    const hooked = elementOf({
      resources: [
        resource('GET', '/contacts', { hooks: [{ type: 'preRequest', body: 'request_path, request_parameters' }] }),
      ],
    })
    let seen: Record<string, unknown> = {}
    const runScript = async ({ variables }: { variables: Readonly<Record<string, unknown>> }) => {
      seen = variables
      return { value: undefined, returnedAsGiven: [], console: [] }
    }
    const options = { mappings: [people()], ports: { runScript } }
    await runCall(hooked, callOf("GET /people?where=name='Ada'"), [answer(200, [])], options)
    expect(seen).toMatchObject({
      request_path: '/hubs/crm/contacts',
      request_parameters: { where: "FullName = 'Ada'" },
    })
  })

  test('the log is told which one it was', async () => {
    const facts = newCallFacts()
    await runCall(element, callOf('GET /people/1', { facts }), [answer(200, {})], { mappings: [people()] })
    expect(facts.commonResource).toBe('people')
    expect(facts.resource?.path).toBe('/hubs/crm/contacts/{id}')
  })
})

describe('the query', () => {
  test.each<[string, string, string]>([
    ['where', "where=name='Ada' and address.city='Leeds'", "q=FullName = 'Ada' AND City = 'Leeds'"],
    [
      'names of lists, with and without marks',
      "where=tags.label='a' or tags[*].label='b'",
      "q=Tags.Name = 'a' OR Tags.Name = 'b'",
    ],
    ['names that are not mapped', "where=FullName='Ada'", "q=FullName='Ada'"],
    ['fields', 'fields=id, address.city,Other', 'select=Id,City,Other'],
    ['orderBy', 'orderBy=name desc,id', 'sort=FullName desc,Id'],
  ])('%s', async (_name, query, expected) => {
    expect(await asked(`GET /people?${query.replaceAll(' ', '+')}`)).toContain(expected)
  })

  test('dates in the pattern of the vendor', async () => {
    const born = {
      path: 'born',
      vendorPath: 'Birthday',
      type: 'date',
      vendorType: 'date',
      level: 'organization' as const,
      configuration: [{ type: 'transformDate', properties: { pattern: 'yyyy-MM-dd', vendorPattern: 'dd.MM.yyyy' } }],
    }
    const mappings = [people({ fields: [born] })]
    expect(await asked("GET /people?where=born>'2000-01-31'", { mappings })).toContain("q=Birthday > '31.01.2000'")
  })

  test('a malformed where is refused before anything is sent', async () => {
    const { error, run: sent } = await failureOf(run('GET /people?where=name=='))
    expect(error.code).toBe('QUERY_INVALID')
    expect(sent.requests).toEqual([])
  })

  test('the page token keeps the question as it was asked', async () => {
    const first = await run("GET /people?pageSize=1&where=name='Ada'", [ADA])
    const token = first.reply.headers['elements-next-page-token']
    const alone = await asked(`GET /people?nextPage=${token}`)
    expect(alone).toContain("q=FullName = 'Ada'")
    expect(alone).toContain('page=2')
    expect(await asked(`GET /people?nextPage=${token}&where=name='Ada'`)).toContain('page=2')
    for (const other of [`GET /people?where=name='Bob'&nextPage=${token}`, `GET /contacts?nextPage=${token}`]) {
      expect((await failureOf(run(other))).error.code).toBe('PAGE_TOKEN_INVALID')
    }
  })
})

describe('the reply', () => {
  test.each<[string, string, unknown, unknown]>([
    ['each of a list', 'GET /people', [ADA, { Id: 8 }], [COMMON_ADA, { id: '8' }]],
    ['one', 'GET /people/7', ADA, COMMON_ADA],
    ['an object where a list was asked for', 'GET /people', ADA, COMMON_ADA],
    ['texts stay', 'GET /people', ['a', 1], ['a', 1]],
    ['nothing', 'GET /people', '', []],
    ['of a parent alone it is the vendor’s', 'GET /people/7/notes', [ADA], [ADA]],
    ['fields are those of the common record', 'GET /people?fields=name', [ADA], [{ name: 'Ada' }]],
    ['of one record too', 'GET /people/7?fields=address.city', ADA, { address: { city: 'Leeds' } }],
    ['what a DELETE is answered', 'DELETE /people/7', ADA, ADA],
  ])('%s', async (_name, line, vendor, expected) => expect((await run(line, vendor)).reply.body).toEqual(expected))

  test('a failure is the vendor’s', async () => {
    const failing = runCall(element, callOf('GET /people'), [answer(422, { Id: 'bad' })], { mappings: [people()] })
    expect((await failureOf(failing)).error).toMatchObject({ status: 400, providerMessage: '{"Id":"bad"}' })
  })

  test.each([
    [undefined, { id: '7' }],
    ['false', { id: '7', name: null }],
  ])('nulls of mapped fields where filter.response.nulls is %s', async (setting, expected) => {
    const configuration: Record<string, string> = setting === undefined ? {} : { 'filter.response.nulls': setting }
    const { reply } = await run('GET /people/7', { Id: 7, FullName: null, Secret: null }, { configuration })
    expect(reply.body).toEqual(expected)
  })

  test('files go as they are', async () => {
    const mappings = [transformationOf('documents', 'files', { a: 'b' })]
    const file = answer(200, 'b', { 'content-type': 'image/png' })
    const { reply } = await runCall(element, callOf('GET /documents/1'), [file], { mappings })
    expect(reply.body).toBe(file.body)
  })

  test('what the mapping did is noted', async () => {
    const { mapped } = await run('GET /people')
    expect(mapped).toEqual([
      {
        commonResource: 'people',
        vendorName: 'contacts',
        resource: 'GET /contacts',
        direction: 'fromVendor',
        records: 1,
        script: undefined,
      },
    ])
  })
})

describe('the request', () => {
  const sent = async (line: string, given: unknown, mappings = [people()]) => {
    const { requests, reply } = await run(line, ADA, { body: given, mappings })
    return { body: JSON.parse(String(requests[0]?.body ?? 'null')), reply: reply.body }
  }
  test.each<[string, string, unknown, unknown]>([
    [
      'an object',
      'POST /people',
      { name: 'Ada', address: { city: 'Leeds' }, other: 1 },
      { FullName: 'Ada', City: 'Leeds' },
    ],
    ['a list', 'POST /people', [{ name: 'Ada' }, { id: '8' }], [{ FullName: 'Ada' }, { Id: '8' }]],
    ['a null of a mapped field is no value', 'PATCH /people/7', { name: null, id: '7' }, { Id: '7' }],
    [
      'lists within',
      'POST /people',
      { tags: [{ label: 'a' }, { label: 'b' }] },
      { Tags: [{ Name: 'a' }, { Name: 'b' }] },
    ],
  ])('%s', async (_name, line, given, expected) => {
    expect(await sent(line, given)).toEqual({ body: expected, reply: COMMON_ADA })
  })

  test('a null stays where filter.response.nulls is false (spec 20 §9.2)', async () => {
    const configuration = { 'filter.response.nulls': 'false' }
    const { requests } = await run('PATCH /people/7', ADA, { body: { name: null }, configuration })
    expect(requests[0]?.body).toBe('{"FullName":null}')
  })

  test('a text goes as it is', async () =>
    expect((await run('POST /people', ADA, { body: 'plain' })).requests[0]?.body).toBe('plain'))
})

/** A script as a function, in place of the sandbox. */
function scripted(
  script: (
    original: Record<string, unknown>,
    mapped: Record<string, unknown>,
    shared: RecordScript['shared'],
  ) => unknown,
) {
  const calls: RecordScript[] = []
  const runRecords: RunRecordScript = async (call) => {
    calls.push(call)
    const values = new Map<number, unknown>()
    for (const [at, { originalObject, transformedObject }] of call.records.entries()) {
      const value = script(
        originalObject as Record<string, unknown>,
        transformedObject as Record<string, unknown>,
        call.shared,
      )
      if (value !== undefined) values.set(at, value)
    }
    const failed = values.size < call.records.length
    return {
      values,
      error: failed ? 'Error: key-of-the-customer is wrong' : undefined,
      isLate: false,
      console: failed ? ['key-of-the-customer'] : [],
    }
  }
  return { calls, ports: { runRecords } }
}

describe('scripts', () => {
  const READS_ALL = 'originalObject, configuration'

  test('one visit for a page, with what each record needs', async () => {
    const { calls, ports } = scripted((original, mapped) => ({ ...mapped, hi: original['Secret'] }))
    const mappings = [people({ body: READS_ALL })]
    const { reply } = await run('GET /people', [ADA, 'text', { Id: 8, Secret: 'y' }], { mappings, ports })
    expect(reply.body).toEqual([{ ...COMMON_ADA, hi: 'x' }, 'text', { id: '8', hi: 'y' }])
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({
      owner: 'account 3',
      label: 'script of people',
      depth: 0,
      timeoutMs: 30_000,
      shared: { fromVendor: true, isWhere: false, isEmbeddedObject: false },
    })
    expect(calls[0]?.shared['configuration']).toEqual({
      protocol: 'https',
      host: 'hub.test',
      pathPrefix: '/elements/api-v2',
      userSecret: 'alias-of-user',
      organizationSecret: 'alias-of-organization',
      elementInstanceToken: 'token',
    })
  })

  test('what a script does not name is not handed over', async () => {
    const { calls, ports } = scripted((_original, mapped) => mapped)
    await run('GET /people', [ADA], { mappings: [people({ body: 'done(transformedObject)' })], ports })
    expect(calls[0]).toMatchObject({ records: [{ transformedObject: COMMON_ADA }], shared: { configuration: {} } })
    expect(calls[0]?.records[0]).not.toHaveProperty('originalObject')
  })

  test('a record whose script failed is answered as mapped; the note says so, without secrets', async () => {
    const { ports } = scripted((original, mapped) => (original['Id'] === 7 ? undefined : { ...mapped, ok: true }))
    const configuration = { token: 'key-of-the-customer' }
    const mappings = [people({ body: READS_ALL })]
    const { reply, mapped, printed } = await run('GET /people', [ADA, { Id: 8 }], { mappings, ports, configuration })
    expect(reply.body).toEqual([COMMON_ADA, { id: '8', ok: true }])
    expect(mapped[0]).toMatchObject({
      records: 2,
      script: { failed: 1, error: 'Error: ******** is wrong', isLate: false },
    })
    expect(printed).toEqual(['********'])
  })

  test('both directions of a POST', async () => {
    const { calls, ports } = scripted((original, mapped, { fromVendor }) => ({
      ...mapped,
      [fromVendor ? 'read' : 'Sent']: original['other'] ?? 'none',
    }))
    const { requests, reply } = await run('POST /people', ADA, {
      body: { name: 'Ada', other: 1 },
      mappings: [people({ body: READS_ALL })],
      ports,
    })
    expect(JSON.parse(String(requests[0]?.body))).toEqual({ FullName: 'Ada', Sent: 1 })
    expect(reply.body).toEqual({ ...COMMON_ADA, read: 'none' })
    expect(calls.map(({ shared }) => shared['fromVendor'])).toEqual([false, true])
  })

  test('they have thirty seconds together', async () => {
    const { calls, ports } = scripted((_original, mapped) => mapped)
    const slow: RunRecordScript = async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return ports.runRecords(call)
    }
    await run('POST /people', ADA, {
      body: { name: 'Ada' },
      mappings: [people({ body: 'x' })],
      ports: { runRecords: slow },
    })
    expect(calls[0]?.timeoutMs).toBe(30_000)
    expect(calls[1]?.timeoutMs).toBeLessThanOrEqual(29_985)
  })

  test('empty objects leave a list where the script says so', async () => {
    const { ports } = scripted((_original, mapped) => (mapped['id'] === '7' ? {} : mapped))
    const script = { body: 'x', mimeType: 'application/javascript', filterEmptyResponse: true }
    const { reply } = await run('GET /people', [ADA, { Id: 8 }], { mappings: [people({ script })], ports })
    expect(reply.body).toEqual([{ id: '8' }])
    expect(reply.headers['elements-returned-count']).toBe('1')
  })

  test('nulls that a script wrote are dropped like others', async () => {
    const { ports } = scripted(() => ({ a: null, b: 1 }))
    expect((await run('GET /people', [ADA], { mappings: [people({ body: 'x' })], ports })).reply.body).toEqual([
      { b: 1 },
    ])
  })

  test('of a call that a script made, it runs a step deeper', async () => {
    const { calls, ports } = scripted((_original, mapped) => mapped)
    await run('GET /people', [ADA], { mappings: [people({ body: 'x' })], ports, depth: 3 })
    expect(calls[0]?.depth).toBe(3)
  })

  describe('the run for a query (spec 20 §10.3)', () => {
    const onWhere = { type: 'applyJSOnQueryFieldValue', properties: { toVendor: null } }
    const queried = async (where: string, change: (rows: unknown[], original: unknown[]) => unknown) => {
      const { calls, ports } = scripted((original, mapped, { isWhere }) => {
        if (!isWhere) return mapped
        return { where: change(mapped['where'] as unknown[], original['where'] as unknown[]) }
      })
      const mappings = [people({ body: READS_ALL, configuration: [dropped, onWhere] })]
      const url = await asked(`GET /people?where=${encodeURIComponent(where)}`, { mappings, ports })
      return { url, call: calls[0] }
    }

    test('has the rows as they were asked and as they are translated', async () => {
      const { call } = await queried("name='Ada'", (rows) => rows)
      expect(call?.shared).toMatchObject({ isWhere: true, fromVendor: false })
      expect(call?.records).toEqual([
        {
          originalObject: { where: [{ attribute: 'name', operator: '=', value: 'Ada' }] },
          transformedObject: { where: [{ attribute: 'FullName', operator: '=', value: 'Ada' }] },
        },
      ])
    })

    test.each<[string, string, (rows: unknown[], original: unknown[]) => unknown, string | undefined]>([
      ['changes nothing', "name='Ada'", (rows) => rows, "q=FullName = 'Ada'"],
      [
        'changes a value',
        "name='Ada' or id='1'",
        (rows) => rows.map((one) => ({ ...(one as object), value: 'x' })),
        "q=FullName = 'x' OR Id = 'x'",
      ],
      [
        'adds a row',
        "name='Ada'",
        (rows) => [...rows, { attribute: 'Active', operator: '=', value: true }],
        "q=FullName = 'Ada' AND Active = true",
      ],
      ['takes all rows', "name='Ada'", () => [], undefined],
      ['fails', "name='Ada'", () => undefined, "q=FullName = 'Ada'"],
    ])('%s', async (_name, where, change, expected) => {
      const { url } = await queried(where, change)
      if (expected === undefined) expect(url).not.toContain('q=')
      else expect(url).toContain(expected)
    })

    test('is not made without the entry, and not without a where', async () => {
      for (const [configuration, line] of [
        [[dropped], "GET /people?where=name='Ada'"],
        [[dropped, onWhere], 'GET /people'],
      ] as const) {
        const { calls, ports } = scripted((_original, mapped) => mapped)
        await run(line, [], { mappings: [people({ body: 'x', configuration: [...configuration] })], ports })
        expect(calls).toEqual([])
      }
    })
  })
})

describe('a where that the vendor cannot answer', () => {
  const rows = [
    { id: 1, name: 'Ada', tags: [{ label: 'a' }] },
    { id: 2, name: 'Bob', tags: [] },
  ]
  const silent = elementOf({
    configuration: [row('base.url', 'https://v.test')],
    resources: [
      resource('GET', '/contacts', {
        parameters: [parameter('query page', 'query page'), parameter('query pageSize', 'query size')],
      }),
      resource('GET', '/searched', { parameters: [parameter('query where', 'query q')] }),
      resource('GET', '/templated', {
        parameters: [parameter('query where', 'no-op {where}'), parameter('value select {where}', 'query q')],
      }),
      resource('GET', '/hidden', { parameters: [parameter('query where', 'no-op no-op')] }),
    ],
  })
  const PLATFORM = { 'elements-filter': 'platform' }
  const filtered = async (line: string, headers: Record<string, string> = PLATFORM, options: RunOptions = {}) => {
    const { reply } = await runCall(silent, callOf(line, { headers }), [answer(200, rows)], options)
    return { ids: (reply.body as { id: unknown }[]).map(({ id }) => id), headers: reply.headers }
  }

  test.each<[string, string, Record<string, string>, unknown[], string | undefined]>([
    ['is matched here when the caller says so', "GET /contacts?where=name='Ada'", PLATFORM, [1], 'platform'],
    ['in lists, too', "GET /contacts?where=tags[*].label='a'", PLATFORM, [1], 'platform'],
    ['is ignored otherwise', "GET /contacts?where=name='Ada'", {}, [1, 2], undefined],
    ['is nothing to match when there is none', 'GET /contacts', PLATFORM, [1, 2], undefined],
    ['nor when it is empty', 'GET /contacts?where=', PLATFORM, [1, 2], undefined],
    ['is the vendor’s where he takes it', "GET /searched?where=name='Ada'", PLATFORM, [1, 2], undefined],
    ['also inside a template', "GET /templated?where=name='Ada'", PLATFORM, [1, 2], undefined],
    ['is matched where only hooks see it', 'GET /hidden?where=id=2', PLATFORM, [2], 'platform'],
  ])('%s', async (_name, line, headers, ids, flag) => {
    const outcome = await filtered(line, headers)
    expect(outcome.ids).toEqual(ids)
    expect(outcome.headers['elements-filtered']).toBe(flag)
  })

  test('or when the element says so', async () => {
    const configuration = { 'filter.response.where': 'true' }
    expect(await filtered("GET /contacts?where=name='Bob'", {}, { configuration })).toMatchObject({ ids: [2] })
  })

  test('in common names, on what a mapping made', async () => {
    const mappings = [transformationOf('people', 'contacts', { id: 'id', called: 'name' })]
    const outcome = await filtered("GET /people?where=called='Ada'&fields=id", PLATFORM, { mappings })
    expect(outcome.ids).toEqual(['1'])
  })

  test('a page has fewer rows then, and its token goes on', async () => {
    const { ids, headers } = await filtered("GET /contacts?pageSize=2&where=name='None'")
    expect(ids).toEqual([])
    expect(headers).toMatchObject({ 'elements-returned-count': '0', 'elements-next-page-token': expect.any(String) })
  })

  test('a malformed one is refused', async () => {
    const failing = runCall(silent, callOf('GET /contacts?where=name', { headers: PLATFORM }), [answer(200, rows)])
    expect((await failureOf(failing)).error.code).toBe('QUERY_INVALID')
  })
})
