import Type from 'typebox'
import { grantAccountRole, listAccountRoles, revokeAccountRole } from '../../accounts/account-roles.ts'
import type { AccountsContext } from '../../accounts/context.ts'
import { grantUserRole, listUserRoles, revokeUserRole } from '../../accounts/grant-role.ts'
import type { App, Reply, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, type Query } from '../query.ts'

const Holder = Type.Object({ id: Type.String() })
const Grant = Type.Object({ id: Type.String(), key: Type.String() })

/** Roles of users and accounts (spec 50 §6). */
export function roleRoutes(app: App, deps: { accountsContext: AccountsContext; signer: TokenSigner }): void {
  const { accountsContext: context, signer } = deps
  const answer = <T>(items: readonly T[], list: string, request: Request, reply: Reply) =>
    pageInMemory(items, readListPage(request.query as Query, list, {}, signer, reply), list, signer, reply)

  app.get(
    '/users/:id/roles',
    { config: { operation: 'users.roles' }, schema: { params: Holder } },
    async (request, reply) => {
      const { id } = request.params
      return answer(await listUserRoles(context, callerOf(request), idOf(id)), `roles of user ${id}`, request, reply)
    },
  )
  app.put(
    '/users/:id/roles/:key',
    { config: { operation: 'users.grantRole' }, schema: { params: Grant } },
    async (request) => grantUserRole(context, callerOf(request), idOf(request.params.id), request.params.key),
  )
  app.delete(
    '/users/:id/roles/:key',
    { config: { operation: 'users.grantRole' }, schema: { params: Grant } },
    async (request, reply) =>
      empty(reply, revokeUserRole(context, callerOf(request), idOf(request.params.id), request.params.key)),
  )

  app.get(
    '/accounts/:id/roles',
    { config: { operation: 'accounts.roles' }, schema: { params: Holder } },
    async (request, reply) => {
      const { id } = request.params
      const roles = await listAccountRoles(context, callerOf(request), idOf(id))
      return answer(roles, `roles of account ${id}`, request, reply)
    },
  )
  app.put(
    '/accounts/:id/roles/:key',
    { config: { operation: 'accounts.grantRole' }, schema: { params: Grant } },
    async (request) => grantAccountRole(context, callerOf(request), idOf(request.params.id), request.params.key),
  )
  app.delete(
    '/accounts/:id/roles/:key',
    { config: { operation: 'accounts.grantRole' }, schema: { params: Grant } },
    async (request, reply) =>
      empty(reply, revokeAccountRole(context, callerOf(request), idOf(request.params.id), request.params.key)),
  )
}
