import { describe, expect, test } from 'vitest'
import { parseXml, qualifiedName } from './parse-xml.ts'

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

  test('names are without prefixes, which are known where they stand', () => {
    const root = parseXml(
      '<?xml version="1.0"?><x:a xmlns:x="urn:x" b="1"><!-- <c> --><c xmlns="urn:c" d="&lt;">t<x:e/></c></x:a>',
    )
    expect(root).toMatchObject({ name: 'a', namespace: 'urn:x', attributes: { b: '1' } })
    const [c] = root.children
    expect(c).toMatchObject({ name: 'c', namespace: 'urn:c', attributes: { d: '<' }, text: 't' })
    expect(c?.children[0]).toMatchObject({ name: 'e', namespace: 'urn:x' })
    expect(c && qualifiedName(c, 'x:y')).toEqual({ namespace: 'urn:x', name: 'y' })
    expect(c && qualifiedName(c, 'y')).toEqual({ namespace: 'urn:c', name: 'y' })
  })
})
