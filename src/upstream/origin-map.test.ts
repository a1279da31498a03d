import { expect, test } from 'vitest'
import { createOriginMap, mapOrigin, parseOriginMap, unmapOrigin } from './origin-map.ts'

const map = parseOriginMap(
  'https://api.vendor.com=http://127.0.0.1:9000, https://x.com:8443 = http://127.0.0.1:9001/prefix/ ,http://plain.com=https://other.com',
)

for (const [url, expected] of [
  ['https://api.vendor.com/v2/x?a=1&b=%20', 'http://127.0.0.1:9000/v2/x?a=1&b=%20'],
  ['https://api.vendor.com', 'http://127.0.0.1:9000/'],
  ['https://API.vendor.com:443/v2', 'http://127.0.0.1:9000/v2'],
  ['https://x.com:8443/v2/x', 'http://127.0.0.1:9001/prefix/v2/x'],
  ['https://x.com:8443/v2/../../x', 'http://127.0.0.1:9001/prefix/x'],
  ['https://x.com/v2', 'https://x.com/v2'],
  ['http://api.vendor.com/v2', 'http://api.vendor.com/v2'],
  ['https://sub.api.vendor.com/v2', 'https://sub.api.vendor.com/v2'],
  ['http://plain.com/a', 'https://other.com/a'],
] as const)
  test(`${url} goes to ${expected}`, () => expect(mapOrigin(map, url)).toBe(expected))

for (const [target, url, expected] of [
  ['http://127.0.0.1:1/p', 'http://127.0.0.1:1/p/next?x=1', 'https://true.com/next?x=1'],
  ['http://127.0.0.1:1/p', 'http://127.0.0.1:1/p', 'https://true.com'],
  ['http://127.0.0.1:1/p', 'http://127.0.0.1:1/pother', 'http://127.0.0.1:1/pother'],
  ['http://127.0.0.1:1', 'http://127.0.0.1:12/x', 'http://127.0.0.1:12/x'],
  ['http://127.0.0.1:1', '/relative', '/relative'],
] as const)
  test(`${url} of ${target} is ${expected}`, () => expect(unmapOrigin('https://true.com', target, url)).toBe(expected))

const patterns = createOriginMap([
  ['https://*.vendor.com', 'http://127.0.0.1:1/any'],
  ['https://eu.vendor.com', 'http://127.0.0.1:1/eu'],
  ['https://api-*.other.com:8443', 'http://127.0.0.1:1/other'],
])
for (const [origin, expected] of [
  ['https://us.vendor.com', '/any'],
  ['https://a.b-c_d.vendor.com', '/any'],
  ['https://eu.vendor.com', '/eu'],
  ['https://vendor.com', undefined],
  ['https://.vendor.com', undefined],
  ['http://us.vendor.com', undefined],
  ['https://us.vendor.com:8443', undefined],
  ['https://us.vendor.com.attacker.net', undefined],
  ['https://api-us.other.com:8443', '/other'],
  ['https://api-.other.com:8443', undefined],
] as const)
  test(`among patterns ${origin} is ${expected ?? 'not mapped'}`, () =>
    expect(patterns.get(origin)).toBe(expected && `http://127.0.0.1:1${expected}`))

test('entries can be replaced', () => {
  const live = createOriginMap([['https://a.com', 'http://127.0.0.1:1']])
  live.replace([['https://b.com', 'http://127.0.0.1:2']])
  expect(live.get('https://a.com')).toBeUndefined()
  expect(live.get('https://b.com')).toBe('http://127.0.0.1:2')
})

test('patterns are read from the setting', () =>
  expect([...parseOriginMap('https://*.vendor.com=http://127.0.0.1:1')]).toEqual([
    ['https://*.vendor.com', 'http://127.0.0.1:1'],
  ]))

test('an empty text is an empty map', () => expect(parseOriginMap(' ').size).toBe(0))

for (const [name, text] of [
  ['without a target', 'https://a.com'],
  ['with a path on the left', 'https://a.com/v1=http://127.0.0.1:1'],
  ['with another scheme', 'ftp://a.com=http://127.0.0.1:1'],
  ['with a target that is no address', 'https://a.com=127.0.0.1:1'],
  ['with a query in the target', 'https://a.com=http://127.0.0.1:1/?x'],
  ['that stands for half the web', 'https://*.com=http://127.0.0.1:1'],
  ['with its star at the end', 'https://api.*=http://127.0.0.1:1'],
  ['with two stars', 'https://*.*.vendor.com=http://127.0.0.1:1'],
  ['mapped twice', 'https://a.com=http://127.0.0.1:1,https://a.com:443=http://127.0.0.1:2'],
] as const)
  test(`an entry ${name} is refused by name`, () =>
    expect(() => parseOriginMap(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringMatching(/VALENCE_ORIGIN_MAP: "/),
      }),
    ))

test('a password in an entry is not repeated', () =>
  expect(() => parseOriginMap('https://a.com=http://me:hush@127.0.0.1:1')).toThrow(/^(?!.*hush).*$/s))
