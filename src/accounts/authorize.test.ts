import { describe, expect, test } from 'vitest'
import { STATUS, ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { createAuthorize, type Operation, type Target } from './authorize.ts'

const user: Caller = {
  userId: 7,
  accountId: 3,
  organizationId: 2,
  defaultAccount: false,
  organizationAdmin: false,
  accountAdmin: false,
  customerAdmin: false,
  vdrAdmin: false,
  privileges: new Set(['createElements', 'createElementInstances', 'viewElements']),
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
}
const admin: Caller = { ...user, defaultAccount: true, organizationAdmin: true, accountAdmin: true }
const powerless: Caller = { ...user, privileges: new Set() }
const own = { accountId: 3, organizationId: 2 }
const neighbour = { accountId: 4, organizationId: 2 }
const stranger = { accountId: 3, organizationId: 9 }

describe('authorization', () => {
  for (const [who, caller, operation, target, expected] of [
    ['nobody', undefined, 'elements.read', undefined, 200],
    ['nobody', undefined, 'hubs.read', undefined, 200],
    ['nobody', undefined, 'oauth.url', undefined, 200],
    ['nobody', undefined, 'authentication.secrets', undefined, 401],
    ['nobody', undefined, 'instances.list', undefined, 401],
    ['nobody', undefined, 'resources.call', own, 401],
    ['nobody', undefined, 'applications.manage', stranger, 401],
    ['nobody', undefined, 'elements.create', undefined, 401],
    ['a user', user, 'elements.read', undefined, 200],
    ['a user', user, 'elements.create', undefined, 200],
    ['a user', user, 'authentication.secrets', undefined, 200],
    ['a user', user, 'authentication.password', undefined, 200],
    ['a user', user, 'instances.list', undefined, 200],
    ['a user', user, 'instances.create', undefined, 200],
    ['a user', user, 'instances.read', own, 200],
    ['a user', user, 'instances.read', neighbour, 403],
    ['a user', user, 'instances.update', neighbour, 403],
    ['a user', user, 'instances.delete', stranger, 403],
    ['a user', user, 'instances.configure', stranger, 403],
    ['a user', user, 'resources.call', own, 200],
    ['a user', user, 'resources.call', stranger, 403],
    ['a user', user, 'oauthProxies.manage', undefined, 403],
    ['a user', user, 'oauthProxies.manage', neighbour, 403],
    ['a user', user, 'oauthProxies.manage', stranger, 403],
    ['a user', user, 'applications.manage', own, 403],
    ['a user without privileges', powerless, 'elements.create', undefined, 403],
    ['a user without privileges', powerless, 'elements.read', undefined, 403],
    ['a user without privileges', powerless, 'instances.create', own, 403],
    ['a user without privileges', powerless, 'instances.read', own, 200],
    ['a user without privileges', powerless, 'hubs.read', undefined, 200],
    ['a user', user, 'accounts.list', undefined, 403],
    ['a user', user, 'users.roles', own, 200],
    ['a user', user, 'users.roles', neighbour, 403],
    ['a user', user, 'customers.signUp', undefined, 403],
    ['an administrator', admin, 'users.grantRole', neighbour, 200],
    ['an administrator', admin, 'users.grantRole', stranger, 403],
    ['an administrator', admin, 'customers.signUp', undefined, 403],
    ['an administrator', admin, 'organizations.accounts', stranger, 403],
    ['a customer administrator', { ...user, customerAdmin: true }, 'customers.signUp', undefined, 200],
    ['a customer administrator', { ...user, customerAdmin: true }, 'organizations.accounts', stranger, 200],
    ['an administrator', admin, 'applications.manage', undefined, 200],
    ['an administrator', admin, 'applications.manage', neighbour, 200],
    ['an administrator', admin, 'applications.manage', stranger, 403],
    ['an administrator', admin, 'instances.read', neighbour, 403],
  ] as [string, Caller | undefined, Operation, Target | undefined, number][]) {
    const where = new Map([
      [own, ' on its own row'],
      [neighbour, ' on a row of another account'],
      [stranger, ' on a row of another organization'],
    ]).get(target ?? user)
    test(`${who} asking for ${operation}${where ?? ''}: ${expected}`, () => {
      expect(statusOf(() => createAuthorize({ anonymousCatalog: true })(caller, operation, target))).toBe(expected)
    })
  }

  test('a closed catalog asks for credentials', () => {
    const authorize = createAuthorize({ anonymousCatalog: false })
    for (const operation of ['elements.read', 'hubs.read', 'oauth.url'] as const) {
      expect(statusOf(() => authorize(undefined, operation))).toBe(STATUS.CREDENTIALS_INVALID)
      expect(statusOf(() => authorize(user, operation))).toBe(200)
    }
  })
})

function statusOf(act: () => void): number {
  try {
    act()
    return 200
  } catch (error) {
    if (error instanceof ValenceError) return error.status
    throw error
  }
}
