import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Comparison, Group, Membership, NullTest, Select, Value, Where } from './ast.ts'
import { parseSelect, parseWhere } from './parse.ts'
import { printSelect, printWhere } from './print.ts'

const CASES: [text: string, canonical: string][] = [
  ["name='Ann'", "name = 'Ann'"],
  ['title=my file.txt', "title = 'my file.txt'"],
  ['`Modified Time`>"O\'Hara"', "`Modified Time` > 'O''Hara'"],
  ['qty <> 15 or active=True', 'qty != 15 OR active = True'],
  ["id in(1,'2')", "id IN (1, '2')"],
  ['a is null and b is not null', 'a IS NULL AND b IS NOT NULL'],
  ["a not like '%x' or b not in (1)", "a NOT LIKE '%x' OR b NOT IN (1)"],
  ['((a=1 or b=2)) and c=3', '(a = 1 OR b = 2) AND c = 3'],
  ['a=1 or (b=2 and c=3)', 'a = 1 OR b = 2 AND c = 3'],
  ['a=1 and (b=2 and c=3)', 'a = 1 AND (b = 2 AND c = 3)'],
  ['order=1 and größe=2', '`order` = 1 AND größe = 2'],
]

const name = fc.oneof(
  fc.constantFrom('id', 'a.b', 'Modified Time', 'from', 'null', 'OR', '`', "it's", '*', '(', ' a ', '’x’', 'größe'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
)
const value: fc.Arbitrary<Value> = fc.oneof(
  fc
    .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', "''", 'a and b', '15', 'true', ') limit 5', '’'))
    .map((text): Value => ({ text, type: 'text' })),
  fc
    .oneof(fc.integer().map(String), fc.constantFrom('0.50', '-1e+9', '12345678901234567890'))
    .map((text): Value => ({ text, type: 'number' })),
  fc.constantFrom('true', 'False').map((text): Value => ({ text, type: 'boolean' })),
)
const { where } = fc.letrec<{ where: Where }>((tie) => ({
  where: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.record<Comparison>({
      kind: fc.constant('comparison'),
      attribute: name,
      operator: fc.constantFrom('=', '!=', '<', '>', '<=', '>=', 'LIKE', 'NOT LIKE'),
      value,
    }),
    fc.record<Membership>({
      kind: fc.constant('membership'),
      attribute: name,
      operator: fc.constantFrom('IN', 'NOT IN'),
      values: fc.array(value, { minLength: 1, maxLength: 4 }),
    }),
    fc.record<NullTest>({
      kind: fc.constant('nullTest'),
      attribute: name,
      operator: fc.constantFrom('IS NULL', 'IS NOT NULL'),
    }),
    fc.record<Group>({
      kind: fc.constantFrom('and', 'or'),
      terms: fc.array(tie('where'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}))
const select: fc.Arbitrary<Select> = fc.record(
  {
    fields: fc.array(name, { minLength: 1, maxLength: 3 }),
    from: name,
    where,
    orderBy: fc.array(fc.record({ name, direction: fc.constantFrom('asc', 'desc') }), { maxLength: 3 }),
    limit: fc.nat(),
  },
  { requiredKeys: ['from', 'orderBy'] },
)

describe('canonical text', () => {
  test.each(CASES)('%s', (text, canonical) => {
    const tree = parseWhere(text)
    expect(tree && printWhere(tree)).toBe(canonical)
  })
  test('select', () => {
    const text = 'select id,from from `my object` where a=b limit 5 order by c desc,d limit 5'
    const printed = "SELECT id, `from` FROM `my object` WHERE a = 'b limit 5' ORDER BY c DESC, d LIMIT 5"
    expect(printSelect(parseSelect(text))).toBe(printed)
    expect(printSelect(parseSelect('select * from a'))).toBe('SELECT * FROM a')
  })
})

describe('every tree survives print and parse', () => {
  test('where', () => {
    const survives = fc.property(where, (tree) => {
      expect(parseWhere(printWhere(tree))).toEqual(tree)
    })
    fc.assert(survives, { numRuns: 2_000 })
  })
  test('select', () => {
    const survives = fc.property(select, (tree) => {
      expect(parseSelect(printSelect(tree))).toEqual(tree)
    })
    fc.assert(survives, { numRuns: 1_000 })
  })
})
