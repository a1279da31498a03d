import Type from 'typebox'
import type { AccountsContext } from '../../accounts/context.ts'
import {
  deletePasswordPolicy,
  PasswordPolicyBody,
  putPasswordPolicy,
  readPasswordPolicy,
} from '../../accounts/sign-in/password-policies.ts'
import { PasswordPolicy } from '../../accounts/sign-in/password-policy.ts'
import { issuePasswordReset, PasswordReset, resetPassword } from '../../accounts/sign-in/password-reset.ts'
import {
  ConfirmedTwoFactor,
  confirmTwoFactor,
  removeTwoFactor,
  removeTwoFactorOf,
  StartedTwoFactor,
  startTwoFactor,
} from '../../accounts/sign-in/two-factor.ts'
import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import type { App } from '../app.ts'
import { parseAuthorization } from '../authorization-header.ts'
import { empty } from '../empty-reply.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'
import { USER_ID } from '../openapi/common-parameters.ts'
import { NOTHING, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf, factsOf } from '../operations.ts'
import { idOf } from '../query.ts'

const Policy = Type.Partial(PasswordPolicy, { title: 'PasswordPolicyRequest' })

const Code = Type.Object({ code: Type.String() })
/** DELETE may come without a body. */
const OptionalCode = uncheckedBody({ 'application/json': Code }, { required: false })
const Reset = Type.Object({
  token: Type.String({ description: 'Of `POST /users/{id}/password-reset`' }),
  password: Type.String(),
})
const User = Type.Object({ id: USER_ID })

/** What guards sign-in (spec 50 §2, §8). */
export function securityRoutes(app: App, { accountsContext: context }: { accountsContext: AccountsContext }): void {
  app.get(
    '/organizations/password-policies',
    {
      config: { operation: 'passwordPolicy.read' },
      schema: { summary: 'Read the password policy', response: { 200: PasswordPolicyBody } },
    },
    async (request) => readPasswordPolicy(context, callerOf(request)),
  )
  app.put(
    '/organizations/password-policies',
    {
      config: { operation: 'passwordPolicy.update' },
      schema: {
        summary: 'Change the password policy',
        description: 'What is left out stays. It counts for every password that is set from now on.',
        body: Policy,
        response: { 200: PasswordPolicyBody },
      },
    },
    async (request) => putPasswordPolicy(context, callerOf(request), named(request.body)),
  )
  app.delete(
    '/organizations/password-policies',
    {
      config: { operation: 'passwordPolicy.update' },
      schema: { summary: 'Return to the default password policy', response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, deletePasswordPolicy(context, callerOf(request))),
  )

  app.post(
    '/authentication/two-factor',
    {
      config: { operation: 'authentication.twoFactor' },
      schema: {
        summary: 'Begin to add an authenticator',
        description: 'The secret counts once a code of it was shown with `PUT`.',
        response: { 200: StartedTwoFactor },
      },
    },
    async (request) => startTwoFactor(context, callerOf(request)),
  )
  app.put(
    '/authentication/two-factor',
    {
      config: { operation: 'authentication.twoFactor' },
      schema: {
        summary: 'Confirm the authenticator with its first code',
        description: 'From now on sign-in asks for a code. The recovery codes are shown this once.',
        body: Code,
        response: { 200: ConfirmedTwoFactor },
      },
    },
    async (request) => {
      const token = parseAuthorization(request.headers.authorization)?.bearer
      return confirmTwoFactor(context, callerOf(request), request.body.code, token)
    },
  )
  app.delete(
    '/authentication/two-factor',
    {
      config: { operation: 'authentication.twoFactor' },
      schema: {
        summary: 'Remove your authenticator',
        description: 'With one of its codes; one that was never confirmed goes without.',
        body: OptionalCode,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, removeTwoFactor(context, callerOf(request), codeOf(request.body))),
  )
  app.delete(
    '/users/:id/two-factor',
    {
      config: { operation: 'users.removeTwoFactor' },
      schema: {
        summary: 'Remove the authenticator of a user who lost it',
        description: 'The sessions of the user end.',
        params: User,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, removeTwoFactorOf(context, callerOf(request), idOf(request.params.id))),
  )

  app.post(
    '/users/:id/password-reset',
    {
      config: { operation: 'users.resetPassword' },
      schema: {
        summary: 'Let a user set another password',
        description: 'The token is good once, for 24 hours. The present password stays good until it is used.',
        params: User,
        response: { 200: PasswordReset },
      },
    },
    async (request) => issuePasswordReset(context, callerOf(request), idOf(request.params.id)),
  )
  app.post(
    '/authentication/passwords/reset',
    {
      config: { operation: 'authentication.resetPassword' },
      schema: {
        summary: 'Set a password with a token',
        description: 'All sessions of the user end.',
        body: Reset,
        response: { 200: Type.Object({ username: Type.String() }) },
      },
      bodyLimit: STRANGERS_BODY_BYTES,
    },
    async (request) => resetPassword(context, request.body, factsOf(request)),
  )
}

/** @throws ValenceError BODY_INVALID for a number: one that begins with 0 would be another */
function codeOf(body: unknown): string | undefined {
  const code = isObject(body) ? body['code'] : undefined
  if (code === undefined || code === null || typeof code === 'string') return code ?? undefined
  throw new ValenceError('BODY_INVALID', 'code: expected text such as "012345"')
}

/** Members that a policy has; what else a body says, dates of an answer for one, is not looked at. */
function named<T extends object>(body: T): T {
  return Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(Policy.properties, name))) as T
}
