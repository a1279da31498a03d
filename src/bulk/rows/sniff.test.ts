import { describe, expect, test } from 'vitest'
import { type FormatHints, sniffFormat } from './sniff.ts'

const sniff = (start: string, hints?: FormatHints) => sniffFormat(Buffer.from(start), hints)

describe('how a file is to be read', () => {
  for (const [name, start, hints, expected] of [
    ['what the caller says comes first', '{', { format: 'csv', fileName: 'a.json' }, 'csv'],
    ['the published spelling is one', 'a,b', { format: 'txt/csv' }, 'csv'],
    ['JSON lines are JSON', 'a,b', { format: 'application/jsonl' }, 'json'],
    [
      'the ending of the name comes before the type',
      'a,b',
      { fileName: 'My.File.JSON', contentType: 'text/csv' },
      'json',
    ],
    ['the type comes before the content', '{', { fileName: 'data.txt', contentType: 'text/csv; charset=utf-8' }, 'csv'],
    ['a name without an ending says nothing', '{"a":1}', { fileName: 'contacts' }, 'json'],
    ['a list of objects is JSON', ' [ {"a":1}]', {}, 'json'],
    ['an empty list is JSON', '[]', {}, 'json'],
    ['a header in brackets is CSV', "['a.b'],c", {}, 'csv'],
    ['nothing is CSV', '', {}, 'csv'],
    ['a type that says nothing is passed over', '{}', { contentType: 'application/octet-stream' }, 'json'],
  ] as const) {
    test(name, () => expect(sniff(start, hints).format).toBe(expected))
  }

  for (const [start, delimiter] of [
    ['a,b,c\n1;2;3;4;5', ','],
    ['a;b;c\n1,2,3,4,5', ';'],
    ['a\tb\r1,2,3', '\t'],
    ['"a,b,c,d";e;f', ';'],
    ['\r\n\na;b', ';'],
    ['a', ','],
  ] as const) {
    test(`${JSON.stringify(start)} has ${JSON.stringify(delimiter)} between its fields`, () => {
      expect(sniff(start)).toEqual({ format: 'csv', delimiter })
    })
  }

  test('a format that is none is refused', () => {
    expect(() => sniff('a', { format: 'xlsx' })).toThrow('The format "xlsx" is not one of csv, json, jsonl')
    expect(() => sniff('a', { format: 'constructor' })).toThrow('not one of')
  })

  test('a workbook is refused, whatever its name is', () => {
    expect(() => sniff('PK\x03\x04rest', { fileName: 'a.csv' })).toThrow('is a workbook or an archive')
  })
})
