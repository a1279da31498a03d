import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Caller } from '../model/account.ts'
import type { Store } from '../store/database.ts'
import { type BulkJob, inBulk } from './bulk-table.ts'
import { holdReading } from './hold-reading.ts'
import { readData } from './read-data.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const caller = OWNER as unknown as Caller
const QUERY = { objectName: 'contacts', query: {}, metaData: {} }
const DONE = { status: 'COMPLETED', finished_at: new Date('2026-04-02T10:00:00Z') } as const

/** A download whose file has these parts. */
async function withFile(parts: readonly string[], fields: Partial<BulkJob> = DONE) {
  const room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
  const instance = room.addInstance(elementOf())
  const bytes = Buffer.byteLength(parts.join(''))
  const records_count = parts.join('').split('\n').length - 1
  const id = await room.addJob(instance, QUERY, { file_bytes: bytes, records_count, ...fields })
  let start = 0
  for (const text of parts) {
    const part = await room.context.files.put(id, Buffer.from(text))
    await store.changes.transaction((trx) => room.context.files.append(inBulk(trx), id, part, start))
    start += part.bytes
  }
  const read = (pageSize: number, after?: number) => readData(room.context, caller, instance, id, { pageSize, after })
  return { room, instance, id, read }
}

describe('the records of a download', () => {
  test('come page by page, each from where the one before ended', async () => {
    const { read } = await withFile(['{"n":1}\n{"n":"zw', 'ö"}\n{"n":3}\n', '{"n":4}\n{"n":5}\n'])
    const first = await read(2)
    expect([first.body.text, first.body.count, first.total]).toEqual(['[{"n":1},{"n":"zwö"}]', 2, 5])
    const second = await read(2, first.next)
    expect(second.body.text).toBe('[{"n":3},{"n":4}]')
    const last = await read(2, second.next)
    expect([last.body.text, last.next]).toEqual(['[{"n":5}]', undefined])
  })

  test('are read from there only', async () => {
    const { room, read } = await withFile(['{"n":1}\n', '{"n":2}\n', '{"n":3}\n'])
    const asked: (number | undefined)[] = []
    const { read: readFile } = room.context.files
    room.context.files.read = (id, fromByte) => {
      asked.push(fromByte)
      return readFile(id, fromByte)
    }
    const first = await read(1)
    await read(1, first.next)
    expect(asked).toEqual([0, 8])
  })

  test('may be none', async () => {
    const { read } = await withFile([])
    const page = await read(10)
    expect([page.body.text, page.body.count, page.total, page.next]).toEqual(['[]', 0, 0, undefined])
  })

  test('make short pages where they are large', async () => {
    const line = `${JSON.stringify({ text: 'x'.repeat(6_000_000) })}\n`
    const { read } = await withFile([line, line, line, line])
    const first = await read(4)
    expect(first.body.count).toBe(1)
    expect((await read(4, first.next)).body.count).toBe(1)
  })

  for (const [name, fields] of [
    ['that is under way', { status: 'RUNNING' }],
    ['that was cancelled', { status: 'CANCELLED' }],
    ['that failed', { status: 'ABORTED' }],
    ['whose file is gone', { ...DONE, files_removed_at: new Date() }],
    ['that is older than files are kept', { ...DONE, finished_at: new Date('2026-03-26T10:11:00Z') }],
    ['that is an upload', { ...DONE, direction: 'UPLOAD' }],
  ] as const) {
    test(`of one ${name} are not there`, async () => {
      const { read } = await withFile(['{}\n'], fields)
      await expect(read(1)).rejects.toMatchObject({ status: 404, message: 'No file found' })
    })
  }
})

test('an account reads some files at a time, and others go on', async () => {
  const { room } = await withFile([])
  const of = (account_id: number, organization_id = account_id) =>
    holdReading(room.context, { account_id, organization_id })
  const releases = await Promise.all([of(1), of(1), of(1), of(1)])
  await expect(of(1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  const other = await of(2)
  const waiting = of(1)
  releases[0]?.()
  for (const release of [await waiting, other, ...releases.slice(1)]) release()
  await of(1)
})

test('an organization with many accounts leaves room for others', async () => {
  const { room } = await withFile([])
  const of = (account_id: number, organization_id: number) => holdReading(room.context, { account_id, organization_id })
  await Promise.all(Array.from({ length: 16 }, (_, account) => of(account, 1)))
  await expect(of(17, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await of(18, 2)
})
