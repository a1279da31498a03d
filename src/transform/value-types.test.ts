import { describe, expect, test } from 'vitest'
import { ExactNumber } from '../model/exact-number.ts'
import { conversionTo, elementType } from './value-types.ts'

describe('to a type', () => {
  const object = { a: 1 }
  const exact = new ExactNumber('9007199254740993')
  const cases: [type: string, given: unknown, expected: unknown][] = [
    ['string', 5, '5'],
    ['string', exact, '9007199254740993'],
    ['number', exact, exact],
    ['string', 1.5, '1.5'],
    ['string', true, 'true'],
    ['string', 'text', 'text'],
    ['string', object, object],
    ['string', [1], [1]],
    ['number', '7', 7],
    ['number', '-7.50', -7.5],
    ['number', ' 7 ', 7],
    ['number', '1e3', 1000],
    ['number', '001D000001ABCdefGH', '001D000001ABCdefGH'],
    ['number', '', ''],
    ['number', '0x10', '0x10'],
    ['number', 'Infinity', 'Infinity'],
    ['number', '1e999', '1e999'],
    ['number', '9007199254740993', '9007199254740993'],
    ['number', 5, 5],
    ['number', true, true],
    ['number', object, object],
    ['int', '7', 7],
    ['integer', '7', 7],
    ['Integer', '7', 7],
    ['boolean', 'true', true],
    ['boolean', 'FALSE', false],
    ['boolean', 1, true],
    ['boolean', 0, false],
    ['boolean', '1', true],
    ['boolean', 2, 2],
    ['boolean', 'yes', 'yes'],
    ['boolean', object, object],
    ['date', 1588755600000, '2020-05-06T09:00:00Z'],
    ['date', '06.05.2020', '06.05.2020'],
    ['date', 1e300, 1e300],
    ['array', 5, [5]],
    ['array', object, [object]],
    ['array', [1, 'x'], [1, 'x']],
    ['array[number]', ['1', 'x', null], [1, 'x', null]],
    ['array [string]', [1, true], ['1', 'true']],
    ['array[boolean]', 'true', [true]],
    ['array[addressInfo]', 'x', ['x']],
  ]
  for (const [type, given, expected] of cases) {
    test(`${type}: ${JSON.stringify(given)} is ${JSON.stringify(expected)}`, () => {
      expect(conversionTo(type)?.(given)).toStrictEqual(expected)
    })
  }
  for (const type of ['object', 'Vendor date format', 'addressInfo', '', 'constructor']) {
    test(`${type}: as it comes`, () => expect(conversionTo(type)).toBeUndefined())
  }
})

test('what lists hold', () => {
  expect(['array', 'array[x]', 'array [ x y ]', 'ARRAY[]', 'arrays', 'x'].map(elementType)).toStrictEqual([
    '',
    'x',
    'x y',
    '',
    undefined,
    undefined,
  ])
})
