import { expect, test } from 'vitest'
import { fromHooks, newVendorDraft } from '../vendor-draft.ts'
import { authenticatorOf, authenticators } from './authenticators.ts'

const at = { now: new Date('2015-08-30T12:36:00Z'), nonce: 'n' }
const filled = {
  username: 'ada',
  password: 'p',
  'oauth.user.token': 't',
  'oauth.user.token.secret': 'ts',
  'oauth.api.key': 'k',
  'oauth.api.secret': 's',
  'aws.api.key': 'ak',
  'aws.api.secret': 'as',
  'aws.region': 'eu-west-1',
}

/** What every scheme must do, whichever it is. */
for (const [name, { add, sign }] of Object.entries(authenticators)) {
  const applied = (headers: Record<string, string>, configuration: Record<string, string>, removed: string[] = []) => {
    const vendor = { ...newVendorDraft('GET'), url: 'https://v.test/x?a=1', headers: { ...headers } }
    for (const header of removed) fromHooks(vendor).removedHeaders.add(header)
    add?.(vendor, configuration)
    sign?.(vendor, configuration, 'GET', at)
    return vendor
  }
  test(`${name}: an authorization that is there already stays`, () => {
    expect(applied({ authorization: 'Mine' }, filled).headers['authorization']).toBe('Mine')
  })

  if (sign)
    test(`${name}: a header that a hook removed is not put back, and without credentials nothing is signed`, () => {
      expect(applied({}, filled, ['authorization']).headers['authorization']).toBeUndefined()
      const untouched = applied({ accept: 'a/b' }, {})
      expect([untouched.url, untouched.headers]).toEqual(['https://v.test/x?a=1', { accept: 'a/b' }])
    })

  test(`${name}: address and method stay`, () => {
    const { url, method } = applied({}, filled)
    expect(url).toMatch(/^https:\/\/v\.test\/x\?a=1(?:&|$)/)
    expect(method).toBe('GET')
  })
}

for (const [type, configuration, expected] of [
  ['oauth2', {}, 'oauth2'],
  ['oauth2Password', {}, 'oauth2password'],
  ['OAuth1', {}, 'oauth1'],
  ['awsv4', {}, 'awsv4'],
  ['awsV2', {}, 'awsv2'],
  ['oauth2', { 'authentication.type': 'Basic' }, 'basic'],
] as const)
  test(`${type} with ${JSON.stringify(configuration)} is ${expected}`, () => {
    expect(authenticatorOf({ authentication: { type } }, configuration)).toBe(authenticators[expected])
  })

test('a type that nobody knows adds nothing', () => {
  expect(authenticatorOf({ authentication: { type: 'constructor' } }, {})).toEqual({})
})
