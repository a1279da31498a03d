import type { AccountsTables } from '../accounts/accounts-table.ts'
import type { Operation } from '../accounts/authorize.ts'
import { ELEMENT_TOPIC, isChangeOf } from '../elements/directory.ts'
import { credentialsInvalid, ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { idInWords, isRowId } from '../model/row-id.ts'
import { createCache } from '../store/cache.ts'
import type { InstanceContext } from './context.ts'
import type { Instance } from './instance.ts'
import { type InstanceTables, openCredentials, openToken } from './instance-table.ts'

/** Topic of `store/changes.ts`; the key is the instance's id. */
export const INSTANCE_TOPIC = 'instance'

const CACHE_SIZE = 10_000
const TOKEN_MAX_LENGTH = 200

/** Instances by token, as every hub call needs them, and by id, as every webhook does: cached, told of changes. */
export interface InstanceFinder {
  /** @throws ValenceError CREDENTIALS_INVALID for an unknown token or one of a deleted instance */
  byToken(token: string): Instance | Promise<Instance>
  /** Whoever's it is: not for callers. @returns undefined when there is none, or none any more */
  byId(id: number): Instance | Promise<Instance | undefined> | undefined
}

export function createInstanceFinder(context: InstanceContext): InstanceFinder {
  const { store } = context
  const instances = createCache<Instance>({
    changes: store.changes,
    topics: [INSTANCE_TOPIC, ELEMENT_TOPIC, 'user'],
    max: CACHE_SIZE,
    affects: (instance, topic, key) => {
      if (topic === ELEMENT_TOPIC) return isChangeOf(key, instance.plan.element.id, instance)
      return key === String(topic === 'user' ? instance.userId : instance.id)
    },
  })
  // an instance holds its plan: kept ones must not keep elements in memory that had to leave it
  context.elements.onForgotten(({ element }) => instances.forget(({ plan }) => plan.element === element))
  return {
    byToken(token) {
      if (token.length > TOKEN_MAX_LENGTH) throw credentialsInvalid()
      const found = instances.get(`token ${token}`, async () => {
        const row = await instanceRows(context)
          .where('token_lookup', 'in', store.cipher.lookups(token))
          .executeTakeFirst()
        return row && toInstance(context, row)
      })
      return found instanceof Promise ? found.then(known) : known(found)
    },
    byId: (id) => (isRowId(id) ? instances.get(`id ${id}`, () => loadInstance(context, id)) : undefined),
  }
}

function known(instance: Instance | undefined): Instance {
  if (!instance) throw credentialsInvalid()
  return instance
}

/**
 * One instance of the caller's own account.
 * @param elementKeyOrId only an instance of this element is found
 * @throws ValenceError INSTANCE_NOT_FOUND (404), FORBIDDEN (403) when it belongs to another account
 */
export async function findInstance(
  context: InstanceContext,
  caller: Caller,
  operation: Operation,
  id: number,
  elementKeyOrId?: string,
): Promise<Instance> {
  const instance = await loadInstance(context, id)
  const asked = elementKeyOrId === undefined ? undefined : await context.elements.find(caller, elementKeyOrId)
  if (!instance || (elementKeyOrId !== undefined && instance.plan.element.id !== asked?.element.id)) throw notFound(id)
  context.authorize(caller, operation, instance)
  return instance
}

export async function loadInstance(context: InstanceContext, id: number): Promise<Instance | undefined> {
  if (!isRowId(id)) return undefined
  const row = await instanceRows(context).where('instances.id', '=', id).executeTakeFirst()
  return row && toInstance(context, row)
}

export function notFound(id: number): ValenceError {
  return new ValenceError('INSTANCE_NOT_FOUND', `There is no element instance with ${idInWords(id)}`)
}

/** Every instance that is not deleted, with its credentials and its creator. */
export function instanceRows(context: Pick<InstanceContext, 'store'>) {
  return storedRows(context).where('instances.deleted_at', 'is', null)
}

/** Deleted ones too, as long as their credentials are kept for the revocation. */
export function storedRows({ store }: Pick<InstanceContext, 'store'>) {
  return store.db
    .withTables<InstanceTables & AccountsTables>()
    .selectFrom('instances')
    .innerJoin('instance_credentials', 'instance_id', 'instances.id')
    .innerJoin('users', 'users.id', 'instances.user_id')
    .selectAll('instances')
    .select(['ciphertext', 'version', 'refresh_state', 'refreshed_at', 'refresh_failed_at', 'refresh_message'])
    .select(['email', 'first_name', 'last_name'])
}

export type InstanceRow = Awaited<ReturnType<ReturnType<typeof instanceRows>['execute']>>[number]

/** @returns undefined when the element is no longer there */
export async function toInstance(
  { store, elements, plans }: Pick<InstanceContext, 'store' | 'elements' | 'plans'>,
  row: InstanceRow,
): Promise<Instance | undefined> {
  const owner = { accountId: row.account_id, organizationId: row.organization_id }
  const entry = await elements.find(owner, row.element_id)
  if (!entry) return undefined
  const plan = plans.of(entry)
  const stored = { ...row.configuration, ...openCredentials(store, row.id, row.ciphertext) }
  return {
    id: row.id,
    organizationId: row.organization_id,
    accountId: row.account_id,
    userId: row.user_id,
    name: row.name,
    tags: row.tags,
    token: openToken(store, row.id, row.token_ciphertext),
    plan,
    stored,
    state: stateOf({ id: row.id, accountId: row.account_id }, plan.defaults, stored, row.version),
    valid: row.valid,
    disabled: row.disabled,
    traceUntil: row.trace_until,
    externalAuthentication: row.external_authentication,
    oauthProxy: row.oauth_proxy,
    application: row.application,
    refresh: row.refresh_state
      ? {
          state: row.refresh_state,
          lastRefreshDate: row.refreshed_at,
          lastFailureDate: row.refresh_failed_at,
          message: row.refresh_message,
        }
      : undefined,
    user: { id: row.user_id, emailAddress: row.email, firstName: row.first_name, lastName: row.last_name },
    createdDate: row.created_at,
    updatedDate: row.updated_at,
  }
}

/** A stored `null` means unset: the element's default counts again. */
export function stateOf(
  owner: { id: number; accountId: number },
  defaults: Readonly<Record<string, string | null>>,
  stored: Readonly<Record<string, string | null>>,
  credentialsVersion: number,
): Instance['state'] {
  const configuration: Record<string, string | null> = { ...defaults }
  for (const [key, value] of Object.entries(stored))
    if (value !== null || !Object.hasOwn(configuration, key)) configuration[key] = value
  return { id: owner.id, accountId: owner.accountId, configuration, credentialsVersion }
}
