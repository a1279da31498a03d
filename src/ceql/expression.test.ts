import { expect, test } from 'vitest'
import { expressionOf } from './expression.ts'
import { parseWhere } from './parse.ts'

test('without a where the expression is exactly null', () => {
  expect(expressionOf(parseWhere(' '))).toBe(null)
})

test('conditions come in reading order, without quotes, connectives and groups', () => {
  const text =
    "(a='O''Hara' or qty>=15) and b not like '%x' and id in (1,'2') and c is null or d is not null and e <> True"
  expect(expressionOf(parseWhere(text))).toEqual([
    { attribute: 'a', operator: '=', value: "O'Hara" },
    { attribute: 'qty', operator: '>=', value: '15' },
    { attribute: 'b', operator: 'NOT LIKE', value: '%x' },
    { attribute: 'id', operator: 'IN', value: ['1', '2'] },
    { attribute: 'c', operator: 'IS NULL', value: '' },
    { attribute: 'd', operator: 'IS NOT NULL', value: '' },
    { attribute: 'e', operator: '!=', value: 'True' },
  ])
})
