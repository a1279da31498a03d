import { expect, test } from 'vitest'
import { toTable } from './routes.ts'

test('columns stand below each other; what is not asked for is a dash', () => {
  const table = toTable([
    {
      method: 'DELETE',
      url: '/elements/api-v2/users/:id',
      operation: 'users.delete',
      tenant: 'administered',
      roles: [],
      privileges: ['deleteUsersOrg', 'deleteUsersAccount'],
    },
    { method: 'GET', url: '/healthz', tenant: 'public', roles: [], privileges: [] },
  ])
  expect(table.split('\n')).toEqual([
    'METHOD  PATH                        OPERATION     FOR           ROLE  PRIVILEGE',
    'DELETE  /elements/api-v2/users/:id  users.delete  administered  -     deleteUsersOrg | deleteUsersAccount',
    'GET     /healthz                    -             public        -     -',
  ])
})
