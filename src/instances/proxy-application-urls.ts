import type { Kysely } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { compileUrlPattern } from './application-url-pattern.ts'
import type { InstanceContext } from './context.ts'
import {
  applicationUrls,
  type ProxyTables,
  proxyChange,
  proxyNotFound,
  proxyTables,
  requireOwnProxy,
  toProxyBody,
} from './oauth-proxies.ts'

/** @param applicationUrl an address or a pattern for it (`application-url-pattern.ts`) */
export async function addApplicationUrl(
  context: InstanceContext,
  caller: Caller,
  id: number,
  applicationUrl: string | undefined,
) {
  const proxy = await requireOwnProxy(context, caller, id)
  if (!applicationUrl) throw new ValenceError('PARAMETER_MISSING', 'applicationUrl: expected an address or a pattern')
  compileUrlPattern(applicationUrl)
  const urls = await changeUrls(context, caller, id, 'addApplicationUrl', (trx) =>
    trx
      .insertInto('oauth_proxy_urls')
      .values({ proxy_id: id, application_url: applicationUrl })
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  )
  return toProxyBody(context, proxy, urls)
}

export async function removeApplicationUrl(
  context: InstanceContext,
  caller: Caller,
  id: number,
  applicationUrl: string | undefined,
) {
  await requireOwnProxy(context, caller, id)
  await changeUrls(context, caller, id, 'removeApplicationUrl', async (trx) => {
    const removed = await trx
      .deleteFrom('oauth_proxy_urls')
      .where('proxy_id', '=', id)
      .where('application_url', '=', applicationUrl ?? '')
      .executeTakeFirst()
    if (removed.numDeletedRows === 0n) {
      throw new ValenceError('NOT_FOUND', `OAuth proxy ${id} has no application URL "${applicationUrl ?? ''}"`)
    }
  })
}

/**
 * @returns the addresses afterwards
 * @throws ValenceError NOT_FOUND when the proxy was deleted meanwhile
 */
async function changeUrls(
  context: InstanceContext,
  caller: Caller,
  id: number,
  action: string,
  work: (trx: Kysely<ProxyTables>) => Promise<unknown>,
): Promise<string[]> {
  return proxyTables(context)
    .transaction()
    .execute(async (trx) => {
      const proxies = trx.selectFrom('oauth_proxies').select('id').where('id', '=', id)
      if (!(await proxies.forNoKeyUpdate().executeTakeFirst())) throw proxyNotFound(id)
      const before = { applicationUrls: await applicationUrls(trx, id) }
      await work(trx)
      const after = { applicationUrls: await applicationUrls(trx, id) }
      await recordChange(trx, caller, proxyChange(action, id, { before, after }))
      return after.applicationUrls
    })
}
