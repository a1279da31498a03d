import { describe, expect, test } from 'vitest'
import { CREDENTIALS_MESSAGE } from '../errors.ts'
import { parseAuthorization } from './authorization-header.ts'

describe('the pairs of spec 00 §2.1', () => {
  for (const [name, header, expected] of [
    ['no header', undefined, undefined],
    ['an empty one', '  ', undefined],
    ['user and organization', 'User u, Organization o', { user: 'u', organization: 'o' }],
    [
      'all three, in another order',
      'Element e, User u, Organization o',
      { user: 'u', organization: 'o', element: 'e' },
    ],
    ['user and element', 'User u, Element e', { user: 'u', element: 'e' }],
    ['no blank after the comma', 'User u,Organization o', { user: 'u', organization: 'o' }],
    ['many blanks', '  User   u ,   Organization  o  ', { user: 'u', organization: 'o' }],
    ['a comma at the end', 'User u, Organization o,', { user: 'u', organization: 'o' }],
    ['scheme words in any case', 'USER u, organization o', { user: 'u', organization: 'o' }],
    ['secrets as sent: base64', 'User aB+/c=, Organization 0f', { user: 'aB+/c=', organization: '0f' }],
    ['secrets are not decoded', 'User a%20b', { user: 'a%20b' }],
    ['a login token', 'Bearer t', { bearer: 't' }],
    ["the seed's word", 'User u, Your_mom e', { user: 'u', element: 'e' }],
  ] as const) {
    test(name, () => {
      expect(parseAuthorization(header)).toEqual(expected)
    })
  }

  for (const header of [
    'User',
    'User ',
    'u',
    'Basic dTpw',
    'User u o',
    'User u; Organization o',
    'constructor x',
    '__proto__ x',
    'User u, x',
  ]) {
    test(`"${header}" cannot be read; the text does not say why (spec 10 §1.2)`, () => {
      expect(() => parseAuthorization(header)).toThrow(
        expect.objectContaining({ code: 'CREDENTIALS_INVALID', status: 401, message: CREDENTIALS_MESSAGE }),
      )
    })
  }
})
