import { expect, test } from 'vitest'
import { deliveryName } from './delivery-name.ts'

const delivered = (body: string, contentType = 'application/json') => ({
  headers: { 'x-github-delivery': '72d3162e', 'x-empty': ' ' },
  query: 'id=q1&id=q2',
  contentType,
  body: Buffer.from(body),
})
const EVENT = delivered('{"id":7,"event":{"id":"ev_1","ids":["a","b"],"at":{}},"nul":"a\\u0000b"}')

for (const [declared, expected, from = EVENT] of [
  ['header:x-github-delivery', '72d3162e'],
  ['header: X-GitHub-Delivery ', '72d3162e'],
  ['query:id', 'q1'],
  ['body:$.event.id', 'ev_1'],
  ['body:event.id', 'ev_1'],
  ['body:$.event.ids[1]', 'b'],
  ['body:$.id', '7'],
  ['body:$.nul', 'a\ufffdb'],
  ['body:$.id', 'f1', delivered('id=f1', 'application/x-www-form-urlencoded')],
  ['body:$.objects[0].id', '1', delivered('[{"id":1}]')],
] as const) {
  test(`${declared} names ${expected.slice(0, 20)}`, () => {
    expect(deliveryName(declared, from)).toBe(expected)
  })
}

for (const declared of [
  undefined,
  null,
  '',
  'x-github-delivery',
  'cookie:id',
  'header:',
  'header:x-other',
  'header:x-empty',
  'header:constructor',
  'query:other',
  'body:$',
  'body:$.event',
  'body:$.event.at',
  'body:$.__proto__',
]) {
  test(`${declared} names nothing`, () => expect(deliveryName(declared, EVENT)).toBeUndefined())
}

test('a long name becomes a short one', () => {
  const long = delivered(JSON.stringify({ id: 'x'.repeat(600) }))
  expect(deliveryName('body:$.id', long)).toMatch(/^sha256:[0-9a-f]{64}$/)
})

test('a body that cannot be read has no name', () => {
  expect(deliveryName('body:$.id', delivered('{"id":'))).toBeUndefined()
})
