import { describe, expect, test } from 'vitest'
import { ValenceError } from '../../errors.ts'
import { ExactNumber } from '../../model/exact-number.ts'
import { toXml, toXmlFragment } from './write-xml.ts'

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

const LONG_ID = new ExactNumber('9007199254740993')

describe('a document from a value', () => {
  for (const [name, value, expected] of [
    ['text', { a: 'x' }, '<a>x</a>'],
    ['numbers and booleans', { a: { b: 1.5, c: false } }, '<a><b>1.5</b><c>false</c></a>'],
    [
      'a number with many digits',
      { a: { '@b': LONG_ID, c: LONG_ID } },
      '<a b="9007199254740993"><c>9007199254740993</c></a>',
    ],
    ['null and empty text are empty elements', { a: { b: null, c: '', d: {} } }, '<a><b/><c/><d/></a>'],
    ['undefined is nothing', { a: { b: undefined }, z: undefined }, '<a/>'],
    ['@ members are attributes', { a: { '@b': 1, '@c': null, '#text': 'x' } }, '<a b="1">x</a>'],
    ['attributes wherever they stand', { a: { b: 'x', '@c': 'y' } }, '<a c="y"><b>x</b></a>'],
    ['an array repeats its element', { a: { b: ['x', { '@c': 'y' }, null] } }, '<a><b>x</b><b c="y"/><b/></a>'],
    ['an array in an array is part of it', { a: { b: [['x'], [['y']]] } }, '<a><b>x</b><b>y</b></a>'],
    ['an empty array is nothing', { a: { b: [] } }, '<a/>'],
    ['the root may be an array of one', { a: ['x'] }, '<a>x</a>'],
    ['prefixes', { 's:a': { '@xmlns:s': 'u', 's:b': 'x' } }, '<s:a xmlns:s="u"><s:b>x</s:b></s:a>'],
    ['markup in text', { a: '<b>&amp;</b> ]]>' }, '<a>&lt;b&gt;&amp;amp;&lt;/b&gt; ]]&gt;</a>'],
    ['quotes in attributes', { a: { '@b': `"x' <y>&\n` } }, `<a b="&quot;x' &lt;y&gt;&amp;&#10;"/>`],
    ['blank text stays', { a: '  ' }, '<a><![CDATA[  ]]></a>'],
    ['a carriage return stays', { a: 'x\r\ny' }, '<a>x&#13;\ny</a>'],
    ['half a surrogate pair', { a: 'x\ud800' }, '<a>x\ufffd</a>'],
    [
      'a name of every object',
      JSON.parse('{"__proto__":{"constructor":1}}'),
      '<__proto__><constructor>1</constructor></__proto__>',
    ],
  ] as const)
    test(name, () => expect(toXml(value)).toBe(DECLARATION + expected))
})

describe('the inside of an element, for a token in an envelope', () => {
  for (const [name, value, expected] of [
    ['members are elements', { a: 'x', b: { c: 1 } }, '<a>x</a><b><c>1</c></b>'],
    ['text is escaped', 'a < b & c', 'a &lt; b &amp; c'],
    ['markup as text gets nowhere', '</soap:Body><evil/>', '&lt;/soap:Body&gt;&lt;evil/&gt;'],
    ['numbers', 12, '12'],
    ['nothing', null, ''],
    ['nothing at all', undefined, ''],
    ['arrays one after the other', [{ a: 1 }, { a: 2 }], '<a>1</a><a>2</a>'],
    ['#text', { '#text': 'x<', b: 1 }, 'x&lt;<b>1</b>'],
  ] as const)
    test(name, () => expect(toXmlFragment(value)).toBe(expected))
})

describe('what cannot be written', () => {
  let deep: unknown = 'x'
  for (let level = 0; level < 501; level++) deep = { a: deep }
  let deepArray: unknown = 'x'
  for (let level = 0; level < 600; level++) deepArray = [deepArray]
  for (const [name, value, why] of [
    ['two roots', { a: 1, b: 2 }, /exactly one root member is needed, not 2/],
    ['none', {}, /not 0/],
    ['text alone', 'x', /not 0/],
    ['an array', [{ a: 1 }], /not 0/],
    ['an array of roots', { a: [1, 2] }, /not "a"/],
    ['an attribute as root', { '@a': 1 }, /not "@a"/],
    ['a name with blanks', { a: { 'first name': 1 } }, /"first name" cannot be the name of an element/],
    ['a name that is markup', { a: { 'b><c': 1 } }, /"b><c" cannot be/],
    ['an attribute name that is markup', { a: { '@b="1" c': 1 } }, /cannot be the name of an attribute/],
    ['an empty name', { a: { '': 1 } }, /"" cannot be/],
    ['an object as attribute', { a: { '@b': {} } }, /attribute "@b" holds an object/],
    ['a control character', { a: 'x\u0008' }, /U\+0008 cannot be written/],
    ['a control character in an attribute', { a: { '@b': '\0' } }, /U\+0000/],
    ['501 levels', deep, /deeper than 500/],
    ['arrays without end', { a: { b: deepArray } }, /deeper than 500/],
  ] as const)
    test(name, () => {
      expect(() => toXml(value)).toThrow(ValenceError)
      expect(() => toXml(value)).toThrow(why)
    })

  test('an attribute without an element', () => {
    expect(() => toXmlFragment({ '@a': 1 })).toThrow(/"@a" stands beside no element/)
  })
})
