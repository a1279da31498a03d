import { expectOk } from './expect-answer.ts'
import { ADMIN, type Answer, CALLBACK, type CallOptions, type TestHub } from './hub.ts'

/** Accounts and users made as a client makes them: through the API alone (spec 50 §3–5, §12). `journeys/people.ts` writes them into the tables. */
export interface People {
  /** the hub's own administrator, of its first organization */
  readonly first: Person
  /** An organization of its own, with its administrator. */
  signUp(name: string, given?: SignUp): Promise<Organization>
  /** By an administrator; the name becomes the external id. */
  addAccount(by: Person, name: string): Promise<Account>
  /** In an account, by somebody who may; `given` goes into the body. Without a password there is nothing to hash. */
  addUser(by: Person, accountId: number, given?: Record<string, unknown>): Promise<Person>
  /** A Base CRM instance of this person. */
  provision(by: Person, name?: string): Promise<{ id: number; token: string }>
  signIn(username: string, password: string): Promise<Answer>
  as(person: Pick<Person, 'authorization'>): Ask
}

export interface Person {
  id: number
  email: string
  accountId: number
  organizationId: number
  /** `User …, Organization …` */
  authorization: string
  organizationSecret: string
  secret: string
  /** as the call that made this person answered it */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any
}

export interface Account {
  id: number
  name: string
}

export interface Organization {
  id: number
  name: string
  admin: Person
  password: string
  defaultAccount: Account
  /** the whole answer */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any
}

/** Members that go over those of the request. */
export interface SignUp {
  organization?: Record<string, unknown>
  account?: Record<string, unknown>
  user?: Record<string, unknown>
}

/** One call with somebody's secrets. */
export type Ask = (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Answer>

/** Satisfies the default policy, and holds none of the names that are made here. */
export const PASSWORD = 'Quite-good-1'

export async function meetPeople(hub: TestHub): Promise<People> {
  let counter = 0
  const anybody = (): Record<string, unknown> => {
    const number = ++counter
    return { firstName: `Given${number}`, lastName: `Family${number}`, email: `person-${number}@example.com` }
  }
  const as = ({ authorization }: Pick<Person, 'authorization'>): Ask => {
    return (method, path, body, options) => hub.call(method, path, { authorization, body, ...options })
  }
  const signIn = (username: string, password: string) =>
    hub.call('POST', '/authentication', { authorization: null, body: { username, password } })
  const { body: me } = expectOk(await signIn(ADMIN.email, ADMIN.password))
  const first: Person = {
    ...me,
    email: ADMIN.email,
    authorization: hub.authorization,
    organizationSecret: /Organization (\S+)/.exec(hub.authorization)?.[1] ?? '',
    secret: /User ([^\s,]+)/.exec(hub.authorization)?.[1] ?? '',
    body: me,
  }

  return {
    as,
    first,
    signIn,

    async signUp(name, given = {}) {
      const { body } = expectOk(
        await hub.call('POST', '/customers/signup', {
          body: {
            organization: { name, ...given.organization },
            account: { name: `${name} main`, externalId: `${name}-main`, description: `Of ${name}`, ...given.account },
            user: { ...anybody(), password: PASSWORD, roles: [{ key: 'org-admin' }], ...given.user },
          },
        }),
      )
      const { organization, account, user } = body
      const admin = toPerson(user, account.id, organization.id, organization.secret)
      return { id: organization.id, name, admin, password: PASSWORD, defaultAccount: account, body }
    },

    async addAccount(by, name) {
      return expectOk(await as(by)('POST', '/accounts', { name, externalId: name })).body
    },

    async addUser(by, accountId, given = {}) {
      const { body } = expectOk(await as(by)('POST', `/accounts/${accountId}/users`, { ...anybody(), ...given }))
      return toPerson(body, accountId, by.organizationId, by.organizationSecret)
    },

    async provision(by, name = 'Base') {
      const instance = {
        name,
        element: { key: 'base' },
        providerData: { code: await hub.obtainCode() },
        configuration: {
          'oauth.api.key': 'test-key',
          'oauth.api.secret': 'test-secret',
          'oauth.callback.url': CALLBACK,
        },
      }
      return expectOk(await as(by)('POST', '/instances', instance)).body
    },
  }
}

function toPerson(
  user: { id: number; email: string; secret: string },
  accountId: number,
  organizationId: number,
  organizationSecret: string,
): Person {
  return {
    id: user.id,
    email: user.email,
    accountId,
    organizationId,
    authorization: `User ${user.secret}, Organization ${organizationSecret}`,
    organizationSecret,
    secret: user.secret,
    body: user,
  }
}
