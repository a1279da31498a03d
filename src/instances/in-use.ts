import { ValenceError } from '../errors.ts'
import type { InstanceContext } from './context.ts'
import { instanceDb } from './instance-table.ts'

/**
 * An OAuth application that instances were provisioned with is needed for every refresh of their tokens.
 * @throws ValenceError IN_USE (409, spec 00 §7)
 */
export async function assertUnused(
  context: InstanceContext,
  what: string,
  used: { organizationId: number; oauthProxy: string } | { organizationId: number; applicationOf: number },
): Promise<void> {
  let rows = instanceDb(context.store)
    .selectFrom('instances')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('organization_id', '=', used.organizationId)
    .where('deleted_at', 'is', null)
  if ('oauthProxy' in used) rows = rows.where('oauth_proxy', '=', used.oauthProxy)
  else rows = rows.where('application', 'is not', null).where('element_id', '=', used.applicationOf)
  const { count } = await rows.executeTakeFirstOrThrow()
  if (Number(count) === 0) return
  throw new ValenceError(
    'IN_USE',
    `${what} is used by ${count} instances, which could no longer refresh their tokens; delete them first`,
  )
}
