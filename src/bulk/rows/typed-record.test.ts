import { describe, expect, test } from 'vitest'
import { ExactNumber } from '../../model/exact-number.ts'
import { typeRecord } from './typed-record.ts'

const typed = (text: string, type: string) => typeRecord({ a: text }, new Map([['a', type]]))['a']

describe('a text from a CSV file', () => {
  for (const [text, type, value] of [
    ['12', 'number', 12],
    ['-1.5', 'Double', -1.5],
    ['1e+21', 'number', 1e21],
    ['12', 'string', '12'],
    ['007', 'integer', '007'],
    ['1e5', 'number', '1e5'],
    ['1.50', 'number', '1.50'],
    [' 1', 'number', ' 1'],
    ['', 'number', ''],
    ['0x10', 'number', '0x10'],
    ['NaN', 'number', 'NaN'],
    ['Infinity', 'number', 'Infinity'],
    ['+49 30 1234567890123456', 'number', '+49 30 1234567890123456'],
    ['true', 'boolean', true],
    ['false', 'BOOLEAN', false],
    ['True', 'boolean', 'True'],
    ['1', 'boolean', '1'],
    ['[1,"x"]', 'array[string]', [1, 'x']],
    ['{"a":null}', 'object', { a: null }],
    ['[1, 2]', 'array', '[1, 2]'],
    ['[1', 'array', '[1'],
    ['["a"]', 'string', '["a"]'],
    [`${'['.repeat(501)}${']'.repeat(501)}`, 'array', `${'['.repeat(501)}${']'.repeat(501)}`],
  ] as const) {
    test(`${text.slice(0, 30)} in a field of type ${type} is ${JSON.stringify(value).slice(0, 30)}`, () => {
      expect(typed(text, type)).toEqual(value)
    })
  }

  test('with more digits than a double holds is a number that keeps them', () => {
    expect(typed('9007199254740993', 'number')).toBeInstanceOf(ExactNumber)
    expect(JSON.stringify(typed('[9007199254740993]', 'array'))).toBe('[9007199254740993]')
  })

  test('has the type of its field, wherever that is', () => {
    const record = { a: { b: '1', c: '2' }, l: [{ q: '3' }, { q: 'x' }], m: ['4'], __proto: '5' }
    const types = new Map([
      ['a.b', 'number'],
      ['l[*].q', 'integer'],
      ['m[*]', 'number'],
      ['constructor', 'number'],
    ])
    expect(typeRecord(record, types)).toEqual({ a: { b: 1, c: '2' }, l: [{ q: 3 }, { q: 'x' }], m: [4], __proto: '5' })
  })

  test('leaves alone what is no text', () => {
    const id = new ExactNumber('9007199254740993')
    expect(
      typeRecord(
        { id, n: null, b: false },
        new Map([
          ['id', 'number'],
          ['n', 'number'],
        ]),
      ),
    ).toEqual({ id, n: null, b: false })
  })
})
