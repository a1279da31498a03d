import { describe, expect, test } from 'vitest'
import { inChunks, joined } from '../../../test/support/chunks.ts'
import { csvOf } from './write-csv.ts'

async function csvFrom(lines: string, columns: readonly string[], sizes: readonly number[] = []): Promise<string> {
  return (await joined(csvOf(inChunks(lines, sizes), { columns }))).toString('utf8')
}

const csvOfRecord = async (record: unknown, columns: readonly string[]) =>
  (await csvFrom(`${JSON.stringify(record)}\n`, columns)).split('\n').slice(1).join('\n')

describe('records as CSV', () => {
  test('have a header, and a row each', async () => {
    const lines = '{"id":1,"name":"Ada"}\n{"name":"Bob","id":2}\n'
    for (const sizes of [[], [1], [5, 30]])
      expect(await csvFrom(lines, ['id', 'name'], sizes)).toBe('id,name\n1,Ada\n2,Bob\n')
  })

  for (const [name, record, columns, row] of [
    ['missing and null are empty, empty text is quoted', { a: null, c: '' }, ['a', 'b', 'c'], ',,""\n'],
    ['values are written as they are', { a: true, b: 1.5, c: 1e21, d: -0 }, ['a', 'b', 'c', 'd'], 'true,1.5,1e+21,0\n'],
    [
      'texts are written as they are',
      { a: '007', b: '1e5', c: '=1+1', d: '-@x' },
      ['a', 'b', 'c', 'd'],
      '007,1e5,=1+1,-@x\n',
    ],
    [
      'what would be read differently is quoted',
      { a: 'x,y', b: '"', c: 'l\nm', d: 'l\rm' },
      ['a', 'b', 'c', 'd'],
      '"x,y","""","l\nm","l\rm"\n',
    ],
    ['blanks at the ends are quoted', { a: ' x', b: 'x\t', c: 'x y' }, ['a', 'b', 'c'], '" x","x\t",x y\n'],
    ['members of objects have dotted names', { P: { N: 'x' } }, ['P.N', 'P.none', 'none.N'], 'x,,\n'],
    ['an object whose members have columns is not written twice', { a: { b: 1 } }, ['a', 'a.b'], ',1\n'],
    ['lists and objects are JSON text', { a: [1, 'x'], b: { c: null } }, ['a', 'b'], '"[1,""x""]","{""c"":null}"\n'],
    ['elements of lists can be asked for', { a: [{ b: 1 }, { b: 2 }] }, ['a[1].b', 'a[2].b'], '2,\n'],
    ['a member with dots is found by its quoted name', { 'a.b': 1 }, ["['a.b']"], '1\n'],
    ['a member with dots is found by its plain name', { 'a.b': 1 }, ['a.b', 'c'], '1,\n'],
    ['both are told apart', { 'a.b': 1 }, ['a.b', "['a.b']"], ',1\n'],
    ['only own members are values', {}, ['constructor', '__proto__', 'a.length'], ',,\n'],
    ['half a surrogate pair has no UTF-8', { a: 'x\ud83d', b: '😀' }, ['a', 'b'], 'x\ufffd,😀\n'],
    ['the row of one column is never an empty line', {}, ['a'], '""\n'],
  ] as const) {
    test(name, async () => expect(await csvOfRecord(record, columns)).toBe(row))
  }

  test('keep the digits of long numbers', async () => {
    const line = '{"id":9007199254740993,"x":[12345678901234567890],"y":1.50}\n'
    expect(await csvFrom(line, ['id', 'x', 'y'])).toBe('id,x,y\n9007199254740993,[12345678901234567890],1.5\n')
  })

  test('do not begin with a byte order mark because a column does', async () => {
    expect(await csvFrom('{"\ufeffa":"1"}\n', ["['\ufeffa']"])).toBe("['\ufeffa']\n1\n")
  })

  test('are a header when there are none, and nothing without columns', async () => {
    expect(await csvFrom('', ['a', 'b c'])).toBe('a,b c\n')
    expect(await csvFrom('{}\n{}\n', [])).toBe('')
  })
})
