import Type from 'typebox'
import type { Authorize } from '../../accounts/authorize.ts'
import type { SignIn } from '../../accounts/sign-in.ts'
import type { App } from '../app.ts'
import { parseAuthorization } from '../authorization-header.ts'
import type { Identify } from '../identify.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'

const Login = Type.Object({ username: Type.String(), password: Type.String() })
const NewPassword = Type.Object({ password: Type.String() })

/** Sign-in and the secrets of whoever signed in (spec 50 §2). */
export function authenticationRoutes(
  app: App,
  { signIn, identify, authorize }: { signIn: SignIn; identify: Identify; authorize: Authorize },
): void {
  app.post('/authentication', { schema: { body: Login }, bodyLimit: STRANGERS_BODY_BYTES }, (request) =>
    signIn.signIn(request.body.username, request.body.password),
  )
  app.get('/authentication/secrets', async (request) => {
    const caller = await identify.caller(request)
    authorize(caller, 'authentication.secrets')
    return signIn.readSecrets(caller)
  })
  app.post('/authentication/passwords', { schema: { body: NewPassword } }, async (request) => {
    const caller = await identify.caller(request)
    authorize(caller, 'authentication.password')
    const token = parseAuthorization(request.headers.authorization)?.bearer
    return signIn.changePassword(caller, request.body.password, token)
  })
}
