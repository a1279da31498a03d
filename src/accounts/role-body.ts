import { dateOf } from '../model/date-of.ts'
import type { EffectiveRole } from './effective-roles.ts'
import { isPrivilege, PRIVILEGE_KEYS, PRIVILEGES } from './privileges.ts'

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
  const privileges = role.privileges.filter(isPrivilege).map((held) => {
    const [title, category] = PRIVILEGES[held]
    const about = { name: title, description: title, category }
    return { id: PRIVILEGE_KEYS.indexOf(held) + 1, key: held, ...about, active: true, hide: false, createdDate }
  })
  return { id, key, name, description, active, hide: false, features: [], privileges }
}
