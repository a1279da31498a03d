import Type, { type TString } from 'typebox'
import type { Operation } from '../../accounts/authorize.ts'
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

/** Whose roles are granted and taken away. */
interface Grants {
  url: string
  whose: 'user' | 'account'
  id: TString
  description?: string
  operations: { list: Operation; change: Operation }
  list: typeof listUserRoles
  grant: typeof grantUserRole
  revoke: typeof revokeUserRole
}

/** Roles of users and accounts, and what they are in an organization (spec 50 §6). */
export function roleRoutes(app: App, deps: { accountsContext: AccountsContext; signer: TokenSigner }): void {
  const { accountsContext: context, signer } = deps

  grants({
    url: '/users/:id/roles',
    whose: 'user',
    id: USER_ID,
    operations: { list: 'users.roles', change: 'users.grantRole' },
    list: listUserRoles,
    grant: grantUserRole,
    revoke: revokeUserRole,
  })
  grants({
    url: '/accounts/:id/roles',
    whose: 'account',
    id: ACCOUNT_ID,
    description: 'Roles that all of its users have.',
    operations: { list: 'accounts.roles', change: 'accounts.grantRole' },
    list: listAccountRoles,
    grant: grantAccountRole,
    revoke: revokeAccountRole,
  })

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

  function grants({ url, whose, id, description, operations, list, grant, revoke }: Grants): void {
    const one = Type.Object({ id, key: KEY })
    app.get(
      url,
      {
        config: { operation: operations.list },
        schema: {
          summary: `List roles of ${articled(whose)}`,
          ...(description === undefined ? {} : { description }),
          params: Type.Object({ id }),
          querystring: Page,
          response: { 200: Roles },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        const roles = await list(context, callerOf(request), idOf(id))
        return answerItems(request, reply, `roles of ${whose} ${id}`, signer, roles)
      },
    )
    app.put(
      `${url}/:key`,
      {
        config: { operation: operations.change },
        schema: { summary: `Grant a role to ${articled(whose)}`, params: one, response: { 200: RoleBody } },
      },
      async (request) => grant(context, callerOf(request), idOf(request.params.id), request.params.key),
    )
    app.delete(
      `${url}/:key`,
      {
        config: { operation: operations.change },
        schema: { summary: `Take a role from ${articled(whose)}`, params: one, response: { 200: NOTHING } },
      },
      async (request, reply) =>
        empty(reply, revoke(context, callerOf(request), idOf(request.params.id), request.params.key)),
    )
  }
}

function withKeys<T extends { privileges?: ({ key: string } | string)[] }>({ privileges, ...rest }: T) {
  if (!privileges) return rest
  return { ...rest, privileges: privileges.map((one) => (typeof one === 'string' ? one : one.key)) }
}

function articled(whose: Grants['whose']): string {
  return whose === 'account' ? 'an account' : 'a user'
}
