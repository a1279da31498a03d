import fc from 'fast-check'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { toXml } from './write-xml.ts'
import { parseXml, XmlError } from './xml.ts'

describe('a document as a value (spec 11 §4.6)', () => {
  for (const [name, xml, expected] of [
    ['one root member', '<a>x</a>', { a: 'x' }],
    [
      'the declaration, comments and instructions are dropped',
      '<?xml version="1.0"?><!-- b --><a><?p q?>x</a><!-- c -->',
      { a: 'x' },
    ],
    ['blanks before the declaration, and a byte order mark', '\ufeff \n<?xml version="1.0"?><a/>', { a: '' }],
    ['prefixes stay in names', '<s:E xmlns:s="u"><s:B/></s:E>', { 's:E': { '@xmlns:s': 'u', 's:B': '' } }],
    ['attributes are members with @', `<a b="1" c = 'x"y'/>`, { a: { '@b': '1', '@c': 'x"y' } }],
    ['text beside attributes is #text', '<a b="1">x</a>', { a: { '@b': '1', '#text': 'x' } }],
    ['an element with attributes alone has no #text', '<a b="1"></a>', { a: { '@b': '1' } }],
    ['a repeated element is an array', '<a><b>x</b><b>y</b></a>', { a: { b: ['x', 'y'] } }],
    ['also with others between', '<a><b>x</b><c>z</c><b>y</b></a>', { a: { b: ['x', 'y'], c: 'z' } }],
    ['one alone is no array', '<a><b><c>x</c></b></a>', { a: { b: { c: 'x' } } }],
    ['elements in an array may be empty', '<a><b/><b c="1"/></a>', { a: { b: ['', { '@c': '1' }] } }],
    ['an empty element is empty text', '<a><b/><c></c></a>', { a: { b: '', c: '' } }],
    ['blank text is none', '<a>\n  <b>  \n</b>\n</a>', { a: { b: '' } }],
    ['blanks around text stay', '<a> x\ty </a>', { a: ' x\ty ' }],
    ['beside elements they are indentation', '<a>\n  x\n  <b/>\n y</a>', { a: { b: '', '#text': 'x\n  \n y' } }],
    ['a blank reference is blank text', '<a>&#32;</a>', { a: '' }],
    ['CDATA is text', '<a><![CDATA[<b>&amp;</b>]]></a>', { a: '<b>&amp;</b>' }],
    ['CDATA joins text', '<a>x<![CDATA[ < ]]>y</a>', { a: 'x < y' }],
    [
      'blank CDATA is text, empty CDATA none',
      '<a><b><![CDATA[ ]]></b><c><![CDATA[]]></c></a>',
      { a: { b: ' ', c: '' } },
    ],
    ['a comment splits nothing', '<a>x<!-- <b> -->y</a>', { a: 'xy' }],
    [
      'references',
      '<a b="&lt;&#65;">&lt;&gt;&amp;&quot;&apos;&#65;&#x1F680;</a>',
      { a: { '@b': '<A', '#text': `<>&"'A🚀` } },
    ],
    ['a reference is decoded once', '<a>&amp;lt;</a>', { a: '&lt;' }],
    ['an undeclared one stays', '<a>&nbsp;x</a>', { a: '&nbsp;x' }],
    ['every line end is one', '<a>x\r\ny\rz</a>', { a: 'x\ny\nz' }],
    ['names beyond ASCII', '<größe-1.x>x</größe-1.x>', { 'größe-1.x': 'x' }],
    ['a document type is skipped', '<!DOCTYPE a SYSTEM "http://v.test/a.dtd">\n<a/>', { a: '' }],
    ['a greater sign in an attribute ends nothing', '<a b="x>y"><c/></a>', { a: { '@b': 'x>y', c: '' } }],
  ] as const)
    test(name, () => expect(parseXml(xml)).toEqual(expected))
})

describe('text that prints back exactly is a number or a boolean', () => {
  for (const [text, expected] of [
    ['0', 0],
    ['-12', -12],
    ['1.5', 1.5],
    ['9007199254740991', 9007199254740991],
    ['true', true],
    ['false', false],
    ['007', '007'],
    ['1.50', '1.50'],
    ['+1', '+1'],
    ['-0', '-0'],
    ['1e5', '1e5'],
    ['.5', '.5'],
    ['0x10', '0x10'],
    ['90071992547409931234', '90071992547409931234'],
    ['9007199254740993', '9007199254740993'],
    ['1234567890.1234567', '1234567890.1234567'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['null', 'null'],
    ['True', 'True'],
    [' 1', ' 1'],
  ] as const)
    test(`${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => {
      expect(parseXml(`<a>${text}</a>`)).toEqual({ a: expected })
      expect(parseXml(`<a b="${text}">${text}</a>`)).toEqual({ a: { '@b': text, '#text': expected } })
    })
})

describe('names that every object has are only names', () => {
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])
    test(name, () => {
      const { a } = parseXml(`<a ${name}="1"><${name}><x>1</x></${name}><${name}/></a>`)
      expect(JSON.stringify(a)).toBe(`{"@${name}":"1","${name}":[{"x":1},""]}`)
      expect(Object.getPrototypeOf(a)).toBe(Object.prototype)
      expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    })
})

describe('what is refused, and why', () => {
  for (const [xml, why] of [
    ['', /line 1: document must contain a root element/],
    [' <!-- x -->', /must contain a root element/],
    ['{"a":1}', /text data outside of root node/],
    ['<a/>x', /text data outside of root node/],
    ['<![CDATA[x]]><a/>', /line 1/],
    ['<a/><b/>', /only one root/],
    ['<a>\n<b>\n</a>', /line 3: unexpected close tag/],
    ['</a>', /unmatched closing tag: a/],
    ['<a>', /unclosed tag: a/],
    ['<a', /line 1/],
    ['<a b>', /attribute without value/],
    ['<a b=1/>', /unquoted attribute value/],
    ['<a b="1"c="2"/>', /no whitespace between attributes/],
    ['<a b="1" b="2"/>', /duplicate attribute: b/],
    ['<a b="1', /unexpected end/],
    ['<1a/>', /disallowed character in tag name/],
    ['< a/>', /disallowed character in tag name/],
    ['<a>1 < 2</a>', /disallowed character in tag name/],
    ['<a></a b>', /disallowed character in closing tag/],
    ['<a><!-- x</a>', /unclosed tag: a/],
    ['<a><![CDATA[x</a>', /unclosed tag: a/],
    ['<?xml version="1.0"', /line 1/],
    ['<a>&#0;</a>', /malformed character entity/],
    ['<a>x & y</a>', /line 1/],
    ['<a><!DOCTYPE a></a>', /inappropriately located doctype/],
  ] as const)
    test(JSON.stringify(xml), () => {
      expect(() => parseXml(xml)).toThrow(XmlError)
      expect(() => parseXml(xml)).toThrow(why)
    })

  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')
  for (const [name, xml] of [
    ['a billion laughs', `<!DOCTYPE a [<!ENTITY l0 "ha">${laughs}]><a>&l9;</a>`],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['an external parameter entity', '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://v.test/x.dtd"> %x;]><a/>'],
  ] as const)
    test(name, () => expect(() => parseXml(xml)).toThrow('a document type with declarations of its own is refused'))

  test('more than 500 levels', () => {
    const nested = (levels: number) => '<a>'.repeat(levels) + '</a>'.repeat(levels)
    expect(() => parseXml(nested(501))).toThrow('nested deeper than 500 levels')
    expect(() => parseXml(nested(500))).not.toThrow()
  })

  test('references to what nothing declares, and attributes, without end', () => {
    const attributes = (count: number) => Array.from({ length: count }, (_, at) => `a${at}=""`).join(' ')
    expect(() => parseXml(`<a>${'&x;'.repeat(10_001)}</a>`)).toThrow('more than 10000 references to entities')
    expect(() => parseXml(`<a>${'&x;'.repeat(10_000)}</a>`)).not.toThrow()
    expect(() => parseXml(`<a ${attributes(1_001)}/>`)).toThrow('more than 1000 attributes')
    expect(() => parseXml(`<a><b ${attributes(1_000)}/><c ${attributes(1_000)}/></a>`)).not.toThrow()
  })

  test('more than 16 Mi characters', () => {
    expect(() => parseXml(`<a>${' '.repeat(16 * 1024 * 1024)}</a>`)).toThrow('longer than 16777216 characters')
  })
})

describe('no text of a megabyte takes long', () => {
  for (const [name, xml] of [
    ['attributes without values', `<a ${'a '.repeat(500_000)}/>`],
    ['one name', `<a ${'a'.repeat(1_000_000)}/>`],
    ['blanks', `<a${' '.repeat(1_000_000)}`],
    ['open quotes', `<a>${"<b c='".repeat(150_000)}`],
    ['open comments', `<a>${'<!--'.repeat(250_000)}`],
    ['a document type', `<!DOCTYPE ${'a"'.repeat(500_000)}`],
    ['an attribute', `<a b="${'x'.repeat(1_000_000)}"/>`],
    ['undeclared references', `<a>${'&x;'.repeat(330_000)}</a>`],
    ['distinct attributes', `<a ${Array.from({ length: 80_000 }, (_, at) => `a${at}="1"`).join(' ')}/>`],
    ['references', `<a>${'&amp;'.repeat(200_000)}</a>`],
    ['elements', `<a>${'x<b/>'.repeat(200_000)}</a>`],
  ] as const)
    test(name, () => {
      const start = performance.now()
      try {
        parseXml(xml)
      } catch (error) {
        expect(error).toBeInstanceOf(XmlError)
      }
      expect(performance.now() - start).toBeLessThan(2000)
    })
})

const nameOf = fc.stringMatching(/^[A-Za-z_][\w.-]{0,6}$/).filter((name) => !/^xml/i.test(name))
/** What a document can hold: no text that would be read as a number, no single-element arrays. */
const texts = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}|[\ufffe\uffff]/u.test(text))
const { content } = fc.letrec((tie) => ({
  content: fc.oneof(
    { maxDepth: 4 },
    texts.filter((text) => typeof leaf(text) === 'string'),
    fc.integer(),
    fc.boolean(),
    tie('element'),
  ),
  element: fc.dictionary(nameOf, fc.oneof(tie('content'), fc.array(tie('content'), { minLength: 2, maxLength: 4 })), {
    minKeys: 1,
    maxKeys: 4,
  }),
}))
const leaf = (text: string) => parseXml(toXml({ a: text }))['a']

describe('round trips', () => {
  test('a value that is written is read back', () => {
    fc.assert(
      fc.property(
        nameOf,
        content,
        fc.dictionary(nameOf, texts, { minKeys: 1, maxKeys: 3 }),
        (root, value, attributes) => {
          const withAt = Object.entries(attributes).map(([name, text]) => [`@${name}`, text])
          const document = { [root]: { ...Object.fromEntries(withAt), child: value } }
          expect(parseXml(toXml(document))).toEqual(document)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('text of any kind survives', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(String(leaf(text))).toBe(text)
      }),
      { numRuns: 500 },
    )
    for (const text of [' ', '\n', '\r\n', '\t x', ']]>', '<![CDATA[', '&#10;', '&amp;', '"\'', '007'])
      expect(leaf(text)).toBe(text)
  })
})

describe('another reader agrees', () => {
  const other = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    trimValues: false,
    ignoreDeclaration: true,
  })

  test('on what is well-formed', () => {
    fc.assert(
      fc.property(nameOf, content, (root, value) => {
        expect(XMLValidator.validate(toXml({ [root]: { child: value } }))).toBe(true)
      }),
    )
  })

  test('on an envelope', () => {
    const xml =
      '<s:Envelope xmlns:s="u"><s:Body><m:Get id="x"><m:Item>one</m:Item><m:Item>two &amp; a half</m:Item><m:Note k="v">n</m:Note></m:Get></s:Body></s:Envelope>'
    expect(parseXml(xml)).toEqual(other.parse(xml))
  })
})
