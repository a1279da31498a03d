import { describe, expect, test } from 'vitest'
import { readCallbackUrl } from './read-callback.ts'

describe('the address of a callback', () => {
  for (const address of ['https://x.example/done?a=1', 'http://127.0.0.1:9/', '/formulas/instances/321/executions']) {
    test(`is ${address}`, () => expect(readCallbackUrl(` ${address} `)).toBe(address))
  }
  test('may be absent', () =>
    expect([readCallbackUrl(undefined), readCallbackUrl('  ')]).toEqual([undefined, undefined]))

  for (const [what, address] of [
    ['another scheme', 'ftp://x.example/'],
    ['an address without a scheme', 'x.example/done'],
    ['an address that begins with two slashes', '//x.example/done'],
    ['a password', 'https://ada:secret-1@x.example/'],
    ['an address without an end', `https://x.example/${'x'.repeat(2_000)}`],
  ] as const) {
    test(`is not ${what}`, () => {
      expect(() => readCallbackUrl(address)).toThrow(/^The address of the callback (?!.*secret-1)/)
    })
  }
})
