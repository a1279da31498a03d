import { describe, expect, test } from 'vitest'
import { readAddresses } from './mail-addresses.ts'

for (const [what, value, addresses] of [
  ['one address', 'ada@example.com', ['ada@example.com']],
  ['a comma list', 'a@example.com, b@example.com', ['a@example.com', 'b@example.com']],
  ['semicolons and blanks', ' a@example.com ;; b@example.com;', ['a@example.com', 'b@example.com']],
  ['a list', ['a@example.com', 'b@example.com'], ['a@example.com', 'b@example.com']],
  ['names', 'Ada <ada@example.com>, <b@example.com>', ['ada@example.com', 'b@example.com']],
  ['one twice', 'a@example.com,a@example.com', ['a@example.com']],
] as const) {
  test(`${what} is read`, () => expect(readAddresses(value, 'to')).toEqual(addresses))
}

describe('no address', () => {
  for (const value of [
    '',
    'ada',
    '@example.com',
    'ada@',
    'a b@example.com',
    'ada@example.com\r\nBcc: b@example.com',
    'ada@example.com\nRCPT TO:<b@example.com>',
    'Ada\r\nBcc: x <ada@example.com>',
    '<ada@example.com> b@example.com',
    `${'a'.repeat(250)}@example.com`,
    'a@b@example.com',
    Array.from({ length: 51 }, (_, n) => `a${n}@example.com`),
  ]) {
    test(JSON.stringify(value).slice(0, 60), () => expect(() => readAddresses(value, 'to')).toThrow(/^to: /))
  }
})
