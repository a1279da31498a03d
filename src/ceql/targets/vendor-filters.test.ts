import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ValenceError } from '../../errors.ts'
import type { Where } from '../ast.ts'
import { parseWhere } from '../parse.ts'
import { bodyConverters, converters } from './table.ts'

function tree(text: string): Where {
  const where = parseWhere(text)
  if (!where) throw new Error('blank')
  return where
}
const pairs = (name: string, text: string) => converters[name]?.(tree(text))
const only = (name: string, text: string) => pairs(name, text)?.[0]?.[1]

/** The same questions in the vendors' languages; undefined where a language lacks the words. */
const CONDITIONS: [
  where: string,
  bazaarvoice: string | undefined,
  quickbase: string | undefined,
  wiql: string | undefined,
][] = [
  ["a='x'", 'a:eq:x', "{'a'.EX.'x'}", "[a] = 'x'"],
  ['a!=1', 'a:neq:1', "{'a'.XEX.'1'}", '[a] <> 1'],
  ['a>1', 'a:gt:1', "{'a'.GT.'1'}", '[a] > 1'],
  ['a>=1.5', 'a:gte:1.5', "{'a'.GTE.'1.5'}", '[a] >= 1.5'],
  ["a<'2020-01-01'", 'a:lt:2020-01-01', "{'a'.LT.'2020-01-01'}", "[a] < '2020-01-01'"],
  ['a<=1', 'a:lte:1', "{'a'.LTE.'1'}", '[a] <= 1'],
  ['a=True', 'a:eq:True', "{'a'.EX.'True'}", '[a] = true'],
  ["a='1'", 'a:eq:1', "{'a'.EX.'1'}", "[a] = '1'"],
  ["a in ('x',2)", 'a:eq:x,2', "({'a'.EX.'x'}OR{'a'.EX.'2'})", "[a] IN ('x', 2)"],
  ["a in ('x')", 'a:eq:x', "{'a'.EX.'x'}", "[a] IN ('x')"],
  ["a not in ('x','y')", 'a:neq:x,y', "({'a'.XEX.'x'}AND{'a'.XEX.'y'})", "[a] NOT IN ('x', 'y')"],
  ["a like '%x%'", undefined, "{'a'.CT.'x'}", "[a] CONTAINS 'x'"],
  ["a not like '%x%'", undefined, "{'a'.XCT.'x'}", "NOT [a] CONTAINS 'x'"],
  ["a like 'x%'", undefined, "{'a'.SW.'x'}", undefined],
  ["a not like 'x%'", undefined, "{'a'.XSW.'x'}", undefined],
  ["a like '%x'", undefined, undefined, undefined],
  ["a like 'x%y'", undefined, undefined, undefined],
  ["a like 'x'", 'a:eq:x', "{'a'.EX.'x'}", "[a] = 'x'"],
  ["a not like 'x'", 'a:neq:x', "{'a'.XEX.'x'}", "[a] <> 'x'"],
  ['a is null', undefined, "{'a'.EX.''}", "[a] = ''"],
  ['a is not null', undefined, "{'a'.XEX.''}", "[a] <> ''"],
  ["System.State='New'", 'System.State:eq:New', "{'System.State'.EX.'New'}", "[System.State] = 'New'"],
  ["`Due Date`='x'", 'Due Date:eq:x', "{'Due Date'.EX.'x'}", "[Due Date] = 'x'"],
  ["a='O''Hara'", "a:eq:O'Hara", "{'a'.EX.'O\\'Hara'}", "[a] = 'O''Hara'"],
  ["a='x,y:z\\'", 'a:eq:x\\,y\\:z\\\\', "{'a'.EX.'x,y:z\\\\'}", "[a] = 'x,y:z\\'"],
  ["`a]b`='x'", 'a]b:eq:x', "{'a]b'.EX.'x'}", undefined],
  ['a=1 or b=2', undefined, "{'a'.EX.'1'}OR{'b'.EX.'2'}", '[a] = 1 OR [b] = 2'],
  ['a=1 or a in (2,3)', 'a:eq:1,2,3', "{'a'.EX.'1'}OR({'a'.EX.'2'}OR{'a'.EX.'3'})", '[a] = 1 OR [a] IN (2, 3)'],
  ['a=1 or a>2', undefined, "{'a'.EX.'1'}OR{'a'.GT.'2'}", '[a] = 1 OR [a] > 2'],
]

for (const [name, column, key, language] of [
  ['toBazaarvoice', 1, 'Filter', 'the filters of this vendor'],
  ['toQuickbase', 2, 'query', 'the query language of this vendor'],
  ['toWiql', 3, 'query', 'WIQL of this vendor'],
] as const)
  describe(name, () => {
    for (const row of CONDITIONS) {
      const [where] = row
      const expected = row[column]
      if (expected !== undefined) test(where, () => expect(pairs(name, where)).toEqual([[key, expected]]))
      else
        test(`${where} is refused by name`, () => {
          expect(() => pairs(name, where)).toThrow(ValenceError)
          expect(() => pairs(name, where)).toThrow(
            new RegExp(`${language} cannot say this|only at the start or the end`),
          )
        })
    }
  })

describe('groups', () => {
  const where = "(a=1 or b=2) and c='3'"
  test('of Bazaarvoice are one filter per condition', () => {
    expect(pairs('toBazaarvoice', "a=1 and b>2 and (c='3' or c='4')")).toEqual([
      ['Filter', 'a:eq:1'],
      ['Filter', 'b:gt:2'],
      ['Filter', 'c:eq:3,4'],
    ])
  })
  test('of Quickbase', () => expect(only('toQuickbase', where)).toBe("({'a'.EX.'1'}OR{'b'.EX.'2'})AND{'c'.EX.'3'}"))
  test('of WIQL', () => expect(only('toWiql', where)).toBe("([a] = 1 OR [b] = 2) AND [c] = '3'"))
})

describe('no value ends its literal', () => {
  for (const [name, shape, unescaped] of [
    ['toBazaarvoice', /^a:eq:((?:[^\\,:]|\\[\\,:])*)$/, (text: string) => text.replace(/\\(.)/gs, '$1')],
    ['toQuickbase', /^\{'a'\.EX\.'((?:[^\\']|\\[\\'])*)'\}$/, (text: string) => text.replace(/\\(.)/gs, '$1')],
    ['toWiql', /^\[a\] = '((?:[^']|'')*)'$/, (text: string) => text.replaceAll("''", "'")],
  ] as const)
    test(name, () => {
      fc.assert(
        fc.property(
          fc.string({ unit: fc.constantFrom("'", '\\', ',', ':', '}', '{', 'O', 'R', '"', ']', '\n', 'ö') }),
          (text) => {
            const where: Where = { kind: 'comparison', attribute: 'a', operator: '=', value: { text, type: 'text' } }
            const written = converters[name]?.(where)[0]?.[1] ?? ''
            const [, literal = ''] = shape.exec(written) ?? []
            expect(shape.test(written)).toBe(true)
            expect(unescaped(literal)).toBe(text)
          },
        ),
      )
    })
})

describe('toSFDCReportFilter', () => {
  const body = (text: string) => bodyConverters['toSFDCReportFilter']?.(tree(text))
  const filter = (column: string, operator: string, value: string) => ({ column, operator, value })
  for (const [where, filters, logic] of [
    ["a='x'", [filter('a', 'equals', 'x')], undefined],
    ["a!='x' and b>1", [filter('a', 'notEqual', 'x'), filter('b', 'greaterThan', '1')], undefined],
    [
      'a>=1 and b<2 and c<=3',
      [filter('a', 'greaterOrEqual', '1'), filter('b', 'lessThan', '2'), filter('c', 'lessOrEqual', '3')],
      undefined,
    ],
    ["a in ('x','y,z','q\"r')", [filter('a', 'equals', 'x,"y,z","q""r"')], undefined],
    ["a not in ('x')", [filter('a', 'notEqual', 'x')], undefined],
    [
      "a like '%x%' and b like 'x%' and c not like '%x%'",
      [filter('a', 'contains', 'x'), filter('b', 'startsWith', 'x'), filter('c', 'notContain', 'x')],
      undefined,
    ],
    ['a is null and b is not null', [filter('a', 'equals', ''), filter('b', 'notEqual', '')], undefined],
    ["a='Acme, Inc.'", [filter('a', 'equals', '"Acme, Inc."')], undefined],
    ['a=1 or b=2', [filter('a', 'equals', '1'), filter('b', 'equals', '2')], '1 OR 2'],
    [
      '(a=1 or b=2) and c=3',
      [filter('a', 'equals', '1'), filter('b', 'equals', '2'), filter('c', 'equals', '3')],
      '(1 OR 2) AND 3',
    ],
    [
      'a=1 or b=2 and c=3',
      [filter('a', 'equals', '1'), filter('b', 'equals', '2'), filter('c', 'equals', '3')],
      '1 OR 2 AND 3',
    ],
  ] as const)
    test(where, () => {
      const expected =
        logic === undefined ? { reportFilters: filters } : { reportFilters: filters, reportBooleanFilter: logic }
      expect(body(where)).toEqual({ reportMetadata: expected })
      expect(pairs('toSFDCReportFilter', where)).toEqual([])
    })

  for (const where of ["a like '%x'", "a not like 'x%'", "a like 'x%y'"])
    test(`${where} is refused`, () => expect(() => body(where)).toThrow(ValenceError))
})

test('WIQL makes a body where an element has no template for it', () => {
  expect(bodyConverters['toWiql']?.(tree("System.State='New'"))).toEqual({
    query: "SELECT [System.Id] FROM WorkItems WHERE [System.State] = 'New'",
  })
})

test('no other converter makes a body', () => {
  expect(Object.keys(bodyConverters).toSorted()).toEqual([
    'toHubSpotSearch',
    'toSFDCReportFilter',
    'toSugarFilter',
    'toWiql',
  ])
  expect(bodyConverters['constructor']).toBeUndefined()
})
