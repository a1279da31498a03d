import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collected, inChunks } from '../../../test/support/chunks.ts'
import { ExactNumber } from '../../model/exact-number.ts'
import { type FileRow, MAX_ROW_BYTES, type ReadingOptions } from './file-row.ts'
import { readRows } from './read-rows.ts'

type Options = Partial<ReadingOptions> & Pick<ReadingOptions, 'format'>

async function rowsOf(file: Buffer | string, options: Options, sizes: readonly number[] = []): Promise<FileRow[]> {
  const from = Buffer.from(file).subarray(options.startByte ?? 0)
  const batches = await collected(readRows(inChunks(from, sizes), { startByte: 0, startRow: 0, ...options }))
  expect(batches.every((batch) => batch.length > 0 && batch.length <= 1_000)).toBe(true)
  return batches.flat()
}

const recordsOf = async (file: Buffer | string, options: Options, sizes?: readonly number[]) =>
  (await rowsOf(file, options, sizes)).map(({ record }) => record)

/** Rows before the error, and its message. */
async function failureOf(file: Buffer | string, options: Options, sizes: readonly number[] = []) {
  const records: unknown[] = []
  try {
    for await (const batch of readRows(inChunks(file, sizes), { startByte: 0, startRow: 0, ...options }))
      records.push(...batch.map(({ record }) => record))
  } catch (error) {
    return { records, message: (error as Error).message }
  }
  return { records, message: 'none' }
}

const CSV = { format: 'csv' } as const
const JSON_FILE = { format: 'json' } as const

const awkwardText = fc.oneof(
  fc.constantFrom(
    '',
    '"',
    '""',
    ',',
    ';',
    '\n',
    '\r\n',
    '\r',
    ' a ',
    '\ufeff',
    '007',
    '=1+1',
    'ä€😀',
    "'",
    '[1]',
    '\t',
  ),
  fc.string({ unit: 'grapheme' }),
)
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })

describe('a CSV file', () => {
  for (const [name, file, expected] of [
    ['with a row', 'a,b\n1,2\n', [{ a: '1', b: '2' }]],
    ['whose last line has no end', 'a,b\n1,2', [{ a: '1', b: '2' }]],
    [
      'with lines as on Windows',
      'a,b\r\n1,2\r\n3,4\r\n',
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
    ],
    [
      'with lines as on an old Macintosh',
      'a,b\r1,2\r3,4',
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
    ],
    [
      'with mixed ends of lines',
      'a,b\r\n1,2\n3,4\r5,6',
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
        { a: '5', b: '6' },
      ],
    ],
    [
      'with empty lines',
      '\n\na,b\n\n1,2\n\n\n3,4\n\n',
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
    ],
    ['with nothing in it', '', []],
    ['with a header only', 'a,b\n', []],
    ['without a value between commas', 'a,b,c\n1,,3\n', [{ a: '1', c: '3' }]],
    ['with an empty text', 'a,b\n"",\n', [{ a: '' }]],
    ['with a row that is shorter than the header', 'a,b,c\n1\n', [{ a: '1' }]],
    ['with empty cells beyond the header', 'a,b\n1,2,,\n', [{ a: '1', b: '2' }]],
    ['with a row of empty cells', 'a,b\n,\n1,\n', [{}, { a: '1' }]],
    ['with a column that has no name and no values', 'a,,b\n1,,2\n', [{ a: '1', b: '2' }]],
    ['with quotes, separators and line ends in a cell', 'a,b\n"x,""y""\r\nz",2\n', [{ a: 'x,"y"\r\nz', b: '2' }]],
    ['with blanks', 'a, b \n  x , y\n', [{ a: '  x ', b: ' y' }]],
    ['with texts that look like something else', 'a,b,c\n007,1e5,=1+1\n', [{ a: '007', b: '1e5', c: '=1+1' }]],
    [
      'with nested columns',
      'Parent.Name,l[1].q,l[0].q\nx,2,1\n',
      [{ Parent: { Name: 'x' }, l: [{ q: '1' }, { q: '2' }] }],
    ],
  ] as const) {
    test(`${name} is read`, async () => {
      expect(await recordsOf(file, CSV)).toEqual(expected)
      expect(await recordsOf(file, CSV, [1])).toEqual(expected)
    })
  }

  test('is read with its delimiter', async () => {
    expect(await recordsOf('a;b\n1,5;"2;"\n', { ...CSV, delimiter: ';' })).toEqual([{ a: '1,5', b: '2;' }])
  })

  test('tells its header once', async () => {
    const headers: (readonly string[])[] = []
    await rowsOf('a, b\n1,2\n3,4\n', { ...CSV, onHeader: (header) => headers.push(header) })
    expect(headers).toEqual([['a', ' b']])
  })

  for (const [name, file, before, message] of [
    [
      'a quote that is not closed',
      'a,b\n1,2\n"3,4\n',
      1,
      'Row 2 of the file (from byte 8) has a quote that is never closed',
    ],
    [
      'a row with more cells',
      'a,b\n1,2\n3,4,5\n',
      1,
      'Row 2 of the file (from byte 8) has 3 cells, more than the 2 of the header; is there a delimiter in a cell without quotes?',
    ],
    [
      'text behind a quote',
      'a,b\n1,2\n"3"x,4\n',
      1,
      'Row 2 of the file (from byte 8) has text behind a closing quote; within quotes a quote is written twice',
    ],
    [
      'a quote within a cell',
      'a,b\n3" pipe,4\n',
      0,
      'Row 1 of the file (from byte 4) has a quote in a cell that does not begin with one; put the cell into quotes, and write the quote twice',
    ],
    [
      'a value without a name',
      'a,,b\n1,2,3\n',
      0,
      'Row 1 of the file (from byte 5) has a value in column 2, which has no name in the header',
    ],
    ['a column that is there twice', 'a,b, a\n1,2,3\n', 0, 'The header of the file names the column "a" twice'],
    [
      'a member that is a text and an object',
      'a,a.b\n1,\n,2\n1,2\n',
      2,
      'Row 3 of the file (from byte 12) has a value for "a.b" and another one for something around it or inside of it; leave one of them empty',
    ],
    [
      'a list that is an object',
      'a[0],a.b\n1,2\n',
      0,
      'Row 1 of the file (from byte 9) has a value for "a.b" and another one for something around it or inside of it; leave one of them empty',
    ],
  ] as const) {
    test(`with ${name} says where, after the rows before it`, async () => {
      const failure = await failureOf(file, CSV, [3])
      expect(failure.message).toBe(message)
      expect(failure.records).toHaveLength(before)
    })
  }

  test('with a row that never ends is refused once it is too long', async () => {
    let read = 0
    async function* endless() {
      yield Buffer.from('a\n"')
      for (;;) {
        read += 65_536
        yield Buffer.alloc(65_536, 'x')
      }
    }
    const reading = collected(readRows(endless(), { format: 'csv', startByte: 0, startRow: 0 }))
    await expect(reading).rejects.toThrow('Row 1 of the file (from byte 2) is longer than 5 MB; is a quote not closed?')
    expect(read).toBeLessThan(MAX_ROW_BYTES + 100_000)
  })

  test('is resumed at the end of any of its rows, wherever its chunks were cut', async () => {
    const cell = fc.record({ text: awkwardText, isQuoted: fc.boolean() }).map(({ text, isQuoted }) => {
      return isQuoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
    })
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r', '\n\n')
    const file = fc.record({
      rows: fc.array(fc.tuple(fc.array(cell, { minLength: 1, maxLength: 3 }), lineEnd), { maxLength: 6 }),
      headerEnd: lineEnd,
      isEnded: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(file, sizes, sizes, async ({ rows, headerEnd, isEnded }, first, second) => {
        const lines = rows.map(([cells, end], index) =>
          index === rows.length - 1 && !isEnded ? cells.join(',') : cells.join(',') + end,
        )
        const bytes = Buffer.from(`ä,b,c${headerEnd}${lines.join('')}`)
        const all = await rowsOf(bytes, CSV, first)
        expect(await rowsOf(bytes, CSV)).toEqual(all)
        for (const [index, { end }] of all.entries()) {
          const resumed = { ...CSV, startByte: end, startRow: index + 1, header: ['ä', 'b', 'c'] }
          expect(await rowsOf(bytes, resumed, second)).toEqual(all.slice(index + 1))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('has rows that end where their lines end', async () => {
    const file = 'ä,b\r\n😀,"x\ny"\r\n\r\n1,2\r\n3,4'
    const ends = (await rowsOf(file, CSV, [2])).map(({ end }) => end)
    expect(ends.map((end) => Buffer.from(file).toString('utf8', end))).toEqual(['\r\n1,2\r\n3,4', '3,4', ''])
  })
})

describe('a JSON file', () => {
  for (const [name, file, expected] of [
    ['a list of objects', '[{"a":1},{"b":[2]}]', [{ a: 1 }, { b: [2] }]],
    ['a list over many lines', '[\n  {\n    "a": 1\n  },\n  {\n    "b": 2\n  }\n]\n', [{ a: 1 }, { b: 2 }]],
    ['an object per line', '{"a":1}\n{"a":2}\r\n\n{"a":3}', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    ['a single object over many lines', '{\n  "a": 1\n}\n', [{ a: 1 }]],
    ['an empty list', ' [ ] ', []],
    ['nothing', ' \n', []],
    ['brackets and quotes in texts', '{"a":"}]\\"{"}\n{"\\\\":"[,"}', [{ a: '}]"{' }, { '\\': '[,' }]],
    ['nested objects', '[{"a":{"b":[{"c":{}}]}}]', [{ a: { b: [{ c: {} }] } }]],
    ['characters of many bytes', '{"ä😀":"\\ud83d€"}', [{ 'ä😀': '\ud83d€' }]],
  ] as const) {
    test(`with ${name} is read`, async () => {
      expect(await recordsOf(file, JSON_FILE)).toEqual(expected)
      expect(await recordsOf(file, JSON_FILE, [1])).toEqual(expected)
    })
  }

  test('keeps the digits of numbers that no double holds', async () => {
    const [record] = await recordsOf('[{"id":9007199254740993,"ok":9007199254740991,"x":1e400}]', JSON_FILE)
    expect(record).toMatchObject({ id: expect.any(ExactNumber), ok: 9007199254740991, x: expect.any(ExactNumber) })
    expect(JSON.stringify(record)).toBe('{"id":9007199254740993,"ok":9007199254740991,"x":1e400}')
  })

  test('keeps __proto__ as a member like any other', async () => {
    const [record] = await recordsOf('{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}', JSON_FILE)
    expect(Object.keys(record ?? {})).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
  })

  for (const [name, file, before, message] of [
    ['a value that is no object', '[{"a":1},2]', 1, 'Row 2 of the file (byte 9) is no object'],
    [
      'a text',
      '"a"',
      0,
      'Row 1 of the file (byte 0) is no object; a file of JSON is a list of objects, or one object per line',
    ],
    ['a list in a list', '[[{}]]', 0, 'Row 1 of the file (byte 1) is no object'],
    ['no comma', '[{"a":1}{"a":2}]', 0, 'Row 2 of the file (byte 8) does not follow a comma'],
    ['two commas', '[{"a":1},,{"a":2}]', 1, 'Row 2 of the file (byte 9) is no object'],
    ['a comma at the end of its list', '[{"a":1},]', 1, 'Row 2 of the file (byte 9) is no object'],
    [
      'a comma between lines',
      '{"a":1}\n{"a":2},\n{"a":3}',
      1,
      'Row 3 of the file (byte 15) is no object; without a list around them, nothing but white space stands between objects',
    ],
    ['something behind its list', '[{"a":1}]{"a":2}', 1, 'Row 2 of the file (byte 9) comes after the end of the list'],
    [
      'half a list',
      '[{"a":1},{"a":2}',
      1,
      'Row 3 of the file is missing: it ends at byte 16, before its list is closed',
    ],
    ['half an object', '{"a":1}\n{"a":', 1, 'Row 2 of the file (byte 8) is not complete: the file ends within it'],
    ['an object that is no JSON', '{"a":1}\n{"a":secret}\n{"a":3}', 1, 'Row 2 of the file (from byte 8) is no JSON'],
    ['brackets that do not match', '{"a":[}}\n{"a":1}', 0, 'Row 1 of the file (from byte 0) is no JSON'],
  ] as const) {
    test(`with ${name} says where, after the rows before it`, async () => {
      const failure = await failureOf(file, JSON_FILE, [4])
      expect(failure.message).toBe(message)
      expect(failure.records).toHaveLength(before)
    })
  }

  test('nests as deep as any JSON that is taken, and no deeper', async () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect(await rowsOf(nested(500), JSON_FILE)).toHaveLength(1)
    expect((await failureOf(nested(501), JSON_FILE)).message).toContain('nests deeper than 500 levels')
  })

  test('with an object that never ends is refused once it is too long', async () => {
    const file = Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.alloc(2 * MAX_ROW_BYTES, 'x')])
    const failure = await failureOf(file, JSON_FILE, [65_536])
    expect(failure.records).toEqual([{ a: 1 }])
    expect(failure.message).toBe('Row 2 of the file (byte 8) is longer than 5 MB; is a quote or a brace not closed?')
  })

  test('is resumed at the end of any of its rows, wherever its chunks were cut', async () => {
    // V8 mixes some names up, see round-trip.test.ts
    const name = awkwardText.filter((text) => text.length !== 1 || JSON.stringify(text) === `"${text}"`)
    const record = fc.dictionary(name, fc.jsonValue(), { maxKeys: 3 })
    const space = fc.constantFrom('', ' ', '\n', '\r\n\t')
    const file = fc.record({
      records: fc.array(fc.tuple(record, space, fc.constantFrom(0, 2)), { maxLength: 5 }),
      isList: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(file, sizes, sizes, async ({ records, isList }, first, second) => {
        const texts = records.map(([one, gap, indent]) => gap + JSON.stringify(one, null, indent) + gap)
        const bytes = Buffer.from(isList ? `[${texts.join(',')}]` : texts.join(''))
        const all = await rowsOf(bytes, JSON_FILE, first)
        expect(all.map((row) => row.record)).toEqual(records.map(([one]) => JSON.parse(JSON.stringify(one))))
        for (const [index, { end }] of all.entries()) {
          const resumed = { ...JSON_FILE, startByte: end, startRow: index + 1 }
          expect(await rowsOf(bytes, resumed, second)).toEqual(all.slice(index + 1))
        }
      }),
      { numRuns: 300 },
    )
  })
})
