import { describe, expect, test } from 'vitest'
import { refusal } from '../../../test/support/row-vendor.ts'
import { ValenceError } from '../../errors.ts'
import type { Resource } from '../../model/element.ts'
import { newCallFacts } from '../../model/exchange.ts'
import { outcomeOfFailure } from './row-outcome.ts'

const FIRST = { method: 'POST', path: '/contacts' } as Resource
const SECOND = { method: 'POST', path: '/notes' } as Resource
const now = new Date('2026-04-02T10:00:00Z')

const unreachable = new ValenceError('VENDOR_UNREACHABLE', 'gone')
const refused = new ValenceError('VENDOR_UNREACHABLE', 'refused')
const isBeforeSend = (error: unknown) => error === refused

function outcome(error: unknown, sent: Resource | undefined, isRead = false) {
  const facts = { ...newCallFacts(), resource: FIRST, vendorResource: sent, vendorMethod: sent && 'POST' }
  return outcomeOfFailure({ error, facts, isRead }, { now, isBeforeSend })
}

describe('a call that failed leaves its row', () => {
  for (const [name, error, sent, kind] of [
    ['failed: the vendor said no', refusal({ status: 422, message: 'no' }), FIRST, 'failed'],
    ['failed: the vendor broke and says so', refusal({ status: 500, message: 'no' }), FIRST, 'failed'],
    ['uncertain: a gateway gave up', refusal({ status: 504, message: 'no' }), FIRST, 'uncertain'],
    [
      'uncertain: a vendor that is down, without a word when to come back',
      refusal({ status: 503, message: 'no' }),
      FIRST,
      'uncertain',
    ],
    ['put off: down until then', refusal({ status: 503, message: 'no', retryAfter: '9' }), FIRST, 'putOff'],
    ['put off: too many', refusal({ status: 429, message: 'no' }), FIRST, 'putOff'],
    [
      'uncertain: too many, in the second request of a chain',
      refusal({ status: 429, message: 'no' }),
      SECOND,
      'uncertain',
    ],
    ['uncertain: no answer', new ValenceError('VENDOR_TIMEOUT', 'slow'), FIRST, 'uncertain'],
    ['uncertain: the connection broke', unreachable, FIRST, 'uncertain'],
    ['put off: no connection', refused, FIRST, 'putOff'],
    ['uncertain: no connection for the second request of a chain', refused, SECOND, 'uncertain'],
    ['uncertain: an answer that nobody can read', new ValenceError('VENDOR_REPLY_INVALID', '?'), FIRST, 'uncertain'],
    ['failed: a script before the request', new ValenceError('SCRIPT_FAILED', 'oops'), undefined, 'failed'],
    ['uncertain: a script after the answer', new ValenceError('SCRIPT_FAILED', 'oops'), FIRST, 'uncertain'],
    ['put off: scripts are busy', new ValenceError('SCRIPT_BUSY', 'later'), undefined, 'putOff'],
    ['failed: a request that cannot be sent', new ValenceError('PARAMETER_INVALID', 'bad'), FIRST, 'failed'],
    ['failed: no new token', new ValenceError('REFRESH_FAILED', 'revoked'), undefined, 'failed'],
    ['hopeless: a refused address', new ValenceError('EGRESS_REFUSED', 'private'), FIRST, 'hopeless'],
    ['unavailable: our database', new ValenceError('UNAVAILABLE', 'db'), undefined, 'unavailable'],
    ['uncertain: we stop after it was sent', new ValenceError('UNAVAILABLE', 'stop'), FIRST, 'uncertain'],
  ] as const)
    test(name, () => expect(outcome(error, sent).kind).toBe(kind))

  test('put off, when it only read: a search may be made again', () => {
    for (const error of [
      unreachable,
      refusal({ status: 503, message: 'no' }),
      new ValenceError('VENDOR_TIMEOUT', 'x'),
    ]) {
      expect(outcome(error, FIRST, true).kind).toBe('putOff')
    }
  })

  test('with the time that the vendor asks for', () => {
    expect(outcome(refusal({ status: 429, message: 'no', retryAfter: '9' }), FIRST)).toMatchObject({
      retryAfterMs: 9_000,
    })
  })

  test('denied, which is counted', () => {
    for (const error of [refusal({ status: 403, message: 'no' }), new ValenceError('REFRESH_FAILED', 'revoked')]) {
      expect(outcome(error, undefined)).toMatchObject({ kind: 'failed', isDenied: true })
    }
  })

  test('in the dark, when the error is a bug', () => {
    const bug = new TypeError('x is undefined')
    expect(() => outcome(bug, FIRST)).toThrow(bug)
  })
})
