import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ValenceError } from '../../errors.ts'
import type { Where } from '../ast.ts'
import { parseWhere } from '../parse.ts'
import { converters, statementConverters } from './table.ts'

const PARAMETERS: [where: string, pairs: [string, string][]][] = [
  [
    "a='1' and b='x y'",
    [
      ['a', '1'],
      ['b', 'x y'],
    ],
  ],
  ['createdDate=`2020-01-02T03:04:05Z`', [['createdDate', '2020-01-02T03:04:05Z']]],
  [
    "name='O''Hara' and `full name`=Zoë 🚀",
    [
      ['name', "O'Hara"],
      ['full name', 'Zoë 🚀'],
    ],
  ],
  [
    "a='1' and a='2'",
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  [
    "a>='1' and b != true and c like '%x%'",
    [
      ['a', '1'],
      ['b', 'true'],
      ['c', '%x%'],
    ],
  ],
  [
    "id in (1,'b c') and k not in ('x')",
    [
      ['id', '1,b c'],
      ['k', 'x'],
    ],
  ],
  [
    'a is null and b is not null',
    [
      ['a', ''],
      ['b', ''],
    ],
  ],
  ["email=''", [['email', '']]],
  [
    "(a='1' or b='2') and c.d='3'",
    [
      ['a', '1'],
      ['b', '2'],
      ['c.d', '3'],
    ],
  ],
]

const ODATA: [where: string, v4: string, v3: string][] = [
  ["name='O''Hara'", "name eq 'O''Hara'", "name eq 'O''Hara'"],
  [
    "a!='x' and b>1 and c>=2 and d<3 and e<=4.5",
    "a ne 'x' and b gt 1 and c ge 2 and d lt 3 and e le 4.5",
    "a ne 'x' and b gt 1 and c ge 2 and d lt 3 and e le 4.5",
  ],
  ["active=True and qty='5'", "active eq true and qty eq '5'", "active eq true and qty eq '5'"],
  ['(a=1 or b=2) and c=3', '(a eq 1 or b eq 2) and c eq 3', '(a eq 1 or b eq 2) and c eq 3'],
  ['a=1 or b=2 and c=3', 'a eq 1 or b eq 2 and c eq 3', 'a eq 1 or b eq 2 and c eq 3'],
  ["a like '%x%'", "contains(a,'x')", "substringof('x',a)"],
  ["a like 'x%'", "startswith(a,'x')", "startswith(a,'x')"],
  ["a like '%x'", "endswith(a,'x')", "endswith(a,'x')"],
  ["a like 'x'", "a eq 'x'", "a eq 'x'"],
  ["a like '5%'", "startswith(a,'5')", "startswith(a,'5')"],
  ["a like '%'", "contains(a,'')", "substringof('',a)"],
  ["a not like '%x%' and b not like 'y'", "not contains(a,'x') and b ne 'y'", "not substringof('x',a) and b ne 'y'"],
  ['a in (1,2)', '(a eq 1 or a eq 2)', '(a eq 1 or a eq 2)'],
  ["a not in ('x',2) or b=3", "(a ne 'x' and a ne 2) or b eq 3", "(a ne 'x' and a ne 2) or b eq 3"],
  ['a is null and b is not null', 'a eq null and b ne null', 'a eq null and b ne null'],
  ["created>='2020-01-01T00:00:00Z'", 'created ge 2020-01-01T00:00:00Z', "created ge datetime'2020-01-01T00:00:00Z'"],
  [
    'meta.updated > 2020-01-06T09:31:38.5-07:00',
    'meta.updated gt 2020-01-06T09:31:38.5-07:00',
    "meta/updated gt datetime'2020-01-06T09:31:38.5-07:00'",
  ],
  [
    "day=2020-01-01 and text='2020-01'",
    "day eq 2020-01-01 and text eq '2020-01'",
    "day eq datetime'2020-01-01' and text eq '2020-01'",
  ],
]

function tree(text: string): Where {
  const where = parseWhere(text)
  if (!where) throw new Error('blank')
  return where
}

describe('toQueryParameters', () => {
  test.each(PARAMETERS)('%s', (text, pairs) => expect(converters['toQueryParameters']?.(tree(text))).toEqual(pairs))
})

describe('toODataFilter and toODataV3Filter', () => {
  test.each(ODATA)('%s', (text, v4, v3) => {
    expect(converters['toODataFilter']?.(tree(text))).toEqual([['$filter', v4]])
    expect(converters['toODataV3Filter']?.(tree(text))).toEqual([['$filter', v3]])
  })
  test('a pattern with % in the middle is refused by name', () => {
    const convert = () => converters['toODataFilter']?.(tree("a like 'x%y'"))
    expect(convert).toThrow(ValenceError)
    expect(convert).toThrow("a LIKE 'x%y'")
  })
})

test('a name that is no converter gives undefined, also one that every object has', () => {
  expect(converters['toNothing']).toBe(undefined)
  expect(converters['constructor']).toBe(undefined)
})

test('docs/ceql.md has a row for every converter, and no others', () => {
  const guide = readFileSync(new URL('../../../docs/ceql.md', import.meta.url), 'utf8')
  const rows = guide.split('\n').filter((line) => line.startsWith('| `to'))
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name))
  expect(named.toSorted()).toEqual(Object.keys(converters).toSorted())
  for (const name of Object.keys(statementConverters)) expect(guide).toContain(`\`${name}\``)
})
