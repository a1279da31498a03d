import { credentialsInvalid, ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { OPERATIONS, type Operation, type Role, type Rule, type Tenant } from './operations.ts'

export type { Operation } from './operations.ts'

/** The owner of the row an operation is about; absent for lists of one's own and for what does not exist yet. */
export interface Target {
  accountId: number
  organizationId: number
}

/**
 * Passes or throws. Doors ask without a target before anything is looked up, rooms ask again with the owner of the row.
 *
 * @throws ValenceError CREDENTIALS_INVALID (401) without a caller, FORBIDDEN (403) when a role or privilege is missing or the row is somebody else's (spec 00 §2.3)
 */
export type Authorize = (caller: Caller | undefined, operation: Operation, target?: Target) => void

/** @param anonymousCatalog `VALENCE_ANONYMOUS_CATALOG` */
export function createAuthorize({ anonymousCatalog }: { anonymousCatalog: boolean }): Authorize {
  return (caller, operation, target) => {
    const rule: Rule = OPERATIONS[operation]
    if (rule.tenant === 'public') return
    if (!caller) {
      if (rule.tenant === 'catalog' && anonymousCatalog) return
      throw credentialsInvalid()
    }
    const roles = listed(rule.role)
    if (roles.length > 0 && !roles.some((role) => caller[role])) {
      throw new ValenceError('FORBIDDEN', `${operation} is reserved for ${roles.map(nameOf).join(' and ')}`)
    }
    const privileges = listed(rule.privilege)
    if (privileges.length > 0 && !privileges.some((key) => caller.privileges.has(key))) {
      throw new ValenceError('FORBIDDEN', `${operation} needs the privilege ${privileges.join(' or ')}`)
    }
    if (target && !REACHES[rule.tenant](caller, target)) {
      throw new ValenceError('FORBIDDEN', `${operation} is not allowed: the entity belongs to another ${ownerOf(rule)}`)
    }
  }
}

/** Whether a caller reaches a row of this owner. */
const REACHES: Record<Tenant, (caller: Caller, target: Target) => boolean> = {
  public: () => true,
  catalog: () => true,
  enrolling: () => true,
  user: () => true,
  instance: isOfAccount,
  account: isOfAccount,
  administered: (caller, target) =>
    isOfOrganization(caller, target) && (caller.accountId === target.accountId || caller.organizationAdmin),
  organization: isOfOrganization,
  customer: (caller, target) => caller.customerAdmin || isOfOrganization(caller, target),
  server: () => true,
}

function isOfAccount(caller: Caller, target: Target): boolean {
  return isOfOrganization(caller, target) && caller.accountId === target.accountId
}

function isOfOrganization(caller: Caller, target: Target): boolean {
  return caller.organizationId === target.organizationId
}

function listed<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value as T]
}

function nameOf(role: Role): string {
  return {
    organizationAdmin: 'administrators of the organization',
    accountAdmin: 'administrators of the account',
    customerAdmin: 'administrators of the customer (role customer-admin)',
    vdrAdmin: 'administrators of common resources (role vdrAdmin)',
  }[role]
}

function ownerOf({ tenant }: Rule): string {
  return ['instance', 'account', 'administered'].includes(tenant) ? 'account' : 'organization'
}
