import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseExactly } from './parse-exactly.ts'

/** Digits of a JSON number without its notation: `1.50e2` and `150` are the same. */
function meaningOf(source: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(source) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  const power = Number(exponent) - fraction.length + digits.length - significant.length
  return significant === '' ? '0' : `${sign}${significant}e${power}`
}

const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength })
const jsonNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits(25).map((text) => text.replace(/^0+(?=.)/, '')),
    fc.oneof(
      fc.constant(''),
      digits(25).map((text) => `.${text}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc.integer({ min: -400, max: 400 }).map((power) => `e${power}`),
    ),
  )
  .map((parts) => parts.join(''))

describe('a number in JSON', () => {
  test('is worth the same after it was read and written, however long it is', () => {
    fc.assert(
      fc.property(jsonNumber, (source) => {
        expect(meaningOf(JSON.stringify(parseExactly(source)))).toBe(meaningOf(source))
      }),
      { numRuns: 3000 },
    )
  })

  for (const source of [
    '1',
    '-1.5',
    '0',
    '1e5',
    '0.1',
    '9007199254740992',
    '0.30000000000000004',
    '1.7976931348623157e+308',
  ]) {
    test(`is a plain number where one holds it: ${source}`, () => expect(typeof parseExactly(source)).toBe('number'))
  }

  test('is its digits as text, and a number again in JSON', () => {
    const record = parseExactly('{"a":[9007199254740993],"b":{"__proto__":12345678901234567890}}') as { a: unknown[] }
    expect(String(record.a[0])).toBe('9007199254740993')
    expect(JSON.stringify(record)).toBe('{"a":[9007199254740993],"b":{"__proto__":12345678901234567890}}')
  })

  test('of a million digits takes no time', () => {
    const source = `1${'0'.repeat(1_000_000)}1`
    const started = performance.now()
    expect(JSON.stringify(parseExactly(source))).toBe(source)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
