import type { Generated, Kysely } from 'kysely'
import Type, { type Static } from 'typebox'
import { type Change, recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { contextOf } from '../store/cipher.ts'
import { nextId } from '../store/next-id.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'
import { maskedByName, readConfiguration } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { assertUnused } from './in-use.ts'

/**
 * One redirect URI at the vendor for many applications (spec 10 §5.8): the vendor redirects to the proxy, the proxy to
 * the application that started the flow, if its address is on the proxy's list.
 */
export interface OAuthProxy {
  id: number
  name: string
  apiKey: string | undefined
  apiSecret: string | undefined
  configuration: Record<string, string | null>
}

/** One on the wire; secrets in its configuration are `********`. */
export const ProxyBody = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    proxyUrl: Type.String({ description: 'The redirect URI to register at the vendor' }),
    hasCredentials: Type.Boolean({ description: 'It brings key and secret of an application' }),
    configuration: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
    applicationUrls: Type.Array(Type.String(), { description: 'Addresses, or patterns of them, that it goes on to' }),
  },
  { title: 'OAuthProxy' },
)

/** Body of `POST /elements/oauthProxies`, as a reader of the API has to know it. */
export const ProxyRequest = Type.Object(
  {
    name: Type.String(),
    apiKey: Type.Optional(Type.String({ description: 'With `apiSecret`, or none of them' })),
    apiSecret: Type.Optional(Type.String()),
    configuration: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { title: 'OAuthProxyRequest' },
)

export type ProxyTables = {
  oauth_proxies: {
    id: Generated<number>
    organization_id: number
    account_id: number
    name: string
    /** sealed JSON: apiKey, apiSecret, configuration */
    credentials_ciphertext: string
    created_at: Generated<Date>
  }
  oauth_proxy_urls: { id: Generated<number>; proxy_id: number; application_url: string }
  oauth_proxy_states: {
    state: string
    proxy_id: number
    application_url: string
    created_at: Generated<Date>
    expires_at: Date
  }
}

export const SEALED_COLUMNS: SealedColumn[] = [
  { table: 'oauth_proxies', idColumn: 'id', column: 'credentials_ciphertext' },
]

export const proxyTables = (context: InstanceContext): Kysely<ProxyTables> => context.store.db.withTables<ProxyTables>()
const sealContext = (id: number) => contextOf('oauth_proxies', 'credentials_ciphertext', id)

/** The redirect URI to register at the vendor. */
export function proxyUrl(context: Pick<InstanceContext, 'publicUrl'>, id: number): string {
  return `${context.publicUrl()}/elements/api-v2/oauthproxy/${id}`
}

/** @throws ValenceError PARAMETER_MISSING, ALREADY_EXISTS */
export async function createProxy(context: InstanceContext, caller: Caller, body: Record<string, unknown>) {
  context.authorize(caller, 'oauthProxies.manage')
  const name = textOf(body['name'])
  if (!name) throw new ValenceError('PARAMETER_MISSING', 'name: the OAuth proxy needs a name')
  if (name.length > 200) throw new ValenceError('PARAMETER_INVALID', 'name: at most 200 characters')
  const apiKey = textOf(body['apiKey'])
  const apiSecret = textOf(body['apiSecret'])
  if ((apiKey === undefined) !== (apiSecret === undefined)) {
    throw new ValenceError('PARAMETER_MISSING', 'apiKey and apiSecret: give both or none')
  }
  const configuration = readConfiguration(body['configuration'])
  const id = await context.store.changes.transaction(async (trx) => {
    const db = trx.withTables<ProxyTables>()
    const newId = await nextId(trx, 'oauth_proxies')
    const sealed = context.store.cipher.seal(JSON.stringify({ apiKey, apiSecret, configuration }), sealContext(newId))
    const inserted = await db
      .insertInto('oauth_proxies')
      .values({
        id: newId,
        organization_id: caller.organizationId,
        account_id: caller.accountId,
        name,
        credentials_ciphertext: sealed,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows === 0n) {
      throw new ValenceError('ALREADY_EXISTS', `An OAuth proxy named "${name}" exists already`)
    }
    await recordChange(trx, caller, proxyChange('create', newId, { after: { name, apiKey, apiSecret, configuration } }))
    return newId
  })
  return toProxyBody(context, { id, name, apiKey, apiSecret, configuration }, [])
}

export async function listProxies(context: InstanceContext, caller: Caller) {
  context.authorize(caller, 'oauthProxies.manage')
  const rows = await proxyTables(context)
    .selectFrom('oauth_proxies')
    .selectAll()
    .where('organization_id', '=', caller.organizationId)
    .orderBy('id')
    .execute()
  const urls = await proxyTables(context)
    .selectFrom('oauth_proxy_urls')
    .innerJoin('oauth_proxies', 'oauth_proxies.id', 'proxy_id')
    .select(['proxy_id', 'application_url'])
    .where('organization_id', '=', caller.organizationId)
    .orderBy('oauth_proxy_urls.id')
    .execute()
  return rows.map((row) =>
    toProxyBody(
      context,
      toProxy(context, row),
      urls.filter((url) => url.proxy_id === row.id).map((url) => url.application_url),
    ),
  )
}

export async function deleteProxy(context: InstanceContext, caller: Caller, id: number): Promise<void> {
  const proxy = await requireOwnProxy(context, caller, id)
  await assertUnused(context, `OAuth proxy "${proxy.name}"`, {
    organizationId: caller.organizationId,
    oauthProxy: proxy.name,
  })
  await proxyTables(context)
    .transaction()
    .execute(async (trx) => {
      const before = { ...proxy, applicationUrls: await applicationUrls(trx, id) }
      await trx.deleteFrom('oauth_proxies').where('id', '=', id).execute()
      await recordChange(trx, caller, proxyChange('delete', id, { before }))
    })
}

/** For the audit log. */
export function proxyChange(action: string, id: number, sides: Pick<Change, 'before' | 'after'>): Change {
  const held = (sides.before ?? sides.after) as Partial<OAuthProxy>
  const values = [held.apiKey, held.apiSecret].filter((value) => value !== undefined)
  return { entity: 'oauth-proxy', id, action, ...sides, secrets: { values } }
}

/** @throws ValenceError NOT_FOUND */
export async function findProxyByName(
  context: InstanceContext,
  organizationId: number,
  name: string,
): Promise<OAuthProxy> {
  const row = await proxyTables(context)
    .selectFrom('oauth_proxies')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!row)
    throw new ValenceError(
      'NOT_FOUND',
      `There is no OAuth proxy named "${name}"; POST /elements/oauthProxies makes one`,
    )
  return toProxy(context, row)
}

/** @throws ValenceError NOT_FOUND, FORBIDDEN */
export async function requireOwnProxy(context: InstanceContext, caller: Caller, id: number): Promise<OAuthProxy> {
  const valid = Number.isSafeInteger(id) && id > 0 && id < 2 ** 31
  const row = valid
    ? await proxyTables(context).selectFrom('oauth_proxies').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined
  if (!row) throw proxyNotFound(id)
  context.authorize(caller, 'oauthProxies.manage', { accountId: row.account_id, organizationId: row.organization_id })
  return toProxy(context, row)
}

export function proxyNotFound(id: number): ValenceError {
  return new ValenceError('NOT_FOUND', `There is no OAuth proxy with id ${id}`)
}

export async function applicationUrls(db: Kysely<ProxyTables>, proxyId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('oauth_proxy_urls')
    .select('application_url')
    .where('proxy_id', '=', proxyId)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.application_url)
}

function toProxy(
  context: InstanceContext,
  row: { id: number; name: string; credentials_ciphertext: string },
): OAuthProxy {
  const opened = context.store.cipher.open(row.credentials_ciphertext, sealContext(row.id))
  return { id: row.id, name: row.name, ...(JSON.parse(opened) as Omit<OAuthProxy, 'id' | 'name'>) }
}

export function toProxyBody(
  context: InstanceContext,
  proxy: OAuthProxy,
  applicationUrls: string[],
): Static<typeof ProxyBody> {
  return {
    id: proxy.id,
    name: proxy.name,
    proxyUrl: proxyUrl(context, proxy.id),
    hasCredentials: proxy.apiKey !== undefined,
    configuration: maskedByName(proxy.configuration),
    applicationUrls,
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
