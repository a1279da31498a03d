import fc from 'fast-check'
import { expect, test } from 'vitest'
import { extractPath, parseRootPath } from '../root-path.ts'
import { dropNulls } from './drop-nulls.ts'
import { sliceJson } from './slice-json.ts'

const slice = (text: string, root?: string, withoutNulls = true) => {
  const found = sliceJson(Buffer.from(text), root === undefined ? undefined : parseRootPath(root), { withoutNulls })
  return found && { text: found.part.text, count: found.part.count, envelope: found.envelope }
}

for (const [fact, text, root, expected, count] of [
  [
    'a list of envelopes',
    '{"items":[{"data":{"a":1},"meta":{}},{"meta":1,"data":{"b":null,"c":2}}],"meta":{"n":2}}',
    'items[*].data',
    '[{"a":1},{"c":2}]',
    2,
  ],
  ['an empty list', '{"items":[]}', 'items[*].data', '[]', 0],
  [
    'elements without the member are left out',
    '{"items":[{"x":1},{"data":1},{},{"data":2}]}',
    'items[*].data',
    '[1,2]',
    2,
  ],
  ['a single object', '{"data":{"id":1,"x":null},"meta":{"type":"contact"}}', 'data', '{"id":1}', undefined],
  ['a list below nested names', '{"a":{"z":0,"b":[1,{"n":null}]}}', 'a.b', '[1,{}]', 2],
  ['a bare list', ' [ {"a" : null , "b" : [ null ] } , null ] ', undefined, '[ {"b" : [ null ] } , null ]', 2],
  [
    'first, middle, last and only members that are null',
    '[{"a":null,"b":1},{"a":1,"b":null,"c":2},{"a":1,"b":null},{"a":null},{"a":null,"b":null}]',
    undefined,
    '[{"b":1},{"a":1,"c":2},{"a":1},{},{}]',
    5,
  ],
  ['nulls below nulls', '[{"a":{"b":null},"c":null,"d":{"e":{"f":null}}}]', undefined, '[{"a":{},"d":{"e":{}}}]', 1],
  [
    'strings that look like structure',
    '[{"a":"},null,\\"{","b\\"c":null,"d":"\\\\"}]',
    undefined,
    '[{"a":"},null,\\"{","d":"\\\\"}]',
    1,
  ],
  ['numbers keep their digits', '[9007199254740993,1.50,-0,1e3,0]', undefined, '[9007199254740993,1.50,-0,1e3,0]', 5],
  [
    'text beyond ASCII',
    '{"data":{"city":"Kraków 🚀","u":"\\u00e9"}}',
    'data',
    '{"city":"Kraków 🚀","u":"\\u00e9"}',
    undefined,
  ],
] as const) {
  test(`${fact} is cut out without null members`, () => {
    expect(slice(text, root)).toMatchObject({ text: expected, count })
  })
}

test('nulls stay where the instance wants them', () => {
  expect(slice('{"data":{"a":null}}', 'data', false)?.text).toBe('{"a":null}')
})

test('the envelope is what surrounds the part', () => {
  expect(slice('{"items":[{"data":1}],"meta":{"links":{"next_page":"x?page=2"}}}', 'items[*].data')?.envelope).toEqual({
    items: null,
    meta: { links: { next_page: 'x?page=2' } },
  })
})

for (const text of [
  '',
  '{',
  '[',
  '[1',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{,}',
  '{"a" 1}',
  '[tru]',
  '[nul]',
  '[nulll]',
  '[01]',
  '[1.]',
  '[.5]',
  '[+1]',
  '[1e]',
  '[--1]',
  '["a]',
  '["a\nb"]',
  '[}',
  '{]',
  '[[]',
  '[]]',
  '[] []',
  "['a']",
  '[NaN]',
  '[undefined]',
  '{"a":1}}',
  '"a',
  '[1]x',
  `${'['.repeat(200)}${']'.repeat(200)}`,
]) {
  test(`${JSON.stringify(text).slice(0, 40)} is left to the parser`, () => {
    expect(slice(text)).toBeUndefined()
  })
}

for (const [text, root] of [
  ['{"items":{"data":1}}', 'items[*].data'],
  ['{"items":[1]}', 'items[*].data'],
  ['{"other":[]}', 'items[*].data'],
  ['{"data":1,"data":2}', 'data'],
  ['{"d\\u0061ta":1}', 'data'],
  ['{"items":[{"data":1,"data":2}]}', 'items[*].data'],
  ['[{"a":1}]', '[0].a'],
  ['{"a":[[{"b":1}]]}', 'a[*][*].b'],
] as const) {
  test(`${text} with root ${root} is left to the parser`, () => {
    expect(slice(text, root)).toBeUndefined()
  })
}

test('it says the same as parsing, cutting and dropping, for any document and any white space', () => {
  const record = fc.jsonValue({ maxDepth: 4 })
  const space = fc.constantFrom(undefined, 1, '\t', '  ')
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.record({ data: record, meta: record }), fc.record({ meta: record }))),
      record,
      space,
      (items, meta, indent) => {
        const text = JSON.stringify({ meta, items, more: meta }, null, indent)
        for (const root of ['items[*].data', 'items', 'meta', 'meta.a', undefined]) {
          const path = root === undefined ? undefined : parseRootPath(root)
          const found = slice(text, root)
          if (!found) continue
          const value = path ? extractPath(JSON.parse(text), path) : JSON.parse(text)
          dropNulls(value)
          expect(JSON.parse(found.text)).toEqual(JSON.parse(JSON.stringify(value)))
          expect(found.count).toBe(Array.isArray(value) ? value.length : undefined)
        }
        const always = slice(text, 'items[*].data')
        expect(always).toBeDefined()
      },
    ),
    { numRuns: 500 },
  )
})

test('random tokens never make it return what the parser refuses', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    'null',
    'true',
    '1',
    '-',
    '0',
    '.',
    ' ',
    '\\',
    'e',
    'u00e',
  )
  fc.assert(
    fc.property(fc.array(token, { maxLength: 14 }), (tokens) => {
      const text = tokens.join('')
      if (!slice(text)) return
      const value: unknown = JSON.parse(text)
      dropNulls(value)
      expect(JSON.stringify(JSON.parse(slice(text)?.text ?? ''))).toEqual(JSON.stringify(value))
    }),
    { numRuns: 30_000 },
  )
})
