import { expect, test } from 'vitest'
import { standingOf } from './standing.ts'

const role = (key: string, { active = true, privileges = ['viewElements'] } = {}) => ({
  id: 1,
  key,
  name: key,
  description: '',
  active,
  privileges,
  createdDate: new Date(0),
})

for (const [name, roles, defaultAccount, expected] of [
  ['org-admin of the default account', [role('org-admin')], true, [true, true, false, false]],
  ['org-admin of another account, which may not be', [role('org-admin')], false, [false, false, false, false]],
  ['admin', [role('admin')], false, [false, true, false, false]],
  ['an admin whose role was made inactive', [role('admin', { active: false })], false, [false, false, false, false]],
  ['customer-admin', [role('customer-admin')], true, [false, false, true, false]],
  ['vdrAdmin', [role('vdrAdmin')], true, [false, false, false, true]],
] as const) {
  test(`${name}: administers organization, account, customer, common resources ${expected.join(', ')}`, () => {
    const { organizationAdmin, accountAdmin, customerAdmin, vdrAdmin } = standingOf(roles, { defaultAccount })
    expect([organizationAdmin, accountAdmin, customerAdmin, vdrAdmin]).toEqual(expected)
  })
}

test('privileges of all active roles', () => {
  const roles = [role('org'), role('a', { privileges: ['x'] }), role('b', { active: false, privileges: ['y'] })]
  expect(standingOf(roles, { defaultAccount: true }).privileges).toEqual(new Set(['viewElements', 'x']))
})
