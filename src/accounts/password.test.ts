import { describe, expect, test } from 'vitest'
import { generatePassword, hashPassword, verifyPassword } from './password.ts'
import { checkPassword } from './password-policy.ts'

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
