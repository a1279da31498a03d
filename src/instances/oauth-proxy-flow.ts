import { randomBytes } from 'node:crypto'
import { ValenceError } from '../errors.ts'
import { compileUrlPattern } from './application-url-pattern.ts'
import type { InstanceContext } from './context.ts'
import { applicationUrls, type OAuthProxy, proxyNotFound, proxyTables } from './oauth-proxies.ts'

/** Vendors' consent pages may stay open for a while. */
const STATE_MINUTES = 60
/** of PostgreSQL: the proxy was deleted meanwhile */
const FOREIGN_KEY_VIOLATION = '23503'

/**
 * Remembers where a flow must end.
 * @param applicationUrl the `state` of the caller: address of the application
 * @returns the random state to send to the vendor
 * @throws ValenceError FORBIDDEN when the address is on no list of the proxy; NOT_FOUND when the proxy was deleted meanwhile
 */
export async function beginProxyFlow(
  context: InstanceContext,
  proxy: OAuthProxy,
  applicationUrl: string,
): Promise<string> {
  if (!/^https?:$/.test(URL.parse(applicationUrl)?.protocol ?? '')) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `state: with an OAuth proxy it must be the address of the application, got "${applicationUrl}"`,
    )
  }
  const allowed = await applicationUrls(proxyTables(context), proxy.id)
  if (!allowed.some((pattern) => compileUrlPattern(pattern)(applicationUrl))) {
    throw new ValenceError(
      'FORBIDDEN',
      `"${applicationUrl}" is no application URL of OAuth proxy "${proxy.name}"; POST /elements/oauthProxies/${proxy.id}/applicationUrl adds one`,
    )
  }
  const state = randomBytes(24).toString('base64url')
  const expires = new Date(context.now().getTime() + STATE_MINUTES * 60_000)
  await proxyTables(context).deleteFrom('oauth_proxy_states').where('expires_at', '<', context.now()).execute()
  await proxyTables(context)
    .insertInto('oauth_proxy_states')
    .values({ state, proxy_id: proxy.id, application_url: applicationUrl, expires_at: expires })
    .execute()
    .catch((error: { code?: string }) => {
      throw error.code === FOREIGN_KEY_VIOLATION ? proxyNotFound(proxy.id) : error
    })
  return state
}

/**
 * The vendor's redirect to the proxy: where to send the browser, with everything the vendor added but our state.
 * A state works once.
 * @throws ValenceError NOT_FOUND
 */
export async function endProxyFlow(
  context: InstanceContext,
  proxyId: number,
  query: Readonly<Record<string, string | string[]>>,
): Promise<string> {
  const state = String(query['state'] ?? '')
  const flow = await proxyTables(context)
    .deleteFrom('oauth_proxy_states')
    .where('state', '=', state)
    .where('proxy_id', '=', proxyId)
    .where('expires_at', '>', context.now())
    .returning('application_url')
    .executeTakeFirst()
  if (!flow)
    throw new ValenceError(
      'NOT_FOUND',
      'This sign-in is unknown, used or older than an hour; start it again from the application',
    )
  const target = new URL(flow.application_url)
  for (const [name, value] of Object.entries(query)) {
    if (name !== 'state') for (const item of [value].flat()) target.searchParams.append(name, item)
  }
  return target.href
}
