import { randomBytes } from 'node:crypto'
import { getElement } from '../elements/find-element.ts'
import type { Plan } from '../engine/plan.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { nextId } from '../store/next-id.ts'
import { withoutHtml } from './clean-text.ts'
import { assertStorable, missingKeys, readConfiguration, splitSecrets, type Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { INSTANCE_TOPIC, loadInstance, notFound, stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import { type InstanceTables, sealCredentials, sealToken } from './instance-table.ts'
import { assertOwnAddresses, type OAuthClient, platformClient } from './oauth-client.ts'
import { needsCode, obtainCredentials, type ProviderData } from './obtain-credentials.ts'
import { assertProvisionable } from './provisionable.ts'
import { revokeTokens } from './revoke.ts'

/** Body of `POST /instances` (spec 10 §4.3); members that are not named here are ignored. */
export interface ProvisionRequest {
  name?: unknown
  element?: unknown
  configuration?: unknown
  providerData?: unknown
  tags?: unknown
  externalAuthentication?: unknown
  oauthProxy?: unknown
}

/**
 * Makes an instance: element and configuration are checked, the vendor's code is exchanged, and only when everything
 * succeeded one transaction stores it. A failure or a crash before that leaves nothing behind.
 *
 * @param elementKeyOrId from the path; without it `element.key` or `element.id` of the body counts
 * @throws ValenceError CONFIGURATION_MISSING naming every missing key, CODE_REJECTED, VENDOR_UNREACHABLE …
 */
export async function provision(
  context: InstanceContext,
  caller: Caller,
  body: ProvisionRequest,
  elementKeyOrId?: string,
): Promise<Instance> {
  context.authorize(caller, 'instances.create')
  const plan = planOf(context, elementKeyOrId ?? elementOf(body))
  const { element } = plan
  const name = readName(body.name)
  const tags = readTags(body.tags) ?? [name]
  const external = readExternal(body.externalAuthentication)
  const providerData = readProviderData(body.providerData)

  const given = readConfiguration(body.configuration)
  const held = await clientHeldByPlatform(context, caller, plan, body, given)
  assertOwnAddresses(element, given, held)
  const stored: Values = { ...held?.configuration, ...given }
  if (held?.redirectUri) stored['oauth.callback.url'] ??= held.redirectUri
  assertStorable(stored)
  const { configuration } = stateOf(0, plan.defaults, stored, 1)
  assertComplete(plan, configuration, providerData, external, held)

  const credentials = await obtainCredentials(context, element, configuration, providerData, held, external)
  const values = { ...stored, ...credentials }
  try {
    return await store(context, caller, plan, { name, tags, values, external, held })
  } catch (error) {
    // the vendor has issued tokens that nobody will ever use again
    const outcome = await revokeTokens(context, plan, stateOf(0, plan.defaults, values, 1).configuration, held)
    context.log.error(
      { element: element.key, revocation: outcome.state },
      'an instance could not be stored after its code was exchanged',
    )
    throw error
  }
}

async function store(
  context: InstanceContext,
  caller: Caller,
  plan: Plan,
  made: { name: string; tags: string[]; values: Values; external: boolean; held: OAuthClient | undefined },
): Promise<Instance> {
  const { plain, secret } = splitSecrets(plan.element, made.values)
  const token = randomBytes(32).toString('base64')
  const id = await context.store.changes.transaction(async (trx, publish) => {
    const db = trx.withTables<InstanceTables>()
    const newId = await nextId(trx, 'instances')
    await db
      .insertInto('instances')
      .values({
        id: newId,
        organization_id: caller.organizationId,
        account_id: caller.accountId,
        user_id: caller.userId,
        element_id: plan.element.id,
        name: made.name,
        tags: made.tags,
        token_ciphertext: sealToken(context.store, newId, token),
        token_lookup: context.store.cipher.lookup(token),
        configuration: JSON.stringify(plain),
        external_authentication: made.external ? 'initial' : 'none',
        oauth_proxy: made.held?.heldBy.oauthProxy ?? null,
        application: made.held?.heldBy.application ?? null,
      })
      .execute()
    await db
      .insertInto('instance_credentials')
      .values({ instance_id: newId, ciphertext: sealCredentials(context.store, newId, secret) })
      .execute()
    publish({ topic: INSTANCE_TOPIC, key: String(newId) })
    return newId
  })
  const instance = await loadInstance(context, id)
  if (!instance) throw notFound(id)
  return instance
}

function elementOf(body: ProvisionRequest): string {
  const { element } = body
  const reference = typeof element === 'object' && element !== null ? (element as Record<string, unknown>) : {}
  const keyOrId = reference['key'] ?? reference['id']
  if (typeof keyOrId === 'string' || typeof keyOrId === 'number') return String(keyOrId)
  throw new ValenceError('PARAMETER_MISSING', 'element.key or element.id is required: which element to provision')
}

function planOf(context: InstanceContext, keyOrId: string): Plan {
  const element = getElement(context.catalog, keyOrId)
  const plan = context.plans.of(element.id)
  if (!plan) throw new ValenceError('ELEMENT_NOT_FOUND', `There is no element ${keyOrId}`)
  assertProvisionable(plan)
  return plan
}

/**
 * Key and secret come from a named OAuth proxy, or from the organization's default application when the caller gives
 * none (spec 10 §5.2, §5.8).
 */
function clientHeldByPlatform(
  context: InstanceContext,
  caller: Caller,
  plan: Plan,
  body: ProvisionRequest,
  given: Values,
) {
  const proxy =
    typeof body.oauthProxy === 'object' && body.oauthProxy !== null ? (body.oauthProxy as Record<string, unknown>) : {}
  const proxyName = typeof proxy['oauthProxyName'] === 'string' ? proxy['oauthProxyName'] : null
  const bringsOwn = Boolean(given['oauth.api.key'] || given['oauth.api.secret'])
  return platformClient(context, caller.organizationId, plan.element, {
    oauthProxy: proxyName,
    application: bringsOwn ? null : 'default',
  })
}

function assertComplete(
  plan: Plan,
  configuration: Readonly<Values>,
  providerData: ProviderData,
  external: boolean,
  held: OAuthClient | undefined,
): void {
  const exempt = new Set(
    held ? ['oauth.callback.url', ...(held.secret ? ['oauth.api.key', 'oauth.api.secret'] : [])] : [],
  )
  if (external) exempt.add('oauth.callback.url')
  const missing = missingKeys(plan.element, configuration, exempt)
  if (needsCode(plan.element, configuration, providerData, external)) missing.push('providerData.code')
  if (missing.length === 0) return
  throw new ValenceError(
    'CONFIGURATION_MISSING',
    `The following required configuration properties are missing: ${missing.join(', ')}`,
  )
}

export function readName(given: unknown): string {
  const name = typeof given === 'string' || typeof given === 'number' ? withoutHtml(String(given)) : ''
  if (name === '') throw new ValenceError('PARAMETER_MISSING', 'name is required: the name of the instance')
  if (name.length > 500)
    throw new ValenceError('PARAMETER_INVALID', `name: ${name.length} characters are more than 500`)
  return name
}

/** @returns undefined when absent: an instance without tags carries its name as its tag (spec 01 §4) */
export function readTags(given: unknown): string[] | undefined {
  if (given === undefined || given === null) return undefined
  if (!Array.isArray(given)) throw new ValenceError('PARAMETER_INVALID', 'tags: expected an array of strings')
  // old clients send {id, name} objects (spec 10 §8)
  const texts = given.map((tag) =>
    typeof tag === 'object' && tag !== null ? (tag as Record<string, unknown>)['name'] : tag,
  )
  const tags = texts.map((tag) => withoutHtml(String(tag ?? ''))).filter((tag) => tag !== '')
  if (tags.length > 100 || tags.some((tag) => tag.length > 500)) {
    throw new ValenceError('PARAMETER_INVALID', 'tags: at most 100 tags of at most 500 characters')
  }
  return [...new Set(tags)]
}

export function readProviderData(given: unknown): ProviderData {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given))
    throw new ValenceError('PARAMETER_INVALID', 'providerData: expected an object')
  return given as ProviderData
}

function readExternal(given: unknown): boolean {
  if (given === undefined || given === null || given === 'none') return false
  if (given === 'initial') return true
  throw new ValenceError(
    'PARAMETER_INVALID',
    `externalAuthentication: expected "initial" or "none", got ${JSON.stringify(given)}`,
  )
}
