import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'

/** Whose records somebody may see; without `accountId` those of the whole organization. */
export interface RecordScope {
  organizationId: number
  accountId?: number
}

/**
 * `viewLogsOrg` opens the organization, `viewLogsAccount` alone the own account (spec 41 §9, 50 §7).
 *
 * @param accountId the account asked for; whether it is one of the organization is still to be found out
 * @throws ValenceError FORBIDDEN without either, and for another account without the first
 */
export function recordScope(
  { organizationId, accountId: own, privileges }: Pick<Caller, 'organizationId' | 'accountId' | 'privileges'>,
  accountId?: number,
): RecordScope {
  if (privileges.has('viewLogsOrg')) return { organizationId, ...(accountId === undefined ? {} : { accountId }) }
  if (!privileges.has('viewLogsAccount')) {
    throw new ValenceError('FORBIDDEN', 'audit logs need the privilege viewLogsOrg or viewLogsAccount')
  }
  if (accountId !== undefined && accountId !== own) throw foreignAccount(accountId)
  return { organizationId, accountId: own }
}

export function foreignAccount(accountId: number): ValenceError {
  return new ValenceError('FORBIDDEN', `accountId ${accountId}: its audit logs are not yours to see`)
}
