import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type BulkClient, JSON_BODY, jsonFile, provisionForBulk, uploadForm } from '../../support/bulk-client.ts'
import { mapPartners, postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, type Row, startBulkVendor } from '../../support/bulk-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** What becomes of each row of an upload, and what is told of it (spec 22 §5–§7). */
let hub: TestHub
let vendor: BulkVendor
let client: BulkClient
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startBulkVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  await postBulkElement(hub, {
    key: 'loaded',
    baseUrl: vendor.baseUrl,
    objects: { locked: { bulkUploadEnabled: false } },
  })
  await mapPartners(hub, 'loaded')
  client = await provisionForBulk(hub, 'loaded')
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})
beforeEach(() => vendor.reset())

/** the requests that write, in order of arrival */
const writes = () => vendor.take().filter(({ method }) => method !== 'GET')
/** Bodies sorted by a member: rows may be written side by side. */
const bodies = (by = 'name') =>
  writes()
    .map(({ body }) => body as Row)
    .toSorted((a, b) => (String(a[by]) < String(b[by]) ? -1 : 1))
const post = (path: string, body?: RequestInit['body'], headers: Record<string, string> = {}) =>
  client.send('POST', path, { body, headers })
const refuseWithoutEmail = () =>
  vendor.script('POST /contacts', ({ body }) => (body.email ? undefined : { status: 400, text: 'email is required' }))
const csvOfRows = (count: number) => ['name', ...Array.from({ length: count }, (_, index) => `n${index}`)].join('\n')

describe('a CSV file', () => {
  test('is one POST per row, of texts', async () => {
    const started = expectOk(
      await post('/bulk/contacts', uploadForm('name,email,age\nAnn,a@x.example,7\nBob,b@x.example,\n')),
    )
    expect(started.body).toMatchObject({ status: 'CREATED', instanceId: client.id, instance_id: client.id })
    const status = await client.completed(String(started.body.id))
    expect(status).toMatchObject({
      instanceId: client.id,
      instance_id: client.id,
      status: 'COMPLETED',
      object_name: 'contacts',
      job_direction: 'UPLOAD',
      recordsCount: 2,
      recordsFailedCount: 0,
      fileFormat: 'csv',
      fileSize: 'name,email,age\nAnn,a@x.example,7\nBob,b@x.example,\n'.length,
    })
    expect(status).not.toHaveProperty('error')
    const calls = writes()
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /contacts', 'POST /contacts'])
    expect(vendor.rows('contacts')).toMatchObject([
      { name: 'Ann', email: 'a@x.example', age: '7' },
      { name: 'Bob', email: 'b@x.example' },
    ])
    expect(calls[1]?.body).not.toHaveProperty('age')
  })

  test('nested columns are nested objects and arrays', async () => {
    const file =
      'name,address.city,address.geo.lat,tags[0],tags[1],sites[0].city,sites[1].city\nAnn,Bonn,1.5,a,b,Rom,Oslo\n'
    await client.completed(await client.upload('contacts', file))
    expect(bodies()).toEqual([
      {
        name: 'Ann',
        address: { city: 'Bonn', geo: { lat: '1.5' } },
        tags: ['a', 'b'],
        sites: [{ city: 'Rom' }, { city: 'Oslo' }],
      },
    ])
  })

  for (const [name, file, expected] of [
    [
      'quotes, commas and lines in quotes',
      'name,note\r\n"A, ""nn""","one\ntwo"\r\n',
      [{ name: 'A, "nn"', note: 'one\ntwo' }],
    ],
    ['a byte order mark', '\ufeffname\nÄnn\n', [{ name: 'Änn' }]],
    ['an empty text in quotes is a text, nothing is nothing', 'name,a,b\nAnn,"",\n', [{ name: 'Ann', a: '' }]],
    ['no line end at the end', 'name\nAnn', [{ name: 'Ann' }]],
    [
      'empty lines between',
      'name,x\nAnn,1\n\nBob,2\n\n',
      [
        { name: 'Ann', x: '1' },
        { name: 'Bob', x: '2' },
      ],
    ],
    ['semicolons', 'name;note\nAnn;a,b\n', [{ name: 'Ann', note: 'a,b' }]],
    ['tabs', 'name\tnote\nAnn\ta,b\n', [{ name: 'Ann', note: 'a,b' }]],
    ['blanks are kept', 'name,note\nAnn,  x \n', [{ name: 'Ann', note: '  x ' }]],
    ['a header row alone', 'name,email\n', []],
  ] as const) {
    test(name, async () => {
      const status = await client.completed(await client.upload('contacts', file))
      expect(status).toMatchObject({ recordsCount: expected.length, recordsFailedCount: 0 })
      expect(bodies()).toEqual(expected)
    })
  }

  test('UTF-16 with its mark', async () => {
    for (const bytes of [
      Buffer.from('\ufeffname\nÄnn\n', 'utf16le'),
      Buffer.from('\ufeffname\nÄnn\n', 'utf16le').swap16(),
    ]) {
      await client.completed(await client.upload('contacts', new Uint8Array(bytes)))
      expect(bodies()).toEqual([{ name: 'Änn' }])
    }
  })
})

describe('a JSON file', () => {
  const ROWS = [
    { name: 'Ann', age: 7, tags: ['a', { b: true }], nothing: null },
    { name: 'Bob', nested: { deep: { x: 0.5 } }, text: 'a\nb "c" {' },
  ]

  for (const [name, content, expected] of [
    ['an array of objects', JSON.stringify(ROWS), ROWS],
    ['an array over many lines', JSON.stringify(ROWS, null, 2), ROWS],
    ['one object per line', ROWS.map((row) => JSON.stringify(row)).join('\n'), ROWS],
    ['with empty lines and a line end', `\n${ROWS.map((row) => JSON.stringify(row)).join('\r\n\r\n')}\r\n`, ROWS],
    ['a single object', JSON.stringify(ROWS[0]), [ROWS[0]]],
    ['a single object over many lines', JSON.stringify(ROWS[1], null, 2), [ROWS[1]]],
    ['a byte order mark', `\ufeff${JSON.stringify(ROWS)}`, ROWS],
    ['an empty array', '[]', []],
  ] as const) {
    test(name, async () => {
      const status = await client.completed(await client.upload('contacts', jsonFile(content)))
      expect(status).toMatchObject({ recordsCount: expected.length, recordsFailedCount: 0, fileFormat: 'json' })
      expect(bodies()).toEqual(expected)
    })
  }
})

describe('how the file comes', () => {
  const CSV = 'name,email\nAnn,a@x.example\n'
  const JSON_LINES = '{"name":"Ann","email":"a@x.example"}\n{"name":"Bob"}\n'
  const expectRows = async (answer: Awaited<ReturnType<typeof post>>, format: string, count: number) => {
    const status = await client.completed(String(expectOk(answer).body.id))
    expect(status).toMatchObject({ recordsCount: count, recordsFailedCount: 0, fileFormat: format })
    expect(bodies()[0]).toEqual({ name: 'Ann', email: 'a@x.example' })
  }

  for (const [name, body, type, format, count] of [
    ['raw CSV', CSV, 'text/csv', 'csv', 1],
    ['raw JSON lines as application/json', JSON_LINES, 'application/json', 'json', 2],
    ['raw JSON lines as application/json;charset=UTF-8', JSON_LINES, 'application/json;charset=UTF-8', 'json', 2],
    ['raw JSON lines as application/jsonl', JSON_LINES, 'application/jsonl', 'json', 2],
    ['a raw array', '[{"name":"Ann","email":"a@x.example"}]', 'application/json', 'json', 1],
    ['a raw object', '{"name":"Ann","email":"a@x.example"}', 'application/json', 'json', 1],
    ['raw bytes of JSON', JSON_LINES, 'application/octet-stream', 'json', 2],
    ['raw bytes of CSV', CSV, 'application/octet-stream', 'csv', 1],
    ['text that is CSV', CSV, 'text/plain', 'csv', 1],
  ] as const) {
    test(name, async () => {
      await expectRows(await post('/bulk/contacts', body, { 'content-type': type }), format, count)
    })
  }

  test('raw, without a content type', async () => {
    await expectRows(await post('/bulk/contacts', Buffer.from(JSON_LINES)), 'json', 2)
    await expectRows(await post('/bulk/contacts', Buffer.from(CSV)), 'csv', 1)
  })

  for (const [name, part] of [
    ['a part without a name', ''],
    ['a part that is called otherwise', 'upload'],
  ] as const) {
    test(name, async () => {
      const form = new FormData()
      form.append(part, new File([JSON_LINES], 'rows.json', { type: 'application/json' }))
      await expectRows(await post('/bulk/contacts', form), 'json', 2)
    })
  }

  test('metaData before and after the file, format over the name of the file', async () => {
    for (const isFirst of [true, false]) {
      const form = new FormData()
      const metaData = JSON.stringify({ format: 'json', 'callback-payload': 'mine', fileName: 'given.csv' })
      if (isFirst) form.append('metaData', metaData)
      form.append('file', new File([JSON_LINES], 'rows.csv', { type: 'text/csv' }))
      if (!isFirst) form.append('metaData', metaData)
      const answer = await post('/bulk/contacts', form)
      const { metadata } = await client.completed(String(expectOk(answer).body.id))
      expect(metadata).toMatchObject({ 'callback-payload': 'mine', fileName: 'given.csv' })
      await expectRows(answer, 'json', 2)
    }
  })

  test('by the hub in the path, with a slash at the end', async () => {
    for (const path of ['/hubs/crm/bulk/contacts', '/hubs/anything/bulk/contacts', '/bulk/contacts/']) {
      await expectRows(await post(path, uploadForm(CSV)), 'csv', 1)
    }
  })

  test('nothing is refused', async () => {
    const only = new FormData()
    only.append('metaData', '{}')
    for (const body of [undefined, only, 'null', '']) {
      expectError(await post('/bulk/contacts', body, typeof body === 'string' ? JSON_BODY : {}), 400)
    }
  })

  test('metaData that is no JSON object is refused', async () => {
    for (const metaData of ['{"format":', '[]', '"csv"']) {
      expectError(await post('/bulk/contacts', uploadForm(CSV, metaData)), 400)
    }
  })

  test('an action or a format that is none is refused', async () => {
    for (const metaData of [{ action: 'replace' }, { format: 'xml' }]) {
      expectError(await post('/bulk/contacts', uploadForm(CSV, metaData)), 400)
    }
    expect(writes()).toEqual([])
  })

  test('parameters of the call and of the vendor go to the element', async () => {
    await client.completed(await client.upload('contacts', CSV, { query: { listId: '17', unknown: 'x' } }))
    expect(writes()).toMatchObject([{ query: { listId: '17' } }])
    await client.completed(await client.upload('contacts', CSV, { metaData: { listId: '18' } }))
    expect(writes()).toMatchObject([{ query: { listId: '18' } }])
  })
})

describe('counts (§6)', () => {
  test('two rows, both rejected: COMPLETED, 2 and 2', async () => {
    refuseWithoutEmail()
    const status = await client.completed(await client.upload('contacts', 'name\nAnn\nBob\n'))
    expect(status).toMatchObject({ recordsCount: 2, recordsFailedCount: 2 })
    expect(status).not.toHaveProperty('error')
  })

  test('a row that fails does not stop the others', async () => {
    refuseWithoutEmail()
    const status = await client.completed(await client.upload('contacts', 'name,email\nAnn,\nBob,b\nCid,\nDan,d\n'))
    expect(status).toMatchObject({ recordsCount: 4, recordsFailedCount: 2 })
    expect(vendor.rows('contacts').map(({ name }) => name)).toEqual(['Bob', 'Dan'])
  })

  test('a thousand rows, each once', async () => {
    const status = await client.completed(await client.upload('contacts', csvOfRows(1_000)))
    expect(status).toMatchObject({ recordsCount: 1_000, recordsFailedCount: 0 })
    expect(new Set(vendor.rows('contacts').map(({ name }) => name)).size).toBe(1_000)
    expect(vendor.rows('contacts')).toHaveLength(1_000)
  })

  test('time is in milliseconds', async () => {
    const before = Date.now()
    const status = await client.completed(await client.upload('contacts', 'name\nAnn\n'))
    expect(status.bulk_start_time).toBeGreaterThanOrEqual(before - 1_000)
    expect(status.bulk_finish_time).toBeGreaterThanOrEqual(status.bulk_start_time)
    expect(status.bulk_finish_time).toBeLessThanOrEqual(Date.now())
  })
})

describe('errors (§7)', () => {
  beforeEach(refuseWithoutEmail)

  test('are the columns of the row and why', async () => {
    const id = await client.upload('contacts', 'name\nAnn\n')
    await client.completed(id)
    const answer = expectOk(await client.send('GET', `/bulk/${id}/errors`))
    expect(answer.body).toEqual([{ name: 'Ann', status: '400: email is required' }])
    expect(answer.headers.get('elements-returned-count')).toBe('1')
  })

  test('of JSON rows keep nested values and types', async () => {
    const row = { name: 'Ann', age: 7, address: { city: 'Bonn' }, tags: ['a'] }
    const id = await client.upload('contacts', jsonFile([row]))
    await client.completed(id)
    expect(await client.errors(id)).toEqual([{ ...row, status: '400: email is required' }])
  })

  test('37 of them by 30 are 30 and 7', async () => {
    const id = await client.upload('contacts', csvOfRows(37))
    expect(await client.completed(id)).toMatchObject({ recordsCount: 37, recordsFailedCount: 37 })
    const first = expectOk(await client.send('GET', `/bulk/${id}/errors?pageSize=30`))
    expect(first.body).toHaveLength(30)
    expect(first.headers.get('elements-returned-count')).toBe('30')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    expect(token).not.toBe('')
    const second = expectOk(await client.send('GET', `/bulk/${id}/errors?pageSize=30&nextPage=${token}`))
    expect(second.body).toHaveLength(7)
    expect(second.headers.get('elements-returned-count')).toBe('7')
    expect(second.headers.has('elements-next-page-token')).toBe(false)
    const names = [...first.body, ...second.body].map(({ name }) => name)
    expect(names).toEqual(Array.from({ length: 37 }, (_, index) => `n${index}`))
    const whole = expectOk(await client.send('GET', `/bulk/${id}/errors?nextPage=`))
    expect(whole.body).toEqual([...first.body, ...second.body])
  })

  test('fields chooses among the columns', async () => {
    const id = await client.upload('contacts', 'name,age,city\nAnn,7,Bonn\n')
    await client.completed(id)
    const { body } = expectOk(await client.send('GET', `/bulk/${id}/errors?fields=name,%20status`))
    expect(body).toEqual([{ name: 'Ann', status: '400: email is required' }])
  })

  test('none are []', async () => {
    const id = await client.upload('contacts', 'name,email\nAnn,a\n')
    await client.completed(id)
    const answer = expectOk(await client.send('GET', `/bulk/${id}/errors`))
    expect(answer.body).toEqual([])
    expect(answer.headers.get('elements-returned-count')).toBe('0')
    expect(answer.headers.has('elements-next-page-token')).toBe(false)
  })

  test('a row that has a column status says why it failed all the same', async () => {
    const id = await client.upload('contacts', 'name,status\nAnn,active\n')
    await client.completed(id)
    expect(await client.errors(id)).toEqual([{ name: 'Ann', status: '400: email is required' }])
  })

  test('of other kinds of refusal', async () => {
    for (const [status, expected] of [
      [409, /^409: .*taken/],
      [404, /^404: .*taken/],
      [403, /^403: .*taken/],
      [422, /^400: .*taken/],
    ] as const) {
      vendor.script('POST /contacts', () => ({ status, body: { message: 'taken' } }))
      const id = await client.upload('contacts', 'name\nAnn\n')
      expect(await client.completed(id)).toMatchObject({ recordsCount: 1, recordsFailedCount: 1 })
      expect(await client.errors(id)).toEqual([{ name: 'Ann', status: expect.stringMatching(expected) }])
    }
  })
})

describe('upsert', () => {
  beforeEach(() => {
    const rows = [
      { id: 'c1', name: 'Ann', email: 'a@x.example', old: 'yes' },
      { id: 'c2', name: 'Bob', email: "o'hara@x.example", old: 'yes' },
    ]
    vendor.rows('contacts', rows)
    vendor.rows('companies', rows)
  })
  const FILE = 'email,name\na@x.example,Anna\nnew@x.example,New\n'

  for (const [name, metaData] of [
    ['identifierFieldName means it', { identifierFieldName: 'email' }],
    ['primaryKeyName, the older name', { primaryKeyName: 'email' }],
    ['action upsert', { action: 'upsert', identifierFieldName: 'email' }],
  ] as const) {
    test(name, async () => {
      const id = await client.upload('contacts', FILE, { metaData })
      expect(await client.completed(id)).toMatchObject({ recordsCount: 2, recordsFailedCount: 0 })
      const calls = vendor.take()
      const searches = calls.filter(({ method }) => method === 'GET').map(({ query }) => query['filter'] ?? '')
      expect(searches.map((where) => where.replace(' = ', '=')).toSorted()).toEqual([
        "email='a@x.example'",
        "email='new@x.example'",
      ])
      const written = calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)
      expect(written.toSorted()).toEqual(['PATCH /contacts/c1', 'POST /contacts'])
      expect(vendor.rows('contacts')).toMatchObject([
        { id: 'c1', name: 'Anna', email: 'a@x.example', old: 'yes' },
        { id: 'c2', name: 'Bob' },
        { name: 'New', email: 'new@x.example' },
      ])
    })
  }

  test('by PUT where there is no PATCH', async () => {
    await client.completed(await client.upload('companies', FILE, { metaData: { identifierFieldName: 'email' } }))
    expect(
      writes()
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    ).toEqual(['POST /companies', 'PUT /companies/c1'])
  })

  test('a quote in the value', async () => {
    const metaData = { identifierFieldName: 'email' }
    await client.completed(await client.upload('contacts', "email,name\no'hara@x.example,Rob\n", { metaData }))
    expect(vendor.rows('contacts')[1]).toMatchObject({ id: 'c2', name: 'Rob' })
    expect(vendor.rows('contacts')).toHaveLength(2)
  })

  test('the same twice in a file is one record', async () => {
    const metaData = { identifierFieldName: 'email', concurrency: 'serial' }
    const file = 'email,name\nx@x.example,One\nx@x.example,Two\n'
    await client.completed(await client.upload('contacts', file, { metaData }))
    expect(vendor.rows('contacts').slice(2)).toMatchObject([{ email: 'x@x.example', name: 'Two' }])
    expect(vendor.rows('contacts')).toHaveLength(3)
  })

  test('a row without the identifier fails or is made, and changes no other', async () => {
    const metaData = { identifierFieldName: 'email' }
    await client.completed(await client.upload('contacts', 'email,name\n,Nobody\n', { metaData }))
    expect(vendor.rows('contacts').slice(0, 2)).toMatchObject([{ name: 'Ann' }, { name: 'Bob' }])
    expect(writes().map(({ method }) => method)).not.toContain('PATCH')
  })
})

describe('other actions', () => {
  beforeEach(() => {
    vendor.rows('contacts', [
      { id: 'c1', name: 'Ann', email: 'a@x.example' },
      { id: 'c2', name: 'Bob', email: 'b@x.example' },
    ])
  })

  test('update by id changes what is there; a row that is not there fails', async () => {
    const id = await client.upload('contacts', 'id,name\nc1,Anna\nc9,Nobody\n', { metaData: { action: 'update' } })
    expect(await client.completed(id)).toMatchObject({ recordsCount: 2, recordsFailedCount: 1 })
    expect(vendor.rows('contacts').map(({ name }) => name)).toEqual(['Anna', 'Bob'])
    expect(writes().map(({ method }) => method)).not.toContain('POST')
    expect(await client.errors(id)).toEqual([{ id: 'c9', name: 'Nobody', status: expect.stringMatching(/^404: /) }])
  })

  test('update by another field', async () => {
    const metaData = { action: 'update', identifierFieldName: 'email' }
    const id = await client.upload('contacts', 'email,name\nb@x.example,Rob\nz@x.example,Zoe\n', { metaData })
    expect(await client.completed(id)).toMatchObject({ recordsCount: 2, recordsFailedCount: 1 })
    expect(vendor.rows('contacts').map(({ name }) => name)).toEqual(['Ann', 'Rob'])
  })

  test('delete by id and by another field', async () => {
    await client.completed(await client.upload('contacts', 'id\nc1\n', { metaData: { action: 'delete' } }))
    expect(vendor.rows('contacts').map(({ id }) => id)).toEqual(['c2'])
    const metaData = { action: 'delete', identifierFieldName: 'email' }
    await client.completed(await client.upload('contacts', 'email\nb@x.example\n', { metaData }))
    expect(vendor.rows('contacts')).toEqual([])
  })

  test('create, also in capitals', async () => {
    for (const action of ['create', 'CREATE']) {
      await client.completed(await client.upload('contacts', 'name\nAnn\n', { metaData: { action } }))
    }
    expect(writes().map(({ method }) => method)).toEqual(['POST', 'POST'])
  })
})

describe('pace', () => {
  test('serial is one at a time, in the order of the file', async () => {
    let open = 0
    let most = 0
    vendor.script('POST /contacts', async () => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setImmediate(resolve))
      open--
      return undefined
    })
    const id = await client.upload('contacts', csvOfRows(40), { metaData: { concurrency: 'serial' } })
    await client.completed(id)
    expect(most).toBe(1)
    expect(writes().map(({ body }) => body.name)).toEqual(Array.from({ length: 40 }, (_, index) => `n${index}`))
  })

  test('a vendor that wants to be asked later is asked later, and no row is lost', async () => {
    let refusedUntil = 0
    let count = 0
    vendor.script('POST /contacts', () => {
      if (++count === 5) refusedUntil = Date.now() + 900
      return Date.now() < refusedUntil ? { status: 429, headers: { 'retry-after': '1' }, body: {} } : undefined
    })
    const id = await client.upload('contacts', csvOfRows(20))
    expect(await client.completed(id)).toMatchObject({ recordsCount: 20, recordsFailedCount: 0 })
    expect(vendor.rows('contacts')).toHaveLength(20)
    expect(count).toBeGreaterThan(20)
  })
})

describe('a file that cannot be read', () => {
  for (const [name, file] of [
    ['JSON that breaks off', jsonFile('[{"name":"Ann"},{"name":')],
    ['JSON that is none', jsonFile('{name: Ann}')],
    ['JSON that is no objects', jsonFile('[1,2]')],
    [
      'bytes that are no text',
      new File([Uint8Array.of(0x6e, 0x0a, 0xff, 0xfe, 0x80, 0x0a)], 'rows.csv', { type: 'text/csv' }),
    ],
    ['a quote without an end', new File(['name\n"Ann\n'], 'rows.csv', { type: 'text/csv' })],
  ] as const) {
    test(`${name}: ABORTED, with an error`, async () => {
      const id = await client.upload('contacts', file)
      const status = await client.ended(id)
      expect(status).toMatchObject({
        status: 'ABORTED',
        error: expect.stringMatching(/\S/),
        recordsFailedCount: expect.any(Number),
        bulk_finish_time: expect.any(Number),
      })
      expect(status.recordsCount).toBe(writes().length)
    })
  }
})

describe('what cannot be loaded', () => {
  test('an object that is switched off: 400 at once', async () => {
    for (const path of ['/bulk/locked', '/hubs/crm/bulk/locked']) {
      expectError(await post(path, uploadForm('name\nAnn\n')), 400)
    }
    expect(writes()).toEqual([])
  })

  test('an object that can only be read: 400, or ABORTED with an error', async () => {
    const answer = await post('/bulk/notes', uploadForm('name\nAnn\n'))
    if (answer.status === 400) return void expectError(answer, 400)
    const status = await client.ended(String(expectOk(answer).body.id))
    expect(status).toMatchObject({ status: 'ABORTED', error: expect.stringMatching(/\S/) })
  })

  test('an object that is not there: 404', async () => {
    expectError(await post('/bulk/unicorns', uploadForm('name\nAnn\n')), 404)
  })
})

describe('a common resource', () => {
  test('is written by its own names', async () => {
    const id = await client.upload('my-partner', 'title,mail,site.city,extra\nAnn,a@x.example,Bonn,x\n')
    expect(await client.completed(id)).toMatchObject({ object_name: 'my-partner', recordsFailedCount: 0 })
    expect(bodies()).toEqual([{ name: 'Ann', email: 'a@x.example', address: { city: 'Bonn' } }])
  })

  test('from JSON', async () => {
    await client.completed(await client.upload('my-partner', jsonFile([{ title: 'Ann', site: { city: 'Bonn' } }])))
    expect(bodies()).toEqual([{ name: 'Ann', address: { city: 'Bonn' } }])
  })

  test('is upserted by its own names', async () => {
    vendor.rows('contacts', [{ id: 'c1', name: 'Ann', email: 'a@x.example' }])
    const metaData = { identifierFieldName: 'mail' }
    const file = 'mail,title\na@x.example,Anna\nb@x.example,Bob\n'
    expect(await client.completed(await client.upload('my-partner', file, { metaData }))).toMatchObject({
      recordsFailedCount: 0,
    })
    expect(vendor.rows('contacts')).toMatchObject([
      { id: 'c1', name: 'Anna', email: 'a@x.example' },
      { name: 'Bob', email: 'b@x.example' },
    ])
  })

  test('its errors are in its own names', async () => {
    refuseWithoutEmail()
    const id = await client.upload('my-partner', 'title,site.city\nAnn,Bonn\n')
    await client.completed(id)
    const [error] = await client.errors(id)
    expect(error).toMatchObject({ title: 'Ann', status: '400: email is required' })
    expect(JSON.stringify(error)).toContain('Bonn')
    expect(error).not.toHaveProperty('address')
  })
})

describe('cancelling', () => {
  test('stops within three seconds; no further row is sent', async () => {
    const { promise: goOn, resolve } = Promise.withResolvers<undefined>()
    vendor.script('POST /contacts', ({ body }) => (body.name === 'n0' ? undefined : goOn))
    const id = await client.upload('contacts', csvOfRows(500))
    await vi.waitFor(() => expect(vendor.calls.length).toBeGreaterThan(1), { timeout: 8_000, interval: 20 })
    const asked = Date.now()
    const answer = expectOk(await client.send('PUT', `/bulk/${id}/cancel`))
    expect(String(answer.body.id)).toBe(id)
    expect(['CANCELLATION_PENDING', 'CANCELLED']).toContain(answer.body.status)
    const status = await client.ended(id)
    expect(status.status).toBe('CANCELLED')
    expect(Date.now() - asked).toBeLessThan(3_000)
    const sent = vendor.calls.length
    resolve(undefined)
    expect(status.recordsCount).toBeLessThanOrEqual(sent)
    expectError(await client.send('PUT', `/bulk/${id}/cancel`), 400)
    await client.completed(await client.upload('accounts', 'name\nAnn\n'))
    expect(vendor.calls.filter(({ path }) => path === '/contacts')).toHaveLength(sent)
  })
})

test('every row passes the hooks of its call', async () => {
  const body = "done({ request_vendor_body: JSON.stringify({ ...JSON.parse(request_vendor_body), seen: 'yes' }) })"
  await postBulkElement(hub, {
    key: 'hookedrows',
    baseUrl: vendor.baseUrl,
    hooks: { 'POST /contacts': [{ type: 'preRequest', body }] },
  })
  const hooked = await provisionForBulk(hub, 'hookedrows')
  await hooked.completed(await hooked.upload('contacts', 'name\nAnn\nBob\n'))
  expect(bodies()).toEqual([
    { name: 'Ann', seen: 'yes' },
    { name: 'Bob', seen: 'yes' },
  ])
})

test('a row that may have been written is reported, and not sent again', async () => {
  vendor.script('POST /contacts', ({ body }) => (body.name === 'n3' ? { isBroken: true } : undefined))
  const id = await client.upload('contacts', csvOfRows(10))
  expect(await client.completed(id)).toMatchObject({ recordsCount: 10, recordsFailedCount: 1 })
  expect(await client.errors(id)).toEqual([{ name: 'n3', status: expect.stringMatching(/\S/) }])
  expect(writes().filter(({ body }) => body.name === 'n3')).toHaveLength(1)
})
