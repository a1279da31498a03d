import { describe, expect, test } from 'vitest'
import { readJobRequest, readReschedule } from './job-request.ts'

const CRON = '0 0 2 1/1 * ? *'
const WHOLE = { name: 'ping', method: 'GET', uri: '/ping', trigger: { cron: CRON } }

describe('what a job may be', () => {
  for (const [name, body, expected] of [
    ['the least', {}, { name: 'ping', description: '', instanceId: undefined, cron: CRON, timeZone: 'UTC' }],
    ['an instance as text', { instanceId: '48902' }, { instanceId: 48902 }],
    ['an instance as number', { instanceId: 48902 }, { instanceId: 48902 }],
    ['no instance, as clients say it', { instanceId: '' }, { instanceId: undefined }],
    ['members that are null', { query: null, headers: null, body: null, description: null }, { description: '' }],
    ['a zone', { trigger: { cron: CRON, timeZone: 'Europe/Berlin' } }, { timeZone: 'Europe/Berlin' }],
    ['members that nobody knows', { id: 7, data: {}, disallowConcurrent: true }, { name: 'ping' }],
  ] as const) {
    test(name, () => expect(readJobRequest({ ...WHOLE, ...body })).toMatchObject(expected))
  }

  for (const [name, body, expected] of [
    ['a method in small letters', { method: 'patch' }, { method: 'PATCH' }],
    [
      'a query of texts, numbers and lists',
      { query: { page: 1, all: true, tags: ['a', 2], no: null } },
      { query: { page: '1', all: 'true', tags: ['a', '2'] } },
    ],
    ['headers', { headers: { 'X-Own': 1, 'x-no': null } }, { headers: { 'X-Own': '1' } }],
    [
      'credentials, which are left out',
      { headers: { AUTHORIZATION: 'User x', Cookie: 'a=b', b: 'c' } },
      { headers: { b: 'c' } },
    ],
    ['a body', { body: { a: [1] } }, { body: { a: [1] } }],
    ['a body that is a text', { body: '{"a":1}' }, { body: '{"a":1}' }],
    ['text that no database takes', { query: { a: 'x\0' } }, { query: { a: 'x\ufffd' } }],
  ] as const) {
    test(`its call: ${name}`, () => {
      const { call } = readJobRequest({ ...WHOLE, ...body })
      expect(call).toEqual({ method: 'GET', uri: '/ping', query: {}, headers: {}, body: null, ...expected })
    })
  }
})

describe('what it may not be', () => {
  for (const [name, body, message] of [
    [
      'nothing at all',
      { name: '', method: null, uri: undefined, trigger: null },
      'Missing in the request body: name, method, uri, trigger.cron',
    ],
    ['a trigger that is a text', { trigger: CRON }, 'trigger: expected an object'],
    ['a cron that is a number', { trigger: { cron: 5 } }, 'trigger.cron: expected a text'],
    ['a name that is an object', { name: {} }, 'name: expected a text'],
    ['a name of a page', { name: 'x'.repeat(5_000) }, 'name: has 5000 characters, at most 4000 are taken'],
    ['another method', { method: 'HEAD' }, 'method: expected one of GET, POST, PUT, PATCH, DELETE, got "HEAD"'],
    ['an instance of words', { instanceId: 'mine' }, 'instanceId: expected'],
    ['an instance that no row can have', { instanceId: 99_999_999_999 }, 'instanceId: expected'],
    ['a query with an object', { query: { a: {} } }, 'query.a: expected a text, a number or true or false'],
    ['a header without a name', { headers: { '': 'x' } }, 'headers: "" is no name of a header'],
    ['a header with a blank in its name', { headers: { 'a b': 'x' } }, 'headers: "a b" is no name of a header'],
    ['a header of two lines', { headers: { a: 'b\nc' } }, 'headers.a: holds a character that no header can'],
  ] as const) {
    test(name, () => expect(() => readJobRequest({ ...WHOLE, ...body })).toThrow(message))
  }

  test('a rescheduling leaves the zone as it is, unless it says another', () => {
    expect(readReschedule({ trigger: { cron: CRON } }, 'Asia/Tokyo')).toEqual({ cron: CRON, timeZone: 'Asia/Tokyo' })
    const trigger = { cron: CRON, timeZone: 'UTC' }
    expect(readReschedule({ trigger }, 'Asia/Tokyo')).toEqual(trigger)
  })

  test('a rescheduling without a cron', () => {
    for (const body of [{}, { trigger: {} }, { trigger: null }, { cron: CRON }])
      expect(() => readReschedule(body)).toThrow('Missing in the request body: trigger.cron')
  })
})
