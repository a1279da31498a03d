import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import { seed } from '../accounts/seed.ts'
import type { Store } from '../store/database.ts'
import { putSchedule, removeSchedules, type ScheduleInput } from './put-schedule.ts'
import { scheduleDb } from './schedule-table.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store
beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
  await seed(store, {})
})
afterAll(() => opened.close())
beforeEach(() => scheduleDb(store).deleteFrom('schedules').execute())

const NOON = new Date('2026-11-26T12:00:00Z')
const later = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000)
const OWNER = { organizationId: 1, accountId: 1, userId: 1 }
const POLLER = { kind: 'poller', reference: '7', owner: OWNER, name: 'Poller', description: '', everyMinutes: 15 }

const put = (schedule: ScheduleInput, now = NOON) =>
  store.changes.transaction((trx, publish) => putSchedule({ now: () => now }, trx, publish, schedule))
const rows = () => scheduleDb(store).selectFrom('schedules').selectAll().orderBy('id').execute()
const only = async () => {
  const [row, ...others] = await rows()
  expect(others).toEqual([])
  if (!row) throw new Error('there is no schedule')
  return row
}

describe('putting a schedule', () => {
  test('an interval begins within one interval, at a time of its own', async () => {
    await put(POLLER)
    await put({ ...POLLER, reference: '8' })
    const [first, second] = await rows()
    for (const row of [first, second]) {
      expect(row?.next_run_at?.getTime()).toBeGreaterThan(NOON.getTime())
      expect(row?.next_run_at?.getTime()).toBeLessThanOrEqual(later(15).getTime())
      expect(row?.started_at).toEqual(row?.next_run_at)
    }
    expect(first?.next_run_at).not.toEqual(second?.next_run_at)
  })

  test('there is one of a kind for what it is about, however often and by whomever it is put', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => put(POLLER)))
    expect(new Set(ids).size).toBe(1)
    await only()
  })

  test('the same again leaves the times as they are', async () => {
    await put(POLLER)
    const { next_run_at } = await only()
    await put({ ...POLLER, name: 'Renamed' }, later(5))
    expect(await only()).toMatchObject({ next_run_at, name: 'Renamed' })
  })

  test('another interval begins anew', async () => {
    const id = await put(POLLER)
    await put({ ...POLLER, everyMinutes: 60 }, later(30))
    const row = await only()
    expect(row).toMatchObject({ id, every_minutes: 60 })
    expect(row.next_run_at?.getTime()).toBeGreaterThan(later(30).getTime())
    expect(row.next_run_at?.getTime()).toBeLessThanOrEqual(later(90).getTime())
  })

  test('a cron in place of an interval', async () => {
    const { everyMinutes: _, ...others } = POLLER
    await put(POLLER)
    await put({ ...others, cron: '0 0 2 1/1 * ? *', timeZone: 'Europe/Berlin' })
    expect(await only()).toMatchObject({
      every_minutes: null,
      time_zone: 'Europe/Berlin',
      next_run_at: new Date('2026-11-27T01:00:00Z'),
    })
  })

  test('what was paused stays paused, whatever is changed', async () => {
    await put(POLLER)
    await scheduleDb(store).updateTable('schedules').set({ state: 'PAUSED', next_run_at: null }).execute()
    await put({ ...POLLER, everyMinutes: 60 })
    expect(await only()).toMatchObject({ state: 'PAUSED', every_minutes: 60, next_run_at: null })
  })

  for (const [name, everyMinutes, stored] of [
    ['1900 years', 999_999_999, 999_999_999],
    ['more than a date can hold', 9_999_999_999, 9_999_999_999],
    ['more than a number can hold', 1e300, Number.MAX_SAFE_INTEGER],
    ['for ever', Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER],
    ['a part of a minute', 0.2, 1],
  ] as const) {
    test(`every ${everyMinutes} minutes: ${name}`, async () => {
      await put({ ...POLLER, everyMinutes })
      const row = await only()
      expect(row.every_minutes).toBe(stored)
      if (stored > 999_999_999) expect(row.next_run_at).toBeNull()
      else expect(row.next_run_at).not.toBeNull()
    })
  }

  for (const everyMinutes of [0, -1, Number.NaN]) {
    test(`every ${everyMinutes} minutes is no interval`, async () => {
      await expect(put({ ...POLLER, everyMinutes })).rejects.toThrow(RangeError)
    })
  }
})

test('removing takes those of one kind that are named', async () => {
  await put(POLLER)
  await put({ ...POLLER, reference: '8' })
  await put({ ...POLLER, kind: 'api' })
  await store.changes.transaction(async (trx) => {
    await removeSchedules(trx, { kind: 'poller', references: ['7', '9'] })
    await removeSchedules(trx, { kind: 'api', references: [] })
  })
  expect((await rows()).map(({ kind, reference }) => `${kind} ${reference}`)).toEqual(['poller 8', 'api 7'])
})
