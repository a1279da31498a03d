import { describe, expect, test } from 'vitest'
import type { Call } from './call.ts'
import { askedRows } from './filter-languages.ts'
import { QueryProblem } from './query-problem.ts'
import { filterFields } from './row-fields.ts'
import type { FieldRule, FilterLanguage } from './simulation.ts'

const rows = [
  {
    id: '1',
    name: "Ada O'Hara",
    age: 36,
    active: true,
    made: '2024-03-01T10:00:00Z',
    emails: [{ email: 'ada@a.test' }],
  },
  { id: '2', name: 'Bob', age: 9, active: false, made: '2024-04-01T10:00:00Z', emails: [] },
  {
    id: '3',
    name: 'Cy (jr.), B',
    age: null,
    active: null,
    made: '2024-05-01T10:00:00Z',
    emails: [{ email: 'cy@b.test' }],
  },
]
const fields = filterFields(new Map(Object.keys(rows[0] ?? {}).map((name) => [name, {} as FieldRule])), {
  email: 'emails[*].email',
})

function idsOf(language: FilterLanguage, given: unknown): string {
  const isText = typeof given === 'string'
  const call: Call = {
    method: isText ? 'GET' : 'POST',
    path: '/',
    queryText: '',
    query: new URLSearchParams(isText ? { q: given } : {}),
    headers: { 'content-type': 'application/json' },
    body: isText ? '' : JSON.stringify({ q: given }),
    fields: [],
    uploads: [],
  }
  const asked = askedRows({ language, parameter: 'q' }, call, fields)
  return rows
    .filter((row) => asked?.(row) ?? true)
    .map(({ id }) => id)
    .join('')
}

for (const [language, given, expected] of [
  ['condition', "name = 'Ada O\\'Hara'", '1'],
  ['condition', "NAME = 'ada o''hara'", '1'],
  ['condition', 'age > 10', '1'],
  ['condition', 'age = null', '3'],
  ['condition', 'age IS NOT NULL AND active = false', '2'],
  ['condition', "name LIKE 'b%' OR (age >= 36 AND active = true)", '12'],
  ['condition', "(NOT name LIKE 'B%')", '13'],
  ['condition', "name IN ('Bob', 'Ada O\\'Hara') AND name NOT IN ('Bob')", '1'],
  ['condition', 'made >= 2024-04-01T00:00:00Z', '23'],
  ['condition', 'name IS "Bob"', '2'],
  ['condition', 'name START_WITH "A"', '1'],
  ['groups', [{ filters: [{ propertyName: 'name', operator: 'EQ', value: 'bob' }] }], '2'],
  [
    'groups',
    [
      {
        filters: [
          { propertyName: 'age', operator: 'HAS_PROPERTY' },
          { propertyName: 'age', operator: 'LT', value: '10' },
        ],
      },
    ],
    '2',
  ],
  ['groups', [{ filters: [{ propertyName: 'id', operator: 'IN', values: ['1', '3'] }] }], '13'],
  ['groups', [1, 2].map((id) => ({ filters: [{ propertyName: 'id', operator: 'EQ', value: `${id}` }] })), '12'],
  ['groups', [{ filters: [{ propertyName: 'name', operator: 'CONTAINS_TOKEN', value: '*ob' }] }], '2'],
  ['groups', [{ filters: [{ propertyName: 'made', operator: 'GT', value: String(Date.parse('2024-04-15')) }] }], '3'],
  ['criteria', '(name:equals:Bob)', '2'],
  ['criteria', '((name:starts_with:A)or(age:less_than:10))', '12'],
  ['criteria', '(name:equals:Cy \\(jr.\\)\\, B)', '3'],
  ['criteria', '(id:in:1,3)', '13'],
  ['operators', [{ name: { $equals: 'Bob' } }], '2'],
  ['operators', '[{"$or":[{"name":"Bob"},{"age":{"$gte":36}}]}]', '12'],
  ['operators', { $AND: [{ name: { $LIKE: 'b%' } }, { active: { $EQ: false } }] }, '2'],
  ['operators', [{ age: { $is_null: '' } }], '3'],
  ['terms', 'name:"Bob"', '2'],
  ['terms', 'email:"cy@b.test" age:*', ''],
  ['terms', 'not email:*', '2'],
  ['terms', 'age > 10 active:true', '1'],
  ['terms', 'name:"Bob" or email:ada@a.test', '12'],
  ['terms', 'hara', '1'],
] as const)
  test(`${language}: ${JSON.stringify(given)} finds ${expected || 'nothing'}`, () => {
    expect(idsOf(language, given)).toBe(expected)
  })

describe('what a vendor cannot read', () => {
  for (const [language, given, code] of [
    ['condition', "nobody = 'x'", 'INVALID_FIELD'],
    ['condition', 'name =', 'MALFORMED_QUERY'],
    ['condition', 'name ~ 1', 'MALFORMED_QUERY'],
    ['condition', "name = 'a' name = 'b'", 'MALFORMED_QUERY'],
    ['groups', [{ filters: [{ propertyName: 'nobody', operator: 'EQ', value: '1' }] }], 'INVALID_FIELD'],
    ['groups', [{ filters: [{ propertyName: 'name', operator: 'IS', value: '1' }] }], undefined],
    ['groups', Array.from({ length: 6 }, () => ({ filters: [] })), undefined],
    ['criteria', 'name:equals:Bob', 'INVALID_QUERY'],
    ['criteria', '(name:equals:Cy (jr.))', 'INVALID_QUERY'],
    ['operators', [{ name: { $near: 'x' } }], undefined],
    ['operators', '[{"name"', undefined],
    ['terms', 'nobody:1', 'INVALID_FIELD'],
  ] as const)
    test(`${language}: ${JSON.stringify(given)}`, () => {
      try {
        idsOf(language, given)
      } catch (error) {
        expect(error).toBeInstanceOf(QueryProblem)
        expect((error as QueryProblem).code).toBe(code)
        return
      }
      expect.unreachable('the filter was read')
    })
})
