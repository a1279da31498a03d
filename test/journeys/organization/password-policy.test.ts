import { describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { PASSWORD } from '../../support/people.ts'
import { useStage } from './cast.ts'

/** What an organization asks of passwords (spec 50 §8). */
const { stage, as } = useStage()

describe('password policies (§8)', () => {
  const ask = () => as('admin')
  const DEFAULT = { minLength: 8, minUppercase: 1, minLowercase: 1, minNumbers: 1, minSymbols: 1 }
  const POLICY = {
    minLength: 10,
    minUppercase: 2,
    minLowercase: 1,
    minNumbers: 3,
    minSymbols: 1,
    symbolCharacterSet: '!?',
    previousPasswordCount: 3,
    expirationDays: 1000,
  }
  const put = (body: unknown) => ask()('PUT', '/organizations/password-policies', body)
  const drop = () => ask()('DELETE', '/organizations/password-policies')
  const join = (password: string) => {
    const body = { firstName: 'Wilma', lastName: 'Feuerstein', email: 'pebbles@example.com', password }
    return ask()('POST', `/accounts/${stage.east.id}/users`, body)
  }

  const refuses = async (password: string, word: string) => {
    const { body } = expectError(await join(password), 400)
    expect(body.message).toContain(word)
    expect(body.message).not.toContain(password)
    expectError(await ask()('GET', '/users/pebbles@example.com'), 404)
  }

  for (const [password, word] of [
    ['Short-1', 'at least'],
    ['Without-digits', 'numeric'],
    ['lower-case-only-1', 'uppercase'],
    ['UPPER-CASE-ONLY-1', 'lowercase'],
    ['NoSymbolAtAll1', 'special character'],
    ['Some-wILMa-99', 'first name'],
    ['Some-feuerSTEIN-99', 'last name'],
    ['Some-Pebbles-99', 'username'],
  ] as const) {
    test(`"${password}" breaks the default: the answer says "${word}"`, () => refuses(password, word))
  }

  test('a change of one’s own password is measured as well', async () => {
    const { body } = expectOk(await stage.people.signIn(stage.cast.easterner.email, PASSWORD))
    const change = (password: string) =>
      stage.hub.call('POST', '/authentication/passwords', { authorization: `Bearer ${body.token}`, body: { password } })
    expect(expectError(await change('Short-1'), 400).body.message).toContain('at least')
    expect(expectError(await change('Without-digits'), 400).body.message).toContain('numeric')
    expect(
      expectError(await ask()('PATCH', `/users/${stage.cast.easterner.id}`, { password: 'x' }), 400).body.message,
    ).toContain('at least')
    expectOk(await stage.people.signIn(stage.cast.easterner.email, PASSWORD))
  })

  for (const [field, value] of [
    ['minLength', 7],
    ['minLength', -1],
    ['minLength', null],
    ['minLength', '12'],
    ['minLength', 8.5],
    ['minUppercase', 11],
    ['minUppercase', -1],
    ['minLowercase', 11],
    ['minLowercase', -1],
    ['minNumbers', 11],
    ['minNumbers', -1],
    ['minSymbols', 11],
    ['minSymbols', -1],
    ['symbolCharacterSet', null],
    ['previousPasswordCount', 10],
    ['previousPasswordCount', -1],
    ['expirationDays', -1],
  ] as const) {
    test(`${field} ${value}: 400 that names it`, async () => {
      expect(expectError(await put({ ...POLICY, [field]: value }), 400).body.message).toContain(field)
    })
  }

  test('one that is stored counts at once; without it the default is back', async () => {
    try {
      const { body } = expectOk(await put(POLICY))
      expect(body).toMatchObject(POLICY)
      expect(expectOk(await ask()('GET', '/organizations/password-policies')).body).toMatchObject(POLICY)
      await refuses('Ab-123456', 'at least')
      await refuses('Abcdefgh!123', 'uppercase')
      await refuses('ABcdefgh!12', 'numeric')
      await refuses('ABcdefgh-123', 'special character')
      const { body: made } = expectOk(await join('ABcdefgh!123'))
      expectOk(await ask()('DELETE', `/users/${made.id}`))
      // what is not named is not asked for, and another organization has its own
      expectOk(
        await as('stranger')('POST', '/organizations/users', {
          firstName: 'I',
          lastName: 'T',
          email: 'i.t@example.com',
          password: PASSWORD,
        }),
      )
      const changed = { ...POLICY, minLength: 8, minUppercase: 0, minLowercase: 0, minNumbers: 0, minSymbols: 0 }
      expect(expectOk(await put(changed)).body).toMatchObject(changed)
      const { body: simple } = expectOk(await join('abababab'))
      expectOk(await ask()('DELETE', `/users/${simple.id}`))
    } finally {
      expectOk(await drop())
    }
    await refuses('abababab', 'numeric')
    const { body } = expectOk(await ask()('GET', '/organizations/password-policies'))
    expect(body).toMatchObject(DEFAULT)
  })

  test('passwords of before do not come back', async () => {
    const user = await stage.people.addUser(stage.cast.admin, stage.east.id, { password: 'First-pass-1' })
    const { token } = expectOk(await stage.people.signIn(user.email, 'First-pass-1')).body
    const change = (password: string) =>
      stage.hub.call('POST', '/authentication/passwords', { authorization: `Bearer ${token}`, body: { password } })
    try {
      expectOk(await put({ ...POLICY, ...DEFAULT, symbolCharacterSet: '-', previousPasswordCount: 2 }))
      expectError(await change('First-pass-1'), 400)
      expectOk(await change('Second-pass-2'))
      expectError(await change('First-pass-1'), 400)
      expectError(await change('Second-pass-2'), 400)
      expectOk(await change('Third-pass-3'))
    } finally {
      expectOk(await drop())
    }
  })
})
