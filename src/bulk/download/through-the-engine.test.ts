import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../../test/support/bulk.ts'
import {
  answer,
  commonResourcesOf,
  elementOf,
  parameter,
  resource,
  row,
  runCall,
  TestRunFailure,
  transformationOf,
} from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import type { Caller } from '../../model/account.ts'
import type { Resource } from '../../model/element.ts'
import type { VendorRequest } from '../../model/exchange.ts'
import type { Store } from '../../store/database.ts'
import { startQuery } from './start-query.ts'

/** Downloads whose calls go through the pipeline of the engine, to a vendor made of answers. */

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

type Vendor = (query: URLSearchParams) => unknown

function openRoom(parts: Partial<Resource>, configuration: [string, string][], vendor: Vendor) {
  const rows = configuration.map(([key, value]) => row(key, value))
  const element = elementOf({
    configuration: [...elementOf().configuration, ...rows],
    resources: [resource('GET', '/contacts', parts)],
  })
  const options = { mappings: [transformationOf('people', 'contacts', { key: 'id', 'name.full': 'name' })] }
  const requests: string[] = []
  const answerOf = ({ url }: VendorRequest) => {
    const { pathname, search, searchParams } = new URL(url)
    requests.push(pathname + decodeURIComponent(search))
    return answer(200, vendor(searchParams))
  }
  const room = openTestBulk(store, async (_caller, _instance, call) => {
    try {
      return (await runCall(element, call, answerOf, options)).reply
    } catch (error) {
      throw error instanceof TestRunFailure ? error.error : error
    }
  })
  const people = commonResourcesOf(options).mappingOf('people')
  if (people && !(people instanceof Promise)) room.mappings.set('people', people)
  const instance = room.addInstance(element)
  return {
    requests,
    async query(q: string, query: Record<string, string> = {}) {
      const { id } = await startQuery(room.context, OWNER as unknown as Caller, instance, { query: { q, ...query } })
      await room.run()
      return { job: await room.job(id), lines: (await room.fileOf(id)).split('\n').slice(0, -1) }
    },
  }
}

const PAGED = { parameters: [parameter('query page', 'query page'), parameter('query pageSize', 'query size')] }
const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ id: from + index, name: `Name ${from + index}`, age: index }))

const byPage =
  (count: number): Vendor =>
  (query) => {
    const size = Number(query.get('size'))
    return rows(count).slice((Number(query.get('page')) - 1) * size, Number(query.get('page')) * size)
  }

describe('a query through the engine', () => {
  test('reads all pages, as large as they may be, in their order', async () => {
    const { query, requests } = openRoom(PAGED, [['pagination.max', '4']], byPage(10))
    const { job, lines } = await query('select * from contacts')
    expect(lines).toEqual(rows(10).map((record) => JSON.stringify(record)))
    expect(job).toMatchObject({ status: 'COMPLETED', records_count: 10, columns: ['id', 'name', 'age'] })
    expect(requests).toEqual([1, 2, 3].map((page) => `/v1/contacts?size=4&page=${page}`))
  })

  test('goes on in the middle of a page, with pages of the same size', async () => {
    const { query, requests } = openRoom(PAGED, [['pagination.max', '4']], byPage(10))
    const first = await query('select * from contacts limit 6', { pageSize: '4' })
    expect(first.lines).toEqual(rows(6).map((record) => JSON.stringify(record)))
    requests.length = 0
    const rest = await query('select * from contacts', { continueFromJobId: String(first.job.id) })
    expect(rest.lines).toEqual(rows(4, 6).map((record, index) => JSON.stringify({ ...record, age: index + 6 })))
    expect(requests).toEqual([2, 3].map((page) => `/v1/contacts?size=4&page=${page}`))
  })

  test('fetches a list that the vendor does not page once', async () => {
    const { query, requests } = openRoom({ ...PAGED, paginationType: 'VENDOR_NOT_SUPPORTED' }, [], () => rows(900))
    expect((await query('select * from contacts')).job).toMatchObject({ status: 'COMPLETED', records_count: 900 })
    expect(requests).toHaveLength(1)
  })

  test('ends when the vendor names the same cursor again', async () => {
    const parts = {
      ...{ nextPageKey: 'next', rootKey: '|data' },
      parameters: [parameter('query nextPage', 'query after')],
    }
    const { query, requests } = openRoom(parts, [], () => ({ data: rows(1, requests.length), next: 'c1' }))
    expect((await query('select * from contacts')).job).toMatchObject({
      status: 'ABORTED',
      error: expect.stringContaining('leads round in a circle'),
    })
    expect(requests.length).toBeLessThan(5)
  })

  test('speaks the names of a common resource, there and back', async () => {
    const parts = { parameters: [parameter('query where', 'query filter')] }
    const { query, requests } = openRoom(parts, [], () => rows(2))
    const { job, lines } = await query("select name.full from people where key = '7'")
    expect(requests).toEqual(["/v1/contacts?filter=id = '7'"])
    expect(lines).toEqual(rows(2).map(({ name }) => JSON.stringify({ name: { full: name } })))
    expect(job.columns).toEqual(['name.full'])
  })

  test('matches here what nothing of the element filters by', async () => {
    const { query, requests } = openRoom({}, [], () => rows(5))
    const { job, lines } = await query('select id from contacts where age > 2')
    expect(requests).toEqual(['/v1/contacts'])
    expect(lines).toEqual(['{"id":3}', '{"id":4}'])
    expect(job.records_count).toBe(2)
  })

  test('says what it could not be asked', async () => {
    const { query } = openRoom({}, [], () => rows(1))
    const { job } = await query('select * from contacts order by name', { from: '2020-01-01' })
    expect(job).toMatchObject({
      status: 'COMPLETED',
      message: expect.stringMatching(/^The window of dates was ignored: .* The rows are in the order of the vendor: /),
    })
    const sorted = openRoom({ parameters: [parameter('query orderBy', 'query sort')] }, [], () => rows(1))
    expect((await sorted.query('select * from contacts order by name desc')).job.message).toBeNull()
    expect(sorted.requests).toEqual(['/v1/contacts?sort=name desc'])
  })

  test('asks for the fields that the element asks for where nobody names any', async () => {
    const parts = { parameters: [parameter('query fields', 'query select')] }
    const map: [string, string] = ['default.select.fields.map', '{"contacts":"id,name"}']
    const { query, requests } = openRoom(parts, [map], () => rows(1))
    await query('select * from contacts')
    await query('select age from contacts')
    expect(requests).toEqual(['/v1/contacts?select=id,name', '/v1/contacts?select=age'])
  })
})
