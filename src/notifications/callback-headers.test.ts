import { describe, expect, test } from 'vitest'
import { readCallbackHeaders } from './callback-headers.ts'

describe('extra headers are read from', () => {
  for (const [form, text, headers] of [
    ['a JSON object', '{"X-Key":"a, b; c","X-Number":7}', { 'x-key': 'a, b; c', 'x-number': '7' }],
    ['lines', 'X-Key: a\r\nX-Other: b\n', { 'x-key': 'a', 'x-other': 'b' }],
    ['entries with semicolons', 'X-Key: a; X-Other:b', { 'x-key': 'a', 'x-other': 'b' }],
    ['entries with commas', 'X-Key: a,X-Other: b', { 'x-key': 'a', 'x-other': 'b' }],
    ['values that hold separators', 'Accept: text/html, */*; q=0.5', { accept: 'text/html, */*; q=0.5' }],
    [
      'values that hold addresses',
      'X-Back: https://a.example/?x=1,https://b.example/',
      { 'x-back': 'https://a.example/?x=1,https://b.example/' },
    ],
    ['an empty value', 'X-Empty:', { 'x-empty': '' }],
    ['nothing', '  ', {}],
  ] as const) {
    test(form, () => expect(readCallbackHeaders(text)).toEqual({ headers, refused: [] }))
  }
})

describe('what is left out', () => {
  for (const [what, text, refused] of [
    [
      'signature headers',
      '{"Elements-Webhook-Signature":"sha256=x"}',
      '"Elements-Webhook-Signature" is set by the hub',
    ],
    ['Standard Webhooks headers', 'webhook-id: 1', '"webhook-id" is set by the hub'],
    ['headers of the connection', 'Transfer-Encoding: chunked', '"Transfer-Encoding" is set by the hub'],
    ['the host', '{"host":"internal"}', '"host" is set by the hub'],
    ['a line break in a value', '{"X-A":"b\\r\\nX-C: d"}', '"X-A" has a value that no header can have'],
    ['a line break in a name', '{"X-A\\nX-B":"c"}', '"X-A\nX-B" is no name of a header'],
    ['an object as value', '{"X-A":{}}', '"X-A" has a value that no header can have'],
    ['text that is no header', 'just words', '"just words" is no name of a header'],
    ['JSON that is broken', '{"a":', '"{"a":" is no name of a header'],
  ] as const) {
    test(what, () => expect(readCallbackHeaders(text)).toEqual({ headers: {}, refused: [refused] }))
  }

  test('nothing inherited is taken for a header', () => {
    expect(readCallbackHeaders('{"__proto__":"x"}').headers).toEqual({})
  })
})
