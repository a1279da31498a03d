import { describe, expect, test } from 'vitest'
import { type Attempt, MAX_ATTEMPTS, MAX_WAIT_MS, parseRetryAfter, retryDelay } from './retry.ts'

const NOW = new Date('2024-05-01T10:00:00Z')
const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  method: 'GET',
  attempt: 1,
  status: 503,
  retryAfter: undefined,
  neverSent: false,
  ...more,
})

describe('when a call is tried again', () => {
  for (const [name, given, expected] of [
    ['503', {}, true],
    ['429', { status: 429 }, true],
    ['502', { status: 502 }, true],
    ['504', { status: 504 }, true],
    ['no answer at all', { status: undefined }, true],
    ['500 is an answer', { status: 500 }, false],
    ['501 too', { status: 501 }, false],
    ['400 too', { status: 400 }, false],
    ['PUT', { method: 'PUT' }, true],
    ['DELETE', { method: 'DELETE' }, true],
    ['HEAD', { method: 'HEAD' }, true],
    ['POST may have acted', { method: 'POST' }, false],
    ['POST without an answer may have acted', { method: 'POST', status: undefined }, false],
    ['PATCH may have acted', { method: 'PATCH', status: 429 }, false],
    ['POST that never left us did not', { method: 'POST', status: undefined, neverSent: true }, true],
    ['the last attempt was the last', { attempt: MAX_ATTEMPTS }, false],
    ['a wait within bounds', { retryAfter: '3' }, true],
    ['a wait that is too long is left to the caller', { retryAfter: '6' }, false],
    ['an hour', { retryAfter: '3600' }, false],
  ] as const) {
    test(`${name}: ${expected ? 'again' : 'not'}`, () => {
      expect(retryDelay(attempt(given), NOW, () => 0.5) !== undefined).toBe(expected)
    })
  }
})

describe('how long', () => {
  for (const [name, given, random, expected] of [
    ['half of the delay at least', {}, 0, 75],
    ['all of it at most', {}, 1, 150],
    ['twice as long the second time', { attempt: 2 }, 1, 300],
    ['what the vendor asks is the minimum', { retryAfter: '2' }, 0, 2000],
    ['and is spread', { retryAfter: '2' }, 1, 2150],
    ['a date', { retryAfter: 'Wed, 01 May 2024 10:00:03 GMT' }, 0, 3000],
    ['a date that has passed', { retryAfter: 'Wed, 01 May 2024 09:00:00 GMT' }, 0, 0],
    ['an unreadable one does not count', { retryAfter: 'soon' }, 0, 75],
  ] as const) {
    test(name, () => {
      expect(retryDelay(attempt(given), NOW, () => random)).toBe(expected)
    })
  }

  test('never more than the bound', () => {
    for (const retryAfter of [undefined, '0', '1', '4.9', '5', '99999999999999999999']) {
      for (let count = 1; count < MAX_ATTEMPTS; count++) {
        const delay = retryDelay(attempt({ attempt: count, retryAfter }), NOW, () => 1) ?? 0
        expect(delay).toBeLessThanOrEqual(MAX_WAIT_MS)
      }
    }
  })
})

describe('Retry-After', () => {
  for (const [text, expected] of [
    [undefined, undefined],
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['1.5', 1500],
    ['Wed, 01 May 2024 10:01:00 GMT', 60_000],
    ['Wednesday, 01-May-24 10:01:00 GMT', 60_000], // RFC 850 form, RFC 9110 §5.6.7
    ['Wed May  1 10:01:00 2024 GMT', 60_000],
    ['', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['5 seconds', undefined],
  ] as const) {
    test(`${JSON.stringify(text)} is ${expected} ms`, () => {
      expect(parseRetryAfter(text, NOW)).toBe(expected)
    })
  }
})
