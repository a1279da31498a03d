import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import { pageById } from './page-by-id.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
  await sql`create table things as select generate_series(1, 5) as id`.execute(opened.store.db)
})
afterAll(() => opened.close())

for (const [name, query, isNewestFirst, ids, next] of [
  ['the first page', { page: undefined, after: undefined }, false, [1, 2], 2],
  ['a page by its number', { page: 2, after: undefined }, false, [3, 4], 4],
  ['the last page has no next one', { page: 3, after: undefined }, false, [5], undefined],
  ['nor has a full one at the end', { page: undefined, after: 3 }, false, [4, 5], undefined],
  ['behind the end', { page: 4, after: undefined }, false, [], undefined],
  ['after an id the number of the page does not count', { page: 3, after: 1 }, false, [2, 3], 3],
  ['the newest first', { page: undefined, after: undefined }, true, [5, 4], 4],
  ['and on after one', { page: undefined, after: 4 }, true, [3, 2], 2],
] as const) {
  test(name, async () => {
    const things = opened.store.db.withTables<{ things: { id: number } }>().selectFrom('things').selectAll()
    const page = await pageById(things, { ...query, pageSize: 2 }, { by: 'things.id', isNewestFirst })
    expect(page).toEqual({ shown: ids.map((id) => ({ id })), next })
  })
}
