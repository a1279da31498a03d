import { type Kysely, type Selectable, sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { DateOnly, dateOf } from '../../model/date-of.ts'
import type { AccountsTables, UserTable } from '../accounts-table.ts'
import type { EffectiveRole } from '../roles/effective-roles.ts'
import { RoleBody, toRoleBody } from '../roles/role-body.ts'
import { NEVER_LOGGED_IN, OPTIONAL_TEXTS, type OptionalText } from './user-fields.ts'

/** A user with what its account says of it. */
export type UserRow = Selectable<UserTable> & { default_account: boolean; password_expired: boolean }

/** A role without its privileges, as lists show it. */
const RoleSummary = Type.Object(
  {
    id: Type.Integer(),
    key: Type.String(),
    name: Type.String(),
    description: Type.String(),
    active: Type.Boolean(),
  },
  { title: 'RoleSummary' },
)

const optionalTexts = {
  externalId: Type.Optional(Type.String()),
  phone: Type.Optional(Type.String()),
  street1: Type.Optional(Type.String()),
  street2: Type.Optional(Type.String()),
  city: Type.Optional(Type.String()),
  stateProvince: Type.Optional(Type.String()),
  postalCode: Type.Optional(Type.String()),
  country: Type.Optional(Type.String()),
} satisfies Record<OptionalText, unknown>

/** A user on the wire (spec 50 §5); what has no value is left out. */
export const UserBody = Type.Object(
  {
    id: Type.Integer(),
    accountId: Type.Integer(),
    firstName: Type.String(),
    lastName: Type.String(),
    fullName: Type.String(),
    email: Type.String(),
    username: Type.String({ description: 'The e-mail address' }),
    active: Type.Boolean(),
    createdDate: DateOnly,
    lastLoginDate: Type.String({ format: 'date', description: `\`${NEVER_LOGGED_IN}\`: never` }),
    ...optionalTexts,
    roles: Type.Array(Type.Union([RoleBody, RoleSummary]), {
      description: 'Effective ones; of a single user with their privileges',
    }),
    password: Type.Optional(Type.Literal('secured', { description: 'There is one' })),
    secret: Type.Optional(
      Type.String({ description: 'The `User` part of the header; of a new user, and with `Elements-User-Password`' }),
    ),
    accountExpired: Type.Boolean(),
    accountLocked: Type.Boolean(),
    credentialsExpired: Type.Boolean({ description: 'Without a password: the user calls, but cannot sign in' }),
    emailValid: Type.Boolean(),
    accountNonExpired: Type.Boolean(),
    accountNonLocked: Type.Boolean(),
    credentialsNonExpired: Type.Boolean(),
    enabled: Type.Boolean(),
  },
  { title: 'User' },
)
export type UserBody = Static<typeof UserBody>

/** What can be said of a user when it is made or changed; `user-input.ts` reads it. */
export const UserRequest = Type.Object(
  {
    email: Type.String({ description: 'Nobody else on the server has it' }),
    firstName: Type.String(),
    lastName: Type.String(),
    ...optionalTexts,
    password: Type.Optional(Type.String({ description: 'Without one the user calls, but cannot sign in' })),
    active: Type.Optional(Type.Boolean()),
    roles: Type.Optional(
      Type.Array(Type.Object({ key: Type.String() }), { description: 'Roles that are granted besides those held' }),
    ),
  },
  { title: 'UserRequest' },
)

type LegacyFlag =
  | 'accountExpired'
  | 'accountLocked'
  | 'credentialsExpired'
  | 'emailValid'
  | 'accountNonExpired'
  | 'accountNonLocked'
  | 'credentialsNonExpired'
  | 'enabled'

/** As `isExpired` in `password-policy.ts` says of one; without a policy none expires. */
const PASSWORD_EXPIRED = sql<boolean>`coalesce(expiration_days > 0
  and coalesce(password_changed_at, users.created_at) + make_interval(days => expiration_days) <= now(), false)`

/** Users that are not deleted. */
export function userRows(db: Kysely<AccountsTables>) {
  return db
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.id', 'users.account_id')
    .leftJoin('password_policies', 'password_policies.organization_id', 'users.organization_id')
    .selectAll('users')
    .select('accounts.default_account')
    .select(PASSWORD_EXPIRED.as('password_expired'))
    .where('users.deleted_at', 'is', null)
}

/** A single user, its roles with their privileges. @param shown what only some answers have */
export function toUserBody(
  row: UserRow,
  roles: readonly EffectiveRole[],
  shown: { secret?: string; password?: 'secured' } = {},
): UserBody {
  return { ...membersOf(row), roles: roles.map(toRoleBody), ...shown }
}

/** One of a list. */
export function toListedUser(row: UserRow, roles: readonly EffectiveRole[]): UserBody {
  const summaries = roles.map(({ id, key, name, description, active }) => ({ id, key, name, description, active }))
  return { ...membersOf(row), roles: summaries, ...(row.password_hash === null ? {} : { password: 'secured' }) }
}

function membersOf(row: UserRow): Omit<UserBody, 'roles' | 'password' | 'secret'> {
  const texts = Object.entries(OPTIONAL_TEXTS).map(([name, column]) => [name, row[column]] as const)
  return {
    id: row.id,
    accountId: row.account_id,
    firstName: row.first_name,
    lastName: row.last_name,
    fullName: `${row.first_name} ${row.last_name}`,
    email: row.email,
    username: row.email,
    active: row.active,
    createdDate: dateOf(row.created_at),
    lastLoginDate: row.last_login_date ?? NEVER_LOGGED_IN,
    ...Object.fromEntries(texts.filter(([, value]) => value !== null)),
    ...legacyFlags(row.active, row.password_hash !== null && !row.password_expired),
  }
}

/** Deprecated in the original, still read by clients; without a password nobody can sign in (spec 50 §5), nor with one that has expired. */
function legacyFlags(active: boolean, canSignIn: boolean): Record<LegacyFlag, boolean> {
  return {
    accountExpired: false,
    accountLocked: false,
    credentialsExpired: !canSignIn,
    emailValid: true,
    accountNonExpired: active,
    accountNonLocked: true,
    credentialsNonExpired: active && canSignIn,
    enabled: active,
  }
}
