import type { Store } from '../store/database.ts'
import type { Log, Outcome } from './deliver-usage.ts'
import { insertUsage } from './insert-usage.ts'
import { createUsageRecorder, type UsageRecorder } from './record-usage.ts'
import { openSpill } from './spill-file.ts'
import { usageDb } from './usage-table.ts'

/** The recorder over the hub's database and a file in its data folder. @throws Error when the folder cannot be made */
export async function openUsageLog({
  store,
  folder,
  onOutcome,
  log,
}: {
  store: Pick<Store, 'db'>
  folder: string
  onOutcome(outcome: Outcome, records: number): void
  log: Log
}): Promise<UsageRecorder> {
  const db = usageDb(store)
  const spill = await openSpill({ folder, onError: (error, what) => log.error({ err: error }, what) })
  return createUsageRecorder({ insert: (lines) => insertUsage(db, lines), spill, onOutcome, log })
}

/** For a hub that keeps no usage log (`VALENCE_USAGE_DAYS=0`). */
export const NO_USAGE_LOG: UsageRecorder = {
  record: () => undefined,
  find: () => undefined,
  stats: () => ({ waiting: 0, spillBytes: 0 }),
  close: async () => undefined,
}
