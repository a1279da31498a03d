import { expect, test } from 'vitest'
import { odataFilter } from './odata-filter.ts'

const rows = [
  { id: 1, name: "O'Hara", age: 30, owner: { email: 'a@x' }, open: true, at: '2024-01-01T00:00:00Z' },
  { id: 2, name: 'Ada', age: 40, owner: null, open: false, at: '2024-06-01T00:00:00Z' },
]
const fields = new Map(Object.keys(rows[0] ?? {}).map((name) => [name, {}]))

for (const [text, ids] of [
  ["name eq 'Ada'", [2]],
  ["name eq 'O''Hara'", [1]],
  ["name ne 'Ada' and age lt 40", [1]],
  ['age ge 30 AND age le 30', [1]],
  ['open eq true', [1]],
  ["owner/email eq 'a@x'", [1]],
  ['owner eq null', [2]],
  ["at gt datetime'2024-03-01T00:00:00Z'", [2]],
  ['at gt 2024-03-01T00:00:00Z', [2]],
  ["unknown eq 'x' and id eq 2", [2]],
] as const)
  test(text, () => expect(rows.filter(odataFilter(text, fields) ?? (() => true)).map(({ id }) => id)).toEqual(ids))

for (const text of ['', "contains(name,'a')", "name eq 'a' or id eq 1", "name eq 'a' and", 'name eq'])
  test(`"${text}" is more than comparisons`, () => expect(odataFilter(text, fields)).toBeUndefined())
