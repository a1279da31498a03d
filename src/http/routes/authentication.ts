import Type from 'typebox'
import type { AccountsContext } from '../../accounts/context.ts'
import { AuthenticatedUser } from '../../accounts/sign-in/authenticated-user.ts'
import { changePassword } from '../../accounts/sign-in/change-password.ts'
import { readSecrets, Secrets } from '../../accounts/sign-in/read-secrets.ts'
import { signIn } from '../../accounts/sign-in/sign-in.ts'
import { signOut } from '../../accounts/sign-in/sign-out.ts'
import type { App } from '../app.ts'
import { parseAuthorization } from '../authorization-header.ts'
import { empty } from '../empty-reply.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'
import { NOTHING } from '../openapi/describe-route.ts'
import { callerOf, factsOf } from '../operations.ts'

const Login = Type.Object({
  username: Type.String(),
  password: Type.String(),
  code: Type.Optional(Type.String({ description: 'Of the authenticator, where there is one' })),
  newPassword: Type.Optional(
    Type.String({ description: 'Takes the place of the password at once; the way in when that has expired' }),
  ),
})
const NewPassword = Type.Object({ password: Type.String() })

/** Sign-in and the secrets of whoever signed in (spec 50 §2). */
export function authenticationRoutes(
  app: App,
  { accountsContext: context }: { accountsContext: AccountsContext },
): void {
  app.post(
    '/authentication',
    {
      config: { operation: 'authentication.signIn' },
      schema: { summary: 'Sign in', body: Login, response: { 200: AuthenticatedUser } },
      bodyLimit: STRANGERS_BODY_BYTES,
    },
    async (request) => signIn(context, request.body, factsOf(request)),
  )
  app.delete(
    '/authentication',
    {
      config: { operation: 'authentication.signOut' },
      schema: {
        summary: 'Sign out',
        description: 'The Bearer token of the request is worthless at once; other sessions stay.',
        response: { 200: NOTHING },
      },
    },
    async (request, reply) =>
      empty(reply, signOut(context, callerOf(request), parseAuthorization(request.headers.authorization)?.bearer)),
  )
  app.get(
    '/authentication/secrets',
    {
      config: { operation: 'authentication.secrets' },
      schema: { summary: 'Read the own secrets', response: { 200: Secrets } },
    },
    async (request) => readSecrets(context, callerOf(request)),
  )
  app.post(
    '/authentication/passwords',
    {
      config: { operation: 'authentication.password' },
      schema: {
        summary: 'Change the own password',
        description: 'It ends all other sessions of the user.',
        body: NewPassword,
        response: { 200: AuthenticatedUser },
      },
    },
    async (request) => {
      const token = parseAuthorization(request.headers.authorization)?.bearer
      return changePassword(context, callerOf(request), request.body.password, token)
    },
  )
}
