import { randomBytes } from 'node:crypto'
import { holdCaller } from '../accounts/users/hold-caller.ts'
import { recordChange } from '../audit/record-change.ts'
import { holdElement } from '../elements/hold-element.ts'
import type { Plan } from '../engine/plan.ts'
import type { Caller } from '../model/account.ts'
import { nextId } from '../store/next-id.ts'
import { assertComplete } from './assert-complete.ts'
import { assertStorable, readConfiguration, splitSecrets, type Values } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { INSTANCE_TOPIC, loadInstance, notFound, stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import { withKept } from './instance-change.ts'
import { instanceChange } from './instance-record.ts'
import { type InstanceTables, sealCredentials, sealToken } from './instance-table.ts'
import { hasWebhooks, inputsOf, runTypes } from './lifecycle.ts'
import { assertOwnAddresses, type OAuthClient, platformClient } from './oauth-client.ts'
import { isExchange, needsCode, obtainCredentials } from './obtain-credentials.ts'
import {
  elementOf,
  type ProvisionRequest,
  readExternal,
  readName,
  readProviderData,
  readTags,
  wantsTrace,
} from './provision-request.ts'
import { revokeUnstored } from './revoke.ts'
import { toldInstance } from './told-instance.ts'
import { secretsOf, traced } from './trace.ts'

/**
 * The same with a trace when the request asks for it: `debug` in the body or in `providerData` (spec 10 §5.9, 41 §10).
 * @returns the instance, and the trace's id where there is one; a failure has it as header `elements-trace-id`
 */
export async function provisionTraced(
  context: InstanceContext,
  caller: Caller,
  body: ProvisionRequest,
  elementKeyOrId?: string,
): Promise<{ instance: Instance; traceId?: string }> {
  if (!wantsTrace(body)) return { instance: await provision(context, caller, body, elementKeyOrId) }
  const { element } = await context.elements.require(caller, elementKeyOrId ?? elementOf(body))
  const owner = { ...caller, elementId: element.id, instanceId: undefined, requestId: caller.via?.requestId }
  const given = { ...readConfiguration(body.configuration), ...inputsOf({}, readProviderData(body.providerData)) }
  const made: { instance?: Instance } = {}
  const secrets = () => [
    ...secretsOf(element, given, made.instance?.state.configuration ?? {}),
    ...Object.values(inputsOf({}, readProviderData(body.providerData))),
  ]
  const { value, traceId } = await traced(context, owner, secrets, async (recording) => {
    made.instance = await provision(recording, caller, body, elementKeyOrId)
    return made.instance
  })
  return { instance: value, traceId }
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
  const plan = await planOf(context, caller, elementKeyOrId ?? elementOf(body))
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
  const owner = { id: 0, accountId: caller.accountId }
  const { configuration } = stateOf(owner, plan.defaults, stored, 1)
  assertComplete(plan.element, configuration, {
    held,
    external,
    lacksCode: needsCode(plan.element, configuration, providerData, external),
  })

  owner.id = await idFor(context, plan)
  const state = stateOf(owner, plan.defaults, stored, 1)
  const credentials = await obtainCredentials(context, { plan, state, providerData, held, external })
  const values: Values = { ...stored, ...credentials }
  const id = await finish().catch(async (error) => {
    if (isExchange(providerData, external))
      await revokeUnstored(context, { plan, owner, stored, issued: credentials, held })
    throw error
  })
  return (await loadInstance(context, id)) ?? Promise.reject(notFound(id))

  async function finish(): Promise<number> {
    const types = ['provisionAuthValidation', 'onProvision', 'onProvisionWebhook']
    Object.assign(values, await runTypes(context, plan, types, stateOf(owner, plan.defaults, values, 1), providerData))
    try {
      assertStorable(values)
      return await store(context, caller, plan, { id: owner.id, name, tags, values, external, held })
    } catch (error) {
      const made = stateOf(owner, plan.defaults, values, 1)
      if (hasWebhooks(made.configuration)) await runTypes(context, plan, ['onDeleteWebhook'], made, providerData)
      throw error
    }
  }
}

/** Lifecycle resources may have to name the instance, so its id is known before it is stored; 0: it is given later. */
async function idFor({ store }: InstanceContext, plan: Plan): Promise<number> {
  return plan.lifecycle.size > 0 ? nextId(store.db, 'instances') : 0
}

async function store(
  context: InstanceContext,
  caller: Caller,
  plan: Plan,
  made: { id: number; name: string; tags: string[]; values: Values; external: boolean; held: OAuthClient | undefined },
): Promise<number> {
  const token = randomBytes(32).toString('base64')
  const externalAuthentication = made.external ? 'initial' : 'none'
  const { oauthProxy = null, application = null } = made.held?.heldBy ?? {}
  return context.store.changes.transaction(async (trx, publish) => {
    const db = trx.withTables<InstanceTables>()
    // in the order in which changes of elements lock them
    await holdElement(trx, caller, plan.element)
    await holdCaller(trx, caller)
    const newId = made.id || (await nextId(trx, 'instances'))
    const told = toldInstance({ ...made, ...caller, id: newId, disabled: false }, plan, withKept(made.values, {}))
    const kept = await context.onInstanceChanged(db, publish, { before: undefined, after: told })
    const values = withKept(made.values, kept)
    const { plain, secret } = splitSecrets(plan.element, values)
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
        external_authentication: externalAuthentication,
        oauth_proxy: oauthProxy,
        application,
      })
      .execute()
    await db
      .insertInto('instance_credentials')
      .values({ instance_id: newId, ciphertext: sealCredentials(context.store, newId, secret) })
      .execute()
    const { name, tags } = made
    const after = {
      id: newId,
      name,
      tags,
      plan,
      stored: values,
      valid: true,
      externalAuthentication,
      oauthProxy,
      application,
    }
    await recordChange(trx, caller, instanceChange('create', undefined, after))
    publish({ topic: INSTANCE_TOPIC, key: String(newId) })
    return newId
  })
}

async function planOf(context: InstanceContext, caller: Caller, keyOrId: string): Promise<Plan> {
  return context.plans.of(await context.elements.require(caller, keyOrId))
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
