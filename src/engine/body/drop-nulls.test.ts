import { expect, test } from 'vitest'
import { dropNulls } from './drop-nulls.ts'

for (const [name, given, expected] of [
  ['members that are null go', '{"a":null,"b":1}', '{"b":1}'],
  ['at any depth', '{"a":{"b":{"c":null,"d":0}}}', '{"a":{"b":{"d":0}}}'],
  ['in rows of a list', '[{"a":null,"id":1},{"id":2}]', '[{"id":1},{"id":2}]'],
  ['in lists of lists', '{"x":[[{"a":null}]]}', '{"x":[[{}]]}'],
  ['elements of lists that are null stay', '[null,1,{"a":[null]}]', '[null,1,{"a":[null]}]'],
  ['empty, zero and false are values', '{"a":"","b":0,"c":false,"d":[]}', '{"a":"","b":0,"c":false,"d":[]}'],
  ['an object may become empty', '{"a":null}', '{}'],
  ['plain values', '"null"', '"null"'],
  ['null itself', 'null', 'null'],
] as const) {
  test(name, () => {
    const value: unknown = JSON.parse(given)
    dropNulls(value)
    expect(JSON.stringify(value)).toBe(expected)
  })
}
