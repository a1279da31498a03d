import { describe, expect, test } from 'vitest'
import { generatePassword, hashPassword, verifyPassword } from './password.ts'
import { checkPassword, DEFAULT_POLICY, isExpired } from './password-policy.ts'

describe('passwords', () => {
  test('are hashed with argon2id, 19 MiB, 2 passes, 1 lane, and a salt of their own', async () => {
    const [one, two] = await Promise.all([hashPassword('secret'), hashPassword('secret')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(two)
  })

  test('verify against their own hash only, and never without one', async () => {
    const hash = await hashPassword('secret')
    expect(await verifyPassword(hash, 'secret')).toBe(true)
    expect(await verifyPassword(hash, 'Secret')).toBe(false)
    expect(await verifyPassword(null, 'secret')).toBe(false)
    expect(await verifyPassword(undefined, '')).toBe(false)
  })

  test('generated ones differ and satisfy the default policy', () => {
    const generated = Array.from({ length: 50 }, generatePassword)
    expect(new Set(generated).size).toBe(50)
    for (const password of generated) {
      expect(password).toHaveLength(24)
      checkPassword(password, { email: 'administrator@example.com', firstName: 'Valence', lastName: 'Administrator' })
    }
  })
})

describe('the default password policy', () => {
  const ada = { email: 'countess@example.com', firstName: 'Ada', lastName: 'Lovelace' }
  for (const [password, words] of [
    ['Good-Passw0rd', []],
    ['Sh0rt-x', ['at least']],
    ['Good-Password', ['numeric']],
    ['good-passw0rd', ['uppercase']],
    ['GOOD-PASSW0RD', ['lowercase']],
    ['GoodPassw0rd', ['special character']],
    ['Good-adA-Passw0rd', ['first name']],
    ['Good-LOVELACE-Passw0rd', ['last name']],
    ['Good-countess-Passw0rd', ['username']],
    ['', ['at least', 'numeric', 'uppercase', 'lowercase', 'special character']],
  ] as const) {
    test(`"${password}" breaks ${words.length === 0 ? 'no rule' : `the rules ${words.join(', ')}`}`, () => {
      const check = () => checkPassword(password, ada)
      if (words.length === 0) expect(check).not.toThrow()
      for (const word of words) expect(check).toThrow(word)
    })
  }
})

describe('a policy of one’s own', () => {
  const ada = { email: 'countess@example.com', firstName: 'Ada', lastName: 'Lovelace' }
  for (const [name, policy, password, words] of [
    ['a length', { minLength: 12 }, 'Good-Passw0r', []],
    ['a length that is not reached', { minLength: 12 }, 'Good-Passw0', ['at least 12']],
    ['a length in characters, not in units', { minLength: 12 }, 'Aa1-😀😀😀😀', ['at least 12']],
    ['several digits', { minNumbers: 3 }, 'Good-Passw00rd', ['3 numeric']],
    ['several letters of a case', { minUppercase: 2, minLowercase: 4 }, 'Goo-12345', ['2 uppercase', '4 lowercase']],
    ['letters of other scripts', { minUppercase: 1, minLowercase: 1 }, 'Ωω-1234567', []],
    ['no digits', { minNumbers: 0 }, 'Good-Password', []],
    ['no symbols', { minSymbols: 0 }, 'GoodPassw0rd', []],
    ['symbols of a set', { symbolCharacterSet: '€§', minSymbols: 2 }, 'Good€Passw0rd§', []],
    ['symbols outside the set', { symbolCharacterSet: '€§' }, 'Good-Passw0rd!', ['special character']],
    ['a set with characters that mean something in patterns', { symbolCharacterSet: ']^-\\' }, 'Good]Passw0rd', []],
  ] as const) {
    test(`${name}: "${password}" breaks ${words.length === 0 ? 'nothing' : words.join(', ')}`, () => {
      const check = () => checkPassword(password, ada, { ...DEFAULT_POLICY, ...policy })
      if (words.length === 0) expect(check).not.toThrow()
      for (const word of words) expect(check).toThrow(word)
    })
  }

  test('names of one or two letters forbid nothing', () => {
    const al = { email: 'al@example.com', firstName: 'Al', lastName: 'O' }
    expect(() => checkPassword('Small-Foot-1', al)).not.toThrow()
    expect(() => checkPassword('Small-Foot-1', { ...al, firstName: 'All' })).toThrow('first name')
  })

  test('no password may be endless', () => {
    expect(() => checkPassword(`Good-Passw0rd${'x'.repeat(1000)}`, ada)).toThrow('no more than 1000')
  })

  test('a password expires so many days after it was set, to the millisecond', () => {
    const set = new Date('2024-05-01T10:00:00Z')
    const later = (days: number, ms: number) => new Date(set.getTime() + days * 86_400_000 + ms)
    const policy = { ...DEFAULT_POLICY, expirationDays: 30 }
    expect(isExpired(policy, set, later(30, -1))).toBe(false)
    expect(isExpired(policy, set, later(30, 0))).toBe(true)
    expect(isExpired(DEFAULT_POLICY, set, later(36_500, 0))).toBe(false)
  })
})
