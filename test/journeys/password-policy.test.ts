import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../support/hub.ts'
import { addColleague, addOrganization, organizationSecretOf, type Person } from './people.ts'

/** What an organization asks of passwords, and where it is asked (spec 50 §8). */
let hub: TestHub
let stranger: Person
let member: Person

const PATH = '/organizations/password-policies'
const DEFAULT = {
  minLength: 8,
  minUppercase: 1,
  minLowercase: 1,
  minNumbers: 1,
  minSymbols: 1,
  symbolCharacterSet: expect.stringContaining('!'),
  previousPasswordCount: 0,
  expirationDays: 0,
}
const DATE = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
const as = ({ authorization }: Person) => ({ authorization })
const put = async (body: object) => hub.call('PUT', PATH, { body })

beforeAll(async () => {
  hub = await startTestHub()
  const own = { organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization), accountId: 2 }
  stranger = await addOrganization(hub.hub.store, 'Stranger')
  member = await addColleague(hub.hub.store, { ...own, name: 'Member' })
})
beforeEach(async () => {
  expectOk(await hub.call('DELETE', PATH))
})
afterAll(() => hub.close())

describe('the policy', () => {
  test('is the default until there is one, and again when it is gone', async () => {
    expect(expectOk(await hub.call('GET', PATH)).body).toEqual(DEFAULT)
    expectOk(await put({ minLength: 20 }))
    expect(expectOk(await hub.call('DELETE', PATH)).text).toBe('')
    expect((await hub.call('GET', PATH)).body).toEqual(DEFAULT)
  })

  test('answers all its members, keeps what is not named, and is of one organization', async () => {
    const wanted = { ...DEFAULT, minLength: 10, minNumbers: 2, symbolCharacterSet: '!?', expirationDays: 1000 }
    const first = expectOk(await put({ ...wanted, previousPasswordCount: 3 })).body
    expect(first).toEqual({ ...wanted, previousPasswordCount: 3, createdDt: DATE, updatedDt: DATE })
    const second = expectOk(await put({ ...first, previousPasswordCount: 0 })).body
    expect(second).toMatchObject({ ...wanted, createdDt: first.createdDt })
    expect(expectOk(await put({ minSymbols: 0 })).body).toMatchObject({ ...wanted, minSymbols: 0 })
    expect((await hub.call('GET', PATH, as(stranger))).body).toEqual(DEFAULT)
    expect((await hub.call('GET', PATH, as(member))).body).toMatchObject({ minLength: 10 })
  })

  test('is changed by who holds modifySecurity', async () => {
    for (const method of ['PUT', 'DELETE'])
      expectError(await hub.call(method, PATH, { ...as(member), body: { minLength: 5 } }), 403)
  })

  for (const [name, low, high, refused] of [
    ['minLength', 8, 128, [7, 129]],
    ['minUppercase', 0, 10, [-1, 11]],
    ['minLowercase', 0, 10, [-1, 11]],
    ['minNumbers', 0, 10, [-1, 11]],
    ['minSymbols', 0, 10, [-1, 11]],
    ['previousPasswordCount', 0, 9, [-1, 10]],
    ['expirationDays', 0, 36_500, [-1, 1e12]],
  ] as const) {
    test(`${name}: from ${low} to ${high}`, async () => {
      for (const value of [low, high]) expect(expectOk(await put({ [name]: value })).body[name]).toBe(value)
      for (const value of [...refused, 1.5, 'many', null, [], true]) {
        expect(expectError(await put({ [name]: value }), 400).body.message).toContain(name)
      }
      expect((await hub.call('GET', PATH)).body[name]).toBe(high)
    })
  }

  for (const [name, body] of [
    ['null', { symbolCharacterSet: null }],
    ['a number', { symbolCharacterSet: 5 }],
    ['endless', { symbolCharacterSet: '!'.repeat(201) }],
    ['empty, while symbols are asked for', { symbolCharacterSet: '' }],
  ] as const) {
    test(`symbolCharacterSet cannot be ${name}`, async () => {
      expect(expectError(await put(body), 400).body.message).toContain('symbolCharacterSet')
    })
  }

  test('members that it does not have are not looked at', async () => {
    const body = JSON.parse('{"minLength": 9, "id": 5, "constructor": 1, "__proto__": {"minNumbers": 9}}')
    expect(expectOk(await put(body)).body).toEqual({ ...DEFAULT, minLength: 9, createdDt: DATE, updatedDt: DATE })
  })
})

describe('where it is asked', () => {
  const user = (password: string) => ({
    email: `${password.length}-${Math.random()}@example.com`,
    firstName: 'Grace',
    lastName: 'Hopper',
    password,
  })
  const create = (password: string) => hub.call('POST', '/organizations/users', { body: user(password) })
  const patch = (password: string) => hub.call('PATCH', `/users/${member.userId}`, { body: { password } })
  const change = (password: string) =>
    hub.call('POST', '/authentication/passwords', { ...as(member), body: { password } })

  test('whoever sets a password, and however', async () => {
    const [weak, strong] = ['Wanted-1', 'Wanted-but-l0ng']
    for (const set of [create, patch, change]) expectOk(await set(weak))
    expectOk(await put({ minLength: 15 }))
    for (const set of [create, patch, change]) {
      expect(expectError(await set(weak), 400).body.message).toContain('at least 15')
      expectOk(await set(strong))
    }
    expectOk(await hub.call('DELETE', PATH))
    for (const set of [create, patch, change]) expectOk(await set(weak))
  })

  test('none of the last passwords, as many as the policy says, the present one among them', async () => {
    expectOk(await put({ previousPasswordCount: 3 }))
    const number = (n: number) => `Same-wor1d-${n}`
    for (const n of [1, 2, 3]) expectOk(await change(number(n)))
    for (const n of [1, 2, 3]) {
      for (const set of [patch, change])
        expect(expectError(await set(number(n)), 400).body.message).toContain('none of the last 3 passwords')
    }
    expectOk(await change(number(4)))
    expectOk(await change(number(1)))
    expectError(await change(number(4)), 400)
    expectOk(await put({ previousPasswordCount: 1 }))
    expectError(await change(number(1)), 400)
    expectOk(await change(number(4)))
    expectOk(await put({ previousPasswordCount: 0 }))
    expectOk(await change(number(4)))
  })
})
