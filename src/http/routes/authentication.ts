import Type from 'typebox'
import { changePassword } from '../../accounts/change-password.ts'
import type { AccountsContext } from '../../accounts/context.ts'
import { readSecrets } from '../../accounts/read-secrets.ts'
import { signIn } from '../../accounts/sign-in.ts'
import type { App } from '../app.ts'
import { parseAuthorization } from '../authorization-header.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'
import { callerOf, factsOf } from '../operations.ts'

const Login = Type.Object({
  username: Type.String(),
  password: Type.String(),
  newPassword: Type.Optional(Type.String()),
})
const NewPassword = Type.Object({ password: Type.String() })

/** Sign-in and the secrets of whoever signed in (spec 50 §2). */
export function authenticationRoutes(
  app: App,
  { accountsContext: context }: { accountsContext: AccountsContext },
): void {
  app.post(
    '/authentication',
    { config: { operation: 'authentication.signIn' }, schema: { body: Login }, bodyLimit: STRANGERS_BODY_BYTES },
    async (request) => signIn(context, request.body, factsOf(request)),
  )
  app.get('/authentication/secrets', { config: { operation: 'authentication.secrets' } }, async (request) =>
    readSecrets(context, callerOf(request)),
  )
  app.post(
    '/authentication/passwords',
    { config: { operation: 'authentication.password' }, schema: { body: NewPassword } },
    async (request) => {
      const token = parseAuthorization(request.headers.authorization)?.bearer
      return changePassword(context, callerOf(request), request.body.password, token)
    },
  )
}
