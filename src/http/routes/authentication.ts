import Type from 'typebox'
import type { SignIn } from '../../accounts/sign-in.ts'
import type { App } from '../app.ts'
import { parseAuthorization } from '../authorization-header.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'
import { callerOf } from '../operations.ts'

const Login = Type.Object({ username: Type.String(), password: Type.String() })
const NewPassword = Type.Object({ password: Type.String() })

/** Sign-in and the secrets of whoever signed in (spec 50 §2). */
export function authenticationRoutes(app: App, { signIn }: { signIn: SignIn }): void {
  app.post(
    '/authentication',
    { config: { operation: 'authentication.signIn' }, schema: { body: Login }, bodyLimit: STRANGERS_BODY_BYTES },
    (request) => signIn.signIn(request.body.username, request.body.password),
  )
  app.get('/authentication/secrets', { config: { operation: 'authentication.secrets' } }, async (request) => {
    const caller = callerOf(request)
    return signIn.readSecrets(caller)
  })
  app.post(
    '/authentication/passwords',
    { config: { operation: 'authentication.password' }, schema: { body: NewPassword } },
    async (request) => {
      const caller = callerOf(request)
      const token = parseAuthorization(request.headers.authorization)?.bearer
      return signIn.changePassword(caller, request.body.password, token)
    },
  )
}
