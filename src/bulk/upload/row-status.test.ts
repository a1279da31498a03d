import { expect, test } from 'vitest'
import { ValenceError } from '../../errors.ts'
import { rowStatus } from './row-status.ts'

for (const [name, providerMessage, expected] of [
  ['a message', { message: 'email is required' }, '400: email is required'],
  ['a message inside', { error: { code: 7, message: 'no' } }, '400: no'],
  ['a text for an error', { error: 'no' }, '400: no'],
  ['a list of errors', [{ errorCode: 'X', message: 'a' }, { message: 'b' }], '400: a; b'],
  ['errors by name', { errors: [{ detail: 'a is bad' }, 'b is bad'] }, '400: a is bad; b is bad'],
  ['a description', { error: {}, error_description: 'expired' }, '400: expired'],
  ['nothing that is known', { code: 7 }, '400: {"code":7}'],
  ['no JSON', 'Bad\n  Request', '400: Bad Request'],
  ['a number', '7', '400: 7'],
] as const) {
  test(`of ${name}`, () => {
    const text = typeof providerMessage === 'string' ? providerMessage : JSON.stringify(providerMessage)
    expect(rowStatus(new ValenceError('VENDOR_FAILED', 'Request failed', { status: 400, providerMessage: text }))).toBe(
      expected,
    )
  })
}

test('of a hook: its own words', () => {
  const error = new ValenceError('VENDOR_FAILED', 'The list is full', {
    status: 400,
    providerMessage: '{"message":"E7"}',
  })
  expect(rowStatus(error)).toBe('400: The list is full')
})

test('of an error of ours: its message', () => {
  expect(rowStatus(new ValenceError('VENDOR_TIMEOUT', 'api.test did not answer'))).toBe('502: api.test did not answer')
})

test('is one line of bounded length', () => {
  const error = new ValenceError('VENDOR_FAILED', 'Request failed', { status: 400, providerMessage: 'x'.repeat(5_000) })
  expect(rowStatus(error)).toHaveLength('400: '.length + 1_001)
})
