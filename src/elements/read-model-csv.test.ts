import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ValenceError } from '../errors.ts'
import { deriveSchema } from './derive-schema.ts'
import { modelCsv } from './model-csv.ts'
import { parseCsv } from './parse-csv.ts'
import { readModelCsv } from './read-model-csv.ts'

const texts = (csv: string) => parseCsv(csv, 100).map((row) => row.map(({ text }) => text))

describe('CSV files', () => {
  test.each<[string, string, string[][]]>([
    [
      'rows and cells',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['the last line without its end', 'a\nb', [['a'], ['b']]],
    [
      'lines of Windows',
      'a,b\r\n"c",\r\n',
      [
        ['a', 'b'],
        ['c', ''],
      ],
    ],
    ['a mark at the start', '\ufeffa,b', [['a', 'b']]],
    ['quotes, commas and lines in quotes', '"a,""b""","c\nd"\n', [['a,"b"', 'c\nd']]],
    [
      'empty cells',
      ',,\n"",',
      [
        ['', '', ''],
        ['', ''],
      ],
    ],
    ['blank lines', 'a\n\n\nb\n\n', [['a'], ['b']]],
    ['nothing', '', []],
  ])('%s', (_fact, csv, expected) => expect(texts(csv)).toEqual(expected))

  test('an empty text is no missing one', () => {
    expect(parseCsv('"",', 9)[0]?.map(({ isQuoted }) => isQuoted)).toEqual([true, false])
  })

  test.each(['"a', 'a\n"b"c', '"a""'])('%s is refused with its line', (csv) => {
    expect(() => parseCsv(csv, 9)).toThrow(/^Line \d of the file: expected/)
  })

  test('so are too many cells', () => {
    expect(() => parseCsv(`a,b\n${','.repeat(5_000_000)}`, 10)).toThrow(
      'Line 2 of the file: expected at most 100 cells',
    )
  })

  test('too many rows are refused', () => expect(() => parseCsv('a\n'.repeat(11), 10)).toThrow('more than 10 rows'))
})

describe('definitions come back from their file (spec 23 §C4)', () => {
  for (const sample of [
    {
      a: 'x',
      b: true,
      c: 12,
      d: 1.5,
      e: 3_000_000_000,
      f: '2018-08-28T10:00:00.000Z',
      g: null,
      h: '',
      i: 'a "b", c\nd',
    },
    { terms: { type: { a: 1 } }, currency: { type: { b: 1 } } },
    { one: { id: 1 }, many: [{ id: 2, more: [{ x: 'y' }] }], numbers: [1, 2], words: ['a,b'], none: [] },
    { empty: {}, list: [{}], deep: { empty: {} } },
    { id: '7', yes: 'true', day: '2018-08-28' },
    JSON.parse('{"__proto__": {"a": 1}, "constructor": {"b": 2}}'),
    {},
  ])
    test(JSON.stringify(sample), () => {
      const definitions = deriveSchema('m', sample)
      expect(readModelCsv('m', modelCsv('m', definitions))).toEqual(definitions)
      const list = deriveSchema('m', [sample])
      expect(readModelCsv('m', modelCsv('m', list), { isList: true })).toEqual(list)
    })

  test('of any sample', () => {
    const name = fc.oneof(
      fc.constantFrom('id', 'type', 'type', 'value', 'constructor'),
      fc.string({ minLength: 1, maxLength: 5 }).filter((text) => !/[.]|\[\*\]/.test(text)),
    )
    const { value } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
      object: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(fc.integer(), { maxLength: 3 }),
        fc.array(tie('object'), { minLength: 1, maxLength: 2 }),
        tie('object'),
      ),
    }))
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 6 }), (sample) => {
        const definitions = deriveSchema('m', sample)
        expect(readModelCsv('m', modelCsv('m', definitions))).toEqual(definitions)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a file that somebody edited', () => {
  test('says more than a sample', () => {
    const csv = [
      'name,type,format,displayName,required,readOnly,sampleValue,unknown',
      'total,number,double,Total,true,false,,x',
      'at,string,date,,,true,2020-01-02T03:04:05Z,',
      'tags,array-integer,,,,,,',
    ].join('\n')
    expect(readModelCsv('m', csv)['m']).toMatchObject({
      properties: {
        total: { type: 'number', format: 'double', 'x-displayName': 'Total', 'x-required': true },
        at: { type: 'string', format: 'date', 'x-readOnly': true, 'x-samplevalue': '2020-01-02T03:04:05Z' },
        tags: { type: 'array', items: { type: 'integer' } },
      },
    })
  })

  test.each([
    ['', 'a column "name"'],
    ['name\nx', 'a column "type"'],
    ['name,type\n,string', 'a name such as'],
    ['name,type\na..b,string', 'a name such as'],
    ['name,type\na,string\na,string', 'each field once'],
    ['name,type\na,string\na.b,string', 'either a value, an object or a list'],
    ['name,type\na.b,string\na[*].c,string', 'either a value, an object or a list'],
    ['name,type,sampleValue\na,array-string,[', 'expected a list'],
    [`name,type\n${'a.'.repeat(200)}b,string`, 'at most 100 names'],
  ])('%s is refused', (csv, message) => {
    expect(() => readModelCsv('m', csv)).toThrow(ValenceError)
    expect(() => readModelCsv('m', csv)).toThrow(message)
  })
})
