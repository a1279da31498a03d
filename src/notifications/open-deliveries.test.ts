import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import { inNotifications } from './notification-table.ts'
import { firstAttempts, firstOpen } from './open-deliveries.ts'

test('the line of a subscription is read without reading past what is queued', async () => {
  const { store, close } = await openTestStore()
  await sql`insert into deliveries (created_at, notification_id, subscription_id, account_id, status, updated_at)
    select now(), 1, 5, 1, 'queued', now() from generate_series(1, 5000)`.execute(store.db)
  await sql`analyze deliveries`.execute(store.db)
  await store.db.transaction().execute(async (plainTrx) => {
    const trx = inNotifications(plainTrx)
    expect(await firstAttempts(trx, 5, 100)).toEqual([])
    expect(await firstOpen(trx, 5, 'retry')).toBeUndefined()
    const { rows } = await sql<{ read: number }>`
      select sum(idx_tup_fetch + seq_tup_read)::int as read from pg_stat_xact_user_tables
      where relname like 'deliveries%'`.execute(trx)
    expect(rows[0]?.read).toBe(0)
  })
  await close()
})
