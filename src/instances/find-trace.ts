import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { instanceDb } from './instance-table.ts'

/**
 * `GET /elements/{keyOrId}/trace/{traceId}` (spec 10 §5.9): the vendor calls of one run, keyed by `METHOD:/path`.
 * @throws ValenceError NOT_FOUND, also for a trace of another account or element
 */
export async function findTrace(
  context: InstanceContext,
  caller: Caller,
  elementKeyOrId: string,
  traceId: string,
): Promise<unknown> {
  context.authorize(caller, 'traces.read')
  const { element } = await context.elements.require(caller, elementKeyOrId)
  const row = await instanceDb(context.store)
    .selectFrom('traces')
    .select('document')
    .where('id', '=', traceId)
    .where('account_id', '=', caller.accountId)
    .where('element_id', '=', element.id)
    .where('expires_at', '>', context.now())
    .executeTakeFirst()
  if (!row)
    throw new ValenceError('NOT_FOUND', `There is no trace ${traceId} of ${element.key}; traces are kept for a day`)
  return JSON.parse(row.document)
}
