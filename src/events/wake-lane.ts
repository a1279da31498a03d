import { accountGroup } from '../jobs/account-group.ts'
import { PROCESS_QUEUE } from './lanes.ts'
import type { ProcessContext } from './process-context.ts'

/** The lane is looked at again then. @param accountId of its instance, where that is known */
export async function wakeLane(
  { store, jobs }: Pick<ProcessContext, 'store' | 'jobs'>,
  lane: string,
  at: Date,
  accountId?: number,
): Promise<void> {
  const group = accountId === undefined ? {} : { group: accountGroup(accountId) }
  await store.changes.transaction((trx, publish) =>
    jobs.wake(trx, publish, PROCESS_QUEUE, [{ key: lane, at, ...group }]),
  )
}
