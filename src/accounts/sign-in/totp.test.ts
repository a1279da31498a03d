import { describe, expect, test } from 'vitest'
import { matchingStep, newTotpSecret, otpauthUrl, stepOf, totpCode } from './totp.ts'

/** "12345678901234567890" in base32 */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const at = (seconds: number) => new Date(seconds * 1000)

describe('codes of RFC 6238, appendix B (SHA-1), their last six digits', () => {
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ] as const) {
    test(`${seconds} s after 1970: ${code}`, () => {
      expect(totpCode(SECRET, stepOf(at(seconds)))).toBe(code)
    })
  }
})

describe('which step a code is of', () => {
  const now = at(1_234_567_890)
  const step = stepOf(now)
  const codeAt = (offset: number) => totpCode(SECRET, step + offset)

  for (const [name, code, after, expected] of [
    ['the present one', codeAt(0), null, step],
    ['the one before', codeAt(-1), null, step - 1],
    ['the next one', codeAt(1), null, step + 1],
    ['an older one', codeAt(-2), null, undefined],
    ['a later one', codeAt(2), null, undefined],
    ['one that was taken', codeAt(0), step, undefined],
    ['one before that', codeAt(-1), step, undefined],
    ['the one after it', codeAt(1), step, step + 1],
    ['nothing', '', null, undefined],
    ['too much', `${codeAt(0)}0`, null, undefined],
    ['other characters', 'äöüßéè', null, undefined],
  ] as const) {
    test(name, () => {
      expect(matchingStep(SECRET, code, now, after)).toBe(expected)
    })
  }
})

test('secrets are 160 bits in base32, all different, and make codes', () => {
  const secrets = Array.from({ length: 50 }, newTotpSecret)
  expect(new Set(secrets).size).toBe(50)
  for (const secret of secrets) {
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(totpCode(secret, 1)).toMatch(/^\d{6}$/)
  }
})

test('the address for an app names issuer and account, whatever they hold', () => {
  expect(otpauthUrl(SECRET, 'ada+1@example.com', 'A & B: Ltd')).toBe(
    `otpauth://totp/A%20%26%20B%3A%20Ltd:ada%2B1%40example.com?secret=${SECRET}&issuer=A%20%26%20B%3A%20Ltd&algorithm=SHA1&digits=6&period=30`,
  )
})
