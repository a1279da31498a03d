import { sql } from 'kysely'
import { vi } from 'vitest'
import { SCHEDULES_TOPIC } from '../../src/schedules/put-schedule.ts'
import type { TestHub } from './hub.ts'

/**
 * Lets the poller of an instance run now instead of in some minutes, and waits until that run is over.
 * @throws Error when the instance has no poller, or when the run takes longer than 15 s
 */
export async function pollNow(hub: TestHub, instanceId: number): Promise<void> {
  const runs = await endedRuns(hub, instanceId)
  const { changes } = hub.hub.store
  const { rows } = await changes.transaction(async (trx, publish) => {
    // the clock remembers when something is due next
    publish({ topic: SCHEDULES_TOPIC, key: '' })
    return sql`update schedules set next_run_at = now() - interval '1 second'
      where kind = 'poller' and instance_id = ${instanceId} returning id`.execute(trx)
  })
  if (rows.length !== 1) throw new Error(`instance ${instanceId} has ${rows.length} pollers`)
  await vi.waitFor(
    async () => {
      if ((await endedRuns(hub, instanceId)) === runs) throw new Error(`the poller of ${instanceId} did not run`)
    },
    { timeout: 15_000, interval: 50 },
  )
}

async function endedRuns(hub: TestHub, instanceId: number): Promise<number> {
  const { rows } = await sql<{ runs: number }>`select count(*)::int as runs from schedule_runs
    where instance_id = ${instanceId} and ended_at is not null`.execute(hub.hub.store.db)
  return rows[0]?.runs ?? 0
}
