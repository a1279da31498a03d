import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EventWorld, openEventWorld, START } from '../../test/support/event-world.ts'
import { eventDb } from './event-table.ts'
import { nextUnboundAt, unboundEvents } from './unbound-events.ts'
import { waitingEvents } from './waiting-events.ts'

const LANE = 'e:github'
const inMs = (ms: number) => new Date(START.getTime() + ms)

let world: EventWorld
beforeAll(async () => {
  world = await openEventWorld([])
})
afterAll(() => world.close())
beforeEach(async () => {
  await eventDb(world.context.store).deleteFrom('event_targets').execute()
  await eventDb(world.context.store).deleteFrom('events').execute()
})

/** @returns their ids, in the order of receipt */
async function post(count: number, retryAt?: Date, to: string | number = 'github'): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) ids.push(await world.post(to, { n }))
  const { store } = world.context
  if (retryAt)
    await eventDb(store).updateTable('event_targets').set({ retry_at: retryAt }).where('event_id', 'in', ids).execute()
  return ids
}
const read = async (limit: number) => (await unboundEvents(world.context.store, LANE, limit, START)).map(({ id }) => id)

/** how many rows of the lanes the connection has read, as its database counts; not yet told to others */
async function rowsRead(trx: EventWorld['context']['store']['db']): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as count from pg_stat_xact_user_tables
    where starts_with(relname, 'event_targets')`.execute(trx)
  return rows[0]?.count ?? 0
}

describe('events whose instances are to be found', () => {
  test('come in the order of receipt, with those that are due again, without those that wait longer', async () => {
    const first = await post(1)
    await post(2, inMs(1))
    const again = await post(2, START)
    const last = await post(2)
    expect(await read(50)).toEqual([...first, ...again, ...last])
  })
  test('that are new get half of the places at least, and so do those that come again', async () => {
    const [again, fresh] = [await post(8, inMs(-1)), await post(8)]
    expect(await read(6)).toEqual([...again.slice(0, 3), ...fresh.slice(0, 3)])
    expect(await read(12)).toEqual([...again.slice(0, 6), ...fresh.slice(0, 6)])
  })
  test('get the places that the others do not need', async () => {
    const again = await post(4, inMs(-1))
    expect(await read(3)).toEqual(again.slice(0, 3))
    const fresh = await post(1)
    expect(await read(4)).toEqual([...again.slice(0, 3), ...fresh])
    const more = await post(4)
    expect(await read(7)).toEqual([...again.slice(0, 4), ...fresh, ...more.slice(0, 2)])
  })
  test('that waited longest come again first', async () => {
    const [second, first] = [await post(2, inMs(-1)), await post(1, inMs(-2))]
    expect(await read(2)).toEqual([second[0], first[0]])
    expect(await read(1)).toEqual(first)
  })
  test('are looked at again when the first of those that wait is due', async () => {
    expect(await nextUnboundAt(world.context.store, LANE)).toBeUndefined()
    await post(1)
    expect(await nextUnboundAt(world.context.store, LANE)).toBeUndefined()
    await post(1, inMs(2_000))
    await post(1, inMs(1_000))
    expect(await nextUnboundAt(world.context.store, LANE)).toEqual(inMs(1_000))
  })
  test('are found without reading one of thousands that wait', async () => {
    const { db } = world.context.store
    await sql`
      insert into event_targets (event_id, received_at, lane, retry_at)
      select 'waits' || n, ${START}, ${LANE}, ${inMs(60_000)} from generate_series(1, 5000) n`.execute(db)
    const [again, fresh] = [await post(3, START), await post(3)]
    await sql`analyze event_targets_default`.execute(db)
    await db.transaction().execute(async (trx) => {
      const before = await rowsRead(trx)
      expect(await unboundEvents({ db: trx }, LANE, 50, START)).toHaveLength(again.length + fresh.length)
      expect(await nextUnboundAt({ db: trx }, LANE)).toEqual(START)
      expect((await rowsRead(trx)) - before).toBeLessThan(50)
    })
  })
})

test('events of an instance come in the order of receipt whether they wait or not: one holds back what came after it', async () => {
  const ids = [
    ...(await post(1, undefined, 4711)),
    ...(await post(1, inMs(60_000), 4711)),
    ...(await post(1, START, 4711)),
  ]
  const waiting = await waitingEvents(world.context.store, 'i:4711', 50)
  expect(waiting.map(({ id }) => id)).toEqual(ids)
})
