import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { select, where } from '../../test/support/ceql-trees.ts'
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
