import type { Caller } from '../../model/account.ts'
import type { EffectiveRole } from './effective-roles.ts'

export type Standing = Pick<Caller, 'organizationAdmin' | 'accountAdmin' | 'customerAdmin' | 'vdrAdmin' | 'privileges'>

/**
 * What somebody may by his roles. One that was made inactive counts for nothing, and only users of the default account administer the
 * organization (spec 50 §6).
 */
export function standingOf(
  effective: readonly EffectiveRole[],
  { defaultAccount }: { defaultAccount: boolean },
): Standing {
  const roles = effective.filter(({ active }) => active)
  const holds = (key: string) => roles.some((role) => role.key === key)
  const organizationAdmin = defaultAccount && holds('org-admin')
  return {
    organizationAdmin,
    accountAdmin: organizationAdmin || holds('admin'),
    customerAdmin: holds('customer-admin'),
    vdrAdmin: holds('vdrAdmin'),
    privileges: new Set(roles.flatMap(({ privileges }) => privileges)),
  }
}
