import { expect, test } from 'vitest'
import type { Operation } from '../accounts/operations.ts'
import { auditedEntity } from './audited-entity.ts'

for (const [operation, url, params, expected] of [
  ['instances.update', '/x/instances/:id', { id: '7' }, ['element-instance', '7', 'update']],
  [
    'instances.update',
    '/x/elements/:keyOrId/instances/:id',
    { keyOrId: 'base', id: '7' },
    ['element-instance', '7', 'update'],
  ],
  [
    'instances.configure',
    '/x/instances/:id/configuration/:rowId',
    { id: '7', rowId: '1' },
    ['element-instance', '7', 'configure'],
  ],
  ['instances.switch', '/x/instances/enabled', {}, ['element-instance', undefined, 'switch']],
  [
    'instances.create',
    '/x/elements/:keyOrId/instances',
    { keyOrId: 'base' },
    ['element-instance', undefined, 'create'],
  ],
  [
    'elements.update',
    '/x/elements/:keyOrId/resources/:owner/hooks/:part',
    { keyOrId: 'a', owner: '1', part: '2' },
    ['element', 'a', 'update'],
  ],
  [
    'commonResources.update',
    '/x/accounts/:id/objects/:objectName/definitions',
    { id: '7', objectName: 'partner' },
    ['common-resource', 'partner', 'update'],
  ],
  ['commonResources.delete', '/x/accounts/objects/definitions', {}, ['common-resource', undefined, 'delete']],
  [
    'commonResources.delete',
    '/x/common-resources/:name',
    { name: 'partner' },
    ['common-resource', 'partner', 'delete'],
  ],
  [
    'transformations.create',
    '/x/organizations/elements/:keyOrId/transformations/:objectName',
    { keyOrId: 'base', objectName: 'partner' },
    ['common-resource', 'partner', 'create'],
  ],
  [
    'applications.manage',
    '/x/elements/:keyOrId/oauth/application',
    { keyOrId: 'base' },
    ['oauth-application', 'base', 'manage'],
  ],
  [
    'accountUsers.update',
    '/x/accounts/:id/users/:emailOrId',
    { id: '3', emailOrId: 'ada@example.com' },
    ['user', 'ada@example.com', 'update'],
  ],
  ['authentication.password', '/x/authentication/passwords', {}, ['authentication', undefined, 'password']],
] as [Operation, string, Record<string, string>, unknown[]][]) {
  test(`${operation} of ${url}`, () => {
    const found = auditedEntity(operation, url, params)
    expect([found?.entity, found?.id, found?.action]).toEqual(expected)
  })
}

for (const operation of [
  'oauth.url',
  'models.derive',
  'elements.convert',
  'resources.call',
  'usage.read',
  'metrics.read',
] as const) {
  test(`${operation} changes nothing`, () =>
    expect(auditedEntity(operation, '/x/elements/:keyOrId', { keyOrId: '1' })).toBeUndefined())
}
