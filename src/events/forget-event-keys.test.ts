import { expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import { eventDb } from './event-table.ts'
import { forgetEventKeys } from './forget-event-keys.ts'

test('names of deliveries go with the events that they name', async () => {
  const { store, close } = await openTestStore()
  const row = (key: string, received_at: string) => ({
    lane: 'i:11',
    key,
    event_id: key,
    received_at: new Date(received_at),
  })
  const rows = [
    row('old', '2026-11-01T00:00:00Z'),
    row('just', '2026-11-19T03:59:59Z'),
    row('young', '2026-11-19T04:00:00Z'),
  ]
  await eventDb(store).insertInto('event_keys').values(rows).execute()
  expect(await forgetEventKeys(store, 7, new Date('2026-11-26T04:00:00Z'))).toBe(2)
  expect(await eventDb(store).selectFrom('event_keys').select('key').execute()).toEqual([{ key: 'young' }])
  await close()
})
