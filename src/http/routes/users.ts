import Type from 'typebox'
import type { AccountsContext } from '../../accounts/context.ts'
import { createUser } from '../../accounts/create-user.ts'
import { listUsers, readUser } from '../../accounts/list-users.ts'
import { removeUser, updateUser } from '../../accounts/update-user.ts'
import { type AccountScope, USER_OPERATIONS, type UserScope } from '../../accounts/user-scope.ts'
import { answerList } from '../answer-list.ts'
import type { App, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { RoleKeys, Switch, Text } from '../member-schemas.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf, isTrue, type Query, single } from '../query.ts'

/** `id`, of an account, is there at one entrance only. */
type Params = { id?: string; emailOrId?: string }

const NewUserBody = Type.Object({
  email: Text,
  firstName: Text,
  lastName: Text,
  externalId: Type.Optional(Text),
  phone: Type.Optional(Text),
  street1: Type.Optional(Text),
  street2: Type.Optional(Text),
  city: Type.Optional(Text),
  stateProvince: Type.Optional(Text),
  postalCode: Type.Optional(Text),
  country: Type.Optional(Text),
  password: Type.Optional(Text),
  active: Type.Optional(Switch),
  roles: Type.Optional(RoleKeys),
})
const UserBody = Type.Partial(NewUserBody)

/** Users by their three entrances, which answer the same object (spec 50 §5). */
export function userRoutes(app: App, deps: { accountsContext: AccountsContext; signer: TokenSigner }): void {
  const { accountsContext: context, signer } = deps

  const ofAccount = (request: Request) =>
    ({ entrance: 'account', accountId: idOf(paramsOf(request).id ?? '') }) as const
  const ofOrganization = () => ({ entrance: 'organization' }) as const
  entrance('/accounts/:id/users', ofAccount, USER_OPERATIONS.account)
  creation('/accounts/:id/users', ofAccount, USER_OPERATIONS.account.create)
  entrance('/organizations/users', ofOrganization, USER_OPERATIONS.organization)
  creation('/organizations/users', ofOrganization, USER_OPERATIONS.organization.create)
  entrance('/users', () => ({ entrance: 'everybody' }), USER_OPERATIONS.everybody)

  function creation<S extends AccountScope>(
    url: string,
    scopeOf: (request: Request) => S,
    operation: 'accountUsers.create' | 'organizationUsers.create',
  ): void {
    app.post(url, { config: { operation }, schema: { body: NewUserBody } }, async (request) =>
      createUser(context, callerOf(request), scopeOf(request), request.body),
    )
  }

  function entrance(
    url: string,
    scopeOf: (request: Request) => UserScope,
    operations: (typeof USER_OPERATIONS)[UserScope['entrance']],
  ): void {
    app.get(url, { config: { operation: operations.list } }, async (request, reply) => {
      const caller = callerOf(request)
      const scope = scopeOf(request)
      const list = `users ${JSON.stringify(scope)} as ${caller.userId} sees them`
      return answerList(request, reply, list, signer, (query) => listUsers(context, caller, scope, query))
    })
    app.get(`${url}/:emailOrId`, { config: { operation: operations.list } }, async (request) =>
      readUser(context, callerOf(request), scopeOf(request), userOf(request), passwordOf(request)),
    )
    app.route({
      method: ['PUT', 'PATCH'],
      url: `${url}/:emailOrId`,
      config: { operation: operations.update },
      schema: { body: UserBody },
      handler: async (request) => {
        const permanently = isTrue((request.query as Query)['permanent'])
        return updateUser(context, callerOf(request), scopeOf(request), userOf(request), request.body, { permanently })
      },
    })
    app.delete(`${url}/:emailOrId`, { config: { operation: operations.delete } }, async (request, reply) =>
      empty(reply, removeUser(context, callerOf(request), scopeOf(request), userOf(request))),
    )
  }
}

function paramsOf(request: Request): Params {
  return request.params as Params
}

function userOf(request: Request): string {
  return paramsOf(request).emailOrId ?? ''
}

/** Node reads header bytes as Latin-1; clients write passwords in UTF-8. */
function passwordOf(request: Request): string | undefined {
  const text = single(request.headers['elements-user-password'])
  return text === undefined ? undefined : Buffer.from(text, 'latin1').toString('utf8')
}
