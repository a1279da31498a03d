import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { toReply } from './answer-calls.ts'
import { readPrefer } from './prefer.ts'
import { answerOf } from './resource-answer.ts'
import { resourceArgs } from './resource-args.ts'

const CALL = { method: 'POST', path: '/score', query: { a: '1', b: ['2', '3'] }, headers: { 'x-own': 'y' }, body: {} }

describe('what a formula sees of a call (spec 30 §5.2)', () => {
  test('the members of the body, and the call', () => {
    const args = resourceArgs({ ...CALL, body: { name: 'Ada' } })
    expect(args).toEqual({
      name: 'Ada',
      request: {
        method: 'POST',
        path: '/score',
        uri: '/score',
        query: { a: '1', b: '2,3' },
        headers: { 'x-own': 'y' },
        body: { name: 'Ada' },
      },
    })
  })

  test('a request of the body is merged into it, and wins', () => {
    const { request } = resourceArgs({ ...CALL, body: { request: { this: 'that', method: 'own' } } })
    expect(request).toMatchObject({ this: 'that', method: 'own', path: '/score', query: { a: '1' } })
  })

  test.each([['text'], [[1, 2]], [undefined]])('a body that is no object (%j) is in the request alone', (body) => {
    const args = resourceArgs({ ...CALL, body })
    expect(Object.keys(args)).toEqual(['request'])
    expect(args['request']).toMatchObject({ body: body ?? null })
  })

  test('nobody learns the secrets of the caller', () => {
    const headers = { authorization: 'User s3cret', cookie: 's3cret', accept: ['a', 'b'], 'x-none': undefined }
    expect(resourceArgs({ ...CALL, headers })['request']).toMatchObject({ headers: { accept: 'a, b' } })
    expect(JSON.stringify(resourceArgs({ ...CALL, headers }))).not.toContain('s3cret')
  })
})

describe('what the caller gets (spec 30 §5.3)', () => {
  test.each([
    [{ statusCode: 401, result: { a: 1 } }, 401, { a: 1 }],
    [{ statusCode: 201, result: 'text' }, 201, 'text'],
    [{ statusCode: '404', result: null }, 404, {}],
    [{ statusCode: 400 }, 400, {}],
    [{ result: [1, 2] }, 200, [1, 2]],
    [{ result: 0 }, 200, 0],
    [{ response: { code: 404 } }, 200, { response: { code: 404 } }],
    [[1], 200, [1]],
    ['text', 200, 'text'],
    [false, 200, false],
    [undefined, 200, {}],
    [null, 200, {}],
    [{}, 200, {}],
  ])('%j', (value, status, body) => expect(answerOf(value)).toEqual({ status, body }))

  test.each([[99], [101], [600], ['ok'], [200.5], [{}]])('no answer has the status %j', (statusCode) => {
    expect(() => answerOf({ statusCode, result: 1 })).toThrow(/statusCode .* expected a whole number from 200 to 599/)
  })

  test('a text goes out as it is', async () => {
    const { headers, body } = toReply({ status: 200, body: 'Grüße' })
    expect(headers).toEqual({ 'content-type': 'text/plain; charset=utf-8', 'content-length': '7' })
    expect((await buffer(body as Readable)).toString()).toBe('Grüße')
  })

  test('where no body may be, there is none', () => {
    expect(toReply({ status: 204, body: {} }).body).toBeUndefined()
  })
})

test.each([
  [undefined, { isAsync: false, waitMs: 0 }],
  ['respond-async', { isAsync: true, waitMs: 0 }],
  ['Respond-Async, wait=10', { isAsync: true, waitMs: 10_000 }],
  ['wait="5"; foo=bar', { isAsync: false, waitMs: 5_000 }],
  ['return=minimal', { isAsync: false, waitMs: 0 }],
  [['respond-async', 'wait=x'], { isAsync: true, waitMs: 0 }],
])('Prefer: %j', (header, preference) => expect(readPrefer(header)).toEqual(preference))
