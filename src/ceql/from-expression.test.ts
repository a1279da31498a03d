import { expect, test } from 'vitest'
import { type ExpressionRow, expressionOf } from './expression.ts'
import { fromExpression } from './from-expression.ts'
import { parseWhere } from './parse.ts'
import { printWhere } from './print.ts'

const changed = (text: string, change: (rows: ExpressionRow[]) => unknown[]) => {
  const where = parseWhere(text)
  const after = fromExpression(change(expressionOf(where) ?? []), where)
  return after && printWhere(after)
}

test.each<[string, string, (rows: ExpressionRow[]) => unknown[], string | undefined]>([
  [
    'nothing changed',
    "(a=1 or b='x') and c in (1,2) and d is null",
    (rows) => rows,
    "(a = 1 OR b = 'x') AND c IN (1, 2) AND d IS NULL",
  ],
  [
    'values in their places',
    "a='1' or (b='2' and c='3')",
    (rows) => rows.map((row) => ({ ...row, value: `v${row.value}` })),
    "a = 'v1' OR b = 'v2' AND c = 'v3'",
  ],
  [
    'one row more: all must hold',
    "a='1' or b='2'",
    (rows) => [...rows, { attribute: 'c', operator: '>', value: 3 }],
    "a = '1' AND b = '2' AND c > 3",
  ],
  ['one row less', "a='1' or b='2'", (rows) => rows.slice(1), "b = '2'"],
  ['no row left', "a='1'", () => [], undefined],
  [
    'what is no condition is left out',
    "a='1'",
    () => [null, 'x', { attribute: '' }, { attribute: 'b', operator: '~', value: 1 }],
    undefined,
  ],
  ['an equality becomes a list', "a='1'", () => [{ attribute: 'a', operator: 'in', value: ['1', 2] }], "a IN ('1', 2)"],
  ['booleans', "a='1'", () => [{ attribute: 'a', operator: '<>', value: true }], 'a != true'],
  ['without operator it is an equality', "a='1'", () => [{ attribute: 'b', value: 'x' }], "b = 'x'"],
])('%s', (_name, text, change, expected) => expect(changed(text, change)).toBe(expected))
