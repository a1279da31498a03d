import { describe, expect, test } from 'vitest'
import { parseXml } from './parse-xml.ts'

describe('XML of strangers', () => {
  for (const [name, text, message] of [
    [
      'an external entity',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
      /declares a document type/,
    ],
    [
      'entities that multiply',
      `<!DOCTYPE a [<!ENTITY x "${'y'.repeat(9)}"><!ENTITY z "&x;&x;">]><a>&z;</a>`,
      /document type/,
    ],
    ['an external document type', '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>', /document type/],
    ['tags without end', `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`, /nests deeper than 200 levels/],
    ['what is not well-formed', '<a><b></a>', /no well-formed XML: line 1/],
    ['quotes that never close', '<a "'.repeat(20_000), /no well-formed XML/],
    ['comments that never close', `<a>${'<!--'.repeat(20_000)}`, /no well-formed XML/],
  ] as const) {
    test(`${name} is refused`, () => {
      expect(() => parseXml(text)).toThrow(message)
    })
  }

  test('children are lists, attributes are text, prefixes go', () => {
    expect(parseXml('<x:a b="1"><!-- <c> --><x:c d="&lt;"/><x:c/></x:a>')).toEqual({
      a: [{ b: '1', c: [{ d: '<' }, ''] }],
    })
  })
})
