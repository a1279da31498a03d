import { buffer } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Store } from '../store/database.ts'
import { bulkDb, inBulk } from './bulk-table.ts'
import { formatFor } from './file-format.ts'
import { attachment, fileNameOf } from './file-name.ts'
import { type FileWish, openFile } from './read-file.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const caller = OWNER as unknown as Caller
const LINES = ['{"id":1,"Parent":{"Name":"A, B"},"tags":["x"]}\n', '{"id":2,"Parent":null,"tags":[],"isNew":true}\n']
const COLUMNS = ['id', 'Parent.Name', 'tags', 'isNew']

async function finished(parts: readonly string[] = LINES, metaData: Record<string, unknown> = {}) {
  const room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
  const instance = room.addInstance(elementOf())
  const request = { objectName: 'contacts', query: {}, metaData }
  const id = await room.addJob(instance, request, { status: 'COMPLETED', finished_at: room.clock.at })
  const columns = JSON.stringify(COLUMNS) as unknown as string[]
  await bulkDb(store).updateTable('bulk_jobs').set({ columns }).where('id', '=', id).execute()
  let start = 0
  for (const text of parts) {
    const part = await room.context.files.put(id, Buffer.from(text))
    await store.changes.transaction((trx) => room.context.files.append(inBulk(trx), id, part, start))
    start += part.bytes
  }
  const open = (wish: Partial<FileWish> = {}) =>
    openFile(room.context, caller, instance, id, { accept: undefined, asText: false, ...wish })
  return { room, instance, id, open }
}

describe('the file of a download', () => {
  for (const [name, wish, contentType, text] of [
    ['CSV', {}, 'text/csv', 'id,Parent.Name,tags,isNew\n1,"A, B","[""x""]",\n2,,[],true\n'],
    ['JSON, an object per line', { accept: 'application/json' }, 'application/json;charset=UTF-8', LINES.join('')],
    ['JSON lines', { accept: 'application/jsonl' }, 'application/jsonl', LINES.join('')],
    [
      'JSON with values as texts',
      { accept: 'application/json', asText: true },
      'application/json;charset=UTF-8',
      '{"id":"1","Parent":{"Name":"A, B"},"tags":["x"]}\n{"id":"2","Parent":null,"tags":[],"isNew":"true"}\n',
    ],
  ] as const) {
    test(`is ${name}`, async () => {
      const file = await (await finished()).open(wish)
      expect(file.contentType).toBe(contentType)
      expect((await buffer(file.body)).toString()).toBe(text)
    })
  }

  test('is named after what was downloaded, or as its caller says', async () => {
    const plain = await finished()
    const file = await plain.open()
    expect(file.disposition).toBe(`attachment; filename="contacts_${plain.id}.csv"`)
    file.body.destroy()
    const named = await (await finished(LINES, { fileName: 'all of them' })).open({ accept: 'application/jsonl' })
    expect(named.disposition).toBe('attachment; filename="all of them.jsonl"')
    named.body.destroy()
  })

  test('is read no further than somebody takes it', async () => {
    const { room, open } = await finished(Array.from({ length: 50 }, () => `{"text":"${'x'.repeat(100_000)}"}\n`))
    let read = 0
    let isOver = false
    const { read: readFile } = room.context.files
    room.context.files.read = async function* (id, fromByte) {
      try {
        for await (const part of readFile(id, fromByte)) {
          read += 1
          yield part
        }
      } finally {
        isOver = true
      }
    }
    const file = await open({ accept: 'application/json' })
    const first = await new Promise((resolve) => file.body.once('data', resolve))
    file.body.pause()
    expect(String(first).length).toBeGreaterThan(0)
    for (let turns = 0; turns < 20; turns++) await turn()
    expect(read).toBeLessThan(5)
    file.body.destroy()
    for (let turns = 0; turns < 20 && !isOver; turns++) await turn()
    expect(isOver).toBe(true)
  })

  test('fails where it cannot be read to its end', async () => {
    const { room, open } = await finished()
    room.context.files.read = async function* () {
      yield Buffer.from(LINES[0] ?? '')
      throw new ValenceError('UNAVAILABLE', 'a part is missing')
    }
    await expect(buffer((await open()).body)).rejects.toThrow('a part is missing')
  })

  test('gives its turn to others once it is read, given up or broken off', async () => {
    const { open } = await finished()
    const files = [await open(), await open(), await open(), await open()]
    await expect(open()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await buffer((files[0] ?? (await open())).body)
    const again = await open()
    for (const { body } of [...files, again]) body.destroy()
    await buffer((await open()).body)
  })
})

describe('what a caller wants most', () => {
  for (const [accept, expected] of [
    [undefined, 'jsonl'],
    ['', 'jsonl'],
    ['*/*', 'jsonl'],
    ['text/csv', 'csv'],
    ['TEXT/CSV; charset=utf-8', 'csv'],
    ['txt/csv', 'csv'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'jsonl'],
    ['application/json, text/csv', 'json'],
    ['text/csv;q=0.5, application/jsonl', 'jsonl'],
    ['application/json;q=0, text/*', 'csv'],
    ['application/json; charset=utf-8', 'json'],
  ] as const) {
    test(`${accept}`, () => expect(formatFor(accept, 'jsonl')).toBe(expected))
  }

  test('may be nothing that there is', () => {
    expect(() => formatFor('image/png', 'csv')).toThrow(/Accept: expected text\/csv, .*got "image\/png"/)
    expect(() => formatFor('constructor', 'csv')).toThrow(ValenceError)
  })
})

describe('how a file is called', () => {
  const job = { id: 7, object_name: 'contacts', created_at: new Date('2026-04-02T10:12:01Z') }
  for (const [fileName, expected] of [
    [undefined, 'contacts_7.csv'],
    [{ not: 'a text' }, 'contacts_7.csv'],
    ['  ', 'contacts_7.csv'],
    ['{yyyy-MM-dd HH:mm:ss}_Name', '2026-04-02 10-12-01_Name.csv'],
    ['{yyyyMMdd}.CSV', '20260402.CSV'],
    ['{no mask at all!}x', 'x.csv'],
    ['../../etc/passwd', '_.._etc_passwd.csv'],
    ['a\r\nSet-Cookie: x="1"', 'a__Set-Cookie- x=_1_.csv'],
    ['ümlaut', 'ümlaut.csv'],
    ['x'.repeat(5_000), `${'x'.repeat(150)}.csv`],
  ] as const) {
    test(JSON.stringify(fileName)?.slice(0, 60) ?? 'nothing said', () =>
      expect(fileNameOf(job, fileName, 'csv')).toBe(expected),
    )
  }

  test('in a header, as every client understands it', () => {
    expect(attachment('a b.csv')).toBe('attachment; filename="a b.csv"')
    expect(attachment("ü'.csv")).toBe("attachment; filename=\"_'.csv\"; filename*=UTF-8''%C3%BC%27.csv")
  })
})

test('a name of nothing but blanks between two letters is cut before anybody looks for its end', () => {
  const job = { id: 7, object_name: 'contacts', created_at: new Date(0) }
  const started = performance.now()
  expect(fileNameOf(job, `x${' '.repeat(63_000)}x`, 'csv')).toBe('x.csv')
  expect(performance.now() - started).toBeLessThan(500)
})
