import Type, { type TSchema } from 'typebox'
import type { Operation } from '../../accounts/authorize.ts'
import type { AccountsContext } from '../../accounts/context.ts'
import { rotateUserSecret } from '../../accounts/rotate-secret.ts'
import { createUser } from '../../accounts/users/create-user.ts'
import { listUsers, readUser } from '../../accounts/users/list-users.ts'
import { removeUser, updateUser } from '../../accounts/users/update-user.ts'
import { UserBody, UserRequest } from '../../accounts/users/user-body.ts'
import { type AccountScope, USER_OPERATIONS, type UserAction, type UserScope } from '../../accounts/users/user-scope.ts'
import { answerList } from '../answer-list.ts'
import type { App, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ACCOUNT_ID, INCLUDE_INACTIVE, PAGING, WHERE } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf, isTrue, single } from '../query.ts'

/** `id`, of an account, is there at one entrance only. */
type Params = { id?: string; emailOrId?: string }

const NAME = Type.String({ description: 'Id or e-mail address of the user' })
const NewUser = openBody(UserRequest)
const ChangedUser = openBody(Type.Partial(UserRequest, { title: 'UserChange' }))
const UserFilter = query({ ...PAGING, where: WHERE, includeInactive: INCLUDE_INACTIVE })
const PERMANENT = flag('With `active: false`: instances of the user are deleted for good')
const OF_ONE =
  'With the header `Elements-User-Password`, and that being the password of the user, the answer has the secret.'
const CHANGE = 'Members that are left out stay. `active: false` ends sessions and jobs; instances stay.'
const DELETION = 'Cannot be undone. Instances and jobs of the user go as well.'

/** An entrance: who is behind it, and what the description calls him. */
interface Entrance<S extends UserScope> {
  url: string
  params: Record<string, TSchema>
  whom: string
  scopeOf(request: Request): S
}

/** Users by their three entrances, which answer the same object (spec 50 §5). */
export function userRoutes(app: App, deps: { accountsContext: AccountsContext; signer: TokenSigner }): void {
  const { accountsContext: context, signer } = deps
  const ofAccount: Entrance<AccountScope> = {
    url: '/accounts/:id/users',
    params: { id: ACCOUNT_ID },
    whom: 'of an account',
    scopeOf: (request) => ({ entrance: 'account', accountId: idOf(paramsOf(request).id ?? '') }),
  }
  const ofOrganization: Entrance<AccountScope> = {
    url: '/organizations/users',
    params: {},
    whom: 'of the default account',
    scopeOf: () => ({ entrance: 'organization' }),
  }
  const everybody: Entrance<UserScope> = {
    url: '/users',
    params: {},
    whom: 'among all whom the caller may see',
    scopeOf: () => ({ entrance: 'everybody' }),
  }
  creation(ofAccount, USER_OPERATIONS.account.create)
  users(ofAccount, USER_OPERATIONS.account)
  creation(ofOrganization, USER_OPERATIONS.organization.create)
  users(ofOrganization, USER_OPERATIONS.organization)
  users(everybody, USER_OPERATIONS.everybody)
  app.put(
    '/users/:emailOrId/secret',
    {
      config: { operation: 'users.rotateSecret' },
      schema: {
        summary: 'Give a user a new secret',
        description: 'Oneself, or somebody whom one administers. The old secret is worthless at once.',
        params: Type.Object({ emailOrId: NAME }),
        response: { 200: UserBody },
      },
    },
    async (request) => rotateUserSecret(context, callerOf(request), request.params.emailOrId),
  )

  function creation({ url, params, whom, scopeOf }: Entrance<AccountScope>, operation: Operation): void {
    app.post(
      url,
      {
        config: { operation },
        schema: {
          summary: `Make a user ${whom}`,
          description: 'Active at once, without a mail.',
          params: Type.Object(params),
          body: NewUser,
          response: { 200: UserBody },
        },
      },
      async (request) => createUser(context, callerOf(request), scopeOf(request), request.body),
    )
  }

  function users(
    { url, params, whom, scopeOf }: Entrance<UserScope>,
    operations: Readonly<Record<UserAction, Operation>>,
  ): void {
    const one = { url: `${url}/:emailOrId`, params: Type.Object({ ...params, emailOrId: NAME }) }
    app.get(
      url,
      {
        config: { operation: operations.list },
        schema: {
          summary: `List users ${whom}`,
          params: Type.Object(params),
          querystring: UserFilter,
          response: { 200: arrayOf(UserBody) },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const scope = scopeOf(request)
        const list = `users ${JSON.stringify(scope)} as ${caller.userId} sees them`
        return answerList(request, reply, list, signer, (asked) => listUsers(context, caller, scope, asked))
      },
    )
    app.get(
      one.url,
      {
        config: { operation: operations.list },
        schema: {
          summary: `Read a user ${whom}`,
          description: OF_ONE,
          params: one.params,
          response: { 200: UserBody },
        },
      },
      async (request) => readUser(context, callerOf(request), scopeOf(request), userOf(request), passwordOf(request)),
    )
    app.route({
      method: ['PUT', 'PATCH'],
      url: one.url,
      config: { operation: operations.update },
      schema: {
        summary: `Change a user ${whom}`,
        description: CHANGE,
        params: one.params,
        querystring: query({ permanent: PERMANENT }),
        body: ChangedUser,
        response: { 200: UserBody },
      },
      handler: async (request) => {
        const permanently = isTrue(request.query['permanent'])
        return updateUser(context, callerOf(request), scopeOf(request), userOf(request), request.body, { permanently })
      },
    })
    app.delete(
      one.url,
      {
        config: { operation: operations.delete },
        schema: {
          summary: `Delete a user ${whom}`,
          description: DELETION,
          params: one.params,
          response: { 200: NOTHING },
        },
      },
      async (request, reply) => empty(reply, removeUser(context, callerOf(request), scopeOf(request), userOf(request))),
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
