import { describe, expect, test } from 'vitest'
import { elementOf, resource } from '../../../test/support/engine.ts'
import type { Resource } from '../../model/element.ts'
import { compile } from '../compile.ts'
import { canRefresh, isRefreshDue } from './refresh-due.ts'

const AT = new Date('2024-05-01T10:00:00Z')
const ago = (seconds: number) => String(AT.getTime() - seconds * 1000)
const planOf = (type: string, resources: Resource[] = []) => compile(elementOf({ authentication: { type }, resources }))
const ENDPOINT = { 'oauth.token.url': 'https://v.test/token' }
const due = (configuration: Record<string, string | null>, type = 'oauth2') =>
  isRefreshDue(planOf(type), { ...ENDPOINT, 'oauth.user.refresh_token': 'r', ...configuration }, AT)

describe('whether a token is renewed before use (spec 10 §5.6)', () => {
  for (const [name, configuration, expected] of [
    ['fresh', { 'oauth.user.refresh_time': ago(10), 'oauth.user.refresh_interval': '3600' }, false],
    ['run out', { 'oauth.user.refresh_time': ago(3600), 'oauth.user.refresh_interval': '3600' }, true],
    ['a minute before the end', { 'oauth.user.refresh_time': ago(3540), 'oauth.user.refresh_interval': '3600' }, true],
    ['just before that', { 'oauth.user.refresh_time': ago(3539), 'oauth.user.refresh_interval': '3600' }, false],
    ['short intervals keep a tenth', { 'oauth.user.refresh_time': ago(9), 'oauth.user.refresh_interval': '10' }, true],
    ['and not more', { 'oauth.user.refresh_time': ago(8), 'oauth.user.refresh_interval': '10' }, false],
    ['an hour when nothing is said', { 'oauth.user.refresh_time': ago(3600) }, true],
    [
      'an hour when nonsense is said',
      { 'oauth.user.refresh_time': ago(60), 'oauth.user.refresh_interval': 'x' },
      false,
    ],
    [
      'an interval of 0 says nothing',
      { 'oauth.user.refresh_time': ago(60), 'oauth.user.refresh_interval': '0' },
      false,
    ],
    ['no time: nobody knows', {}, false],
    ['an unreadable time: nobody knows', { 'oauth.user.refresh_time': 'yesterday' }, false],
    ['nothing to refresh with', { 'oauth.user.refresh_time': ago(9999), 'oauth.user.refresh_token': null }, false],
    ['an empty token is none', { 'oauth.user.refresh_time': ago(9999), 'oauth.user.refresh_token': '' }, false],
  ] as const) {
    test(`${name}: ${expected ? 'due' : 'not due'}`, () => {
      expect(due(configuration)).toBe(expected)
    })
  }
})

for (const [type, chosen, expected] of [
  ['oauth2', null, true],
  ['OAuth2', null, true],
  ['basic', null, false],
  ['custom', 'oauth2', true],
  ['oauth2', 'basic', false],
] as const) {
  test(`${type}${chosen ? ` with ${chosen} chosen` : ''} ${expected ? 'can' : 'cannot'} refresh`, () => {
    expect(
      canRefresh(planOf(type), { ...ENDPOINT, 'authentication.type': chosen, 'oauth.user.refresh_token': 'r' }),
    ).toBe(expected)
  })
}

describe('other types renew what onRefresh resources obtain (spec 10 §5.6)', () => {
  const custom = planOf('custom', [resource('POST', '/login', { type: 'onRefresh' })])
  for (const [name, configuration, expected] of [
    ['over', { 'authentication.time': ago(300), expires_in: '300' }, true],
    ['not over', { 'authentication.time': ago(299), expires_in: '300' }, false],
    ['nobody said for how long', { 'authentication.time': ago(9999) }, false],
    ['never authenticated', { expires_in: '300' }, false],
  ] as [string, Record<string, string>, boolean][]) {
    test(`${name}: ${expected ? 'due' : 'not due'}`, () => {
      expect(isRefreshDue(custom, configuration, AT)).toBe(expected)
    })
  }
  test('without such resources nothing is ever due', () => {
    expect(isRefreshDue(planOf('custom'), { 'authentication.time': ago(300), expires_in: '1' }, AT)).toBe(false)
  })
})

for (const [name, type, configuration, expected] of [
  ['a password gets a new token', 'oauth2Password', {}, true],
  ["so do the client's own keys", 'oauth2', { 'oauth.grant.type': 'client_credentials' }, true],
  ['a code was used up', 'oauth2', { 'oauth.grant.type': 'authorization_code' }, false],
] as [string, string, Record<string, string>, boolean][]) {
  test(`without a refresh token, ${name}`, () => {
    expect(canRefresh(planOf(type), { ...ENDPOINT, ...configuration })).toBe(expected)
  })
}

test('a refresh token without an address to bring it to refreshes nothing', () => {
  expect(canRefresh(planOf('oauth2'), { 'oauth.user.refresh_token': 'r' })).toBe(false)
  const override = planOf('oauth2', [resource('POST', '/refresh', { type: 'oauthOnTokenRefresh' })])
  expect(canRefresh(override, { 'oauth.user.refresh_token': 'r' })).toBe(true)
})
