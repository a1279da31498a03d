import { expect, test } from 'vitest'
import { elementOf, row } from '../../test/support/engine.ts'
import { isSecretKey, secretValues } from './secret-keys.ts'

const element = elementOf({
  configuration: [
    row('username'),
    row('password', undefined, { type: 'PASSWORD' }),
    row('pin', undefined, { type: 'PASSWORD' }),
    row('api.token', undefined, { type: 'TEXTFIELD_128' }),
    row('untyped.secret'),
    row('oauth.api.key', undefined, { type: 'TEXTFIELD_128' }),
  ],
})

for (const [key, expected, why] of [
  ['password', true, 'declared as PASSWORD'],
  ['pin', true, 'declared as PASSWORD, whatever its name'],
  ['username', false, 'clear by spec 10 §4.4'],
  ['api.token', false, 'the element declares it as text'],
  ['untyped.secret', false, 'declared, text is the default type'],
  ['oauth.api.key', true, 'always'],
  ['oauth.api.secret', true, 'always, also undeclared'],
  ['oauth.user.token', true, 'always'],
  ['oauth.user.refresh_token', true, 'always'],
  ['oauth.user.token.secret', true, 'always'],
  ['aws.api.secret', true, 'always'],
  ['base64.encoded.jks', true, 'always'],
  ['jks.password', true, 'always'],
  ['aws.region', false, 'a place'],
  ['oauth.user.refresh_time', false, 'a time'],
  ['oauth.callback.url', false, 'an address'],
  ['my.client.secret', true, 'undeclared with a name that says so'],
  ['x-api-key', true, 'undeclared with a name that says so'],
  ['subdomain', false, 'undeclared and harmless'],
  ['constructor', false, 'no name of every object'],
] as const) {
  test(`${key} is ${expected ? 'secret' : 'not secret'}: ${why}`, () => {
    expect(isSecretKey(element, key)).toBe(expected)
  })
}

test('every secret an instance holds, without empty ones', () => {
  const values = { username: 'ada', password: 'p', pin: '', 'oauth.user.token': 't', 'oauth.api.secret': null }
  expect(secretValues(element, values)).toEqual(['p', 't'])
})
