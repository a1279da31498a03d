import Type, { type Static } from 'typebox'
import { DateOnly, dateOf } from '../../model/date-of.ts'
import type { EffectiveRole } from './effective-roles.ts'
import { PRIVILEGE_KEYS, PRIVILEGES } from './privileges.ts'

const listed = {
  id: Type.Integer(),
  key: Type.String(),
  name: Type.String(),
  description: Type.String(),
  category: Type.String(),
  active: Type.Boolean(),
  hide: Type.Boolean(),
}
/** What can be put into roles. */
export const ListedPrivilege = Type.Object(listed, { title: 'Privilege' })

/** A role on the wire (spec 50 §6). */
export const RoleBody = Type.Object(
  {
    id: Type.Integer(),
    key: Type.String(),
    name: Type.String(),
    description: Type.String(),
    active: Type.Boolean(),
    hide: Type.Boolean(),
    features: Type.Array(Type.Never(), { description: 'Always empty' }),
    privileges: Type.Array(Type.Object({ ...listed, createdDate: DateOnly })),
  },
  { title: 'Role' },
)
export type RoleBody = Static<typeof RoleBody>

export function toRoleBody(role: EffectiveRole): RoleBody {
  const { id, key, name, description, active } = role
  const createdDate = dateOf(role.createdDate)
  const held = new Set(role.privileges)
  const privileges = LISTED_PRIVILEGES.filter((one) => held.has(one.key)).map((one) => ({ ...one, createdDate }))
  return { id, key, name, description, active, hide: false, features: [], privileges }
}

/** `GET /organizations/privileges`: what can be put into roles, in the order in which roles list theirs. */
export const LISTED_PRIVILEGES: readonly Static<typeof ListedPrivilege>[] = PRIVILEGE_KEYS.map((key, index) => {
  const [name, category] = PRIVILEGES[key]
  return { id: index + 1, key, name, description: name, category, active: true, hide: false }
})
