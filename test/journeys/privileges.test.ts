import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../support/hub.ts'
import { type Ask, meetPeople, type People, type Person } from '../support/people.ts'

/**
 * Each privilege × the calls it guards (spec 50 §7): somebody with all privileges but this one gets 403, somebody with
 * this one alone gets the answer that the call deserves. Most calls are about what does not exist or carry no body, so
 * the table also shows that the privilege is looked at first: 403 comes before 404 and 400.
 */
let hub: TestHub
let people: People
let admin: Ask
/** without a role of its own: has what the definition of the role `org` says */
let actor: Person
let roleId: number
let own: number

const KEYS = [
  ...['Formulas', 'Elements', 'CommonObjects', 'UsersAccount', 'UsersOrg'].flatMap((noun) =>
    ['view', noun.startsWith('Users') ? 'add' : 'create', 'edit', 'delete'].map((verb) => verb + noun),
  ),
  ...['createFormulaInstances', 'createElementInstances', 'manageUiBranding', 'viewLogsOrg', 'viewLogsAccount'],
  ...['modifySecurity', 'configureRoles'],
]

beforeAll(async () => {
  hub = await startTestHub()
  people = await meetPeople(hub)
  const { admin: administrator, defaultAccount } = await people.signUp('Privy')
  admin = people.as(administrator)
  actor = await people.addUser(administrator, defaultAccount.id)
  const roles = expectOk(await admin('GET', '/organizations/roles')).body
  roleId = roles.find(({ key }: { key: string }) => key === 'org').id
  const element = {
    name: 'Guarded',
    description: 'Guarded',
    authentication: { type: 'custom' },
    configuration: [{ key: 'base.url', name: 'Base URL', defaultValue: 'https://api.guarded.example' }],
  }
  own = expectOk(await people.as(actor)('POST', '/elements', element)).body.id
})
afterAll(() => hub.close())

async function grant(keys: readonly string[]): Promise<Ask> {
  const privileges = keys.map((key) => ({ key }))
  expectOk(await admin('PUT', `/organizations/roles/${roleId}`, { privileges }))
  return people.as(actor)
}

/** A call, and what it answers to somebody who may: `{own}` is an element, `{account}` and `{user}` are the caller's. */
type Call = [call: string, status: number | number[], body?: unknown]
/** about what may not be there */
const FOUND_OR_NOT = [200, 404]
const gets = (status: number | number[], ...paths: string[]): Call[] => paths.map((path) => [`GET ${path}`, status])

const ELEMENT_LISTS = ['configuration', 'resources', 'hooks', 'parameters', 'models']
const PART_LISTS = ['hooks', 'parameters', 'models'].map((list) => `resources/-1/${list}`)

/** Has what any part of an element needs. */
const PART = {
  key: 'x',
  name: 'x',
  method: 'GET',
  path: '/x',
  type: 'preRequest',
  vendorName: 'x',
  vendorType: 'query',
  body: 'done()',
}

const LEVELS = ['/organizations', '/accounts', '/accounts/{account}', '/instances/-1']
const MAPPED_AT = ['/organizations/elements/base', '/accounts/elements/{own}', '/instances/-1']

/** What is needed, any one of it → the calls. */
const GUARDS: [needed: string[], calls: Call[]][] = [
  [
    ['viewFormulas'],
    [...gets(200, '/formulas'), ...gets(404, '/formulas/-1', '/formulas/-1/export', '/formulas/-1/steps')],
  ],
  [
    ['viewElements'],
    [
      ...gets(
        200,
        '/elements',
        '/elements/keys',
        '/elements/metadata',
        '/elements/base',
        '/elements/201',
        '/elements/{own}',
      ),
      ...gets(200, '/elements/{own}/export', '/elements/base/metadata', '/elements/base/authentication-types'),
      ...gets(200, ...ELEMENT_LISTS.map((list) => `/elements/{own}/${list}`)),
      ...gets(404, '/elements/-1', '/elements/nothere', '/elements/-1/export', '/elements/-1/metadata'),
      ...gets(404, ...ELEMENT_LISTS.map((list) => `/elements/-1/${list}`)),
      ...gets(404, ...ELEMENT_LISTS.map((list) => `/elements/{own}/${list}/-1`)),
      ...gets(404, ...PART_LISTS.map((list) => `/elements/{own}/${list}`)),
    ],
  ],
  [
    ['createElements'],
    [
      ['POST /elements', 400, {}],
      ['POST /elements', 400, []],
      ['POST /elements/-1/clone', 404],
    ],
  ],
  [
    ['editElements'],
    [
      ['PUT /elements/-1', 404, { name: 'x' }],
      ['PATCH /elements/-1', 404, { name: 'x' }],
      ['PUT /elements/{own}', 400, []],
      ['PUT /elements/{own}/active', 200],
      ['DELETE /elements/{own}/active', 200],
      ['PUT /elements/-1/active', 404],
      ...[...ELEMENT_LISTS.map((list) => `-1/${list}`), ...PART_LISTS.map((list) => `{own}/${list}`)].map(
        (list): Call => [`POST /elements/${list}`, 404, PART],
      ),
      ...[...ELEMENT_LISTS, 'resources/-1/hooks', 'resources/-1/parameters'].flatMap((list): Call[] => [
        [`PUT /elements/{own}/${list}/-1`, 404, PART],
        [`DELETE /elements/{own}/${list}/-1`, 404],
      ]),
    ],
  ],
  [
    ['deleteElements'],
    [
      ['DELETE /elements/-1', 404],
      ['DELETE /elements/nothere', 404],
    ],
  ],
  [
    ['createElementInstances'],
    [
      ['POST /instances', 400, {}],
      ['POST /elements/base/instances', 400, {}],
      ['POST /elements/-1/instances', 404, { name: 'x' }],
      ['PUT /elements/base/instances/-1', 404, { name: 'x' }],
      ['PUT /elements/-1/instances/-1', 404, { name: 'x' }],
    ],
  ],
  [
    ['manageUiBranding'],
    [
      ['PUT /organizations/branding', 400, {}],
      ['DELETE /organizations/branding', FOUND_OR_NOT],
    ],
  ],
  [
    ['viewCommonObjects'],
    [
      ...gets(200, '/vdrs', '/vdrs/snippets'),
      ...gets(404, '/vdrs/-1', '/vdrs/-1/export', '/vdrs/-1/transformations', '/vdrs/-1/transformations/-1'),
      ...gets(404, '/vdrs/snippets/-1'),
    ],
  ],
  [
    ['createCommonObjects'],
    [
      ['POST /vdrs', 400, {}],
      ['POST /vdrs/-1/clone', 404, {}],
      ['POST /vdrs/-1/transformations', 404, {}],
      ['POST /vdrs/snippets', 400, {}],
    ],
  ],
  [['createCommonObjects', 'editCommonObjects'], [['PUT /vdrs/import', 400, {}]]],
  [
    ['editCommonObjects'],
    [
      ['PUT /vdrs/-1', 404, { fields: [] }],
      ['PUT /vdrs/-1/transformations/-1', 404, { vendorName: 'x' }],
      ['PUT /vdrs/snippets/-1', 404, { name: 'x' }],
    ],
  ],
  [
    ['deleteCommonObjects'],
    [
      ['DELETE /vdrs/-1', 404],
      ['DELETE /vdrs/-1/transformations/-1', 404],
      ['DELETE /vdrs/snippets/-1', 404],
    ],
  ],
  [
    ['viewUsersAccount'],
    [
      ...gets(200, '/accounts/{account}/users', '/accounts/{account}/users/{user}'),
      ...gets(404, '/accounts/{account}/users/-1', '/accounts/{account}/users/nobody@example.com'),
    ],
  ],
  [
    ['addUsersAccount'],
    [
      ['POST /accounts/{account}/users', 400, {}],
      ['POST /accounts/{account}/users', 400, []],
    ],
  ],
  [
    ['editUsersAccount'],
    [
      ['PATCH /accounts/{account}/users/-1', 404, { city: 'x' }],
      ['PUT /accounts/{account}/users/-1', 404, { city: 'x' }],
    ],
  ],
  [['deleteUsersAccount'], [['DELETE /accounts/{account}/users/-1', 404]]],
  [
    ['viewUsersOrg'],
    [
      ...gets(200, '/organizations/users', '/organizations/users/{user}'),
      ...gets(404, '/organizations/users/-1', '/organizations/users/nobody@example.com'),
    ],
  ],
  [
    ['addUsersOrg'],
    [
      ['POST /organizations/users', 400, {}],
      ['POST /organizations/users', 400, []],
    ],
  ],
  [['editUsersOrg', 'editUsersAccount'], [['PATCH /organizations/users/-1', 404, { city: 'x' }]]],
  [['deleteUsersOrg'], [['DELETE /organizations/users/-1', 404]]],
  [
    ['viewLogsOrg', 'viewLogsAccount'],
    gets(
      FOUND_OR_NOT, // a list of logs may be empty, which some lists say by 404 (00 §6)
      ...['', '/authentication', '/elements', '/elements/-1', '/element-instances', '/element-instances/-1'].map(
        (below) => `/audit-logs${below}`,
      ),
      ...['/formulas', '/formula-instances', '/common-resources'].map((below) => `/audit-logs${below}`),
    ),
  ],
  [
    ['viewCommonObjects'],
    [
      ...gets(200, '/common-resources'),
      ...gets(404, '/common-resources/nothere', '/common-resources/nothere/usages'),
      ...LEVELS.flatMap((level) => gets(404, `${level}/objects/definitions`, `${level}/objects/nothere/definitions`)),
      ...MAPPED_AT.flatMap((level) => gets(404, `${level}/transformations`, `${level}/transformations/nothere`)),
      ...gets(404, '/organizations/objects/nothere/transformations', '/organizations/elements/-1/transformations'),
    ],
  ],
  [
    ['createCommonObjects'],
    [
      // the privilege is no right to a level
      ...['/organizations', '/accounts'].flatMap((level): Call[] => [
        [`POST ${level}/objects/definitions`, 403, { x: { fields: [] } }],
        [`POST ${level}/objects/nothere/definitions`, 403, { fields: [] }],
      ]),
      ['POST /instances/-1/objects/nothere/definitions', 404, { fields: [] }],
      ['POST /instances/-1/transformations/nothere', 404, {}],
    ],
  ],
  [
    ['editCommonObjects'],
    [
      ['PUT /instances/-1/objects/nothere/definitions', 404, { fields: [] }],
      ['PATCH /instances/-1/objects/nothere', 404, { objectName: 'x' }],
      ['PUT /instances/-1/transformations/nothere', 404, {}],
      ['PATCH /common-resources/nothere', 404, { name: 'x' }],
    ],
  ],
  [
    ['createCommonObjects', 'editCommonObjects'],
    [
      ['PUT /common-resources', 400, {}],
      ['PUT /transformations', 400, {}],
    ],
  ],
  [
    ['deleteCommonObjects'],
    [
      ['DELETE /common-resources/nothere', 404],
      ['DELETE /instances/-1/objects/nothere/definitions', 404],
      ['DELETE /instances/-1/transformations', 404],
      ['DELETE /instances/-1/transformations/nothere', 404],
    ],
  ],
  [
    ['modifySecurity'],
    [
      ['PUT /organizations/password-policies', 400, { minLength: 7 }],
      ['DELETE /organizations/password-policies', FOUND_OR_NOT],
      ['PUT /organizations/me', 200, { name: 'Privy' }],
    ],
  ],
  [
    ['configureRoles'],
    [
      ['GET /organizations/roles', 200],
      ['PUT /organizations/roles', 400, {}],
      ['PUT /organizations/roles/-1', 404, { privileges: [] }],
      ['PUT /organizations/roles/reset', 200],
    ],
  ],
]

const filled = (path: string) =>
  path.replace('{own}', String(own)).replace('{account}', String(actor.accountId)).replace('{user}', String(actor.id))

for (const [needed, calls] of GUARDS) {
  describe(needed.join(' or '), () => {
    const send = (ask: Ask, call: string, body: unknown) => {
      const [method = '', path = ''] = call.split(' ')
      return ask(method, filled(path), body)
    }

    test('without it: 403, whether the thing exists and whatever the body is', async () => {
      const ask = await grant(KEYS.filter((key) => !needed.includes(key)))
      for (const [call, , body] of calls) expectDenied(await send(ask, call, body), call)
    })

    for (const key of needed) {
      test(`${key} alone is enough`, async () => {
        const ask = await grant([key])
        for (const [call, status, body] of calls) {
          const answer = await send(ask, call, body)
          expect([status].flat(), `${call}: ${answer.text.slice(0, 200)}`).toContain(answer.status)
        }
      })
    }
  })
}

function expectDenied(answer: Awaited<ReturnType<Ask>>, call: string) {
  expect(answer.status, `${call}: ${answer.text.slice(0, 200)}`).toBe(403)
  expectError(answer, 403)
}

describe('nothing at all', () => {
  test('leaves what needs no privilege', async () => {
    const ask = await grant([])
    const free = ['/organizations/me', `/users/${actor.id}/roles`, '/authentication/secrets', '/accounts/settings']
    for (const path of free) expectOk(await ask('GET', path))
    expect((await ask('GET', '/organizations/branding')).status).not.toBe(403)
    // the owner may always delete (R)
    expectError(await ask('DELETE', '/instances/-1'), 404)
  })

  test('denies every guarded call', async () => {
    const ask = await grant([])
    for (const [, calls] of GUARDS) {
      for (const [call, , body] of calls) {
        const [method = '', path = ''] = call.split(' ')
        expectDenied(await ask(method, filled(path), body), call)
      }
    }
  })
})

test('all of them together still leave other accounts and organizations alone', async () => {
  const ask = await grant(KEYS)
  const other = await people.signUp('Other')
  for (const [method, path, body] of [
    ['GET', `/accounts/${other.defaultAccount.id}/users`],
    ['POST', `/accounts/${other.defaultAccount.id}/users`, { firstName: 'A', lastName: 'B', email: 'ab@example.com' }],
    ['GET', `/users/${other.admin.id}/roles`],
    ['PUT', `/users/${other.admin.id}/roles/admin`],
    ['GET', `/organizations/${other.id}/accounts`],
  ] as const)
    expectDenied(await ask(method, path, body), `${method} ${path}`)
})
