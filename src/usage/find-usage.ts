import { ValenceError } from '../errors.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { Store } from '../store/database.ts'
import type { UsageRecorder } from './record-usage.ts'
import { inScope } from './select-usage.ts'
import { type UsageRecord, usageDb } from './usage-table.ts'

/**
 * One record by the id of its request, which is also the error body's `requestId` and the header `Elements-Request-Id`. One that
 * this process has not stored yet is found as well.
 * @throws ValenceError NOT_FOUND (404) also for a record beyond the scope: it must not tell that it exists
 */
export async function findUsage(
  { store, recorder }: { store: Pick<Store, 'db'>; recorder: Pick<UsageRecorder, 'find'> },
  scope: LogScope,
  id: string,
): Promise<UsageRecord> {
  const waiting = recorder.find(id)
  if (waiting && isInScope(waiting, scope)) return waiting
  const stored = await usageDb(store)
    .selectFrom('usage_records')
    .selectAll()
    .where('traffic_id', '=', id)
    .where((where) => where.and(inScope(where, scope)))
    .executeTakeFirst()
  if (stored) return stored
  throw new ValenceError('NOT_FOUND', `There is no usage log of request ${id}`)
}

function isInScope(record: UsageRecord, { organizationId, accountIds, userId }: LogScope): boolean {
  return (
    record.organization_id === organizationId &&
    (!accountIds || accountIds.includes(record.account_id)) &&
    (userId === undefined || record.user_id === userId)
  )
}
