import { credentialsInvalid, ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'

/**
 * Who may do what, keyed by operation: the one table that every door asks.
 *
 * `catalog`            anybody, signed in or not, unless the server closes its catalog (spec 00 §2.2)
 * `user`               anybody signed in
 * `account`            users of the account that owns the row
 * `organization`       users of the organization that owns the row
 * `organizationAdmin`  its administrators
 */
const OPERATIONS = {
  'elements.read': 'catalog',
  'elements.export': 'user',
  'elements.create': 'account',
  'elements.clone': 'account',
  'elements.update': 'account',
  'elements.delete': 'account',
  'elements.extend': 'account',
  'elements.share': 'account',
  'hubs.read': 'catalog',
  'hubs.create': 'account',
  'hubs.delete': 'account',
  'models.derive': 'user',
  'catalogProperties.read': 'user',
  'catalogProperties.own': 'user',
  'catalogProperties.organization': 'organizationAdmin',
  'oauth.url': 'catalog',
  'authentication.secrets': 'user',
  'authentication.password': 'user',
  'instances.list': 'account',
  'instances.create': 'account',
  'instances.read': 'account',
  'instances.update': 'account',
  'instances.delete': 'account',
  'instances.configure': 'account',
  'resources.call': 'account',
  'traces.read': 'account',
  'oauthProxies.manage': 'organizationAdmin',
  'applications.manage': 'organizationAdmin',
} as const satisfies Record<string, Rule>

type Rule = 'catalog' | 'user' | 'account' | 'organization' | 'organizationAdmin'

export type Operation = keyof typeof OPERATIONS

/** The owner of the row an operation is about; absent for lists of one's own and for what does not exist yet. */
export interface Target {
  accountId: number
  organizationId: number
}

/**
 * Passes or throws.
 *
 * @throws ValenceError CREDENTIALS_INVALID (401) without a caller, FORBIDDEN (403) when the row is somebody else's or the right is missing (spec 00 §2.3)
 */
export type Authorize = (caller: Caller | undefined, operation: Operation, target?: Target) => void

/** @param anonymousCatalog `VALENCE_ANONYMOUS_CATALOG` */
export function createAuthorize({ anonymousCatalog }: { anonymousCatalog: boolean }): Authorize {
  return (caller, operation, target) => {
    const rule: Rule = OPERATIONS[operation]
    if (!caller) {
      if (rule === 'catalog' && anonymousCatalog) return
      throw credentialsInvalid()
    }
    if (rule === 'organizationAdmin' && !caller.organizationAdmin) {
      throw new ValenceError('FORBIDDEN', `${operation} is reserved for administrators of the organization`)
    }
    if (target && !owns(caller, rule, target)) {
      throw new ValenceError('FORBIDDEN', `${operation} is not allowed: the entity belongs to another ${ownerOf(rule)}`)
    }
  }
}

function owns(caller: Caller, rule: Rule, target: Target): boolean {
  if (rule === 'catalog' || rule === 'user') return true
  if (caller.organizationId !== target.organizationId) return false
  return rule !== 'account' || caller.accountId === target.accountId
}

function ownerOf(rule: Rule): string {
  return rule === 'account' ? 'account' : 'organization'
}
