import Type from 'typebox'
import type { AccountsContext } from '../../accounts/context.ts'
import { grantAccountRole, listAccountRoles, revokeAccountRole } from '../../accounts/roles/account-roles.ts'
import { createRole, deleteRole } from '../../accounts/roles/custom-roles.ts'
import { defineRole, defineRoles, listRoles, resetRoles } from '../../accounts/roles/define-roles.ts'
import { grantUserRole, listUserRoles, revokeUserRole } from '../../accounts/roles/grant-role.ts'
import { LISTED_PRIVILEGES, ListedPrivilege, RoleBody } from '../../accounts/roles/role-body.ts'
import { answerItems } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ACCOUNT_ID, PAGING, USER_ID } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf } from '../query.ts'

const KEY = Type.String({ description: 'Key of the role' })
const OfUser = Type.Object({ id: USER_ID })
const OfAccount = Type.Object({ id: ACCOUNT_ID })
const RoleOfUser = Type.Object({ id: USER_ID, key: KEY })
const RoleOfAccount = Type.Object({ id: ACCOUNT_ID, key: KEY })
const RoleParams = Type.Object({ id: Type.String({ description: 'Id of the role' }) })
const Page = query(PAGING)
const Roles = arrayOf(RoleBody)

/** Only the key of a privilege is looked at (spec 50 §6). */
const Privileges = Type.Array(Type.Union([Type.Object({ key: Type.String() }), Type.String()]), { maxItems: 1000 })
const Change = {
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  description: Type.Optional(Type.String({ maxLength: 1000 })),
  active: Type.Optional(Type.Boolean()),
  privileges: Type.Optional(Privileges),
}
const RoleUpdate = Type.Object(Change, { title: 'RoleRequest' })
const RoleUpdates = Type.Array(
  Type.Object({ ...Change, id: Type.Optional(Type.Integer()), key: Type.Optional(Type.String()) }),
  { maxItems: 1000 },
)
const NewRole = Type.Object({ ...Change, key: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' }) })

/** Roles of users and accounts, and what they are in an organization (spec 50 §6). */
export function roleRoutes(app: App, deps: { accountsContext: AccountsContext; signer: TokenSigner }): void {
  const { accountsContext: context, signer } = deps

  app.get(
    '/users/:id/roles',
    {
      config: { operation: 'users.roles' },
      schema: { summary: 'List roles of a user', params: OfUser, querystring: Page, response: { 200: Roles } },
    },
    async (request, reply) => {
      const { id } = request.params
      const roles = await listUserRoles(context, callerOf(request), idOf(id))
      return answerItems(request, reply, `roles of user ${id}`, signer, roles)
    },
  )
  app.put(
    '/users/:id/roles/:key',
    {
      config: { operation: 'users.grantRole' },
      schema: { summary: 'Grant a role to a user', params: RoleOfUser, response: { 200: RoleBody } },
    },
    async (request) => grantUserRole(context, callerOf(request), idOf(request.params.id), request.params.key),
  )
  app.delete(
    '/users/:id/roles/:key',
    {
      config: { operation: 'users.grantRole' },
      schema: { summary: 'Take a role from a user', params: RoleOfUser, response: { 200: NOTHING } },
    },
    async (request, reply) =>
      empty(reply, revokeUserRole(context, callerOf(request), idOf(request.params.id), request.params.key)),
  )

  app.get(
    '/accounts/:id/roles',
    {
      config: { operation: 'accounts.roles' },
      schema: {
        summary: 'List roles of an account',
        description: 'Roles that all of its users have.',
        params: OfAccount,
        querystring: Page,
        response: { 200: Roles },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const roles = await listAccountRoles(context, callerOf(request), idOf(id))
      return answerItems(request, reply, `roles of account ${id}`, signer, roles)
    },
  )
  app.put(
    '/accounts/:id/roles/:key',
    {
      config: { operation: 'accounts.grantRole' },
      schema: { summary: 'Grant a role to an account', params: RoleOfAccount, response: { 200: RoleBody } },
    },
    async (request) => grantAccountRole(context, callerOf(request), idOf(request.params.id), request.params.key),
  )
  app.delete(
    '/accounts/:id/roles/:key',
    {
      config: { operation: 'accounts.grantRole' },
      schema: { summary: 'Take a role from an account', params: RoleOfAccount, response: { 200: NOTHING } },
    },
    async (request, reply) =>
      empty(reply, revokeAccountRole(context, callerOf(request), idOf(request.params.id), request.params.key)),
  )

  app.get(
    '/organizations/privileges',
    {
      config: { operation: 'roles.list' },
      schema: { summary: 'List privileges', querystring: Page, response: { 200: arrayOf(ListedPrivilege) } },
    },
    async (request, reply) => answerItems(request, reply, 'privileges', signer, LISTED_PRIVILEGES),
  )
  app.get(
    '/organizations/roles',
    {
      config: { operation: 'roles.list' },
      schema: { summary: 'List roles of the organization', querystring: Page, response: { 200: Roles } },
    },
    async (request, reply) => answerItems(request, reply, 'roles', signer, await listRoles(context, callerOf(request))),
  )
  app.put(
    '/organizations/roles',
    {
      config: { operation: 'roles.configure' },
      schema: {
        summary: 'Change roles of the organization',
        description: 'Those that the body names, by id or key; the answer has all of them.',
        body: RoleUpdates,
        response: { 200: Roles },
      },
    },
    async (request) => defineRoles(context, callerOf(request), request.body.map(withKeys)),
  )
  app.post(
    '/organizations/roles',
    {
      config: { operation: 'roles.configure' },
      schema: { summary: 'Make a role', body: NewRole, response: { 200: RoleBody } },
    },
    async (request) => createRole(context, callerOf(request), request.body.key, withKeys(request.body)),
  )
  app.put(
    '/organizations/roles/reset',
    {
      config: { operation: 'roles.configure' },
      schema: { summary: 'Reset the built-in roles', response: { 200: Roles } },
    },
    async (request) => resetRoles(context, callerOf(request)),
  )
  app.put(
    '/organizations/roles/:id',
    {
      config: { operation: 'roles.configure' },
      schema: { summary: 'Change a role', params: RoleParams, body: RoleUpdate, response: { 200: RoleBody } },
    },
    async (request) => defineRole(context, callerOf(request), idOf(request.params.id), withKeys(request.body)),
  )
  app.delete(
    '/organizations/roles/:id',
    {
      config: { operation: 'roles.configure' },
      schema: { summary: 'Delete a role', params: RoleParams, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, deleteRole(context, callerOf(request), idOf(request.params.id))),
  )
}

function withKeys<T extends { privileges?: ({ key: string } | string)[] }>({ privileges, ...rest }: T) {
  if (!privileges) return rest
  return { ...rest, privileges: privileges.map((one) => (typeof one === 'string' ? one : one.key)) }
}
