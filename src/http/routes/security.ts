import Type from 'typebox'
import type { AccountsContext } from '../../accounts/context.ts'
import {
  deletePasswordPolicy,
  PasswordPolicyBody,
  putPasswordPolicy,
  readPasswordPolicy,
} from '../../accounts/password-policies.ts'
import { PasswordPolicy } from '../../accounts/password-policy.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { NOTHING } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'

const Policy = Type.Partial(PasswordPolicy, { title: 'PasswordPolicyRequest' })

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
}

/** Members that a policy has; what else a body says, dates of an answer for one, is not looked at. */
function named<T extends object>(body: T): T {
  return Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(Policy.properties, name))) as T
}
