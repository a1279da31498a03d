import { describe, expect, test } from 'vitest'
import { looksSecret, MASK, masksHeader, redactAddress, redactQuery, redactText } from './redact.ts'

describe('names that say secret', () => {
  for (const [name, expected] of [
    ['password', true],
    ['db.password', true],
    ['oauth.api.secret', true],
    ['client_secret', true],
    ['apikey', true],
    ['x-api-key', true],
    ['API_KEY', true],
    ['private.key', true],
    ['access_token', true],
    ['session.token', true],
    ['ssh.passphrase', true],
    ['tokens', false],
    ['token.url', false],
    ['keyboard', false],
    ['username', false],
    ['secretary', false],
    ['', false],
  ] as const) {
    test(`${name || 'nothing'}: ${expected}`, () => {
      expect(looksSecret(name)).toBe(expected)
    })
  }
})

describe("a vendor's text", () => {
  for (const [name, text, known, expected] of [
    ['JSON members', '{"access_token":"abc","x":1}', [], `{"access_token":"${MASK}","x":1}`],
    ['with blanks, in any letter case', '{ "Refresh_Token" : "abc" }', [], `{ "Refresh_Token" : "${MASK}" }`],
    ['with escaped quotes', '{"password":"a\\"b","c":1}', [], `{"password":"${MASK}","c":1}`],
    ['form fields', 'client_secret=abc&x=1', [], `client_secret=${MASK}&x=1`],
    ['headers in messages', 'sent Authorization: Bearer abcdefgh12', [], `sent Authorization: Bearer ${MASK}`],
    ['passwords in addresses', '"https://ada:s3cr:t@a.example/x?y=z@w"', [], `"https://ada:${MASK}@a.example/x?y=z@w"`],
    ['an address with a port has none', 'https://a.example:8080/x@y', [], 'https://a.example:8080/x@y'],
    ['Basic too', 'Basic QWxhZGRpbjpvcGVu', [], `Basic ${MASK}`],
    ['a sentence is no credential', 'Bearer token is missing', [], 'Bearer token is missing'],
    [
      'what the instance holds, wherever it appears',
      'key s3cret-1 and s3cret-1',
      ['s3cret-1'],
      `key ${MASK} and ${MASK}`,
    ],
    ['a value with signs of regular expressions', 'x a.*b$(1) y', ['a.*b$(1)'], `x ${MASK} y`],
    ['short values would tear the text apart', 'the cat', ['cat', '', null, undefined], 'the cat'],
    ['nothing secret', '{"error":"not found"}', [], '{"error":"not found"}'],
    ['nothing', '', [], ''],
  ] as const) {
    test(name, () => {
      expect(redactText(text, known)).toBe(expected)
    })
  }

  for (const text of [
    '"password":"'.repeat(10_000),
    `"password":"${'\\'.repeat(100_000)}`,
    `password${' '.repeat(100_000)}`,
    'a://b:'.repeat(20_000),
    `://${':'.repeat(100_000)}`,
  ]) {
    test(`${text.slice(0, 16)}… of ${text.length} characters takes no time`, () => {
      const started = performance.now()
      redactText(text)
      expect(performance.now() - started).toBeLessThan(2000)
    })
  }
})

describe('requests that are shown', () => {
  for (const [name, expected] of [
    ['Authorization', true],
    ['Proxy-Authorization', true],
    ['cookie', true],
    ['X-Api-Key', true],
    ['x-auth-token', true],
    ['X-Hub-Signature', true],
    ['content-type', false],
    ['elements-next-page-token-count', false],
  ] as const)
    test(`the header ${name} ${expected ? 'is masked' : 'is not'}`, () => expect(masksHeader(name)).toBe(expected))

  for (const [address, expected] of [
    ['https://ada:secret@api.example.com/x', 'https://ada:********@api.example.com/x'],
    ['https://api.example.com/x?access_token=abc&a=1', 'https://api.example.com/x?access_token=********&a=1'],
    ['https://api.example.com/x?a=1&X-Amz-Signature=abc', 'https://api.example.com/x?a=1&X-Amz-Signature=********'],
    ['https://api.example.com/x?page_token=abc', 'https://api.example.com/x?page_token=abc'],
    ['/token=1', '/token=1'],
  ] as const)
    test(address, () => expect(redactAddress(address)).toBe(expected))

  test('a query', () => {
    expect(redactQuery({ api_key: ['a'], next_page_token: 'b', q: 'c' })).toEqual({
      api_key: MASK,
      next_page_token: 'b',
      q: 'c',
    })
  })
})
