import { type Kysely, sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { DateOnly, dateOf } from '../../model/date-of.ts'
import type { AccountsTables } from '../accounts-table.ts'
import { effectiveRoles } from '../roles/effective-roles.ts'
import { RoleBody, toRoleBody } from '../roles/role-body.ts'
import { standingOf } from '../roles/standing.ts'
import { holderOf } from '../users/find-user.ts'
import { NEVER_LOGGED_IN } from '../users/user-fields.ts'

/** Answer of `POST /authentication` (spec 50 §2). Dates without time, as everywhere in accounts (spec 00 §13). */
export const AuthenticatedUser = Type.Object(
  {
    id: Type.Integer(),
    username: Type.String(),
    firstName: Type.String(),
    lastName: Type.String(),
    token: Type.String({ description: 'For `Authorization: Bearer`, good for 12 hours' }),
    createdDate: DateOnly,
    lastLoginDate: DateOnly,
    accountId: Type.Integer(),
    accountName: Type.String(),
    organizationId: Type.Integer(),
    organizationName: Type.String(),
    organizationAdmin: Type.Boolean(),
    accountAdmin: Type.Boolean(),
    sysAdmin: Type.Boolean(),
    inIntelligenceRole: Type.Boolean(),
    twoFactor: Type.Boolean({ description: 'Sign-in takes a code as well' }),
    registeredForTwoFactor: Type.Boolean({
      description:
        'False, while `twoFactor` is true: the token is good for adding an authenticator only, for 15 minutes',
    }),
    roles: Type.Array(RoleBody, { description: 'Effective ones' }),
  },
  { title: 'AuthenticatedUser' },
)
export type AuthenticatedUser = Static<typeof AuthenticatedUser>

const HAS_AUTHENTICATOR = sql<boolean>`exists (
  select from two_factors where two_factors.user_id = users.id and confirmed_at is not null)`

/** Users that are not deleted, with what sign-in asks and answers. */
export function signInRows(db: Kysely<AccountsTables>) {
  return db
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.id', 'users.account_id')
    .innerJoin('organizations', 'organizations.id', 'users.organization_id')
    .select(['users.id', 'email', 'first_name', 'last_name', 'password_hash', 'last_login_date'])
    .select(['users.active', 'users.created_at', 'users.account_id', 'users.organization_id', 'password_changed_at'])
    .select(['accounts.name as account_name', 'accounts.active as account_active', 'default_account'])
    .select(['organizations.name as organization_name', 'organizations.active as organization_active'])
    .select(['two_factor_required', HAS_AUTHENTICATOR.as('has_authenticator')])
    .where('users.deleted_at', 'is', null)
}

export type SignInRow = Awaited<ReturnType<ReturnType<typeof signInRows>['executeTakeFirstOrThrow']>>

export function isActive(user: SignInRow): boolean {
  return user.active && user.account_active && user.organization_active
}

/** The user as the audit log names him. */
export function owned({ id, account_id, organization_id }: SignInRow) {
  return { id, accountId: account_id, organizationId: organization_id }
}

export async function authenticatedUser(
  db: Kysely<AccountsTables>,
  user: SignInRow,
  token: string,
): Promise<AuthenticatedUser> {
  const holder = holderOf(user)
  const roles = await effectiveRoles(db, holder)
  const { organizationAdmin, accountAdmin } = standingOf(roles, holder)
  return {
    id: user.id,
    username: user.email,
    firstName: user.first_name,
    lastName: user.last_name,
    token,
    createdDate: dateOf(user.created_at),
    lastLoginDate: user.last_login_date ?? NEVER_LOGGED_IN,
    accountId: user.account_id,
    accountName: user.account_name,
    organizationId: user.organization_id,
    organizationName: user.organization_name,
    organizationAdmin,
    accountAdmin,
    sysAdmin: false, // not grantable in an organization (spec 01 §3)
    inIntelligenceRole: false,
    twoFactor: user.two_factor_required || user.has_authenticator,
    registeredForTwoFactor: user.has_authenticator,
    roles: roles.map(toRoleBody),
  }
}
