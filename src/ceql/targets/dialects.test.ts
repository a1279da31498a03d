import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ValenceError } from '../../errors.ts'
import type { Where } from '../ast.ts'
import { parseWhere } from '../parse.ts'
import { toSugarFilter } from './sugar-filter.ts'
import { bodyConverters, converters } from './table.ts'

function tree(text: string): Where {
  const where = parseWhere(text)
  if (!where) throw new Error('blank')
  return where
}
const written = (name: string, where: Where) => converters[name]?.(where)[0]?.[1]

/** The same questions in the vendors' languages; null where a language lacks the words. */
const DIALECTS = ['toSoql', 'toJql', 'toSuiteQl', 'toNetSuiteQuery', 'toZohoCriteria'] as const
const CONDITIONS: [where: string, ...(string | null)[]][] = [
  ["a='x'", "a = 'x'", `"a" = "x"`, "a = 'x'", `a IS "x"`, '(a:equals:x)'],
  ['a!=1', 'a != 1', '"a" != 1', 'a != 1', 'a EQUAL_NOT 1', '(a:not_equal:1)'],
  ['a>1.5', 'a > 1.5', '"a" > 1.5', 'a > 1.5', 'a GREATER 1.5', '(a:greater_than:1.5)'],
  ['a<=1', 'a <= 1', '"a" <= 1', 'a <= 1', 'a LESS_OR_EQUAL 1', '(a:less_equal:1)'],
  ['a=True', 'a = true', '"a" = "True"', "a = 'T'", 'a IS true', '(a:equals:True)'],
  ["a='1'", "a = '1'", `"a" = "1"`, "a = '1'", `a IS "1"`, '(a:equals:1)'],
  ["a>'x'", "a > 'x'", `"a" > "x"`, "a > 'x'", null, '(a:greater_than:x)'],
  ["a in ('x',2)", "a IN ('x', 2)", `"a" IN ("x", 2)`, "a IN ('x', 2)", '(a IS "x" OR a EQUAL 2)', '(a:in:x,2)'],
  ['a in (1,2)', 'a IN (1, 2)', '"a" IN (1, 2)', 'a IN (1, 2)', 'a ANY_OF [1, 2]', '(a:in:1,2)'],
  [
    "a not in ('x','y')",
    "a NOT IN ('x', 'y')",
    '"a" NOT IN ("x", "y")',
    "a NOT IN ('x', 'y')",
    '(a IS_NOT "x" AND a IS_NOT "y")',
    '((a:not_equal:x)and(a:not_equal:y))',
  ],
  ["a like 'x%'", "a LIKE 'x%'", `"a" ~ "x*"`, "a LIKE 'x%'", 'a START_WITH "x"', '(a:starts_with:x)'],
  ["a like '%x%'", "a LIKE '%x%'", `"a" ~ "x"`, "a LIKE '%x%'", 'a CONTAIN "x"', null],
  ["a like '%x'", "a LIKE '%x'", null, "a LIKE '%x'", 'a END_WITH "x"', null],
  ["a like 'x%y'", "a LIKE 'x%y'", null, "a LIKE 'x%y'", null, null],
  ["a not like 'x%'", "(NOT a LIKE 'x%')", `"a" !~ "x*"`, "a NOT LIKE 'x%'", 'a START_WITH_NOT "x"', null],
  ['a is null', 'a = null', '"a" IS EMPTY', 'a IS NULL', 'a EMPTY', null],
  ['a is not null', 'a != null', '"a" IS NOT EMPTY', 'a IS NOT NULL', 'a EMPTY_NOT', null],
  [
    "a>='2020-01-02'",
    'a >= 2020-01-02',
    '"a" >= "2020-01-02"',
    "a >= TO_DATE('2020-01-02', 'YYYY-MM-DD')",
    'a ON_OR_AFTER "2020-01-02"',
    '(a:greater_equal:2020-01-02)',
  ],
  [
    "a<'2020-01-02T03:04:05+02:00'",
    'a < 2020-01-02T03:04:05+02:00',
    `"a" < ${Date.parse('2020-01-02T01:04:05Z')}`,
    "a < TO_DATE('2020-01-02 01:04:05', 'YYYY-MM-DD HH24:MI:SS')",
    'a BEFORE "2020-01-02T03:04:05+02:00"',
    '(a:less_than:2020-01-02T03:04:05+02:00)',
  ],
  [
    'a=2020-01-02T03:04',
    'a = 2020-01-02T03:04:00Z',
    '"a" = "2020-01-02 03:04"',
    "a = TO_DATE('2020-01-02 03:04:00', 'YYYY-MM-DD HH24:MI:SS')",
    'a ON "2020-01-02T03:04"',
    '(a:equals:2020-01-02T03:04)',
  ],
  [
    "a='2020-13-45'",
    "a = '2020-13-45'",
    `"a" = "2020-13-45"`,
    "a = '2020-13-45'",
    `a IS "2020-13-45"`,
    '(a:equals:2020-13-45)',
  ],
  [
    '(a=1 or b=2) and c=3',
    '(a = 1 OR b = 2) AND c = 3',
    '("a" = 1 OR "b" = 2) AND "c" = 3',
    '(a = 1 OR b = 2) AND c = 3',
    '(a EQUAL 1 OR b EQUAL 2) AND c EQUAL 3',
    '(((a:equals:1)or(b:equals:2))and(c:equals:3))',
  ],
  [
    'a=1 or b=2 and c=3',
    '(a = 1 OR (b = 2 AND c = 3))',
    '("a" = 1 OR "b" = 2 AND "c" = 3)',
    '(a = 1 OR b = 2 AND c = 3)',
    'a EQUAL 1 OR (b EQUAL 2 AND c EQUAL 3)',
    '((a:equals:1)or((b:equals:2)and(c:equals:3)))',
  ],
  [
    "Owner.Name__c='x'",
    "Owner.Name__c = 'x'",
    `"Owner.Name__c" = "x"`,
    "Owner.Name__c = 'x'",
    `Owner.Name__c IS "x"`,
    '(Owner.Name__c:equals:x)',
  ],
  ["cf[10001]='x'", null, 'cf[10001] = "x"', null, null, null],
  ["`Story Points`='x'", null, '"Story Points" = "x"', null, null, null],
  ["`a = 1 or b`='x'", null, '"a = 1 or b" = "x"', null, null, null],
  ["a='O''Hara'", "a = 'O\\'Hara'", `"a" = "O'Hara"`, "a = 'O''Hara'", `a IS "O'Hara"`, "(a:equals:O'Hara)"],
  ["a='\\'", "a = '\\\\'", '"a" = "\\\\"', "a = '\\'", null, '(a:equals:\\\\)'],
  [
    "a like '%c++ (x)%'",
    "a LIKE '%c++ (x)%'",
    '"a" ~ "c\\\\+\\\\+ \\\\(x\\\\)"',
    "a LIKE '%c++ (x)%'",
    'a CONTAIN "c++ (x)"',
    null,
  ],
  [
    "a='x),(b:equals:y'",
    "a = 'x),(b:equals:y'",
    `"a" = "x),(b:equals:y"`,
    "a = 'x),(b:equals:y'",
    `a IS "x),(b:equals:y"`,
    '(a:equals:x\\)\\,\\(b:equals:y)',
  ],
]

const SEARCHES = ['toZendeskSearch', 'toStripeSearch', 'toFreshdeskQuery'] as const
const TERMS: [where: string, ...(string | null)[]][] = [
  ["a='x'", 'a:x', 'a:"x"', `"a:'x'"`],
  ['a=1 and b=true', 'a:1 b:true', 'a:1 AND b:"true"', '"a:1 AND b:true"'],
  ["a!='x'", '-a:x', '-a:"x"', null],
  ['a>=5', 'a>=5', 'a>=5', '"a:>5"'],
  ["a<'2020-01-02'", 'a<2020-01-02', 'a<"2020-01-02"', `"a:<'2020-01-02'"`],
  ["a='two words'", 'a:"two words"', 'a:"two words"', `"a:'two words'"`],
  ["a in ('x','y')", 'a:x a:y', 'a:"x" OR a:"y"', `"(a:'x' OR a:'y')"`],
  ["a in ('x')", 'a:x', 'a:"x"', `"a:'x'"`],
  ["a not in ('x','y')", '-a:x -a:y', '-a:"x" AND -a:"y"', null],
  ["a='x' or a in ('y')", 'a:x a:y', 'a:"x" OR a:"y"', `"a:'x' OR a:'y'"`],
  ["a='x' or b='y'", null, 'a:"x" OR b:"y"', `"a:'x' OR b:'y'"`],
  ["a='x' and a='y'", null, 'a:"x" AND a:"y"', `"a:'x' AND a:'y'"`],
  ["(a='x' or b='y') and c=1", null, null, `"(a:'x' OR b:'y') AND c:1"`],
  ["(a='x' or a='y') and c=1", 'a:x a:y c:1', null, `"(a:'x' OR a:'y') AND c:1"`],
  ["a in ('x','y') and c=1", 'a:x a:y c:1', null, `"(a:'x' OR a:'y') AND c:1"`],
  ["a like '%x%'", 'a:x', 'a~"x"', null],
  ["a not like '%x%'", '-a:x', '-a~"x"', null],
  ["a like 'x%'", 'a:x*', null, null],
  ["a like 'x y%'", null, null, null],
  ["a like '%x'", null, null, null],
  ["a like 'x'", 'a:x', 'a:"x"', `"a:'x'"`],
  ['a is null', 'a:none', 'a:null', '"a:null"'],
  ['a is not null', 'a:*', '-a:null', null],
  ["a='none'", 'a:"none"', 'a:"none"', `"a:'none'"`],
  ['a=\'say "x"\'', null, 'a:"say \\"x\\""', null],
  ["a='x\\'", null, 'a:"x\\\\"', null],
  ["a='O''Hara'", `a:"O'Hara"`, `a:"O'Hara"`, null],
  ["metadata.plan='pro'", 'metadata.plan:pro', 'metadata["plan"]:"pro"', null],
  ["`metadata['a\"b']`='x'", null, 'metadata["a\\"b"]:"x"', null],
  ["`a:1 b`='x'", null, null, null],
]

for (const [dialects, rows] of [
  [DIALECTS, CONDITIONS],
  [SEARCHES, TERMS],
] as const)
  dialects.forEach((name, column) => {
    describe(name, () => {
      for (const [where, ...texts] of rows) {
        const expected = texts[column]
        if (expected === null) {
          test(`${where} is refused by name`, () => {
            expect(() => written(name, tree(where))).toThrow(
              /of this vendor cannot say this|% only at the start or the end/,
            )
          })
        } else test(where, () => expect(written(name, tree(where))).toBe(expected))
      }
    })
  })

describe('toHubSpotSearch', () => {
  const search = (text: string) => bodyConverters['toHubSpotSearch']?.(tree(text))
  const groups = (...all: [string, string, (string | string[])?][][]) => ({
    filterGroups: all.map((filters) => ({
      filters: filters.map(([propertyName, operator, value]) => ({
        propertyName,
        operator,
        ...(Array.isArray(value) ? { values: value } : value === undefined ? {} : { value }),
      })),
    })),
  })
  for (const [where, expected] of [
    ["a='x'", groups([['a', 'EQ', 'x']])],
    [
      "a!=1 and b>='2020-01-01'",
      groups([
        ['a', 'NEQ', '1'],
        ['b', 'GTE', '2020-01-01'],
      ]),
    ],
    ['a=1 or b=2', groups([['a', 'EQ', '1']], [['b', 'EQ', '2']])],
    [
      '(a=1 or b=2) and c<3',
      groups(
        [
          ['a', 'EQ', '1'],
          ['c', 'LT', '3'],
        ],
        [
          ['b', 'EQ', '2'],
          ['c', 'LT', '3'],
        ],
      ),
    ],
    [
      "a in ('x','y') and b not in ('z')",
      groups([
        ['a', 'IN', ['x', 'y']],
        ['b', 'NOT_IN', ['z']],
      ]),
    ],
    [
      'a is null and b is not null',
      groups([
        ['a', 'NOT_HAS_PROPERTY'],
        ['b', 'HAS_PROPERTY'],
      ]),
    ],
    ["a like 'x%'", groups([['a', 'CONTAINS_TOKEN', 'x*']])],
    [
      "a like '%x%' and b not like '%y'",
      groups([
        ['a', 'CONTAINS_TOKEN', '*x*'],
        ['b', 'NOT_CONTAINS_TOKEN', '*y'],
      ]),
    ],
    ["a like 'x'", groups([['a', 'EQ', 'x']])],
  ] as const)
    test(where, () => {
      expect(search(where)).toEqual(expected)
      expect(JSON.parse(written('toHubSpotSearch', tree(where)) ?? '')).toEqual(expected.filterGroups)
    })

  const conditions = (count: number, connective: string) =>
    Array.from({ length: count }, (_, index) => `a${index}=1`).join(connective)
  for (const [fact, where] of [
    ['six alternatives', conditions(6, ' or ')],
    ['seven conditions at once', conditions(7, ' and ')],
    ['alternatives that multiply beyond five', '(a=1 or b=1) and (c=1 or d=1) and (e=1 or f=1)'],
    ['nineteen filters', `(a=1 or b=1 or c=1 or d=1) and ${conditions(4, ' and ')}`],
    ['the wildcard of the vendor in a pattern', "a like '%*%'"],
    ['a pattern of nothing', "a like '%'"],
  ] as const)
    test(`${fact} are refused`, () => expect(() => search(where)).toThrow('the search of this vendor cannot say this'))

  test('a product of thousands is refused without being made', () => {
    const where = Array.from({ length: 5_000 }, (_, index) => `(a=${index} or b=${index})`).join(' and ')
    const start = performance.now()
    expect(() => search(where)).toThrow('More than 5 alternatives')
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})

describe('toSugarFilter', () => {
  for (const [where, expected] of [
    ["a='x'", [{ a: { $equals: 'x' } }]],
    ["a!='x' and b>1", [{ a: { $not_equals: 'x' } }, { b: { $gt: '1' } }]],
    ['a=1 or b<=2', [{ $or: [{ a: { $equals: '1' } }, { b: { $lte: '2' } }] }]],
    [
      '(a=1 or b=2 and c=3) and d is null',
      [
        { $or: [{ a: { $equals: '1' } }, { $and: [{ b: { $equals: '2' } }, { c: { $equals: '3' } }] }] },
        { d: { $is_null: '' } },
      ],
    ],
    ["a in ('x') and b not in ('y')", [{ a: { $in: ['x'] } }, { b: { $not_in: ['y'] } }]],
    ["a like 'x%' and b like '%y'", [{ a: { $starts: 'x' } }, { b: { $ends: 'y' } }]],
    ["a like '%x%' and b not like '%y%'", [{ a: { $contains: 'x' } }, { b: { $not_contains: 'y' } }]],
    ["a='\"}]' and b is not null", [{ a: { $equals: '"}]' } }, { b: { $not_null: '' } }]],
  ] as const)
    test(where, () => {
      expect(toSugarFilter(tree(where))).toEqual(expected)
      expect(JSON.parse(written('toSugarFilter', tree(where)) ?? '')).toEqual(expected)
      expect(bodyConverters['toSugarFilter']?.(tree(where))).toEqual({ filter: expected })
    })
  for (const where of ["a not like 'x%'", "$or='x'", "a like 'x%y'"])
    test(`${where} is refused`, () => expect(() => toSugarFilter(tree(where))).toThrow(ValenceError))
  test('a name that every object has is a name', () => {
    expect(written('toSugarFilter', tree("__proto__='x'"))).toBe('[{"__proto__":{"$equals":"x"}}]')
  })
})

describe('no value ends its literal', () => {
  const dangerous = fc.string({
    unit: fc.constantFrom("'", '"', '\\', ',', ':', ')', '(', '}', ']', ' ', 'OR', '*', '-', '\n', 'ö', '🚀', 'none'),
  })
  const unslashed = (text: string) =>
    text.replace(/\\(.)/gs, (_, next) => ({ n: '\n', r: '\r', t: '\t' })[next as string] ?? next)
  for (const [name, shape, unescaped] of [
    ['toSoql', /^a = '((?:[^\\'\n]|\\[\\'nrt])*)'$/, unslashed],
    ['toJql', /^"a" = "((?:[^\\"\n]|\\[\\"nrt])*)"$/, unslashed],
    ['toSuiteQl', /^a = '((?:[^']|'')*)'$/, (text: string) => text.replaceAll("''", "'")],
    ['toNetSuiteQuery', /^a IS "([^"\\]*)"$/, (text: string) => text],
    ['toZohoCriteria', /^\(a:equals:((?:[^\\(),]|\\[\\(),])*)\)$/, (text: string) => text.replace(/\\(.)/gs, '$1')],
    ['toZendeskSearch', /^a:("[^"\\]*"|[^"\\\s*()]*)$/, (text: string) => text.replace(/^"|"$/g, '')],
    ['toStripeSearch', /^a:"((?:[^\\"]|\\[\\"])*)"$/, (text: string) => text.replace(/\\(.)/gs, '$1')],
    ['toFreshdeskQuery', /^"a:'([^'"\\]*)'"$/, (text: string) => text],
  ] as const)
    test(name, () => {
      fc.assert(
        fc.property(dangerous, (text) => {
          const where: Where = { kind: 'comparison', attribute: 'a', operator: '=', value: { text, type: 'text' } }
          let wire: string
          try {
            wire = written(name, where) ?? ''
          } catch (error) {
            if (error instanceof ValenceError && error.code === 'QUERY_INVALID') return
            throw error
          }
          const [, literal = ''] = shape.exec(wire) ?? []
          expect(wire).toMatch(shape)
          expect(unescaped(literal)).toBe(text)
        }),
        { numRuns: 1_000 },
      )
    })
})

describe('no name ends its place', () => {
  const name = fc.string({
    unit: fc.constantFrom("'", '"', '\\', '=', ' ', ')', '(', ']', '[', ':', '.', 'a', 'OR', '\n'),
  })
  for (const [converter, shape] of [
    ['toSoql', /^[\w.]+ = 'x'$/],
    ['toJql', /^"(?:[^\\"\n]|\\[\\"nrt])*" = "x"$/],
    ['toSuiteQl', /^[\w.]+ = 'x'$/],
    ['toNetSuiteQuery', /^[\w.]+ IS "x"$/],
    ['toZohoCriteria', /^\([\w.$]+:equals:x\)$/],
    ['toZendeskSearch', /^[\w.-]+:x$/],
    ['toStripeSearch', /^(?:[\w.]+|metadata\["(?:[^\\"]|\\[\\"])*"\]):"x"$/],
    ['toFreshdeskQuery', /^"\w+:'x'"$/],
    ['toODataFilter', /^[^\s'"(),]+ eq 'x'$/],
    ['toODataV3Filter', /^[^\s'"(),]+ eq 'x'$/],
  ] as const)
    test(converter, () => {
      fc.assert(
        fc.property(name, (attribute) => {
          if (attribute === '') return
          const where: Where = { kind: 'comparison', attribute, operator: '=', value: { text: 'x', type: 'text' } }
          try {
            expect(written(converter, where)).toMatch(shape)
          } catch (error) {
            if (!(error instanceof ValenceError)) throw error
          }
        }),
        { numRuns: 1_000 },
      )
    })
})
