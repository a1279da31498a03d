import { describe, expect, test } from 'vitest'
import { recordScope } from './record-scope.ts'

const who = (...privileges: string[]) => ({ organizationId: 3, accountId: 4, privileges: new Set(privileges) })

describe('whose records one sees', () => {
  for (const [name, privileges, accountId, expected] of [
    ['the organization', ['viewLogsOrg'], undefined, { organizationId: 3 }],
    ['one of its accounts', ['viewLogsOrg', 'viewLogsAccount'], 9, { organizationId: 3, accountId: 9 }],
    ['the own account', ['viewLogsAccount'], undefined, { organizationId: 3, accountId: 4 }],
    ['the own account by its id', ['viewLogsAccount'], 4, { organizationId: 3, accountId: 4 }],
    ['another account, without viewLogsOrg', ['viewLogsAccount'], 9, 'accountId 9'],
    ['nothing, without either', ['viewUsersOrg'], undefined, 'viewLogsOrg or viewLogsAccount'],
  ] as const) {
    test(name, () => {
      const scope = () => recordScope(who(...privileges), accountId)
      if (typeof expected === 'string') expect(scope).toThrow(expected)
      else expect(scope()).toEqual(expected)
    })
  }
})
