import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { instanceDb } from './instance-table.ts'

/**
 * What is known of the vendor calls of one request, for whoever shows the request: the same document as `findTrace`.
 * @param owner whose request it was; that it may be seen is the business of whoever asks
 * @returns undefined when it was not traced, or too long ago
 */
export async function traceOfRequest(
  context: Pick<InstanceContext, 'store' | 'now'>,
  owner: { organizationId: number; accountId: number },
  requestId: string,
): Promise<unknown> {
  const row = await instanceDb(context.store)
    .selectFrom('traces')
    .select('document')
    .where('request_id', '=', requestId)
    .where('organization_id', '=', owner.organizationId)
    .where('account_id', '=', owner.accountId)
    .where('expires_at', '>', context.now())
    .orderBy('created_at')
    .executeTakeFirst()
  return row && JSON.parse(row.document)
}

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
