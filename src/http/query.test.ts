import { describe, expect, test } from 'vitest'
import { isFalse, isTrue, listOf, single, singles } from './query.ts'

describe('lists (spec 00 §9)', () => {
  for (const [name, query, expected] of [
    ['absent', {}, []],
    ['one', { 'tags[]': 'a' }, ['a']],
    ['repeated', { 'tags[]': ['a', 'b'] }, ['a', 'b']],
    ['without brackets', { tags: 'a' }, ['a']],
    ['both spellings', { 'tags[]': 'a', tags: ['b', 'c'] }, ['a', 'b', 'c']],
    ['a comma list with blanks', { 'tags[]': 'a, b ,c' }, ['a', 'b', 'c']],
    ['empty is nothing', { 'tags[]': '', tags: [',', ' '] }, []],
  ] as [string, Record<string, string | string[]>, string[]][]) {
    test(name, () => {
      expect(listOf(query, 'tags')).toEqual(expected)
    })
  }
})

test('the first of repeated values counts', () => {
  expect([single(['a', 'b']), single('a'), single(undefined)]).toEqual(['a', 'a', undefined])
  expect(singles({ a: ['1', '2'], b: '3' })).toEqual({ a: '1', b: '3' })
})

for (const [value, yes, no] of [
  ['true', true, false],
  ['TRUE', true, false],
  ['false', false, true],
  ['False', false, true],
  ['1', false, false],
  ['', false, false],
  [undefined, false, false],
] as const) {
  test(`${JSON.stringify(value)} is ${yes ? 'true' : no ? 'false' : 'neither'}`, () => {
    expect([isTrue(value), isFalse(value)]).toEqual([yes, no])
  })
}
