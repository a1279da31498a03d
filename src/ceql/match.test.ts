import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matches } from './match.ts'
import { parseWhere } from './parse.ts'

const ROW = {
  id: 10300,
  key: 'closeio',
  name: 'Zoë 🚀',
  private: true,
  extended: false,
  zip: '01234',
  digits: '15',
  ratio: 2.5,
  empty: '',
  nothing: null,
  none: [],
  created: '2020-01-06T09:31:38Z',
  config: { url: 'https://x.test/a', deep: { er: 1 } },
  configuration: { 'oauth.api.key': 'k1' },
  tags: ['red', 'blue'],
  items: [{ value: '1' }, { value: '2', more: [{ n: 5 }] }, null],
}

const HOLDS: string[] = [
  // equality and the type of the literal
  "key='closeio'",
  'key=closeio',
  "key!='Closeio'",
  'id=10300',
  "id='10300'",
  'id=1.03e4',
  "id!='1.03e4'",
  'id != 10301',
  "private='true'",
  'private=true',
  'private = TRUE',
  "private!='TRUE'",
  'extended=false',
  "extended='false'",
  'private != false',
  "zip='01234'",
  'zip=01234',
  'zip!=1234',
  'digits=15',
  'digits != 15.0',
  "name='Zoë 🚀'",
  "empty=''",
  // order
  'id>9',
  'id>=10300',
  'id<=10300',
  'id<10300.5',
  "id<'9'",
  'ratio>2 and ratio<3',
  "created>'2020-01-06'",
  'created < 2020-01-07',
  'extended<true',
  // LIKE
  "key LIKE 'close%'",
  "key like '%io'",
  "key like '%ose%'",
  "key like 'c%s%o'",
  "key like 'closeio'",
  "key like '%'",
  "key like '%%'",
  "id like '10%'",
  "private like 'tr%'",
  "key not like 'close'",
  "key not like 'Close%'",
  "key not like '%io%io'",
  "key not like '_loseio'",
  "empty like ''",
  "empty like '%'",
  "key not like 'closeio%io'",
  // lists and null
  "key in ('a','closeio')",
  'id in (1, 10300)',
  "id in ('10300')",
  "key not in ('a')",
  'nothing is null',
  'missing is null',
  'none is null',
  'key is not null',
  'config is not null',
  'empty is not null',
  'missing.deeper is null',
  'key.length is null',
  // paths
  "config.url='https://x.test/a'",
  'config.deep.er=1',
  "configuration.oauth.api.key='k1'",
  "tags='red'",
  "tags='blue'",
  "tags!='green'",
  "items.value='2'",
  'items.more.n > 4',
  "items.value in ('2','3')",
  // what is missing
  "missing!='x'",
  "nothing!='x'",
  "missing not in ('x')",
  "missing not like '%'",
  // groups
  "key='x' or id=10300",
  "(key='x' or key='closeio') and private='true'",
  "key='closeio' or key='x' and key='y'",
]

const FAILS: string[] = [
  "key='CLOSEIO'",
  "Key='closeio'",
  "private='false'",
  'private=1',
  "id='10300.0'",
  "empty!=''",
  "key>'d'",
  "config='x'",
  "config<'x'",
  "config like '%'",
  "missing=''",
  "nothing='null'",
  'nothing=null',
  "missing like '%'",
  "missing<'z'",
  "missing>=''",
  "missing in ('')",
  'missing is not null',
  "tags!='red'",
  "tags not in ('red')",
  "items.value='3'",
  'key is null',
  "constructor.name='Object'",
  'constructor is not null',
  '__proto__ is not null',
  'tags.length=2',
  "key like 'lose'",
  "key='closeio' and id=1",
  "key in ('Closeio')",
  'private<true',
]

function holds(text: string, row: unknown): boolean {
  const where = parseWhere(text)
  if (!where) throw new Error('blank')
  return matches(where, row)
}

describe('a row of a platform list', () => {
  test.each(HOLDS)('satisfies %s', (text) => expect(holds(text, ROW)).toBe(true))
  test.each(FAILS)('does not satisfy %s', (text) => expect(holds(text, ROW)).toBe(false))
})

test('any JSON value is a row', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (row) => {
      for (const sign of ["='1'", '=1', '>true', " like '%a%'", " in ('a', 2)", ' is null']) {
        expect(typeof holds(`a${sign}`, row)).toBe('boolean')
      }
      expect(holds("a != '1'", row)).toBe(!holds("a = '1'", row))
      expect(holds('a is not null', row)).toBe(!holds('a is null', row))
    }),
  )
})

test('LIKE agrees with the regular expression that says the same', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '%'), maxLength: 8 })
  fc.assert(
    fc.property(letters, letters, (pattern, text) => {
      const regExp = new RegExp(`^${pattern.replaceAll('%', '.*')}$`)
      expect(holds(`t like '${pattern}'`, { t: text })).toBe(regExp.test(text))
    }),
    { numRuns: 2_000 },
  )
})
