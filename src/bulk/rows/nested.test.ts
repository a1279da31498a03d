import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_STEPS, parseColumn, printColumn } from './column-path.ts'
import { addColumns } from './columns.ts'
import { flatten, shapeOf, valueAt } from './nested.ts'

const failure = (what: string) => new Error(what)
const recordOf = (cells: Record<string, string>) => shapeOf(Object.keys(cells)).toRecord(Object.values(cells), failure)

const awkwardName = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'a.b',
    'a[0]',
    "['a']",
    "it's",
    '\\',
    '.',
    '[',
    ']',
    '__proto__',
    'constructor',
    '0',
    '\ufeffa',
    'a\nb',
  ),
  fc.string({ unit: 'grapheme' }),
)

describe('the name of a column', () => {
  for (const [column, path] of [
    ['name', ['name']],
    [' Parent.Name ', ['Parent', 'Name']],
    ['lines[0].qty', ['lines', 0, 'qty']],
    ['m[1][2]', ['m', 1, 2]],
    ["['a.b'].c", ['a.b', 'c']],
    ["a['']", ['a', '']],
    ["['it\\'s']", ["it's"]],
    ['First Name', ['First Name']],
    // no paths, so names of members
    ['a..b', ['a..b']],
    ['.a', ['.a']],
    ['a.', ['a.']],
    ['[0]', ['[0]']],
    ['a[b]', ['a[b]']],
    ['a[0]b', ['a[0]b']],
    ["['a", ["['a"]],
    ['a[9999999999]', ['a[9999999999]']],
  ] as const) {
    test(`"${column}" leads to ${JSON.stringify(path)}`, () => expect(parseColumn(column)).toEqual(path))
  }

  test('leads back to the members it was made of, whatever their names are', () => {
    fc.assert(
      fc.property(fc.array(awkwardName, { minLength: 1, maxLength: 4 }), (names) => {
        expect(parseColumn(printColumn(names))).toEqual(names)
      }),
      { numRuns: 1000 },
    )
  })

  test('is different for different members', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.array(awkwardName, { minLength: 1, maxLength: 3 }), { selector: String }),
        (paths) => {
          const distinct = new Set(paths.map((path) => JSON.stringify(path)))
          expect(new Set(paths.map(printColumn)).size).toBe(distinct.size)
        },
      ),
    )
  })
})

describe('a record as columns', () => {
  test('has dotted names for members of objects; lists and empty objects are values', () => {
    const record = { id: 1, Parent: { Name: 'x', Owner: { id: null } }, tags: ['a'], none: {}, 'a.b': true }
    expect([...flatten(record)]).toEqual([
      ['id', 1],
      ['Parent.Name', 'x'],
      ['Parent.Owner.id', null],
      ['tags', ['a']],
      ['none', {}],
      ["['a.b']", true],
    ])
  })

  test('stays whole below 32 levels', () => {
    let record: Record<string, unknown> = { end: 1 }
    for (let depth = 0; depth < 400; depth++) record = { a: record }
    const [[column, value] = []] = flatten(record)
    expect(column).toBe(Array(MAX_STEPS).fill('a').join('.'))
    expect(value).toHaveProperty('a')
    expect(valueAt(record, parseColumn(column as string))).toBe(value)
  })

  test('are those of all records, in order of appearance', () => {
    const columns = new Set<string>()
    for (const record of [{ b: 1 }, { a: 1, b: 2 }, { a: { c: 1 } }]) addColumns(columns, record)
    expect([...columns]).toEqual(['b', 'a', 'a.c'])
  })

  test('are at most 10,000', () => {
    const columns = new Set<string>()
    const record = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`c${index}`, index]))
    addColumns(columns, record(10_000))
    expect(() => addColumns(columns, record(10_001))).toThrow('more than 10000 different fields')
  })

  test('have names of half a million characters at most', () => {
    const columns = new Set<string>()
    for (let count = 0; count < 5; count++) addColumns(columns, { [`${count}`.repeat(100_000)]: 1 })
    expect(() => addColumns(columns, { x: 1 })).toThrow('names have more than 500000 characters')
  })

  test('only own members are values', () => {
    expect(valueAt({ a: {} }, ['a', 'constructor'])).toBeUndefined()
    expect(valueAt({ a: 'text' }, ['a', 'length'])).toBeUndefined()
  })
})

describe('cells as a record', () => {
  for (const [name, cells, expected] of [
    ['members of objects', { 'a.b': '1', 'a.c.d': '2' }, { a: { b: '1', c: { d: '2' } } }],
    ['lists of objects', { 'a[1].b': '2', 'a[0].b': '1', 'a[0].c': '3' }, { a: [{ b: '1', c: '3' }, { b: '2' }] }],
    ['lists in lists', { 'a[0][0]': '1', 'a[0][1]': '2' }, { a: [['1', '2']] }],
    ['lists without gaps', { 'a[7]': '2', 'a[999999999]': '3', 'a[2]': '1' }, { a: ['1', '2', '3'] }],
    ['numbers as names', { 'a.0': '1', '7': '2' }, { a: { '0': '1' }, '7': '2' }],
    ['quoted names', { "['a.b'].c": '1', "['']": '2' }, { 'a.b': { c: '1' }, '': '2' }],
  ] as const) {
    test(`become ${name}`, () => expect(recordOf(cells)).toEqual(expected))
  }

  test('never reach a prototype', () => {
    const record = recordOf({
      ['__proto__.polluted']: '1',
      'constructor.prototype.polluted': '2',
      'a.__proto__.polluted': '3',
    } as Record<string, string>)
    expect(() => recordOf({ '__proto__[0]': '1', '__proto__.a': '2' })).toThrow('leave one of them empty')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
    expect(JSON.stringify(record)).toBe(
      '{"__proto__":{"polluted":"1"},"constructor":{"prototype":{"polluted":"2"}},"a":{"__proto__":{"polluted":"3"}}}',
    )
  })

  test('are the record again that the columns were made of', () => {
    const record = fc.letrec<{ record: Record<string, unknown> }>((tie) => ({
      record: fc.dictionary(awkwardName, fc.oneof({ maxDepth: 3 }, fc.string(), tie('record')), { maxKeys: 4 }),
    })).record
    fc.assert(
      fc.property(record, (made) => {
        const one = JSON.parse(JSON.stringify(made)) as Record<string, unknown>
        const texts = [...flatten(one)].filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        const cells = texts.map(([, text]) => text)
        expect(shapeOf(texts.map(([column]) => column)).toRecord(cells, failure)).toEqual(withoutEmptyObjects(one))
      }),
      { numRuns: 500 },
    )
  })
})

function withoutEmptyObjects(record: Record<string, unknown>): Record<string, unknown> {
  return (prune(record) ?? {}) as Record<string, unknown>
}

function prune(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, prune(member)] as const)
  const kept = members.filter(([, member]) => member !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
