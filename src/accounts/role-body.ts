import { dateOf } from '../model/date-of.ts'
import type { EffectiveRole } from './effective-roles.ts'
import { PRIVILEGE_KEYS, PRIVILEGES } from './privileges.ts'

/** A role on the wire (spec 50 §6). */
export interface RoleBody {
  id: number
  key: string
  name: string
  description: string
  active: boolean
  hide: boolean
  features: never[]
  privileges: PrivilegeBody[]
}

export interface PrivilegeBody {
  id: number
  key: string
  name: string
  description: string
  category: string
  active: boolean
  hide: boolean
  createdDate: string
}

export function toRoleBody(role: EffectiveRole): RoleBody {
  const { id, key, name, description, active } = role
  const createdDate = dateOf(role.createdDate)
  const held = new Set(role.privileges)
  const privileges = LISTED_PRIVILEGES.filter((one) => held.has(one.key)).map((one) => ({ ...one, createdDate }))
  return { id, key, name, description, active, hide: false, features: [], privileges }
}

/** `GET /organizations/privileges`: what can be put into roles, in the order in which roles list theirs. */
export const LISTED_PRIVILEGES: readonly Omit<PrivilegeBody, 'createdDate'>[] = PRIVILEGE_KEYS.map((key, index) => {
  const [name, category] = PRIVILEGES[key]
  return { id: index + 1, key, name, description: name, category, active: true, hide: false }
})
