import { expect, test } from 'vitest'
import { readUserInput } from './user-input.ts'

test('members become columns; what is not named is not there', () => {
  expect(readUserInput({ firstName: ' Ada ', stateProvince: 'Kent', phone: null, active: 'true' })).toEqual({
    columns: { first_name: 'Ada', state_province: 'Kent', phone: null },
    password: undefined,
    active: true,
    roles: [],
  })
})

test('a whole object that was read changes nothing by what only answers have', () => {
  const answer = {
    id: 7,
    accountId: 3,
    fullName: 'Someone Else',
    username: 'other@example.com',
    createdDate: '2019-04-02',
    lastLoginDate: '1970-01-01',
    accountExpired: true,
    enabled: false,
    secret: 'x',
    password: 'secured',
    roles: [{ id: 1, key: 'org', privileges: [{ key: 'viewElements' }] }],
  }
  expect(readUserInput(answer)).toEqual({ columns: {}, password: undefined, active: undefined, roles: ['org'] })
})

for (const [name, body, complaint] of [
  ['no address', { email: 'ada' }, 'email: expected an e-mail address'],
  ['blanks in it', { email: 'a da@example.com' }, 'email: expected an e-mail address'],
  ['a long one', { email: `${'a'.repeat(243)}@example.com` }, 'email: expected an e-mail address of at most 254'],
  ['a password that is none', { password: 17 }, 'password: expected text'],
  ['a password to choke on', { password: 'x'.repeat(201) }, 'password must have at most 200 characters'],
  ['roles that are no list', { roles: 'admin' }, 'roles: expected a list'],
  ['roles without keys', { roles: [{ key: 'a' }, {}] }, 'roles[1].key: expected the key of a role'],
  ['a hundred roles and one', { roles: Array(101).fill({ key: 'a' }) }, 'roles: expected a list of at most 100'],
] as const) {
  test(`${name} is refused`, () => expect(() => readUserInput(body)).toThrow(complaint))
}
