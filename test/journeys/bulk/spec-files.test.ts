import { request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BulkClient, JSON_BODY, jsonFile, linesOf, provisionForBulk } from '../../support/bulk-client.ts'
import { postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, type Row, startBulkVendor } from '../../support/bulk-vendor.ts'
import { EXPOSED_HEADERS, expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** The file of a download, in its forms (spec 22 §8). */
let hub: TestHub
let vendor: BulkVendor
let client: BulkClient
let withNulls: BulkClient
let later = 0
beforeAll(async () => {
  vendor = await startBulkVendor()
  const env = { VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }
  hub = await startTestHub(env, { now: () => new Date(Date.now() + later) })
  await postBulkElement(hub, { key: 'filed', baseUrl: vendor.baseUrl })
  client = await provisionForBulk(hub, 'filed')
  withNulls = await provisionForBulk(hub, 'filed', { 'filter.response.nulls': 'false' })
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})
beforeEach(() => vendor.reset())

async function downloaded(rows: readonly Row[], q = 'select * from contacts', by = client): Promise<string> {
  vendor.rows('contacts', rows)
  const id = await by.query(q)
  await by.completed(id)
  return id
}
const ask = (id: string, accept: string, path = 'contacts', by = client) =>
  by.send('GET', `/bulk/${id}/${path}`, { headers: { accept } })
const csvOf = async (rows: readonly Row[], q?: string, by = client) =>
  (await ask(await downloaded(rows, q, by), 'text/csv', 'contacts', by)).text

const ANN = { id: 'c1', name: 'Ann' }
const BOB = { id: 'c2', name: 'Bob', age: 7 }
/** What clients split by lines. */
const lines = (text: string) => text.replace(/\r?\n$/, '').split(/\r?\n/)

/** Values that a sloppy writer or reader of files spoils. */
const AWKWARD: Record<string, string> = {
  quotes: 'She said "no", twice: ""',
  comma: ',a,,b,',
  semicolon: 'a;b;c',
  newline: 'one\ntwo\n',
  windows: 'one\r\ntwo',
  return: 'one\rtwo',
  tab: '\ta\tb',
  blanks: '  two on each side  ',
  blank: ' ',
  emoji: 'Zoë 🚀 👨‍👩‍👧',
  wide: '漢字かな',
  rightToLeft: 'שלום',
  separators: 'a\u2028b\u2029c',
  mark: '\ufeffmarked',
  backslash: 'C:\\new\\"x"',
  formula: '=1+1',
  minus: '-7',
  zeros: '007',
  exponent: '1e21',
  large: '12345678901234567890',
  yes: 'true',
  nothing: 'null',
  braces: '{"a":1}',
  list: '[1,2]',
  apostrophe: "o'Hara",
  html: '<b>&amp;</b>',
  percent: '%41+%20',
  hash: '#no comment',
  long: 'x'.repeat(100_000),
}

describe('text/csv', () => {
  test('is exactly that, with a header row', async () => {
    const answer = await ask(await downloaded([ANN]), 'text/csv')
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/csv')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="?[^"/\\]+\.csv"?/)
    expect(lines(answer.text)).toEqual(['id,name', 'c1,Ann'])
  })

  test('is what comes without an Accept', async () => {
    const id = await downloaded([ANN])
    const { authorization } = client
    const { statusCode, headers, body } = await request(`${hub.api}/bulk/${id}/contacts`, {
      headers: { authorization },
    })
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/csv'])
    expect(lines(await body.text())).toEqual(['id,name', 'c1,Ann'])
  })

  test('columns are the union of the keys', async () => {
    const rows = [ANN, BOB, { id: 'c3', more: { deep: 'x' } }]
    expect(lines(await csvOf(rows))).toEqual(['id,name,age,more.deep', 'c1,Ann,,', 'c2,Bob,7,', 'c3,,,x'])
  })

  test('columns are the selected fields in their order, also those that no record has', async () => {
    const rows = [{ ...BOB, Parent: { Name: 'Acme' } }, ANN]
    expect(lines(await csvOf(rows, 'select Parent.Name, age, nothing, id from contacts'))).toEqual([
      'Parent.Name,age,nothing,id',
      'Acme,7,,c2',
      ',,,c1',
    ])
  })

  test('an array is JSON text, a nested object is dotted', async () => {
    const rows = [{ id: 'c1', tags: ['a', 'b,c'], sites: [{ city: 'Bonn' }], none: [], a: { b: { c: 1, d: [2] } } }]
    expect(lines(await csvOf(rows))).toEqual([
      'id,tags,sites,none,a.b.c,a.b.d',
      'c1,"[""a"",""b,c""]","[{""city"":""Bonn""}]",[],1,[2]',
    ])
  })

  test('an empty text is not a missing value', async () => {
    const text = await csvOf(
      [
        { id: 'c1', a: '', b: 'x' },
        { id: 'c2', a: null, b: 'x' },
        { id: 'c3', b: 'x' },
      ],
      undefined,
      withNulls,
    )
    expect(lines(text)).toEqual(['id,a,b', 'c1,"",x', 'c2,,x', 'c3,,x'])
  })

  test('numbers and booleans are written as JSON writes them', async () => {
    const row = { i: 12, f: 0.1, n: -5, big: 1e21, small: 1e-7, yes: true, no: false }
    expect(lines(await csvOf([row]))).toEqual(['i,f,n,big,small,yes,no', '12,0.1,-5,1e+21,1e-7,true,false'])
  })

  test('keys with commas and quotes are quoted', async () => {
    expect(lines(await csvOf([{ 'a,b': 1, 'c"d': 2, 'e f': 3 }]))[0]).toBe('"a,b","c""d",e f')
  })

  test('of no records', async () => {
    const answer = await ask(await downloaded([], 'select id, name from contacts'), 'text/csv')
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/csv')
    expect(answer.text).toMatch(/^(id,name\r?\n)?$/)
  })
})

describe('application/json', () => {
  test('is one object per line', async () => {
    const answer = await ask(await downloaded([ANN, BOB]), 'application/json')
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=.*\.json/)
    expect(lines(answer.text).map((line) => JSON.parse(line))).toEqual([ANN, BOB])
  })

  test('of one record is one object', async () => {
    const { text } = await ask(await downloaded([BOB]), 'application/json')
    expect(JSON.parse(text)).toEqual(BOB)
  })

  test('of no records is empty', async () => {
    const answer = await ask(await downloaded([]), 'application/json')
    expect([answer.status, answer.text.trim()]).toEqual([200, ''])
  })

  test('nested records stay nested, values keep their types', async () => {
    const row = { id: 1, a: { b: [{ c: true }], d: {} }, e: 0.1, f: '', g: [] }
    const { text } = await ask(await downloaded([row]), 'application/json')
    expect(JSON.parse(text)).toEqual(row)
  })

  test('convertToNativeType false makes every value a text; true is the default', async () => {
    const id = await downloaded([{ id: 1, yes: true, f: 0.5, name: 'Ann', a: { n: 2, list: [3, false] } }])
    const get = async (json: string) =>
      JSON.parse((await ask(id, 'application/json', `contacts?json=${encodeURIComponent(json)}`)).text)
    const native = { id: 1, yes: true, f: 0.5, name: 'Ann', a: { n: 2, list: [3, false] } }
    for (const given of ['{"convertToNativeType":"true"}', '{"convertToNativeType":true}', '{}']) {
      expect(await get(given)).toEqual(native)
    }
    for (const given of ['{"convertToNativeType":"false"}', '{"convertToNativeType":false}']) {
      expect(await get(given)).toEqual({
        id: '1',
        yes: 'true',
        f: '0.5',
        name: 'Ann',
        a: { n: '2', list: ['3', 'false'] },
      })
    }
    expectError(await ask(id, 'application/json', 'contacts?json=%7B'), 400)
  })

  test('filter.response.nulls decides on nulls', async () => {
    const rows = [{ id: 'c1', a: null, b: { c: null, d: 1 } }]
    const without = await ask(await downloaded(rows), 'application/json')
    expect(JSON.parse(without.text)).toEqual({ id: 'c1', b: { d: 1 } })
    const id = await downloaded(rows, 'select * from contacts', withNulls)
    const kept = await ask(id, 'application/json', 'contacts', withNulls)
    expect(JSON.parse(kept.text)).toEqual(rows[0])
  })
})

describe('what is asked for', () => {
  let id: string
  beforeEach(async () => {
    id = await downloaded([ANN, BOB])
  })

  test('application/jsonl', async () => {
    const answer = await ask(id, 'application/jsonl')
    expect(answer.headers.get('content-type')).toBe('application/jsonl')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=/)
    expect(linesOf(answer.text)).toEqual([ANN, BOB])
  })

  for (const [accept, type] of [
    ['text/csv; charset=utf-8', 'text/csv'],
    ['TEXT/CSV', 'text/csv'],
    ['text/csv, */*', 'text/csv'],
    ['application/json, text/plain, */*', 'application/json'],
    ['application/json;charset=UTF-8', 'application/json'],
  ] as const) {
    test(`by ${accept}`, async () => {
      const answer = await ask(id, accept)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.headers.get('content-type')).toContain(type)
    })
  }

  test('what it cannot be is 406', async () => {
    expectError(await ask(id, 'image/png'), 406)
  })

  test('the format of the request does not bind', async () => {
    const csv = await client.download({ objectName: 'contacts', format: 'txt/csv' })
    expect(linesOf(await client.file(csv, 'application/jsonl'))).toEqual([ANN, BOB])
    const json = await client.download({ objectName: 'contacts', format: 'application/json' })
    expect(lines(await client.file(json, 'text/csv'))).toEqual(['id,name,age', 'c1,Ann,', 'c2,Bob,7'])
  })

  test('the id decides, not the name of the object', async () => {
    for (const name of ['Contacts', 'CONTACT', 'Account', 'whatever', 'my%20object', 'contacts/']) {
      const answer = await ask(id, 'text/csv', name)
      expect(answer.status, `${name}: ${answer.text}`).toBe(200)
      expect(lines(answer.text)).toHaveLength(3)
    }
  })

  test('browsers may read the headers', async () => {
    const headers = { accept: 'text/csv', origin: 'https://app.example' }
    const answer = await client.send('GET', `/bulk/${id}/contacts`, { headers })
    expect(answer.headers.get('access-control-expose-headers')).toBe(EXPOSED_HEADERS)
    expect(answer.headers.get('elements-request-id')).toMatch(/^[0-9a-f]{24}$/)
  })

  test('the file can be had again', async () => {
    expect((await ask(id, 'text/csv')).text).toBe((await ask(id, 'text/csv')).text)
  })

  test('fileName of the metadata names it, with the time in the place of the mask', async () => {
    const form = new FormData()
    form.append('metaData', JSON.stringify({ fileName: '{yyyy-MM-dd HH:mm:ss}_Name' }))
    const named = await client.query('select * from contacts', {}, { body: form })
    await client.completed(named)
    const disposition = (await ask(named, 'text/csv')).headers.get('content-disposition') ?? ''
    const day = new Date().toISOString().slice(0, 4)
    expect(disposition).toMatch(
      new RegExp(`^attachment; filename=.*${day}-\\d\\d-\\d\\d.{1,3}\\d\\d.{1,3}\\d\\d.{1,3}\\d\\d_Name`),
    )
  })
})

describe('awkward values', () => {
  const row = { id: 'c1', ...AWKWARD }

  test('come as they are in JSON', async () => {
    const id = await downloaded([row, ANN])
    for (const accept of ['application/json', 'application/jsonl']) {
      const { text } = await ask(id, accept)
      expect(text.split('\n').filter(Boolean)).toHaveLength(2)
      expect(linesOf(text)).toEqual([row, ANN])
    }
  })

  test('go through a CSV file and back', async () => {
    const csv = await csvOf([row, ANN])
    vendor.rows('contacts', [])
    vendor.take()
    const id = await client.upload('accounts', csv)
    expect(await client.completed(id)).toMatchObject({ recordsCount: 2, recordsFailedCount: 0 })
    const written = vendor.take().map(({ body }) => body)
    expect(written.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([row, ANN])
  })

  test('go through JSON lines and back, with their types', async () => {
    const typed = { ...row, n: 5, yes: true, nested: { a: [1, { b: '' }] } }
    const { text } = await ask(await downloaded([typed, ANN]), 'application/json')
    vendor.take()
    await client.completed(await client.upload('accounts', jsonFile(text)))
    const written = vendor.take().map(({ body }) => body)
    expect(written.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([typed, ANN])
  })

  test('as keys', async () => {
    const odd = { 'a b': '1', ü: '2', 'x-y_z$': '3', 'q"q': '4', 'c,c': '5', constructor: '6', toString: '7' }
    const { text } = await ask(await downloaded([odd]), 'application/json')
    expect(JSON.parse(text)).toEqual(odd)
    expect(lines(await csvOf([odd]))[1]).toBe('1,2,3,4,5,6,7')
  })

  test('as names in a common way: a record with the key __proto__', async () => {
    const id = await downloaded([JSON.parse('{"id":"c1","__proto__":{"polluted":"yes"}}')])
    expect((await ask(id, 'application/json')).text).toContain('"c1"')
    expect(({} as Row)['polluted']).toBeUndefined()
  })
})

describe('GET /bulk/{id}/{objectName}/data', () => {
  test('is the records as JSON, page by page', async () => {
    const rows = Array.from({ length: 25 }, (_, index) => ({ id: index, name: `Name ${index}` }))
    const id = await downloaded(rows)
    const found: Row[] = []
    const sizes: (string | null)[] = []
    let token: string | null = ''
    while (token !== null && sizes.length < 5) {
      const path = `/bulk/${id}/contacts/data?pageSize=10&nextPage=${encodeURIComponent(token)}`
      const answer = expectOk(await client.send('GET', path))
      found.push(...answer.body)
      sizes.push(answer.headers.get('elements-returned-count'))
      token = answer.headers.get('elements-next-page-token')
    }
    expect(sizes).toEqual(['10', '10', '5'])
    expect(found).toEqual(rows)
  })

  test('has 200 records on a page unless told otherwise; a token alone goes on', async () => {
    const id = await downloaded(Array.from({ length: 201 }, (_, index) => ({ id: index })))
    const first = expectOk(await client.send('GET', `/bulk/${id}/contacts/data`))
    expect(first.body).toHaveLength(200)
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    const second = expectOk(await client.send('GET', `/bulk/${id}/contacts/data?nextPage=${token}`))
    expect(second.body).toEqual([{ id: 200 }])
    expect(second.headers.has('elements-next-page-token')).toBe(false)
  })

  test('of no records is []', async () => {
    const answer = expectOk(await client.send('GET', `/bulk/${await downloaded([])}/contacts/data`))
    expect(answer.body).toEqual([])
    expect(answer.headers.get('elements-returned-count')).toBe('0')
    expect(answer.headers.has('elements-next-page-token')).toBe(false)
  })

  test('refuses a page size that is none, and a token that is none', async () => {
    const id = await downloaded([ANN])
    for (const query of ['pageSize=0', 'pageSize=x', 'pageSize=-1', 'nextPage=nonsense']) {
      expectError(await client.send('GET', `/bulk/${id}/contacts/data?${query}`), 400)
    }
  })
})

describe('no file', () => {
  const forms = ['contacts', 'contacts/data']

  test('before the job has ended', async () => {
    const { promise: goOn, resolve } = Promise.withResolvers<undefined>()
    vendor.script('GET /contacts', () => goOn)
    const id = await client.query('select * from contacts')
    for (const path of forms) {
      expect(expectError(await ask(id, 'application/json', path), 404).body.message).toBe('No file found')
    }
    resolve(undefined)
    await client.completed(id)
    expect((await ask(id, 'application/json')).status).toBe(200)
  })

  test('after a failure', async () => {
    vendor.script('GET /contacts', () => ({ status: 403, body: { error: 'no' } }))
    const id = await client.query('select * from contacts')
    expect(await client.ended(id)).toMatchObject({ status: 'ABORTED' })
    for (const path of forms) expectError(await ask(id, 'text/csv', path), 404)
  })

  test('of a job that is not there', async () => {
    for (const id of ['999999999', '-1', 'nojob']) {
      for (const path of forms) expectError(await ask(id, 'text/csv', path), 404)
    }
  })
})

test('a documents instance of nobody or of somebody else is refused', async () => {
  for (const docsHubDetails of [{ instanceId: 999_999, path: '/x.csv' }, { path: '/x.csv' }]) {
    const body = JSON.stringify({ objectName: 'contacts', format: 'csv', docsHubDetails })
    expectError(await client.send('POST', '/bulk/download', { body, headers: JSON_BODY }), 400, 403, 404)
  }
})

test('after seven days the file is gone, the job is still told of', async () => {
  const id = await downloaded([ANN])
  later = 6 * 86_400_000
  expect((await ask(id, 'text/csv')).status).toBe(200)
  later = 7 * 86_400_000 + 60_000
  for (const path of ['contacts', 'contacts/data']) expectError(await ask(id, 'text/csv', path), 404)
  expect(expectOk(await client.send('GET', `/bulk/${id}/status`)).body).toMatchObject({ status: 'COMPLETED' })
})
