import { describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { DATE, idsOf, today, useStage } from './cast.ts'

/** Accounts of an organization and their settings (spec 50 §4, 41 §5). */
const { stage, as } = useStage()

describe('accounts (§4)', () => {
  const ask = () => as('admin')
  let n = 0
  const make = (given: Record<string, unknown> = {}) =>
    ask()('POST', '/accounts', { externalId: `account-${++n}`, ...given })

  for (const [fact, body, expected] of [
    [
      'external id alone names it',
      { externalId: 'acme-1' },
      { externalId: 'acme-1', name: 'acme-1', description: 'acme-1' },
    ],
    ['a number is a text', { externalId: 4711 }, { externalId: '4711', name: '4711', description: '4711' }],
    [
      'with all of it',
      { externalId: 'acme-2', name: 'Acme', description: 'No. 2' },
      { name: 'Acme', description: 'No. 2' },
    ],
  ] as const) {
    test(`POST: ${fact}`, async () => {
      const { body: made } = expectOk(await ask()('POST', '/accounts/', body))
      const members = {
        companyId: stage.globex.id,
        active: true,
        defaultAccount: false,
        type: 'CompanyAccount',
        ...expected,
      }
      expect(made).toMatchObject({ id: expect.any(Number), ...members })
      const { body: read } = expectOk(await ask()('GET', `/accounts/${made.id}`))
      expect(read).toMatchObject({ id: made.id, createdDate: expect.stringMatching(DATE), ...members })
    })
  }

  for (const body of [{}, { name: 'Without' }, { externalId: null }, { externalId: '' }, { externalId: {} }]) {
    test(`POST ${JSON.stringify(body)}: 400`, async () => {
      expect(expectError(await ask()('POST', '/accounts', body), 400).body.message).toContain('externalId')
    })
  }

  for (const [where, expected] of [
    ["name='East'", () => [stage.east.id]],
    ['defaultAccount=true', () => [stage.globex.defaultAccount.id]],
    ["defaultAccount='true'", () => [stage.globex.defaultAccount.id]],
    ["type='Default'", () => [stage.globex.defaultAccount.id]],
    ["externalId='West'", () => [stage.west.id]],
    ["type='CompanyAccount' and name in ('East','West')", () => [stage.east.id, stage.west.id]],
    [`createdDate='${today()}' and name='West'`, () => [stage.west.id]],
  ] as const) {
    test(`where ${where}`, async () => {
      expect(idsOf(await ask()('GET', `/accounts?where=${encodeURIComponent(where)}`))).toEqual(expected())
    })
  }

  test('where it is no condition: 400', async () => {
    const { body } = expectError(await ask()('GET', '/accounts?where=name%20%3D%3D'), 400)
    expect(body.message).toContain('Error parsing query')
  })

  test('the list has pages by offset and by token, and says how many there are', async () => {
    const whole = expectOk(await ask()('GET', '/accounts'))
    const total = whole.body.length
    expect(total).toBeGreaterThanOrEqual(3)
    expect(whole.headers.get('elements-returned-count')).toBe(String(total))
    expect(whole.headers.get('elements-total-count')).toBe(String(total))
    expect(whole.headers.has('elements-next-page-token')).toBe(false)

    const second = expectOk(await ask()('GET', '/accounts?pageSize=1&offset=1'))
    expect(second.body).toEqual([whole.body[1]])
    expect(second.headers.get('elements-returned-count')).toBe('1')
    expect(idsOf(await ask()('GET', `/accounts?offset=${total - 1}`))).toHaveLength(1)

    const walked: unknown[] = []
    let query = '?pageSize=2'
    while (query !== '' && walked.length <= total) {
      const page = expectOk(await ask()('GET', `/accounts${query}`))
      walked.push(...page.body)
      const token = page.headers.get('elements-next-page-token')
      query = token === null ? '' : `?nextPage=${encodeURIComponent(token)}`
    }
    expect(walked).toEqual(whole.body)
  })

  test('PATCH changes what it names; PUT leaves alone what it does not', async () => {
    const { body: made } = expectOk(await make({ name: 'Before', description: 'kept' }))
    const patched = expectOk(await ask()('PATCH', `/accounts/${made.id}`, { name: 'After' })).body
    expect(patched).toMatchObject({ id: made.id, name: 'After', description: 'kept', externalId: made.externalId })
    const put = expectOk(await ask()('PUT', `/accounts/${made.id}/`, { description: 'new', externalId: 12 })).body
    expect(put).toMatchObject({ id: made.id, name: 'After', description: 'new', externalId: '12' })
    const odd = { id: 1, companyId: 1, type: 'Default', defaultAccount: true, nothing: 'known' }
    expectOk(await ask()('PATCH', `/accounts/${made.id}`, odd))
    expect(expectOk(await ask()('GET', `/accounts/${made.id}`)).body).toMatchObject({
      id: made.id,
      companyId: stage.globex.id,
      type: 'CompanyAccount',
      defaultAccount: false,
    })
  })

  for (const [method, below] of [
    ['GET', ''],
    ['PATCH', ''],
    ['PUT', ''],
    ['DELETE', ''],
    ['GET', '/users'],
    ['POST', '/users'],
    ['GET', '/roles'],
    ['GET', '/instances'],
    ['PATCH', '/settings'],
  ] as const) {
    test(`${method} /accounts/-1${below}: 404`, async () => {
      const body = { firstName: 'No', lastName: 'Where', email: 'nowhere@example.com' }
      for (const id of ['-1', '0', '99999999999999999999', 'abc']) {
        const answer = await ask()(method, `/accounts/${id}${below}`, method.startsWith('P') ? body : undefined)
        expect(expectError(answer, 404).body.message).not.toMatch(/^No (.*) found$/)
      }
    })
  }

  test('the default account is the only one of its kind, and stays', async () => {
    const { status } = await ask()('DELETE', `/accounts/${stage.globex.defaultAccount.id}`)
    expect([400, 403, 409]).toContain(status)
    expectOk(await ask()('GET', '/organizations/me'))
    expectOk(await as('office')('GET', '/organizations/me'))
  })

  test('an account without users: 404 with the text clients know', async () => {
    const { body } = expectOk(await make())
    expect(expectError(await ask()('GET', `/accounts/${body.id}/users`), 404).body.message).toBe('No users found')
  })
})

describe('settings of accounts (41 §5)', () => {
  const POLICY = 'notification.webhook.failure.policy'

  test('are a flat object that is merged into', async () => {
    expect(expectOk(await as('admin')('GET', '/accounts/settings')).body).toBeTypeOf('object')
    const patched = expectOk(await as('admin')('PATCH', '/accounts/settings', { [POLICY]: 'queue', own: 'x' })).body
    expect(patched).toMatchObject({ [POLICY]: 'queue', own: 'x' })
    expectOk(await as('admin')('PATCH', '/accounts/settings', { own: 'y' }))
    expect(expectOk(await as('admin')('GET', '/accounts/settings')).body).toMatchObject({ [POLICY]: 'queue', own: 'y' })
  })

  test('belong to one account', async () => {
    const made = await as('admin')('POST', `/accounts/${stage.west.id}/settings`, { [POLICY]: 'queue' })
    expect(expectOk(made).body).toMatchObject({ [POLICY]: 'queue' })
    expect(
      expectOk(await as('admin')('PATCH', `/accounts/${stage.west.id}/settings`, { more: '1' })).body,
    ).toMatchObject({
      [POLICY]: 'queue',
      more: '1',
    })
    expect(expectOk(await as('westerner')('GET', '/accounts/settings')).body).toMatchObject({
      [POLICY]: 'queue',
      more: '1',
    })
    expect(expectOk(await as('easterner')('GET', '/accounts/settings')).body).not.toHaveProperty('more')
  })

  test('a policy is retry or queue', async () => {
    expect(
      expectError(await as('admin')('PATCH', '/accounts/settings', { [POLICY]: 'forget' }), 400).body.message,
    ).toContain(POLICY)
  })
})
