import { describe, expect, test } from 'vitest'
import { EVERY, placeAt, rootSteps, splitRootKey, valueAt } from './root-path.ts'

for (const [text, steps] of [
  ['', []],
  ['.', []],
  ['data.items', ['data', 'items']],
  ['.workers[*]', ['workers', EVERY]],
  ['value[0].fields', ['value', 0, 'fields']],
  ['[0]', [0]],
  ['soap:Envelope.soap:Body', ['soap:Envelope', 'soap:Body']],
  ['[99999]', [50]],
] as const)
  test(`"${text}" has the steps of its words`, () => expect(rootSteps(text)).toEqual(steps))

for (const [key, request, response] of [
  ['a.b', '', 'a.b'],
  ['|a.b', '', 'a.b'],
  ['a|', 'a', ''],
  ['a|b', 'a', 'b'],
  ['|', '', ''],
  [undefined, '', ''],
] as const)
  test(`${key} is for requests "${request}", for answers "${response}"`, () =>
    expect(splitRootKey(key)).toEqual({ request, response }))

describe('a body is built so that its root leads back to the value', () => {
  for (const [root, value, body] of [
    ['data.items', [1, 2], { data: { items: [1, 2] } }],
    ['workers[*]', [1, 2], { workers: [1, 2] }],
    ['value[0].fields', { a: 1 }, { value: [{ fields: { a: 1 } }] }],
    ['[1]', 'x', [{}, 'x']],
    ['data[*].attributes', [{ a: 1 }, { a: 2 }], { data: [{ attributes: { a: 1 } }, { attributes: { a: 2 } }] }],
  ] as const)
    test(root, () => {
      expect(placeAt(rootSteps(root), value)).toEqual(body)
      expect(valueAt(body, rootSteps(root))).toEqual(value)
    })
})

test('a missing step leads to undefined, inherited members do not exist', () => {
  expect(valueAt({ a: 1 }, rootSteps('a.b'))).toBeUndefined()
  expect(valueAt({}, rootSteps('constructor.name'))).toBeUndefined()
  expect(valueAt({ a: {} }, rootSteps('a[*]'))).toBeUndefined()
})

test('__proto__ in a root is a member', () => {
  const body = placeAt(rootSteps('__proto__.polluted'), 1) as object
  expect(Object.keys(body)).toEqual(['__proto__'])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})
