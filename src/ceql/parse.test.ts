import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ValenceError } from '../errors.ts'
import type { Comparison, Membership, Value, Where } from './ast.ts'
import { MAX_QUERY_DEPTH, MAX_QUERY_LENGTH, parseSelect, parseStatement, parseWhere } from './parse.ts'
import { typeOfBare } from './tokenize.ts'

const quoted = (text: string): Value => ({ text, type: 'text' })
const unquoted = (text: string): Value => ({ text, type: typeOfBare(text) })

function is(attribute: string, text: string, operator: Comparison['operator'] = '='): Comparison {
  return { kind: 'comparison', attribute, operator, value: quoted(text) }
}

function bare(attribute: string, text: string, operator: Comparison['operator'] = '='): Comparison {
  return { kind: 'comparison', attribute, operator, value: unquoted(text) }
}

function among(attribute: string, values: Value[], operator: Membership['operator'] = 'IN'): Membership {
  return { kind: 'membership', attribute, operator, values }
}

function isNull(attribute: string, operator: 'IS NULL' | 'IS NOT NULL' = 'IS NULL'): Where {
  return { kind: 'nullTest', attribute, operator }
}

function and(...terms: Where[]): Where {
  return { kind: 'and', terms }
}

function or(...terms: Where[]): Where {
  return { kind: 'or', terms }
}

const UPDATED = '2020-01-06T09:31:38-07:00'

const ACCEPTED: [fact: string, text: string, tree: Where | undefined][] = [
  // spec 21 §1.1, row by row
  ['no spaces', "name='Ann'", is('name', 'Ann')],
  ['spaces', "name = 'Ann'", is('name', 'Ann')],
  ['blanks of every sort', "\t name\n=\u00a0 'Ann'\u3000", is('name', 'Ann')],
  ['a doubled quote is one quote', "name='O''Hara'", is('name', "O'Hara")],
  ['only a quote', "name=''''", is('name', "'")],
  ['double quotes', 'name="Ann"', is('name', 'Ann')],
  ['doubled double quotes', 'name="5"" disk"', is('name', '5" disk')],
  ['backticks', 'created=`2020-01-02T03:04:05Z`', is('created', '2020-01-02T03:04:05Z')],
  ['other quotes inside are text', `name="it's \`so\`"`, is('name', "it's `so`")],
  ['bare number', 'qty>=15', bare('qty', '15', '>=')],
  ['bare boolean', 'active=true', bare('active', 'true')],
  ['bare boolean as written', 'portalActive = True', bare('portalActive', 'True')],
  ['bare word', 'type = string', is('type', 'string')],
  ['bare words', 'title = my file.txt', is('title', 'my file.txt')],
  ['bare words up to AND', "title = my  file.txt  and b='1'", and(is('title', 'my  file.txt'), is('b', '1'))],
  ['bare words up to a parenthesis', '(title = my file.txt )', is('title', 'my file.txt')],
  ['bare words with words like AND', 'title = android or-not', is('title', 'android or-not')],
  ['bare words with a comma', 'name = Doe, Ann', is('name', 'Doe, Ann')],
  ['bare words with an apostrophe', "title = Ann's file and b=1", and(is('title', "Ann's file"), bare('b', '1'))],
  ['bare words with parentheses', '(title = report (2).txt)', is('title', 'report (2).txt')],
  ['bare words with signs', 'url = https://x/?a=b&c=d', is('url', 'https://x/?a=b&c=d')],
  ['bare date', `\`meta.updated\` > ${UPDATED}`, is('meta.updated', UPDATED, '>')],
  ['a number with leading zeros is text', 'zip = 01234', is('zip', '01234')],
  ['quoted name with a space', "'Modified Time'>'2020-01-01'", is('Modified Time', '2020-01-01', '>')],
  ['quoted name with a dollar', `"$city"='Bonn'`, is('$city', 'Bonn')],
  ['quoted name with a colon', '`com.x:no` = 15', bare('com.x:no', '15')],
  ['dotted name', "company.id='7'", is('company.id', '7')],
  ['dotted name and spaces', "source.object = 'deal'", is('source.object', 'deal')],
  ['dotted name into a list', "items.value='2'", is('items.value', '2')],
  ['custom field name', "attr__c='1'", is('attr__c', '1')],
  ['name with brackets', "list[att]='1'", is('list[att]', '1')],
  ['name of a configuration key', `\${oauth.user}='x'`, is(`\${oauth.user}`, 'x')],
  [
    'reserved words as names',
    "value='1' and from='2' and order='3'",
    and(is('value', '1'), is('from', '2'), is('order', '3')),
  ],
  [
    'connectives as names',
    "and='1' and or='2' and in in ('3')",
    and(is('and', '1'), is('or', '2'), among('in', [quoted('3')])),
  ],
  ['list', "name IN ('a','b')", among('name', [quoted('a'), quoted('b')])],
  ['list of one number', 'id in (10300)', among('id', [unquoted('10300')])],
  ['list of bare words', 'name in( rock and roll , b (2) )', among('name', [quoted('rock and roll'), quoted('b (2)')])],
  ['list without blanks', "a in('x')or b in('y')", or(among('a', [quoted('x')]), among('b', [quoted('y')]))],
  ['empty string', "email=''", is('email', '')],
  ['JSON value', `createdDate='{"start":"2020-01-01"}'`, is('createdDate', '{"start":"2020-01-01"}')],
  ['emoji', "name='Zoë 🚀'", is('name', 'Zoë 🚀')],
  ['name outside ASCII', 'größe>5', bare('größe', '5', '>')],
  ['grouping', "((a='1' or b='2')) and c>3 ", and(or(is('a', '1'), is('b', '2')), bare('c', '3', '>'))],
  ['typographic quotes', 'Name=’Acme’', is('Name', 'Acme')],
  ['typographic pairs', 'Name=‘Acme’ and “City”=“Bonn”', and(is('Name', 'Acme'), is('City', 'Bonn'))],
  ['typographic quotes inside straight ones', "Name='’Acme’'", is('Name', '’Acme’')],
  ['encoded text stays encoded', "name='a%20b'", is('name', 'a%20b')],
  // operators
  ['not equal', "a!='1'", is('a', '1', '!=')],
  ['not equal, the other spelling', "a<>'1'", is('a', '1', '!=')],
  ['less', 'a<1', bare('a', '1', '<')],
  ['less or equal', 'a <=1', bare('a', '1', '<=')],
  ['like', "name LIKE '%x'", is('name', '%x', 'LIKE')],
  ['like without blanks', "name like'%x'", is('name', '%x', 'LIKE')],
  ['not like', "name Not Like '%x'", is('name', '%x', 'NOT LIKE')],
  ['not in', 'id NOT IN (1, 2)', among('id', [unquoted('1'), unquoted('2')], 'NOT IN')],
  ['is null', 'a is null', isNull('a')],
  ['is not null', 'a IS  NOT NULL and b=1', and(isNull('a', 'IS NOT NULL'), bare('b', '1'))],
  ['AND binds tighter than OR', "a='1' or b='2' AND c='3'", or(is('a', '1'), and(is('b', '2'), is('c', '3')))],
  ['connectives without blanks', "a='1'and(b='2')or c='3'", or(and(is('a', '1'), is('b', '2')), is('c', '3'))],
  ['three terms are one group', "a='1' and b='2' and c='3'", and(is('a', '1'), is('b', '2'), is('c', '3'))],
  // clients (spec 10 §2.3, 40)
  [
    'filter of the command line client',
    "private='true' AND abridged='true' AND key in ('a','b')",
    and(is('private', 'true'), is('abridged', 'true'), among('key', [quoted('a'), quoted('b')])),
  ],
  [
    'filter of deliveries',
    "channel='webhook' and status='queued' and config.url='https://x.test/a?b=c'",
    and(is('channel', 'webhook'), is('status', 'queued'), is('config.url', 'https://x.test/a?b=c')),
  ],
  // nothing asked
  ['empty', '', undefined],
  ['blank', ' \t\n', undefined],
]

const REFUSED_WHERE: [text: string, position: number, expected: string][] = [
  ['a', 2, 'expected =, !=, <, >, <=, >=, LIKE, IN, IS or NOT, found the end'],
  ['a b', 3, 'expected =, !=, <, >, <=, >=, LIKE, IN, IS or NOT, found "b"'],
  ['=1', 1, 'expected the name of an attribute or "(", found "=1"'],
  ["''='1'", 1, 'expected the name of an attribute or "("'],
  ['a=', 3, 'expected a value, found the end'],
  ['a==1', 3, 'expected a value, found "=1"'],
  ['a= and b=1', 4, 'expected a value, found "and b=1"'],
  ["a='1", 5, "expected the end of the quote ' of position 3, found the end"],
  ["a='1' b='2'", 7, `expected AND, OR or the end, found "b='2'"`],
  ["a='1' and", 10, 'expected the name of an attribute or "(", found the end'],
  ["(a='1'", 7, 'expected AND, OR or ")", found the end'],
  ["a='1')", 6, 'expected AND, OR or the end, found ")"'],
  ['a=f(x', 6, 'expected ")", found the end'],
  ['()', 2, 'expected the name of an attribute or "("'],
  ['a in 1', 6, 'expected "("'],
  ['a in ()', 7, 'expected a value, found ")"'],
  ["a in ('1',)", 11, 'expected a value, found ")"'],
  ["a in ('1' '2')", 11, `expected "," or ")", found "'2')"`],
  ['a is 1', 6, 'expected NULL or NOT NULL'],
  ['a is not 1', 10, 'expected NULL, found "1"'],
  ["a not '1'", 7, 'expected IN or LIKE'],
  [`a ~ '${'🚀'.repeat(30)}'`, 3, `found "~ '${'🚀'.repeat(17)}"`],
]

const SELECTS: [text: string, tree: unknown][] = [
  ['select * from contacts', { from: 'contacts', orderBy: [] }],
  [
    'SELECT id,name , a.b FROM my-partner LIMIT 100',
    { fields: ['id', 'name', 'a.b'], from: 'my-partner', orderBy: [], limit: 100 },
  ],
  ['select from, order from order', { fields: ['from', 'order'], from: 'order', orderBy: [] }],
  ['select "Full Name" from `my object`', { fields: ['Full Name'], from: 'my object', orderBy: [] }],
  ["select * from a where b='1' limit 5", { from: 'a', where: is('b', '1'), orderBy: [], limit: 5 }],
  [
    'select * from a where b = two words order by c',
    { from: 'a', where: is('b', 'two words'), orderBy: [{ name: 'c', direction: 'asc' }] },
  ],
  ['select * from a where b = no limit limit 3', { from: 'a', where: is('b', 'no limit'), orderBy: [], limit: 3 }],
  ['select * from a where b = in order limit 3 ', { from: 'a', where: is('b', 'in order'), orderBy: [], limit: 3 }],
  [
    'select * from a where (b = x or c = y) orderby=d',
    { from: 'a', where: or(is('b', 'x'), is('c', 'y')), orderBy: [{ name: 'd', direction: 'asc' }] },
  ],
  [
    'select * from a order by b desc, c ASC, desc desc',
    {
      from: 'a',
      orderBy: [
        { name: 'b', direction: 'desc' },
        { name: 'c', direction: 'asc' },
        { name: 'desc', direction: 'desc' },
      ],
    },
  ],
  ['  select*from a orderBy = b desc limit 0', { from: 'a', orderBy: [{ name: 'b', direction: 'desc' }], limit: 0 }],
]

const REFUSED_SELECT: [text: string, position: number, expected: string][] = [
  ['', 1, 'expected SELECT, found the end'],
  ['select * contacts', 10, 'expected FROM, found "contacts"'],
  ['select id contacts', 11, 'expected "," or FROM, found "contacts"'],
  ['select id, from', 16, 'expected "," or FROM, found the end'],
  ['select * from', 14, 'expected the name of an object'],
  ['select * from a b', 17, 'expected WHERE, ORDER BY, LIMIT or the end, found "b"'],
  ['select * from a where', 22, 'expected the name of an attribute or "("'],
  ["select * from a where b='1' c", 29, 'expected AND, OR, ORDER BY, LIMIT or the end, found "c"'],
  ['select * from a order c', 23, 'expected BY'],
  ['select * from a orderby c', 25, 'expected "="'],
  ['select * from a order by b c', 28, 'expected ",", LIMIT or the end'],
  ['select * from a limit ten', 23, 'expected a whole number, found "ten"'],
  ['select * from a limit -1', 23, 'expected a whole number'],
  ['select * from a limit 99999999999999999999', 23, 'expected a whole number'],
  ['select * from a limit 5 6', 25, 'expected the end, found "6"'],
]

describe('what callers send', () => {
  test.each(ACCEPTED)('%s: %s', (_fact, text, tree) => {
    expect(parseWhere(text)).toEqual(tree)
  })
  test.each(SELECTS)('%s', (text, tree) => expect(parseSelect(text)).toEqual(tree))

  test.each([
    ["select * from a where name='x y'  and b>1 order by c limit 5", "name='x y'  and b>1"],
    ['select * from a where name = two words', 'name = two words'],
    ['select `where` from a limit 5', undefined],
  ])('%s has a where as it was written', (text, whereText) => expect(parseStatement(text).whereText).toBe(whereText))
})

describe('what is refused', () => {
  test.each(REFUSED_WHERE)('%s', (text, position, reason) => {
    expect(errorOf(() => parseWhere(text)).message).toContain(`Error parsing query: position ${position}: `)
    expect(errorOf(() => parseWhere(text)).message).toContain(reason)
  })
  test.each(REFUSED_SELECT)('%s', (text, position, reason) => {
    expect(errorOf(() => parseSelect(text)).message).toContain(`Error parsing query: position ${position}: `)
    expect(errorOf(() => parseSelect(text)).message).toContain(reason)
  })
})

describe('limits', () => {
  test('parentheses up to the limit are read', () => {
    const nested = `${'('.repeat(MAX_QUERY_DEPTH)}a='1'${')'.repeat(MAX_QUERY_DEPTH)}`
    expect(parseWhere(nested)).toEqual(is('a', '1'))
    expect(parseWhere(`${nested} and ${nested}`)).toEqual(and(is('a', '1'), is('a', '1')))
  })
  test('100,000 nested parentheses are refused at the first one too many', () => {
    const text = `${'('.repeat(100_000)}a='1'${')'.repeat(100_000)}`
    expect(errorOf(() => parseWhere(text)).message).toContain(`position ${MAX_QUERY_DEPTH + 1}: expected at most 100`)
  })
  test('a text that is too long is refused at the first character too many', () => {
    const text = `a='${'x'.repeat(MAX_QUERY_LENGTH)}'`
    expect(errorOf(() => parseWhere(text)).message).toContain(`position ${MAX_QUERY_LENGTH + 1}: expected the end`)
  })
})

describe('random text', () => {
  const pieces = fc.constantFrom(
    ...["'", '"', '`', '’', '“', '(', ')', ',', '=', '!=', '<>', '>=', ' ', '  ', '\n', 'a', 'b.c', '1', '%', '\ud800'],
    ...['and', 'or', 'IN', 'not', 'like', 'is', 'null', 'select', 'from', 'where', '*', 'order', 'by', 'limit', '🚀'],
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(' ')),
    fc.array(pieces, { maxLength: 20 }).map((parts) => `select * from a where b=${parts.join(' ')}`),
  )
  test.each([
    ['where', parseWhere],
    ['select', parseSelect],
  ])('%s: 10,000 texts parse or throw QUERY_INVALID with a position inside the text', (_form, parse) => {
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parse(text)
        } catch (error) {
          if (!(error instanceof ValenceError) || error.code !== 'QUERY_INVALID') throw error
          const position = Number(/^Error parsing query: position (\d+): expected .+, found /.exec(error.message)?.[1])
          expect(position).toBeGreaterThanOrEqual(1)
          expect(position).toBeLessThanOrEqual(text.length + 1)
        }
      }),
      { numRuns: 10_000 },
    )
  })
})

function errorOf(run: () => unknown): ValenceError {
  try {
    run()
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'QUERY_INVALID' && error.status === 400) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
