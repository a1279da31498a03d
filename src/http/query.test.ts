import { describe, expect, test } from 'vitest'
import { idOf, isFalse, isTrue, listOf, queryId, single, singles } from './query.ts'

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

test('an id is a whole number that a row may have; everything else is 0, which none has', () => {
  for (const [text, id] of [
    ['7', 7],
    ['007', 7],
    ['2147483647', 2_147_483_647],
    ['2147483648', 0],
    ['9999999999', 0],
    ['99999999999999999999', 0],
    ...['', '-1', '+1', '1.5', '1e3', '0x10', ' 1', 'me', '١', 'NaN'].map((one) => [one, 0] as const),
  ] as const)
    expect(idOf(text), text).toBe(id)
})

test('an id of a query may be absurd, but is a whole number', () => {
  expect(['7', '-7', '0', '2147483648'].map((text) => queryId('userId', text))).toEqual([7, 0, 0, 0])
  for (const text of ['me', '1.5', '']) expect(() => queryId('userId', text)).toThrow('userId: expected a whole number')
})
