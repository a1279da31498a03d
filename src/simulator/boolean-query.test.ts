import { describe, expect, test } from 'vitest'
import { readBooleanQuery } from './boolean-query.ts'
import { filterFields } from './row-fields.ts'

const rows = [
  { id: 1, name: 'Ada Lovelace', status: 'open', priority: 1, plan: { kind: 'pro' }, due: '2024-01-01', tag: null },
  { id: 2, name: 'Bob', status: 'new', priority: 3, plan: { kind: 'free' }, due: '2024-03-01', tag: 'x' },
  { id: 3, name: 'Zoë "Z" Or', status: 'open', priority: 4, plan: {}, due: '2024-06-01', tag: 'y' },
]
const fields = filterFields(new Map(Object.keys(rows[0] ?? {}).map((name) => [name, {}])), { kind: 'plan.kind' })
const found = (text: string) => rows.filter(readBooleanQuery('q', text, fields)).map(({ id }) => id)

describe('which rows a search finds', () => {
  for (const [text, ids] of [
    ['status:open', [1, 3]],
    ['status = "open" AND priority > 1', [3]],
    ['status:"open" AND (priority:1 OR priority:4)', [1, 3]],
    ['"status:\'open\' AND priority:>4"', [3]],
    ['"priority:<3"', [1, 2]],
    ['-status:open', [2]],
    ['NOT status = open', [2]],
    ['status != open', [2]],
    ['status:open status:new priority>=3', [2, 3]],
    ['"status" IN ("new", \'x\')', [2]],
    ['status NOT IN (open)', [2]],
    ['tag IS EMPTY', [1]],
    ['tag IS NOT EMPTY', [2, 3]],
    ['tag:null', [1]],
    ['tag:*', [2, 3]],
    ['name ~ "ada"', [1]],
    ['name !~ "ada"', [2, 3]],
    ['name ~ "zoë \\\\\\"z\\\\\\""', [3]],
    ['name:B*', [2]],
    ['name:"Zoë \\"Z\\" Or"', [3]],
    ['plan["kind"]:"pro"', [1]],
    ['kind:free', [2]],
    ['due>2024-02-01 due<2024-05-01', [2]],
    ['lovelace', [1]],
    ['status = open ORDER BY priority DESC', [1, 3]],
    ['', [1, 2, 3]],
  ] as const) {
    test(text, () => {
      expect(found(text)).toEqual(ids)
    })
  }

  for (const text of ['status = ', '(status:open', 'status:open)', 'status IN (open', 'colour:red', '('.repeat(200)]) {
    test(`${text.slice(0, 30)} is refused`, () => {
      expect(() => found(text)).toThrow(/q cannot be read|there is no field/)
    })
  }
})
