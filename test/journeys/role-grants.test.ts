import { setImmediate as nextTurn } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { createIdentifier } from '../../src/accounts/identify.ts'
import { grantRoles } from '../../src/accounts/roles/grant-role.ts'
import { openStore, type Store } from '../../src/store/database.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { addColleague, addOrganization, addPerson, organizationSecretOf, type Person, userSecretOf } from './people.ts'

/** Who may give which role to whom, in which order it is checked, and when it counts (spec 50 §6, 00 §15). */
let hub: TestHub
let other: Store
let stranger: Person
/** of the default account, without a role */
let member: Person
/** of another account, without a role, and its administrator */
let guest: Person
let guestAdmin: Person

const ADMIN_USER = 2
const DEFAULT_ACCOUNT = 2
const as = ({ authorization }: Person) => ({ authorization })
const roles = (person: Person, key = '') => `/users/${person.userId}/roles${key && `/${key}`}`
const keysOf = ({ body }: Answer) => body.map(({ key }: { key: string }) => key)
/** an element that anybody with `createElements` may make; `{}` is refused, but only after the privilege was asked for */
const mayCreateElements = async (person: Person) =>
  (await hub.call('POST', '/elements', { ...as(person), body: {} })).status !== 403

beforeAll(async () => {
  hub = await startTestHub()
  const { store } = hub.hub
  other = await openStore({ url: hub.databaseUrl, keyRing: store.keyRing, log: pino({ level: 'silent' }) })
  const own = { organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization) }
  stranger = await addOrganization(store, 'Stranger')
  member = await addColleague(store, { ...own, accountId: DEFAULT_ACCOUNT, name: 'Member' })
  guest = await addPerson(store, { ...own, name: 'Guest' })
  guestAdmin = await addColleague(store, { ...own, accountId: guest.accountId, name: 'Guest Admin', roles: ['admin'] })
})
afterAll(async () => {
  await other.close()
  await hub.close()
})

describe('roles of a user', () => {
  test('who holds none has the implicit one of his account, with its privileges', async () => {
    const answer = expectOk(await hub.call('GET', roles(member), as(member)))
    expect(answer.body).toEqual([
      {
        id: expect.any(Number),
        key: 'org',
        name: 'Organization User',
        description: expect.any(String),
        active: true,
        hide: false,
        features: [],
        privileges: expect.arrayContaining([
          {
            id: expect.any(Number),
            key: 'createElements',
            name: expect.any(String),
            description: expect.any(String),
            category: 'elements',
            active: true,
            hide: false,
            createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
          },
        ]),
      },
    ])
    expect(answer.headers.get('elements-returned-count')).toBe('1')
    expect(keysOf(await hub.call('GET', roles(guest)))).toEqual(['default-user'])
  })

  test('others of the account and administrators of the organization read them, nobody else', async () => {
    expectOk(await hub.call('GET', roles(guest), as(guestAdmin)))
    expectError(await hub.call('GET', roles(member), as(guest)), 403)
    expectError(await hub.call('GET', roles(member), as(stranger)), 403)
    expectError(await hub.call('GET', `/users/-1/roles`), 404)
    expectError(await hub.call('GET', `/users/99999999999999/roles`), 404)
  })

  test('a grant answers the role and is listed; the second time is refused; taken away it is gone', async () => {
    const granted = expectOk(await hub.call('PUT', roles(member, 'admin')))
    expect(granted.body).toMatchObject({ key: 'admin', name: 'Administrator' })
    expect(granted.body.privileges).not.toEqual([])
    expect(keysOf(await hub.call('GET', roles(member)))).toEqual(['admin'])
    expectError(await hub.call('PUT', roles(member, 'admin')), 409)
    expect(expectOk(await hub.call('DELETE', roles(member, 'admin'))).text).toBe('')
    expectError(await hub.call('DELETE', roles(member, 'admin')), 404)
    expect(keysOf(await hub.call('GET', roles(member)))).toEqual(['org'])
  })
})

describe('what is refused, and in which order', () => {
  const nobody = '/users/-1/roles'
  for (const [name, path, caller, status] of [
    ['an unknown role', () => roles(member, 'foo'), undefined, 400],
    ['an unknown role comes before an unknown user', () => `${nobody}/foo`, undefined, 400],
    ['an unknown user', () => `${nobody}/admin`, undefined, 404],
    ['an unknown user comes before a role that is nobody’s to grant', () => `${nobody}/sys-admin`, undefined, 404],
    ['a user of another organization', () => roles(stranger, 'admin'), undefined, 403],
    ['the caller himself', () => `/users/${ADMIN_USER}/roles/admin`, undefined, 403],
    ['the caller himself, a role he has already', () => `/users/${ADMIN_USER}/roles/org-admin`, undefined, 403],
    ['sys-admin', () => roles(member, 'sys-admin'), undefined, 403],
    ['customer-admin, which the caller holds', () => roles(member, 'customer-admin'), undefined, 403],
    ['vdrAdmin, which the caller holds', () => roles(member, 'vdrAdmin'), undefined, 403],
    ['org-admin outside the default account', () => roles(guest, 'org-admin'), undefined, 403],
    ['a user of another account', () => roles(member, 'admin'), () => guestAdmin, 403],
    ['org-admin by an account administrator', () => roles(guest, 'org-admin'), () => guestAdmin, 403],
    ['an unknown role by somebody who may grant none', () => roles(member, 'foo'), () => guest, 403],
    ['an unknown user by somebody who may grant none', () => `${nobody}/admin`, () => member, 403],
  ] as [string, () => string, (() => Person) | undefined, number][]) {
    test(`${name}: ${status}, granting and taking away alike`, async () => {
      for (const method of ['PUT', 'DELETE'])
        expectError(await hub.call(method, path(), caller ? as(caller()) : {}), status)
    })
  }

  test('an account administrator grants within his account what allows no more than he may', async () => {
    expectOk(await hub.call('PUT', roles(guest, 'admin'), as(guestAdmin)))
    expectOk(await hub.call('DELETE', roles(guest, 'admin'), as(guestAdmin)))
    const db = hub.hub.store.db.withTables<AccountsTables>()
    const raised = (privileges: string[]) =>
      hub.hub.store.changes.transaction(async (trx, publish) => {
        const role = trx.withTables<AccountsTables>().updateTable('roles').set({ privileges })
        await role.where('organization_id', '=', 2).where('key', '=', 'account').execute()
        publish({ topic: 'organization', key: '2' })
      })
    const account = db.selectFrom('roles').select('privileges').where('organization_id', '=', 2)
    const { privileges } = await account.where('key', '=', 'account').executeTakeFirstOrThrow()
    await raised([...privileges, 'modifySecurity'])
    expectError(await hub.call('PUT', roles(guest, 'account'), as(guestAdmin)), 403)
    await raised(privileges)
    expectOk(await hub.call('PUT', roles(guest, 'account'), as(guestAdmin)))
    expectOk(await hub.call('DELETE', roles(guest, 'account'), as(guestAdmin)))
  })

  test('an account administrator of the default account takes nothing from administrators of the organization', async () => {
    expectOk(await hub.call('PUT', roles(member, 'admin')))
    expectError(await hub.call('DELETE', `/users/${ADMIN_USER}/roles/org-admin`, as(member)), 403)
    expectOk(await hub.call('DELETE', roles(member, 'admin')))
  })
})

describe('roles of an account', () => {
  const path = (key = '', account = guest.accountId) => `/accounts/${account}/roles${key && `/${key}`}`

  test('are those of all its users, beside their own', async () => {
    expect(expectOk(await hub.call('GET', path())).body).toEqual([])
    expect(expectOk(await hub.call('PUT', path('account'))).body).toMatchObject({ key: 'account' })
    expectError(await hub.call('PUT', path('account')), 409)
    expect(keysOf(expectOk(await hub.call('GET', path(), as(guestAdmin))))).toEqual(['account'])
    expect(keysOf(await hub.call('GET', roles(guest)))).toEqual(['account'])
    expect(keysOf(await hub.call('GET', roles(guestAdmin)))).toEqual(['admin', 'account'])
    expectOk(await hub.call('DELETE', roles(guest, 'account')))
    expect(keysOf(await hub.call('GET', roles(guest))), 'only grants to the user itself are taken').toEqual(['account'])
    expectOk(await hub.call('DELETE', path('account')))
    expectError(await hub.call('DELETE', path('account')), 404)
    expect(keysOf(await hub.call('GET', roles(guest)))).toEqual(['default-user'])
  })

  for (const [name, account, key, caller, status] of [
    ['an unknown role', () => 1, 'foo', undefined, 400],
    ['an unknown account', () => -1, 'admin', undefined, 404],
    ['an account of another organization', () => stranger.accountId, 'admin', undefined, 403],
    ['sys-admin', () => guest.accountId, 'sys-admin', undefined, 403],
    ['org-admin outside the default account', () => guest.accountId, 'org-admin', undefined, 403],
    ['by an account administrator', () => guest.accountId, 'account', () => guestAdmin, 403],
  ] as [string, () => number, string, (() => Person) | undefined, number][]) {
    test(`${name}: ${status}`, async () => {
      for (const method of ['PUT', 'DELETE'])
        expectError(await hub.call(method, path(key, account()), caller ? as(caller()) : {}), status)
    })
  }

  test('are read by administrators of the account or organization', async () => {
    expectError(await hub.call('GET', path(), as(guest)), 403)
    expectError(await hub.call('GET', path(''), as(stranger)), 403)
    expectError(await hub.call('GET', '/accounts/-1/roles'), 404)
  })
})

describe('the last administrator', () => {
  test('two who take the role from each other at once: one is left', async () => {
    for (let round = 0; round < 5; round += 1) {
      expectOk(await hub.call('PUT', roles(member, 'org-admin')))
      const both = await Promise.all([
        hub.call('DELETE', roles(member, 'org-admin')),
        hub.call('DELETE', `/users/${ADMIN_USER}/roles/org-admin`, as(member)),
      ])
      const statuses = both.map(({ status }) => status).toSorted()
      expect([
        [200, 409],
        [200, 403], // the second was asked for when the first had happened
      ]).toContainEqual(statuses)
      const left = await hub.hub.store.db
        .withTables<AccountsTables>()
        .selectFrom('user_roles')
        .select('user_id')
        .where('role_key', '=', 'org-admin')
        .where('user_id', 'in', [ADMIN_USER, member.userId])
        .execute()
      expect(left).toHaveLength(1)
      if (left[0]?.user_id !== member.userId) continue
      expectOk(await hub.call('PUT', `/users/${ADMIN_USER}/roles/org-admin`, as(member)))
      expectOk(await hub.call('DELETE', roles(member, 'org-admin')))
    }
  })

  test('an account gives up org-admin only when somebody holds it otherwise', async () => {
    const path = `/accounts/${DEFAULT_ACCOUNT}/roles/org-admin`
    expectOk(await hub.call('PUT', path))
    expectOk(await hub.call('DELETE', `/users/${ADMIN_USER}/roles/org-admin`, as(member)))
    const refused = expectError(await hub.call('DELETE', path), 409)
    expect(refused.body.message).toMatch(/^Nobody would be left who can administer the organization/)
    expectOk(await hub.call('PUT', `/users/${ADMIN_USER}/roles/org-admin`, as(member)))
    expectOk(await hub.call('DELETE', path))
    expectError(await hub.call('PUT', roles(guest, 'admin'), as(member)), 403)
  })
})

describe('when it counts', () => {
  test('on the very next request here, within 250 ms in another process', async () => {
    const db = hub.hub.store.db.withTables<AccountsTables>()
    const powerless = { organization_id: 2, key: 'powerless', name: 'Powerless', privileges: [] }
    await db.insertInto('roles').values(powerless).execute()
    const there = createIdentifier(other)
    const credentials = {
      user: userSecretOf(guest.authorization),
      organization: organizationSecretOf(hub.authorization),
    }
    const mayThere = async () => (await there.identify(credentials)).privileges.has('createElements')
    for (const grant of [roles(guest), `/accounts/${guest.accountId}/roles`]) {
      expect([await mayCreateElements(guest), await mayThere()]).toEqual([true, true])
      expectOk(await hub.call('PUT', `${grant}/powerless`))
      const at = performance.now()
      expect(await mayCreateElements(guest)).toBe(false)
      await within250ms(at, async () => !(await mayThere()))
      expectOk(await hub.call('DELETE', `${grant}/powerless`))
      expect(await mayCreateElements(guest)).toBe(true)
      await within250ms(performance.now(), mayThere)
    }
  })
})

describe('roles of a user that is made or changed', () => {
  const holder = (person: Person, defaultAccount: boolean) => ({
    userId: person.userId,
    accountId: person.accountId,
    organizationId: person.organizationId,
    defaultAccount,
  })
  const grant = async (caller: Person | undefined, user: Person, keys: string[]) => {
    const [user_, organization] = [caller?.authorization ?? hub.authorization, hub.authorization]
    const credentials = { user: userSecretOf(user_), organization: organizationSecretOf(organization) }
    const somebody = await createIdentifier(hub.hub.store).identify(credentials)
    await hub.hub.store.changes.transaction(async (trx, publish) => {
      await grantRoles(
        trx.withTables<AccountsTables>(),
        somebody,
        holder(user, user.accountId === DEFAULT_ACCOUNT),
        keys,
      )
      publish({ topic: 'user', key: String(user.userId) })
    })
  }

  test('what the user has already may be named again, by whomever', async () => {
    await grant(guest, guest, ['default-user'])
    await grant(guest, guest, [])
    expect(keysOf(await hub.call('GET', roles(guest)))).toEqual(['default-user'])
    await grant(undefined, guest, ['default-user', 'account', 'account'])
    expect(keysOf(await hub.call('GET', roles(guest)))).toEqual(['default-user', 'account'])
    await grant(guest, guest, ['default-user', 'account'])
    for (const key of ['default-user', 'account']) expectOk(await hub.call('DELETE', roles(guest, key)))
  })

  for (const [name, caller, user, keys, code] of [
    ['an unknown role', () => undefined, () => guest, ['admin', 'foo'], 'ROLE_UNKNOWN'],
    ['a role above the caller’s own', () => guest, () => guestAdmin, ['account', 'org-admin'], 'FORBIDDEN'],
    ['a role of the server', () => undefined, () => guest, ['customer-admin'], 'FORBIDDEN'],
    ['one more for the caller himself', () => guestAdmin, () => guestAdmin, ['account'], 'FORBIDDEN'],
    ['the administrator’s by somebody who is none', () => guest, () => guest, ['admin'], 'FORBIDDEN'],
  ] as [string, () => Person | undefined, () => Person, string[], string][]) {
    test(`${name} is refused, and nothing is granted`, async () => {
      const before = await hub.call('GET', roles(user()))
      await expect(grant(caller(), user(), keys)).rejects.toMatchObject({ code })
      expect((await hub.call('GET', roles(user()))).body).toEqual(before.body)
    })
  }
})

async function within250ms(since: number, isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) {
    if (performance.now() > since + 250) throw new Error('not within 250 ms')
    await nextTurn()
  }
}
