import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Reaction, rowVendor } from '../../../test/support/row-vendor.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { CALLER, openUploadRoom } from '../../../test/support/upload-room.ts'
import type { Store } from '../../store/database.ts'
import { listErrors } from '../list-errors.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const ROWS = '[{"id":9007199254740993,"in":{"ids":[12345678901234567890],"price":0.1234567890123456789}}]'
const [ROW] = [ROWS.slice(1, -1)]

async function uploaded(file: string, request: object, reaction: Reaction = 'ok') {
  const vendor = rowVendor({
    fields: [
      { path: 'id', type: 'integer' },
      { path: 'ids', type: 'array' },
    ],
    react: () => reaction,
  })
  const room = openUploadRoom(store, vendor)
  const id = await room.addUpload(file, request)
  await room.run()
  const { items } = await listErrors(room.context, CALLER, room.instance, id, { pageSize: 10, after: undefined })
  return {
    vendor,
    bodies: vendor.sent.map(({ body }) => JSON.stringify(body)),
    errors: items.map((item) => JSON.stringify(item)),
  }
}

test('numbers with many digits go to the vendor as they are in the file', async () => {
  expect((await uploaded(ROWS, { format: 'json' })).bodies).toEqual([ROW])
  const table = 'id,ids,note\n9007199254740993,[12345678901234567890],9007199254740993\n'
  expect((await uploaded(table, { format: 'csv' })).bodies).toEqual([
    '{"id":9007199254740993,"ids":[12345678901234567890],"note":"9007199254740993"}',
  ])
})

test('a row that failed is shown with all of its digits, to be sent again', async () => {
  const { errors } = await uploaded(ROWS, { format: 'json' }, { status: 400, message: 'no' })
  expect(errors).toEqual([`${ROW?.slice(0, -1)},"status":"400: no"}`])
})

test('a record is found by an id with many digits', async () => {
  const request = { format: 'json', action: 'upsert', identifierFieldName: 'id' }
  expect((await uploaded(ROWS, request)).vendor.lines.join()).toContain('9007199254740993')
})
