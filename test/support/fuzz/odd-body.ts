import fc from 'fast-check'
import { oddName, oddValue } from './odd-values.ts'

/** Text of a body, one character a byte where it is no text. */
export type OddBody = { text: string } | { bytes: string }

const NO_JSON = [
  ...[
    '',
    ' ',
    'null',
    '[]',
    '{}',
    '""',
    '0',
    'true',
    '[null]',
    '[[]]',
    '{"":""}',
    'undefined',
    'NaN',
    '-',
    '1e400',
    '-1e400',
    '[1e400]',
  ],
  ...[
    '{',
    '[',
    '"',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    "{'a':1}",
    '{a:1}',
    '{"a":1}}',
    '[1,]',
    '{"a":01}',
    '{"a":\u0001}',
    '\ufeff{}',
  ],
  ...[
    '{"a":"\\ud800"}',
    '{"a":"\\u0000"}',
    '{"\\u0000":1}',
    '{"a":"\\x"}',
    '{"a":1,"a":2}',
    '{"__proto__":{"admin":true}}',
  ],
  ...[
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"id":123456789012345678901234567890}',
    '{"id":1e999,"name":-0}',
    '<xml/>',
    'a=b&c=d',
  ],
]

const deep: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"a":'), fc.constantFrom(10, 100, 400, 5_000, 50_000), fc.boolean())
  .map(([open, times, isClosed]) => {
    const close = open === '[' ? ']' : open === '{"a":' ? '}' : '}]'
    return open.repeat(times) + (isClosed ? `1${close.repeat(times)}` : '')
  })

const noText: fc.Arbitrary<OddBody> = fc
  .constantFrom(
    '{"a":"\xff\xfe"}',
    '\xff\xfe{\0}\0',
    '{"a":"\xed\xa0\x80"}',
    '\x1f\x8b\x08\x00',
    '{"name":"\xc0\xae"}',
    '\0\0\0\0',
  )
  .map((bytes) => ({ bytes }))

/** The good body with some of its members replaced, taken away or added. */
function mutated(good: unknown, declared: readonly string[]): fc.Arbitrary<string> {
  const paths = pathsOf(good)
  const change = fc.tuple(
    fc.constantFrom(...paths, ...declared.map((name) => [name])),
    fc.option(oddValue, { freq: 8, nil: GONE }),
  )
  const addition = fc.tuple(oddName, oddValue)
  return fc
    .tuple(fc.array(change, { minLength: 1, maxLength: 3 }), fc.array(addition, { maxLength: 2 }))
    .map(([changes, additions]) => {
      let text = JSON.stringify(changes.reduce((body, [path, value]) => withValue(body, path, value), good)) ?? 'null'
      // written by hand, so that `__proto__` is a member like any other
      if (text.startsWith('{') && text !== '{}')
        text = `{${additions.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'},`).join('')}${text.slice(1)}`
      return text
    })
}

const GONE = Symbol('gone')

/** Of every member, also inside of others: the names that lead to it. */
function pathsOf(value: unknown, above: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...above]]
  return [[...above], ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...above, name]))]
}

function withValue(body: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value === GONE ? null : value
  if (typeof body !== 'object' || body === null) return body
  if (Array.isArray(body)) return body.map((item, at) => (String(at) === name ? withValue(item, rest, value) : item))
  const { [name]: old, ...others } = body as Record<string, unknown>
  if (rest.length === 0 && value === GONE) return others
  return { ...others, [name]: withValue(old, rest, value) }
}

/** @param good the body of the route's case @param declared names of the members in the route's schema */
export function oddBody(good: unknown, declared: readonly string[]): fc.Arbitrary<OddBody> {
  const goodText = JSON.stringify(good ?? {})
  const cut = fc.nat(Math.max(1, goodText.length - 1)).map((length) => goodText.slice(0, length))
  const texts: fc.Arbitrary<string> = fc.oneof(
    { weight: 12, arbitrary: mutated(good ?? {}, declared) },
    { weight: 2, arbitrary: fc.constant(goodText) },
    { weight: 2, arbitrary: cut },
    { weight: 2, arbitrary: fc.constantFrom(...NO_JSON) },
    { weight: 1, arbitrary: deep },
    { weight: 1, arbitrary: fc.json({ maxDepth: 4, stringUnit: 'binary' }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  )
  return fc.oneof({ weight: 20, arbitrary: texts.map((text) => ({ text })) }, { weight: 1, arbitrary: noText })
}
