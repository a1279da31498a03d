import { describe, expect, test } from 'vitest'
import { compileUrlPattern } from './application-url-pattern.ts'

describe('addresses that an application URL allows', () => {
  for (const [pattern, url, expected, why] of [
    ['https://app.example.com/cb', 'https://app.example.com/cb', true, 'the address itself'],
    ['https://app.example.com/cb', 'https://app.example.com/cb?x=1', false, 'a query is part of the address'],
    ['https://app.example.com/cb', 'https://app.example.com/cbx', false, 'the end is the end'],
    ['https://app.example.com/cb', 'http://app.example.com/cb', false, 'the scheme counts'],
    ['https://app.example.com/cb', 'https://app.example.com:444/cb', false, 'the port counts'],
    ['https://app.example.com', 'https://app.example.com/', true, 'no path is the root'],
    ['https://app.example.com/cb', 'HTTPS://APP.example.com/cb', true, 'letter case does not count'],
    ['https://app.example.com/cb', 'https://appXexample.com/cb', false, 'a dot is a dot'],
    ['^https:\\/\\/app\\.example\\.com\\/cb$', 'https://app.example.com/cb', true, 'as a regular expression'],
    ['https://.*\\.example\\.com/.*', 'https://a.b.example.com/x/y?z', true, 'any subdomain, any path'],
    ['https://.*\\.example\\.com/.*', 'https://example.com/x', false, 'a subdomain is wanted'],
    ['https://.*\\.example\\.com/.*', 'https://evil.test/.example.com/x', false, 'a wildcard of the host ends with it'],
    ['https://.*\\.example\\.com', 'https://evil.test/x.example.com', false, 'also without a path'],
    ['https://.*\\.example\\.com/.*', 'https://evil.test?.example.com/x', false, 'nor does it reach into the query'],
    ['https://.*\\.example\\.com/.*', 'https://evil.test#.example.com/x', false, 'nor the fragment'],
    ['https://.*\\.example\\.com/.*', 'https://evil.test\\.example.com/x', false, 'nor past a backslash'],
    ['https://.*\\.example\\.com/.*', 'https://a.example.com@evil.test/x', false, 'a user name is no host'],
    ['https://.*\\.example\\.com/.*', 'https://evil.test@a.example.com/x', false, 'user names are refused at all'],
    ['https://.*\\.example\\.com/.*', 'https://a.example.com.evil.test/x', false, 'the end of the host is the end'],
    ['https://.*\\.example\\.com/.*', 'javascript:alert(1)//a.example.com/x', false, 'only http and https'],
    ['https://.*\\.example\\.com/.*', 'not an address', false, 'text that is no address'],
    ['https://app.test/.+', 'https://app.test/', false, 'one character at least'],
    ['https://app.test/.+', 'https://app.test/x', true, 'one character'],
    ['https://app.test/a.*c.*e', 'https://app.test/abcde', true, 'several wildcards'],
    ['https://app.test/a.*c.*e', 'https://app.test/aec', false, 'in their order'],
    ['https://app.test/a.*a', 'https://app.test/a', false, 'the end is not the start'],
    ['https://app.test/a.+a', 'https://app.test/aa', false, 'with something between them'],
    ['https://app.test/.*.+', 'https://app.test/x', true, 'wildcards side by side'],
    ['https://app.test/x?y=.*', 'https://app.test/x?y=1', true, 'a question mark is one'],
    ['https://app.test/a\\.b\\?c', 'https://app.test/a.b?c', true, 'escaped characters'],
    ['https://app.test/.*', 'https://app.test/../../x', true, 'dot segments are resolved first'],
    ['https://app.test/a/.*', 'https://app.test/a/../b', false, 'and then compared'],
    ['http://localhost:3000/.*', 'http://localhost:3000/cb', true, 'a port'],
  ] as const) {
    test(`${pattern} ${expected ? 'allows' : 'refuses'} ${url}: ${why}`, () => {
      expect(compileUrlPattern(pattern)(url)).toBe(expected)
    })
  }
})

describe('patterns that are refused', () => {
  for (const [pattern, message] of [
    ['app.example.com', /must begin with http/],
    ['.*', /must begin with http/],
    ['https://', /must begin with http/],
    ['https?://app.test/', /must begin with http/],
    ['ftp://app.test/', /must begin with http/],
    ['https://(a|b).test/', /"\(" is not supported/],
    ['https://app.test/[a-z]', /"\[" is not supported/],
    ['https://app.test/a{2}', /"\{" is not supported/],
    ['https://app.test/a+', /"\+" is not supported/],
    ['https://app.test/\\d', /is not supported/],
    ['https://app.test/a\\', /is not supported/],
    [`https://app.test/${'a'.repeat(500)}`, /more than 500 characters/],
  ] as const) {
    test(pattern.slice(0, 40), () => {
      expect(() => compileUrlPattern(pattern)).toThrow(
        expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringMatching(message) }),
      )
    })
  }
})

for (const [name, pattern, url] of [
  ['a chain of wildcards', `https://app.test/${'.*a'.repeat(150)}b`, `https://app.test/${'a'.repeat(100_000)}`],
  ['wildcards side by side', `https://app.test/${'.*'.repeat(200)}b`, `https://app.test/${'a'.repeat(100_000)}`],
  ['in the host', `https://${'.*a'.repeat(150)}b.test/`, `https://${'a'.repeat(5_000)}.test/`],
] as const) {
  test(`${name} cannot stop the server`, () => {
    const matches = compileUrlPattern(pattern)
    const started = performance.now()
    expect(matches(url)).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })
}
