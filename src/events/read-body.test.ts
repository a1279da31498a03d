import { describe, expect, test } from 'vitest'
import { eventsVariable, readBody } from './read-body.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const FORM = 'application/x-www-form-urlencoded'

describe('a body is read as', () => {
  for (const [name, contentType, body, raw, query = ''] of [
    ['the object it is', JSON_TYPE, '{"a":{"b":[1]}}', { a: { b: [1] } }],
    ['objects, when it is a list', JSON_TYPE, '[{"id":1},2]', { objects: [{ id: 1 }, 2] }],
    ['JSON, without a word about its type', undefined, ' {"a":1}', { a: 1 }],
    ['JSON, although it is called text', 'text/plain', '{"a":1}', { a: 1 }],
    ['JSON, although it is called a form', FORM, '{"a":"1=2"}', { a: '1=2' }],
    ['text, when it is JSON cut short', JSON_TYPE, '{"a":', { body: '{"a":' }],
    ['text, when it is a JSON text', JSON_TYPE, '"hello"', { body: '"hello"' }],
    ['text, when it is plain', 'text/plain', 'hello', { body: 'hello' }],
    ['the fields of a form', FORM, 'event=uploaded&userId=%5B%22u1%22%5D', { event: 'uploaded', userId: '["u1"]' }],
    [
      'lists, where fields of a form repeat',
      FORM,
      'id=1&id=2&__proto__=x',
      JSON.parse('{"id":["1","2"],"__proto__":"x"}'),
    ],
    ['an object of its root element', 'text/xml', '<Root a="1"><n>5</n></Root>', { Root: { '@a': '1', n: 5 } }],
    ['XML, without a word about its type', undefined, '<?xml version="1.0"?><r/>', { r: '' }],
    ['text, when its XML is broken', 'application/xml', '<r>', { body: '<r>' }],
    ['text, when it is a web page', 'text/html', '<p>x</p>', { body: '<p>x</p>' }],
    [
      'the parameters of its address, when it is empty',
      undefined,
      '',
      { ticket: '{"id":1}', to: 'a b' },
      'ticket=%7B%22id%22%3A1%7D&to=a+b',
    ],
    ['the parameters of its address, when it is blank', JSON_TYPE, ' \n', { a: ['1', '2'] }, 'a=1&a=2'],
    ['nothing, when there is nothing', undefined, '', {}],
    ['what it says, whatever the address says', JSON_TYPE, '{"a":1}', { a: 1 }, 'a=2&b=3'],
    ['text, when it nests deeper than anybody walks', JSON_TYPE, '['.repeat(2000), { body: '['.repeat(2000) }],
  ] as const) {
    test(name, () => {
      const read = readBody({ query, contentType, body: Buffer.from(body) })
      expect(read.raw).toEqual(raw)
      expect(Object.keys(read.raw)).toEqual(Object.keys(raw))
    })
  }

  test('text of its charset', () => {
    expect(readBody({ query: '', contentType: 'text/plain; charset=latin1', body: Buffer.from([0xe4]) }).raw).toEqual({
      body: 'ä',
    })
  })
})

describe('a hook sees', () => {
  const arrived = { id: 'AXv0Qk3hVw9sLr2TzYbC', headers: { 'x-github-event': 'push' } }
  const of = (body: string) => readBody({ query: '', contentType: JSON_TYPE, body: Buffer.from(body) })

  test('the headers and the id beside the members of the body, and not what the body calls so', () => {
    expect(eventsVariable(of('{"ref":"x","eventId":"theirs","eventHeaders":1}'), arrived, false)).toEqual({
      ref: 'x',
      eventHeaders: { 'x-github-event': 'push' },
      eventId: 'AXv0Qk3hVw9sLr2TzYbC',
    })
  })
  test('objects of a list', () => {
    expect(eventsVariable(of('[1]'), arrived, false)).toEqual({
      objects: [1],
      eventHeaders: arrived.headers,
      eventId: arrived.id,
    })
  })
  test('the bare list, when it is a legacy hook', () => expect(eventsVariable(of('[1]'), arrived, true)).toEqual([1]))
  test('an object as every hook, when it is a legacy hook', () => {
    expect(eventsVariable(of('{"a":1}'), arrived, true)).toMatchObject({ a: 1, eventId: arrived.id })
  })
})
