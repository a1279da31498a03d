import Type from 'typebox'
import type { AccountsContext } from '../../accounts/context.ts'
import { deletePasswordPolicy, putPasswordPolicy, readPasswordPolicy } from '../../accounts/password-policies.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { callerOf } from '../operations.ts'

const count = Type.Optional(Type.Integer({ minimum: 0, maximum: 10 }))
/** Bounds of spec 50 §8; the upper ones of length and days, which it does not know, are ours. */
const Policy = Type.Object({
  minLength: Type.Optional(Type.Integer({ minimum: 8, maximum: 128 })),
  minUppercase: count,
  minLowercase: count,
  minNumbers: count,
  minSymbols: count,
  symbolCharacterSet: Type.Optional(Type.String({ maxLength: 200 })),
  previousPasswordCount: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
  expirationDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 36_500 })),
})

/** What guards sign-in (spec 50 §2, §8). */
export function securityRoutes(app: App, { accountsContext: context }: { accountsContext: AccountsContext }): void {
  app.get('/organizations/password-policies', { config: { operation: 'passwordPolicy.read' } }, async (request) =>
    readPasswordPolicy(context, callerOf(request)),
  )
  app.put(
    '/organizations/password-policies',
    { config: { operation: 'passwordPolicy.update' }, schema: { body: Policy } },
    async (request) => putPasswordPolicy(context, callerOf(request), named(request.body)),
  )
  app.delete(
    '/organizations/password-policies',
    { config: { operation: 'passwordPolicy.update' } },
    async (request, reply) => empty(reply, deletePasswordPolicy(context, callerOf(request))),
  )
}

/** Members that a policy has; what else a body says, dates of an answer for one, is not looked at. */
function named<T extends object>(body: T): T {
  return Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(Policy.properties, name))) as T
}
