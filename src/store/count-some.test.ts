import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import { countSome } from './count-some.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
  await sql`create table facts as select generate_series(1, 100001) as id`.execute(opened.store.db)
})
afterAll(() => opened.close())

for (const [name, most, expected] of [
  ['none', 0, 0],
  ['few', 3, 3],
  ['as many as are counted', 100_000, 100_000],
  ['one more', 100_001, undefined],
] as const) {
  test(`${name}: ${expected}`, async () => {
    const db = opened.store.db.withTables<{ facts: { id: number } }>()
    expect(await countSome(db, db.selectFrom('facts').selectAll().where('id', '<=', most))).toBe(expected)
  })
}
