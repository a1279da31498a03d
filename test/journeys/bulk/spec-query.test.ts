import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BulkClient, JSON_BODY, provisionForBulk } from '../../support/bulk-client.ts'
import { mapPartners, postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, type Row, startBulkVendor } from '../../support/bulk-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** What a download asks the vendor for, and which records it keeps (spec 22 §3, §4; 20 §11; 21). */
let hub: TestHub
let vendor: BulkVendor
let plain: BulkClient
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startBulkVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  plain = await provide('plain')
  await mapPartners(hub, 'plain')
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})
beforeEach(() => vendor.reset())

async function provide(key: string, given: object = {}) {
  await postBulkElement(hub, { key, baseUrl: vendor.baseUrl, ...given })
  return provisionForBulk(hub, key)
}

const contacts = (count: number, more: (index: number) => Row = () => ({})) =>
  Array.from({ length: count }, (_, index) => ({ id: `c${index + 1}`, name: `Name ${index + 1}`, ...more(index) }))
const idsOf = (rows: Row[]) => rows.map(({ id }) => id)
const filters = () => vendor.take().map(({ query }) => query['filter'])
const post = (path: string, body?: string, headers: Record<string, string> = JSON_BODY) =>
  plain.send('POST', path, { body, headers })

describe('select', () => {
  test('* is every record of the list, of all pages, in its order', async () => {
    const rows = vendor.rows('contacts', contacts(250))
    const id = await plain.query('select * from contacts')
    expect(await plain.completed(id)).toMatchObject({ recordsCount: 250, recordsFailedCount: 0 })
    expect(await plain.records(id)).toEqual(rows)
    const { body } = expectOk(await plain.send('GET', '/hubs/crm/contacts?pageSize=100&page=2'))
    expect(idsOf(await plain.records(id)).slice(100, 200)).toEqual(idsOf(body))
  })

  test('an empty result is COMPLETED with 0', async () => {
    const id = await plain.query('select * from contacts')
    expect(await plain.completed(id)).toMatchObject({ recordsCount: 0, recordsFailedCount: 0 })
    expect(await plain.records(id)).toEqual([])
  })

  test('keywords in any case, free whitespace', async () => {
    vendor.rows('contacts', contacts(3))
    expect(await plain.records(await plain.query('  SELECT  *\n FROM contacts LIMIT 2 '))).toHaveLength(2)
  })

  test('a list of fields is a list of columns, in its order; parents by dotted names', async () => {
    vendor.rows(
      'contacts',
      contacts(2, () => ({ email: 'e', Parent: { Name: 'Acme', Size: 1 } })),
    )
    const id = await plain.query('select Parent.Name, id from contacts')
    expect((await plain.file(id, 'text/csv')).split(/\r?\n/).slice(0, 2)).toEqual(['Parent.Name,id', 'Acme,c1'])
    expect(await plain.records(id)).toEqual(['c1', 'c2'].map((id) => ({ id, Parent: { Name: 'Acme' } })))
  })

  for (const limit of [1, 7, 100, 101, 150]) {
    test(`limit ${limit}`, async () => {
      vendor.rows('contacts', contacts(250))
      const id = await plain.query(`select * from contacts limit ${limit}`)
      expect(await plain.completed(id)).toMatchObject({ recordsCount: limit })
      expect((await plain.records(id)).at(-1)).toMatchObject({ id: `c${limit}` })
      expect(vendor.take().length).toBeLessThanOrEqual(Math.ceil(limit / 100))
    })
  }

  test('where goes to the vendor as it stands', async () => {
    vendor.rows(
      'contacts',
      contacts(4, (index) => ({ state: index % 2 ? 'active' : "o'ff" })),
    )
    const id = await plain.query("select * from contacts where state='o''ff' and id>'c1' limit 100")
    expect(idsOf(await plain.records(id))).toEqual(['c3'])
    expect(filters()).toEqual(["state='o''ff' and id>'c1'"])
  })

  test('order by goes to the vendor', async () => {
    vendor.rows('contacts', contacts(1))
    await plain.completed(await plain.query('select * from contacts order by name desc'))
    expect(vendor.take().map(({ query }) => query['sort'])).toEqual(['name desc'])
  })

  test('objects whose names are words of the language', async () => {
    for (const q of ['select * from order', 'select * from value']) {
      expectError(await post(`/bulk/query?${new URLSearchParams({ q })}`), 404)
    }
  })

  test('parameters of the element are forwarded', async () => {
    vendor.rows('contacts', contacts(150))
    const id = await plain.query('select * from contacts', { fromDate: '2020-01-02', calledVia: 'test' })
    expect(await plain.completed(id)).toMatchObject({ recordsCount: 150 })
    const asked = vendor.take().map(({ query }) => query)
    expect(asked.map((query) => query['fromDate'])).toEqual(['2020-01-02', '2020-01-02'])
    for (const query of asked) expect(Object.keys(query)).not.toContain('calledVia')
  })

  test('default.select.fields.map says the fields when the caller does not', async () => {
    const fields = JSON.stringify({ contacts: 'id,email', accounts: ['id'] })
    const chosen = await provide('chosen', {
      defaults: { 'default.select.fields.map': fields, 'allow.select.fields': 'true' },
    })
    const rows = contacts(1, () => ({ email: 'e' }))
    vendor.rows('contacts', rows)
    vendor.rows('accounts', rows)
    expect(await chosen.records(await chosen.query('select * from contacts'))).toEqual([{ id: 'c1', email: 'e' }])
    expect(await chosen.records(await chosen.query('select * from accounts'))).toEqual([{ id: 'c1' }])
    expect(await chosen.records(await chosen.query('select name from contacts'))).toEqual([{ name: 'Name 1' }])
  })
})

describe('the query in the body', () => {
  test('is the same as q; other members are hints', async () => {
    vendor.rows('contacts', contacts(3))
    const body = JSON.stringify({ query: 'select * from contacts limit 2', headerData: { order: 'asc' }, more: [1] })
    const started = expectOk(await post('/bulk/query', body)).body
    expect(idsOf(await plain.records(String(started.id)))).toEqual(['c1', 'c2'])
  })

  for (const body of [undefined, 'null', '{}', '{"query":""}', '{"query":null}', '{"headerData":{}}']) {
    test(`${body ?? 'none'}: a query is missing`, async () => {
      expectError(await post('/bulk/query', body), 400)
    })
  }

  for (const q of [
    '',
    '  ',
    'select * contacts',
    'select from contacts',
    'contacts',
    "select * from contacts where a='",
  ]) {
    test(`"${q}" does not parse`, async () => {
      const asText = expectError(await post(`/bulk/query?${new URLSearchParams({ q })}`), 400)
      const asJson = expectError(await post('/bulk/query', JSON.stringify({ query: q })), 400)
      if (q.trim() === '') return
      for (const { body } of [asText, asJson]) expect(body.message).toContain('Error parsing query')
    })
  }

  test('JSON that is none, and a query that is no text', async () => {
    for (const body of ['{"query":', '[]', '"select * from contacts"', '{"query":5}']) {
      expectError(await post('/bulk/query', body), 400)
    }
  })

  test('an object that is not there is 404, one that is switched off 400', async () => {
    expectError(await post('/bulk/query?q=select%20*%20from%20unicorns'), 404)
    expectError(await post('/bulk/download', '{"objectName":"unicorns","format":"csv"}'), 404)
    const off = await provide('off', { objects: { locked: { bulkDownloadEnabled: false } } })
    expectError(await off.send('POST', '/bulk/query?q=select%20*%20from%20locked'), 400)
    const download = { body: '{"objectName":"locked","format":"csv"}', headers: JSON_BODY }
    expectError(await off.send('POST', '/bulk/download', download), 400)
    vendor.rows('contacts', contacts(1))
    await off.completed(await off.query('select * from contacts'))
  })
})

describe('the window of dates (§3.1)', () => {
  const SETTINGS = {
    queryDateName: 'createdDate',
    queryDateOperator: '=',
    queryDateFormat: "yyyy-MM-dd'T'HH:mm:ss'Z'",
  }
  let dated: BulkClient
  let configured: BulkClient
  beforeAll(async () => {
    dated = await provide('dated', {
      objects: {
        contacts: SETTINGS,
        accounts: { ...SETTINGS, queryDateOperator: '>=', queryDateFormat: 'yyyy-MM-dd' },
        companies: { ...SETTINGS, queryDateOperator: '>', queryDateName: 'changed.at' },
      },
    })
    configured = await provide('configured', {
      defaults: {
        'bulk.query.field_name': 'updated_at',
        'bulk.query.operator': '>=',
        'bulk.query.date_mask': "yyyy-MM-dd'T'HH:mm:ss'Z'",
      },
      objects: { accounts: { ...SETTINGS, queryDateOperator: '>' } },
    })
  })
  const asks = async (client: BulkClient, q: string, parameters: Record<string, string>) => {
    await client.completed(await client.query(q, parameters))
    return filters()
  }

  test('the example of the specification', async () => {
    const from = '2017-05-24T11:31:01-07:00'
    expect(await asks(dated, 'select * from contacts', { from })).toEqual(["createdDate='2017-05-24T18:31:01Z'"])
  })

  for (const [name, parameters, expected] of [
    ['lastRunDate is from', { lastRunDate: '2014-10-06T13:22:17-08:00' }, "createdDate='2014-10-06T21:22:17Z'"],
    ['a date in UTC', { from: '2017-05-24T18:31:01Z' }, "createdDate='2017-05-24T18:31:01Z'"],
    ['milliseconds', { from: '2017-05-24T18:31:01.250Z' }, "createdDate='2017-05-24T18:31:01Z'"],
    ['a date without a zone is UTC', { from: '2017-05-24T18:31:01' }, "createdDate='2017-05-24T18:31:01Z'"],
    ['a day is its midnight in UTC', { from: '2017-05-24' }, "createdDate='2017-05-24T00:00:00Z'"],
    ['an hour of one digit', { from: '2017-05-24T18:31:01-4:00' }, "createdDate='2017-05-24T22:31:01Z'"],
  ] as const) {
    test(name, async () => {
      expect(await asks(dated, 'select * from contacts', parameters)).toEqual([expected])
    })
  }

  test('the mask and the operator are those of the object', async () => {
    const from = '2017-05-24T23:31:01-07:00'
    expect(await asks(dated, 'select * from accounts', { from })).toEqual(["createdDate>='2017-05-25'"])
    expect(await asks(dated, 'select * from companies', { from })).toEqual(["changed.at>'2017-05-25T06:31:01Z'"])
  })

  test('to adds <=, alone and with from', async () => {
    const [from, to] = ['2020-01-01T00:00:00Z', '2020-02-01T00:00:00+01:00']
    const [both] = await asks(dated, 'select * from companies', { from, to })
    expect(partsOf(both)).toEqual(["changed.at<='2020-01-31T23:00:00Z'", "changed.at>'2020-01-01T00:00:00Z'"])
    expect(await asks(dated, 'select * from companies', { to })).toEqual(["changed.at<='2020-01-31T23:00:00Z'"])
  })

  test('a where is AND-combined', async () => {
    const from = '2020-01-01T00:00:00Z'
    const [simple] = await asks(dated, "select * from companies where state='on'", { from })
    expect(partsOf(simple)).toEqual(["changed.at>'2020-01-01T00:00:00Z'", "state='on'"])
    const [either] = await asks(dated, "select * from companies where a='1' or b='2'", { from })
    expect(either).toMatch(/\( *a *= *'1' +or +b *= *'2' *\)/i)
    expect(either).toContain("changed.at>'2020-01-01T00:00:00Z'")
  })

  test('is the older form of the configuration; the settings of the object win', async () => {
    const from = '2020-01-01T00:00:00Z'
    expect(await asks(configured, 'select * from contacts', { from })).toEqual(["updated_at>='2020-01-01T00:00:00Z'"])
    expect(await asks(configured, 'select * from accounts', { from })).toEqual(["createdDate>'2020-01-01T00:00:00Z'"])
  })

  test('is of no effect where no date settings are', async () => {
    const window = { from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' }
    expect(await asks(plain, 'select * from contacts', window)).toEqual([undefined])
    expect(await asks(plain, "select * from contacts where a='1'", window)).toEqual(["a='1'"])
  })

  test('filterDateField goes over the field', async () => {
    const window = { from: '2020-01-01T00:00:00+0000', to: '2020-02-01T00:00:00+0000', filterDateField: 'closed' }
    await dated.completed(await dated.download({ objectName: 'accounts', format: 'csv', ...window }))
    expect(partsOf(filters()[0])).toEqual(["closed<='2020-02-01'", "closed>='2020-01-01'"])
  })

  for (const [name, parameters] of [
    ['a date that is none', { from: 'yesterday' }],
    ['a day that is not', { to: '2020-02-31T00:00:00Z' }],
    ['an end before the beginning', { from: '2020-02-01T00:00:00Z', to: '2020-01-01T00:00:00Z' }],
  ] as const) {
    test(`${name} is refused`, async () => {
      const query = new URLSearchParams({ q: 'select * from contacts', ...parameters })
      expectError(await dated.send('POST', `/bulk/query?${query}`), 400)
    })
  }

  /** Conditions in one order, with one kind of spaces. */
  function partsOf(where: string | undefined): string[] {
    return (where ?? '')
      .replace(/[()]/g, '')
      .split(/\s+and\s+/i)
      .map((part) => part.trim().replace(/\s*(<=|>=|=|<|>)\s*/, '$1'))
      .toSorted()
  }
})

describe('metaData', () => {
  const META = { 'callback-payload': { run: 7, tags: ['a'] }, fileName: 'Contacts' }

  test('as a part of a form, in either encoding, is given back', async () => {
    const form = new FormData()
    form.append('metaData', JSON.stringify(META))
    const encoded = new URLSearchParams({ metaData: JSON.stringify(META) })
    for (const body of [form, encoded]) {
      const id = await plain.query('select * from contacts', {}, { body })
      expect((await plain.completed(id)).metadata).toMatchObject(META)
    }
  })

  test('that is no JSON is refused', async () => {
    const form = new FormData()
    form.append('metaData', '{"fileName":')
    expectError(await plain.send('POST', '/bulk/query?q=select%20*%20from%20contacts', { body: form }), 400)
  })

  test('absent, it is empty', async () => {
    expect((await plain.completed(await plain.query('select * from contacts'))).metadata).toEqual({})
  })
})

describe('continueFromJobId', () => {
  test('goes on after the last record of the earlier job, from where it is said', async () => {
    vendor.rows('contacts', contacts(130))
    const first = await plain.query('select * from contacts limit 3')
    expect(idsOf(await plain.records(first))).toEqual(['c1', 'c2', 'c3'])
    const second = await plain.query('select * from contacts limit 4', { continueFromJobId: first })
    expect(idsOf(await plain.records(second))).toEqual(['c4', 'c5', 'c6', 'c7'])
    const body = JSON.stringify({ query: 'select * from contacts limit 100', continueFromJobId: second })
    const third = String(expectOk(await post('/bulk/query', body)).body.id)
    expect(idsOf(await plain.records(third))).toEqual(idsOf(contacts(130)).slice(7, 107))
    const rest = await plain.download({ objectName: 'contacts', format: 'csv', continueFromJobId: Number(third) })
    expect(idsOf(await plain.records(rest))).toEqual(idsOf(contacts(130)).slice(107))
  })

  test('a job that ended at the end of a page, and one that had everything', async () => {
    vendor.rows('contacts', contacts(130))
    const first = await plain.query('select * from contacts limit 100')
    await plain.completed(first)
    const second = await plain.query('select * from contacts', { continueFromJobId: first })
    expect(idsOf(await plain.records(second))).toEqual(idsOf(contacts(130)).slice(100))
    const third = await plain.query('select * from contacts', { continueFromJobId: second })
    expect(await plain.completed(third)).toMatchObject({ recordsCount: 0 })
  })

  test('a job that is not there is 404', async () => {
    const query = new URLSearchParams({ q: 'select * from contacts', continueFromJobId: '999999999' })
    expectError(await plain.send('POST', `/bulk/query?${query}`), 404)
  })
})

describe('POST /bulk/download (§4)', () => {
  const download = (body: object) => post('/bulk/download', JSON.stringify(body))

  for (const [format, fileFormat] of [
    ['application/json', /^json$/],
    ['application/jsonl', /^json/],
    ['txt/csv', /^csv$/],
    ['text/csv', /^csv$/],
    ['csv', /^csv$/],
    ['json', /^json$/],
    ['jsonl', /^json/],
  ] as const) {
    test(`format ${format}`, async () => {
      vendor.rows('contacts', contacts(2))
      const started = expectOk(await download({ objectName: 'contacts', format })).body
      expect(started).toMatchObject({ status: 'CREATED', instance_id: plain.id, instanceId: plain.id })
      const status = await plain.completed(String(started.id))
      expect(status).toMatchObject({ recordsCount: 2, object_name: 'contacts', job_direction: 'DOWNLOAD' })
      expect(status.fileFormat).toMatch(fileFormat)
    })
  }

  for (const [name, body] of [
    ['without objectName', { format: 'csv' }],
    ['without format', { objectName: 'contacts' }],
    ['nothing', {}],
    ['a format that is none', { objectName: 'contacts', format: 'application/xml' }],
    ['an objectName that is no text', { objectName: 5, format: 'csv' }],
    ['an empty objectName', { objectName: '', format: 'csv' }],
    ['a limit that is no number', { objectName: 'contacts', format: 'csv', limit: 'many' }],
    ['a negative limit', { objectName: 'contacts', format: 'csv', limit: -1 }],
    ['a page of no rows', { objectName: 'contacts', format: 'csv', pageSize: 0 }],
    ['a date that is none', { objectName: 'contacts', format: 'csv', from: 'today' }],
    ['a where that does not parse', { objectName: 'contacts', format: 'csv', where: "a='" }],
    ['a query that is no object', { objectName: 'contacts', format: 'csv', query: 'a=b' }],
  ] as const) {
    test(`${name} is refused`, async () => {
      expectError(await download(body), 400)
    })
  }

  test('no body is refused', async () => {
    for (const body of [undefined, '', 'null', '[]', '{"objectName":']) {
      expectError(await post('/bulk/download', body), 400)
    }
  })

  test('where, selectFields and limit', async () => {
    vendor.rows(
      'contacts',
      contacts(9, (index) => ({ email: 'e', odd: String(index % 2) })),
    )
    const rules = { where: "odd='0'", selectFields: 'email, id', limit: 3 }
    const id = await plain.download({ objectName: 'contacts', format: 'txt/csv', ...rules })
    expect((await plain.file(id, 'text/csv')).split(/\r?\n/)).toEqual(['email,id', 'e,c1', 'e,c3', 'e,c5', ''])
    expect(filters()).toEqual(["odd='0'"])
  })

  test('pageSize is that of the vendor, apiLimit the number of its calls', async () => {
    vendor.rows('contacts', contacts(50))
    const id = await plain.download({ objectName: 'contacts', format: 'csv', pageSize: 10, apiLimit: 3 })
    expect(idsOf(await plain.records(id))).toEqual(idsOf(contacts(30)))
    expect(vendor.take().map(({ query }) => [query['page'], query['per_page']])).toEqual([
      ['1', '10'],
      ['2', '10'],
      ['3', '10'],
    ])
  })

  test('query goes to the element', async () => {
    vendor.rows('contacts', contacts(1))
    const query = { fromDate: '2020-01-02' }
    await plain.completed(await plain.download({ objectName: 'contacts', format: 'csv', query }))
    expect(vendor.take()).toMatchObject([{ query }])
  })

  test('filterNulls leaves nulls out', async () => {
    const keeping = await provisionForBulk(hub, 'plain', { 'filter.response.nulls': 'false' })
    vendor.rows('contacts', [{ id: 'c1', name: null }])
    const asked = { objectName: 'contacts', format: 'application/jsonl' }
    expect(await keeping.records(await keeping.download(asked))).toEqual([{ id: 'c1', name: null }])
    expect(await keeping.records(await keeping.download({ ...asked, filterNulls: true }))).toEqual([{ id: 'c1' }])
  })
})

describe('a common resource', () => {
  const ROW = { id: 'c1', name: 'Ann', email: 'ann@x.example', address: { city: 'Bonn', zip: '53' }, secret: 's' }
  beforeEach(() => void vendor.rows('contacts', [ROW, { ...ROW, id: 'c2', name: 'Bob' }]))

  test('has its own names in the query, in the file and in the header row', async () => {
    const id = await plain.query("select title, site.city from my-partner where title='Ann' and site.city='Bonn'")
    expect(await plain.completed(id)).toMatchObject({ recordsCount: 1, object_name: 'my-partner' })
    expect(await plain.records(id)).toEqual([{ title: 'Ann', site: { city: 'Bonn' } }])
    expect(await plain.file(id, 'text/csv', 'my-partner')).toMatch(/^title,site\.city\r?\nAnn,Bonn\r?\n$/)
    expect(vendor.take()[0]?.query['filter']).toMatch(/^name *= *'Ann' and address\.city *= *'Bonn'$/i)
  })

  test('* is what it maps', async () => {
    const id = await plain.query('select * from my-partner limit 1')
    expect(await plain.records(id)).toEqual([
      { code: 'c1', title: 'Ann', mail: 'ann@x.example', site: { city: 'Bonn' } },
    ])
  })

  test('in a download', async () => {
    const rules = { where: "mail='ann@x.example'", selectFields: 'code', limit: 5 }
    const id = await plain.download({ objectName: 'my-partner', format: 'csv', ...rules })
    expect(await plain.file(id, 'text/csv', 'my-partner')).toMatch(/^code\r?\nc1\r?\nc2\r?\n$/)
  })

  test('has a window of dates in its own names', async () => {
    const window = { from: '2020-01-01T00:00:00Z', filterDateField: 'changed' }
    const dated = await provisionForBulk(hub, 'dated')
    await mapPartners(hub, 'dated')
    await dated.completed(await dated.download({ objectName: 'my-partner', format: 'csv', ...window }))
    expect(filters()[0]).toMatch(/^updated *>?= *'2020-01-01T00:00:00Z'$/)
  })
})

describe('a vendor that fails', () => {
  test('ends the job as ABORTED, with what it said', async () => {
    vendor.rows('contacts', contacts(250))
    vendor.script('GET /contacts', ({ query }) =>
      query['page'] === '2' ? { status: 400, body: { error: 'page 2 is out of order' } } : undefined,
    )
    const status = await plain.ended(await plain.query('select * from contacts'))
    expect(status).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('page 2 is out of order') })
    expect(status.bulk_finish_time).toEqual(expect.any(Number))
  })

  test('for a while is waited for', async () => {
    vendor.rows('contacts', contacts(150))
    let refused = 0
    vendor.script('GET /contacts', ({ query }) =>
      query['page'] === '2' && refused++ === 0 ? { status: 429, headers: { 'retry-after': '1' }, body: {} } : undefined,
    )
    const id = await plain.query('select * from contacts')
    expect(await plain.completed(id)).toMatchObject({ recordsCount: 150, recordsFailedCount: 0 })
    expect(refused).toBe(2)
  })
})

describe('however the vendor pages', () => {
  const list = (path: string, more: object) => ({
    method: 'GET',
    path: `/hubs/crm/${path}`,
    vendorMethod: 'GET',
    vendorPath: `/${path}`,
    type: 'api',
    parameters: [],
    ...more,
  })
  const query = (name: string, vendorName: string) => ({ name, vendorName, type: 'query', vendorType: 'query' })

  test('a list without pages is read once', async () => {
    const whole = await provide('whole', { resources: [list('whole', { paginationType: 'NO_PAGINATION' })] })
    vendor.script('GET /whole', () => ({ body: contacts(450) }))
    const id = await whole.query('select * from whole')
    expect(idsOf(await whole.records(id))).toEqual(idsOf(contacts(450)))
    expect(vendor.take()).toHaveLength(1)
    expect(idsOf(await whole.records(await whole.query('select * from whole limit 5')))).toEqual(idsOf(contacts(5)))
  })

  test('a list that the hub cuts into pages', async () => {
    const cut = await provide('cut', { resources: [list('cut', { paginationType: 'VENDOR_NOT_SUPPORTED' })] })
    vendor.script('GET /cut', () => ({ body: contacts(450) }))
    expect(idsOf(await cut.records(await cut.query('select * from cut')))).toEqual(idsOf(contacts(450)))
  })

  test('offsets', async () => {
    const paging = [query('page', 'offset'), query('pageSize', 'limit')]
    const offsets = await provide('offsets', {
      defaults: { 'pagination.type': 'offset' },
      resources: [list('offsets', { parameters: paging })],
    })
    vendor.script('GET /offsets', ({ query: { offset, limit } }) => ({
      body: contacts(250).slice(Number(offset), Number(offset) + Number(limit)),
    }))
    expect(idsOf(await offsets.records(await offsets.query('select * from offsets')))).toEqual(idsOf(contacts(250)))
  })

  test('cursors, below a root key', async () => {
    const paging = [query('nextPage', 'cursor'), query('pageSize', 'limit')]
    const cursors = await provide('cursors', {
      defaults: { 'pagination.type': 'cursor' },
      resources: [list('cursors', { parameters: paging, rootKey: '|items', nextPageKey: 'body.next' })],
    })
    vendor.script('GET /cursors', ({ query: { cursor = 'at-0', limit } }) => {
      const start = Number(cursor.slice(3))
      const end = start + Number(limit)
      return { body: { items: contacts(250).slice(start, end), next: end < 250 ? `at-${end}` : null } }
    })
    const id = await cursors.query('select * from cursors')
    expect(idsOf(await cursors.records(id))).toEqual(idsOf(contacts(250)))
    const first = await cursors.query('select * from cursors limit 130')
    await cursors.completed(first)
    const rest = await cursors.query('select * from cursors', { continueFromJobId: first })
    expect(idsOf(await cursors.records(rest))).toEqual(idsOf(contacts(250)).slice(130))
  })
})

test('every record passes the hooks of the list', async () => {
  const body = 'done({ response_body: response_body.map((row) => ({ ...row, seen: request_parameters.where })) })'
  const hooked = await provide('hooked', { hooks: { 'GET /contacts': [{ type: 'postRequest', body }] } })
  vendor.rows('contacts', contacts(130))
  const id = await hooked.query("select * from contacts where id!='x'")
  const records = await hooked.records(id)
  expect(records).toHaveLength(130)
  for (const record of records) expect(record['seen']).toMatch(/^id *!= *'x'$/)
})
