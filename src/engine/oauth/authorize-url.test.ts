import { expect, test } from 'vitest'
import { authorizeUrl, authorizeUrl1 } from './authorize-url.ts'

const request = { clientId: 'id&1', redirectUri: 'https://app.test/cb?a=b', state: 'acme', scope: undefined }
const QUERY = 'response_type=code&client_id=id%261&redirect_uri=https%3A%2F%2Fapp.test%2Fcb%3Fa%3Db&state=acme'

for (const [name, url, scope, expected] of [
  ['the parameters of RFC 6749 §4.1.1', 'https://v.test/authorize', undefined, `https://v.test/authorize?${QUERY}`],
  ['a scope', 'https://v.test/authorize', 'read write', `https://v.test/authorize?${QUERY}&scope=read%20write`],
  ['an empty scope is none', 'https://v.test/authorize', '', `https://v.test/authorize?${QUERY}`],
  [
    'an existing query is kept',
    'https://v.test/authorize?prompt=consent',
    undefined,
    `https://v.test/authorize?prompt=consent&${QUERY}`,
  ],
  ['an open question mark is used', 'https://v.test/authorize?', undefined, `https://v.test/authorize?${QUERY}`],
  ['an open ampersand is used', 'https://v.test/authorize?a=1&', undefined, `https://v.test/authorize?a=1&${QUERY}`],
] as const) {
  test(name, () => {
    expect(authorizeUrl(url, { ...request, scope })).toBe(expected)
  })
}

test('a code challenge (RFC 7636 §4.3)', () => {
  expect(authorizeUrl('https://v.test/authorize', { ...request, scope: 'read', codeChallenge: 'E9M-_c' })).toBe(
    `https://v.test/authorize?${QUERY}&scope=read&code_challenge=E9M-_c&code_challenge_method=S256`,
  )
})

test('OAuth 1.0a: the request token (RFC 5849 §2.2)', () => {
  expect(authorizeUrl1('https://v.test/authorize?x=1', 'a/b=')).toBe(
    'https://v.test/authorize?x=1&oauth_token=a%2Fb%3D',
  )
})
