import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from './database.ts'
import { createPartitionKeeper, keepPartitions, type TimePartitions } from './time-partitions.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store
beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
})
afterAll(() => opened.close())
beforeEach(async () => {
  await run('drop table if exists facts')
  await run('create table facts (id integer, at timestamptz not null, primary key (id, at)) partition by range (at)')
  await run('create index facts_id on facts (id)')
  await run('create table facts_default partition of facts default')
})

const run = (text: string) => sql.raw(text).execute(store.db)
const insert = (id: number, at: string) => sql`insert into facts values (${id}, ${at})`.execute(store.db)
const places = async () =>
  (
    await sql<{
      id: number
      place: string
    }>`select id, tableoid::regclass::text as place from facts order by id`.execute(store.db)
  ).rows
const daily: TimePartitions = { table: 'facts', column: 'at', unit: 'day', keepDays: 7, ahead: 2 }
const monthly: TimePartitions = { table: 'facts', column: 'at', unit: 'month', keepDays: 365, ahead: 1 }
const at = (text: string) => new Date(text)

describe('keeping partitions of time', () => {
  test('the present unit and those ahead are made once, across the end of a month and a year', async () => {
    const first = await keepPartitions(store.db, daily, at('2027-12-30T23:59:59.999Z'))
    expect(first.made).toEqual(['facts_2027_12_30', 'facts_2027_12_31', 'facts_2028_01_01'])
    const next = await keepPartitions(store.db, daily, at('2027-12-31T00:00:00Z'))
    expect(next).toEqual({ made: ['facts_2028_01_02'], dropped: [] })
    expect((await keepPartitions(store.db, daily, at('2027-12-31T12:00:00Z'))).made).toEqual([])
  })

  test('rows go where they belong; a row that nobody expected waits in the default partition and is moved', async () => {
    await insert(1, '2026-11-30T23:59:59.999Z')
    await insert(2, '2026-12-01T00:00:00Z')
    await insert(3, '2031-01-01T00:00:00Z')
    expect((await places()).map(({ place }) => place)).toEqual(['facts_default', 'facts_default', 'facts_default'])
    const { made } = await keepPartitions(store.db, monthly, at('2026-11-15T00:00:00Z'))
    expect(made).toEqual(['facts_2026_11', 'facts_2026_12'])
    expect(await places()).toEqual([
      { id: 1, place: 'facts_2026_11' },
      { id: 2, place: 'facts_2026_12' },
      { id: 3, place: 'facts_default' },
    ])
  })

  test('what is too old goes with its partition, not before its youngest row is too old', async () => {
    await keepPartitions(store.db, daily, at('2026-11-01T00:00:00Z'))
    await insert(1, '2026-11-01T23:00:00Z')
    await insert(2, '2026-10-01T00:00:00Z')
    expect((await keepPartitions(store.db, daily, at('2026-11-08T23:59:59Z'))).dropped).toEqual([])
    expect((await places()).map(({ id }) => id)).toEqual([1])
    expect((await keepPartitions(store.db, daily, at('2026-11-09T00:00:00Z'))).dropped).toEqual(['facts_2026_11_01'])
    expect(await places()).toEqual([])
  })

  test('several processes at once make each partition once, while rows are written', async () => {
    let isDone = false
    const writing = (async () => {
      let id = 0
      while (!isDone) await insert(++id, '2026-11-20T10:00:00Z')
      return id
    })()
    const runs = await Promise.all(
      Array.from({ length: 5 }, () => keepPartitions(store.db, daily, at('2026-11-20T00:00:00Z'))),
    )
    isDone = true
    const count = await writing
    expect(runs.flatMap(({ made }) => made).toSorted()).toEqual([
      'facts_2026_11_20',
      'facts_2026_11_21',
      'facts_2026_11_22',
    ])
    expect((await places()).map(({ place }) => place)).toEqual(Array(count).fill('facts_2026_11_20'))
  })

  test('every partition has the indexes of the table', async () => {
    await keepPartitions(store.db, monthly, at('2026-11-15T00:00:00Z'))
    const { rows } = await sql<{ name: string }>`
      select inhparent::regclass::text as name from pg_inherits
      join pg_index on indexrelid = inhrelid where indrelid = 'facts_2026_11'::regclass order by 1`.execute(store.db)
    expect(rows.map(({ name }) => name)).toEqual(['facts_id', 'facts_pkey'])
  })

  test('a table that is busy for long is left for later', async () => {
    await keepPartitions(store.db, daily, at('2026-11-01T00:00:00Z'))
    await store.db.transaction().execute(async (trx) => {
      await sql`select * from facts`.execute(trx)
      await expect(keepPartitions(store.db, daily, at('2026-12-01T00:00:00Z'))).rejects.toThrow('lock timeout')
    })
    expect((await keepPartitions(store.db, daily, at('2026-12-01T00:00:00Z'))).dropped).toHaveLength(3)
  })
})

describe('the keeper', () => {
  test('goes on with the other tables when one fails, says so, and tries again', async () => {
    const said: object[] = []
    const log = Object.assign(pino({ level: 'silent' }), { warn: (facts: object) => void said.push(facts) })
    const tables = [{ ...monthly, table: 'no_such_table' }, monthly]
    const keep = createPartitionKeeper(store, { tables, now: () => at('2026-11-15T00:00:00Z'), log })
    await keep()
    await keep()
    expect(said).toMatchObject([{ table: 'no_such_table' }, { table: 'no_such_table' }])
    await insert(1, '2026-11-15T00:00:00Z')
    expect(await places()).toEqual([{ id: 1, place: 'facts_2026_11' }])
  })
})
