import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf, parameter, resource, row } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { ValenceError } from '../../errors.ts'
import type { Element } from '../../model/element.ts'
import { JsonText, type ResourceCall, type ResourceReply } from '../../model/exchange.ts'
import type { Store } from '../../store/database.ts'
import type { DownloadPosition } from '../bulk-table.ts'
import type { DownloadRequest } from '../job-request.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const WHERE = parameter('query where', 'query filter')
const CONTACTS = elementOf({ resources: [resource('GET', '/contacts', { parameters: [WHERE] })] })

type Contact = Record<string, unknown>

const contacts = (count: number, from = 0): Contact[] =>
  Array.from({ length: count }, (_, index) => ({ id: from + index, name: `Contact ${from + index}` }))

/** Page tokens are offsets; `fail` may answer instead. */
function vendor(
  rows: readonly Contact[],
  {
    size = 3,
    fail,
  }: { size?: number; fail?: (call: ResourceCall, count: number) => ResourceReply | Error | undefined } = {},
) {
  const calls: ResourceCall[] = []
  const answer = async (_caller: unknown, _instance: unknown, call: ResourceCall): Promise<ResourceReply> => {
    calls.push(call)
    const other = fail?.(call, calls.length)
    if (other instanceof Error) throw other
    if (other) return other
    const [from, asked] = String(call.query['nextPage'] ?? `0 ${call.query['pageSize'] ?? size}`)
      .split(' ')
      .map(Number)
    const next = (from ?? 0) + (asked ?? 0)
    const body = rows.slice(from, next)
    const headers: Record<string, string> = next < rows.length ? { 'elements-next-page-token': `${next} ${asked}` } : {}
    return { status: 200, headers, body: new JsonText(JSON.stringify(body), body.length) }
  }
  return { calls, answer }
}

function openRoom({ calls, answer }: ReturnType<typeof vendor>, element: Element = CONTACTS) {
  const room = openTestBulk(store, answer)
  const instance = room.addInstance(element)
  const add = (request: Partial<DownloadRequest> = {}, fields: Parameters<typeof room.addJob>[2] = {}) =>
    room.addJob(instance, { objectName: 'contacts', query: {}, metaData: {}, ...request }, fields)
  return {
    ...{ ...room, calls, instance, add },
    async download(request: Partial<DownloadRequest> = {}, fields: Parameters<typeof room.addJob>[2] = {}) {
      const id = await add(request, fields)
      await room.run()
      return { job: await room.job(id), file: await room.fileOf(id) }
    },
  }
}

const linesOf = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')
const reply = (body: unknown, headers: Record<string, string> = {}): ResourceReply => ({ status: 200, headers, body })
const failure = (status: number, headers = {}) =>
  new ValenceError('VENDOR_FAILED', 'Request failed', { status, providerMessage: 'no such luck', headers })

describe('a download', () => {
  test('ends whatever characters its vendor uses', async () => {
    const names = openRoom(vendor([{ 'a\0b': 1, '\ud800': 2, c: 3 }]))
    const { job, file } = await names.download()
    expect(job).toMatchObject({ status: 'COMPLETED', columns: ['a\ufffdb', '\ufffd', 'c'] })
    expect(JSON.parse(file)).toEqual({ 'a\0b': 1, '\ud800': 2, c: 3 })

    const said = new ValenceError('VENDOR_FAILED', 'Request failed', { status: 400, providerMessage: 'no\0 \ud800' })
    const failing = openRoom(vendor([], { fail: () => said }))
    expect((await failing.download()).job).toMatchObject({
      status: 'ABORTED',
      error: 'Request failed: no\ufffd \ufffd',
    })
  })

  test('has every record of every page, in their order', async () => {
    const { download, calls } = openRoom(vendor(contacts(8)))
    const { job, file } = await download()
    expect(file).toBe(linesOf(contacts(8)))
    expect(job).toMatchObject({
      ...{ status: 'COMPLETED', records_count: 8, records_failed_count: 0, columns: ['id', 'name'] },
      ...{ file_bytes: file.length, stored_bytes: file.length, error: null, message: null },
    })
    expect(calls.map(({ query }) => query)).toEqual([{}, { nextPage: '3 3' }, { nextPage: '6 3' }])
  })

  test('of nothing is complete as well', async () => {
    const { job, file } = await openRoom(vendor([])).download({ fields: ['id'] })
    expect(file).toBe('')
    expect(job).toMatchObject({ status: 'COMPLETED', records_count: 0, file_bytes: 0, columns: ['id'] })
  })

  test('asks for what was asked for', async () => {
    const { download, calls } = openRoom(vendor(contacts(1)))
    await download({
      where: "a='1'",
      orderBy: 'id desc',
      fields: ['id', 'a.b'],
      pageSize: 7,
      query: { tag: ['x', 'y'] },
    })
    expect(calls[0]).toMatchObject({ method: 'GET', path: '/contacts', isWhole: true })
    expect(calls[0]?.query).toEqual({
      where: "a='1'",
      orderBy: 'id desc',
      fields: 'id,a.b',
      pageSize: '7',
      tag: ['x', 'y'],
    })
  })

  test('goes on within the first page, however small the next one is asked for', async () => {
    for (const request of [{ limit: 3 }, { pageSize: 2 }]) {
      const { download } = openRoom(vendor(contacts(9)))
      const { file } = await download(request, { position: { skip: 5 } })
      expect(file.startsWith(linesOf(contacts(3, 5)))).toBe(true)
    }
  })

  test('takes the largest pages that the element allows, and no more than it needs', async () => {
    const configuration = [row('pagination.max', '{"default":"500"}')]
    const open = () => openRoom(vendor(contacts(9)), elementOf({ ...CONTACTS, configuration }))
    for (const [request, pageSize] of [
      [{}, '500'],
      [{ limit: 4 }, '4'],
      [{ limit: 4, pageSize: 2 }, '2'],
    ] as const) {
      const { download, calls } = open()
      await download(request)
      expect(calls[0]?.query['pageSize']).toBe(pageSize)
    }
  })

  test('keeps the text of records: digits, awkward characters, on one line each', async () => {
    const text =
      '[ {"id":12345678901234567890, "n":1.50,"t":"a\\n\\"],[{\\\\"},\n\n {\n "id": 2,\r\n "list": [1,\n[]] } ]'
    const { file, job } = await openRoom(vendor([], { fail: () => reply(new JsonText(text, 2)) })).download()
    expect(file).toBe('{"id":12345678901234567890, "n":1.50,"t":"a\\n\\"],[{\\\\"}\n{ "id": 2, "list": [1, []] }\n')
    expect(job.columns).toEqual(['id', 'n', 't', 'list'])
  })

  test('has the columns of all records, nested ones by their paths, in order of appearance', async () => {
    const rows = [{ a: 1 }, { a: { b: 1, c: {} } }, { d: null, a: { b: 2 } }, { a: 1, e: [{ f: 1 }] }]
    expect((await openRoom(vendor(rows)).download()).job.columns).toEqual(['a', 'a.b', 'a.c', 'd', 'e'])
  })

  test('has only the fields that were asked for, whatever the vendor sends', async () => {
    const text = '[{"x":1,"Parent":{"Name":"P","Id":7},"id":12345678901234567890,"a.b":"own"},{"id":2,"Parent":null}]'
    const open = openRoom(vendor([], { fail: () => reply(new JsonText(text, 2)) }))
    const { file, job } = await open.download({ fields: ['id', 'Parent.Name', 'a.b', 'missing'] })
    expect(file).toBe('{"id":12345678901234567890,"Parent":{"Name":"P"},"a.b":"own"}\n{"id":2,"Parent":null}\n')
    expect(job.columns).toEqual(['id', 'Parent.Name', 'a.b', 'missing'])
  })

  test('leaves out nulls where that was asked for', async () => {
    const rows = [{ id: 1, none: null, a: { b: null, c: [null] } }]
    expect((await openRoom(vendor(rows)).download({ filterNulls: true })).file).toBe('{"id":1,"a":{"c":[null]}}\n')
    expect((await openRoom(vendor(rows)).download()).file).toBe(linesOf(rows))
  })

  test('takes values as well as texts, one record as well as a list, and plain values as a column', async () => {
    for (const [body, file] of [
      [[{ a: 1 }, { b: 2 }], '{"a":1}\n{"b":2}\n'],
      [{ a: 1 }, '{"a":1}\n'],
      [new JsonText('{"a":1}', undefined), '{"a":1}\n'],
      [['x', 2], '{"value":"x"}\n{"value":2}\n'],
      [new JsonText('["x",2]', 2), '{"value":"x"}\n{"value":2}\n'],
      [null, ''],
      [new JsonText('null', undefined), ''],
    ] as const) {
      expect((await openRoom(vendor([], { fail: () => reply(body) })).download()).file).toBe(file)
    }
  })

  test('knows how many there will be where the vendor says so', async () => {
    const first = (call: ResourceCall) =>
      call.query['nextPage']
        ? undefined
        : reply(contacts(3), { 'elements-total-count': '8', 'elements-next-page-token': '3 3' })
    expect((await openRoom(vendor(contacts(8), { fail: first })).download()).job.records_total).toBe(8)
    expect((await openRoom(vendor(contacts(8), { fail: first })).download({ limit: 5 })).job.records_total).toBe(5)
  })

  test('has rows matched here where nothing of the element looks at the where', async () => {
    const asks = async (parts: object) => {
      const { download, calls } = openRoom(vendor([]), elementOf({ resources: [resource('GET', '/contacts', parts)] }))
      await download({ where: "a='1'" })
      return calls[0]?.headers['elements-filter']
    }
    expect(await asks({})).toBe('platform')
    expect(await asks({ parameters: [WHERE] })).toBe('platform')
    expect(await asks({ hooks: [{ type: 'preRequest', body: 'done()' }] })).toBeUndefined()
  })
})

describe('a limit', () => {
  test('ends the job within a page, and the next job goes on behind its last record', async () => {
    const { download, calls } = openRoom(vendor(contacts(8)))
    const first = await download({ limit: 4, pageSize: 3 })
    expect(first).toMatchObject({ file: linesOf(contacts(4)), job: { status: 'COMPLETED', records_count: 4 } })
    expect(calls).toHaveLength(2)
    const { nextPage, skip } = first.job.position as DownloadPosition
    const second = await download({ limit: 3 }, { position: { nextPage, skip } as DownloadPosition })
    expect(second.file).toBe(linesOf(contacts(3, 4)))
    const third = await download({}, { position: second.job.position })
    expect(third.file).toBe('')
  })

  test('of calls ends it, too', async () => {
    const { download, calls } = openRoom(vendor(contacts(20)))
    expect((await download({ apiLimit: 2 })).file).toBe(linesOf(contacts(6)))
    expect(calls).toHaveLength(2)
  })

  test('of none asks nobody', async () => {
    const { download, calls } = openRoom(vendor(contacts(20)))
    expect((await download({ limit: 0 })).job).toMatchObject({ status: 'COMPLETED', records_count: 0 })
    expect(calls).toHaveLength(0)
  })
})

describe('a vendor that fails', () => {
  test('for a while is asked again later, and nothing is lost or twice', async () => {
    const fail = (_call: ResourceCall, count: number) => ([2, 3].includes(count) ? failure(503) : undefined)
    const { add, context, jobs, queue, job, fileOf, run } = openRoom(vendor(contacts(8), { fail }))
    const wakes: (Date | undefined)[] = []
    const { wake } = jobs
    context.jobs.wake = (trx, publish, name, keys) => {
      wakes.push(...keys.map(({ at }) => at))
      return wake(trx, publish, name, keys)
    }
    const id = await add()
    await queue.run(String(id), new AbortController().signal)
    expect(await job(id)).toMatchObject({
      status: 'RUNNING',
      records_count: 3,
      message: expect.stringContaining('1 of 10'),
    })
    await run()
    expect(await job(id)).toMatchObject({ status: 'COMPLETED', records_count: 8, message: null })
    expect(await fileOf(id)).toBe(linesOf(contacts(8)))
    expect(wakes.filter(Boolean)).toEqual([new Date('2026-04-02T10:12:06.250Z'), new Date('2026-04-02T10:12:11.250Z')])
  })

  test('too often ends the job with what it said; the rows before stay', async () => {
    const fail = (_call: ResourceCall, count: number) => (count > 1 ? failure(502) : undefined)
    const { download, calls } = openRoom(vendor(contacts(8), { fail }))
    const { job, file } = await download()
    expect(job).toMatchObject({ status: 'ABORTED', error: 'Request failed: no such luck', records_count: 3 })
    expect(file).toBe(linesOf(contacts(3)))
    expect(calls).toHaveLength(11)
  })

  test('and refuses ends it at once', async () => {
    const { download, calls } = openRoom(vendor([], { fail: () => failure(403) }))
    expect((await download()).job).toMatchObject({ status: 'ABORTED', error: 'Request failed: no such luck' })
    expect(calls).toHaveLength(1)
  })

  test('to come to an end is noticed: the same token, tokens in a circle, the same page again and again', async () => {
    const next = (token: string, rows = contacts(1)) => reply(rows, { 'elements-next-page-token': token })
    const endless: [(call: ResourceCall, count: number) => ResourceReply, number, RegExp][] = [
      [(_call, count) => next('same', contacts(1, count)), 2, /circle: after 2 pages/],
      [(_call, count) => next(`${count % 7}`, contacts(1, count)), 15, /circle: after 15 pages/],
      [(_call, count) => next(`${count}`), 101, /same page of 1 records 101 times/],
    ]
    for (const [fail, count, error] of endless) {
      const { download, calls } = openRoom(vendor([], { fail }))
      const { job } = await download()
      expect(job).toMatchObject({ status: 'ABORTED', error: expect.stringMatching(error) })
      expect(calls.length).toBeLessThanOrEqual(count + 1)
    }
  })

  test('by answering something else than records is told so', async () => {
    const { job } = await openRoom(vendor([], { fail: () => reply('<html>') })).download()
    expect(job).toMatchObject({ status: 'ABORTED', error: 'GET /contacts: the answer is no list of records' })
  })
})

describe('what a file may take', () => {
  test('is a limit of one file, and of all files of the account', async () => {
    for (const limit of ['fileBytes', 'accountBytes'] as const) {
      const { context, download } = openRoom(vendor(contacts(8)))
      context.limits[limit] = limit === 'fileBytes' ? 100 : 0
      const { job, file } = await download()
      expect(job).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('GB'), file_bytes: 0 })
      expect(file).toBe('')
    }
  })
})

describe('a process that dies', () => {
  const big = Array.from({ length: 40 }, (_, id) => ({ id, text: 'x'.repeat(300_000) }))

  test('in the middle of a page leaves a job that goes on behind the last record in the file', async () => {
    const { add, context, files, queue, job, fileOf, run, calls } = openRoom(vendor(big, { size: 40 }))
    const put = files.put
    let parts = 0
    context.files.put = (jobId, bytes) => {
      if (++parts === 2) throw new Error('killed')
      return put(jobId, bytes)
    }
    const id = await add()
    await expect(queue.run(String(id), new AbortController().signal)).rejects.toThrow('killed')
    const left = await job(id)
    expect(left).toMatchObject({ status: 'RUNNING', is_running: true, position: { skip: left.records_count } })
    expect(left.records_count).toBeGreaterThan(0)
    await run()
    expect(await job(id)).toMatchObject({ status: 'COMPLETED', records_count: 40, reset_attempts: 1 })
    expect(await fileOf(id)).toBe(linesOf(big))
    expect(calls).toHaveLength(2)
  })
})
