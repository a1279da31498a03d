import { describe, expect, test } from 'vitest'
import { parseWhere } from './parse.ts'
import { printWhere } from './print.ts'
import { renameList, renameOrder, renameWhere } from './rename.ts'

const NAMES: Record<string, string> = { name: 'FullName', born: 'Birthday', 'address.city': 'MailingCity' }
const renaming = {
  attribute: (name: string) => NAMES[name] ?? name,
  value: (name: string, text: string) => (name === 'born' ? text.split('-').toReversed().join('.') : text),
}

describe('a where-expression in other names', () => {
  test.each<[string, string, string]>([
    ['an equality', "name='Ada'", "FullName = 'Ada'"],
    ['a dotted name is one name', "address.city='Leeds'", "MailingCity = 'Leeds'"],
    ['names that nobody maps stay', "other='x' and name='y'", "other = 'x' AND FullName = 'y'"],
    [
      'grouping stays',
      "(name='a' or born>'2000-01-31') and x=1",
      "(FullName = 'a' OR Birthday > '31.01.2000') AND x = 1",
    ],
    ['lists', "born in ('2000-01-31','2001-02-28')", "Birthday IN ('31.01.2000', '28.02.2001')"],
    ['null tests and patterns', "name is null or name like 'A%'", "FullName IS NULL OR FullName LIKE 'A%'"],
    ['numbers stay numbers', 'name=12', 'FullName = 12'],
    ['a value that was rewritten is text', 'born=2000', 'Birthday = 2000'],
  ])('%s', (_name, text, expected) => {
    expect(printWhere(renameWhere(parseWhere(text)!, renaming))).toBe(expected)
  })

  test('it is itself when nothing changes', () => {
    const where = parseWhere("a='1' and (b in (1,2) or c is not null)")!
    expect(renameWhere(where, renaming)).toBe(where)
  })
})

test.each<[string, string]>([
  ['name', 'FullName'],
  ['name desc, address.city ASC ,x', 'FullName desc,MailingCity ASC,x'],
  ['!name', '!FullName'],
  ['  ', ''],
])('order %j', (given, expected) => expect(renameOrder(given, renaming.attribute)).toBe(expected))

test('lists of fields', () =>
  expect(renameList(' name, x ,,address.city', renaming.attribute)).toBe('FullName,x,MailingCity'))
