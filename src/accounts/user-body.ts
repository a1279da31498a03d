import { type Kysely, type Selectable, sql } from 'kysely'
import { dateOf } from '../model/date-of.ts'
import type { AccountsTables, UserTable } from './accounts-table.ts'
import type { EffectiveRole } from './effective-roles.ts'
import { type RoleBody, toRoleBody } from './role-body.ts'
import { OPTIONAL_TEXTS, type OptionalText } from './user-fields.ts'

/** A user with what its account says of it. */
export type UserRow = Selectable<UserTable> & { default_account: boolean; password_expired: boolean }

/** A user on the wire (spec 50 §5); what has no value is left out. */
export type UserBody = Partial<Record<OptionalText, string>> & {
  id: number
  accountId: number
  firstName: string
  lastName: string
  fullName: string
  email: string
  username: string
  active: boolean
  createdDate: string
  lastLoginDate: string
  /** effective ones */
  roles: (RoleBody | RoleSummary)[]
  /** never the password itself */
  password?: 'secured'
  secret?: string
} & Record<LegacyFlag, boolean>

/** A role without its privileges, as lists show it. */
export type RoleSummary = Omit<RoleBody, 'privileges' | 'features' | 'hide'>

type LegacyFlag =
  | 'accountExpired'
  | 'accountLocked'
  | 'credentialsExpired'
  | 'emailValid'
  | 'accountNonExpired'
  | 'accountNonLocked'
  | 'credentialsNonExpired'
  | 'enabled'

const NEVER_LOGGED_IN = '1970-01-01'

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
