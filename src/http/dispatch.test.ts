import { describe, expect, test } from 'vitest'
import { API_PREFIX, meaningOf, platformRouteTree, resourcePath } from './dispatch.ts'

const routes = platformRouteTree([
  { method: 'GET', url: `${API_PREFIX}/instances` },
  { method: 'POST', url: `${API_PREFIX}/instances` },
  { method: 'GET', url: `${API_PREFIX}/instances/:id` },
  { method: 'GET', url: `${API_PREFIX}/hubs/*` },
  { method: 'GET', url: '/healthz' },
])

describe('what a path means that no platform route took (spec 00 §1, 01 §2)', () => {
  for (const [path, hasToken, expected] of [
    ['/contacts', true, { kind: 'resource' }],
    ['/contacts', false, { kind: 'credentials missing' }],
    ['/accounts', true, { kind: 'resource' }],
    ['/accounts', false, { kind: 'unknown', allow: [] }],
    ['/users/7', false, { kind: 'unknown', allow: [] }],
    ['/usage', true, { kind: 'resource' }],
    ['/instances', true, { kind: 'unknown', allow: ['GET', 'POST'] }],
    ['/instances/7', false, { kind: 'unknown', allow: ['GET'] }],
    ['/instances/7/nothing', true, { kind: 'unknown', allow: [] }],
    ['/elements/x/y', true, { kind: 'unknown', allow: [] }],
    ['/formulas', true, { kind: 'unknown', allow: [] }],
    ['/events/base', false, { kind: 'unknown', allow: [] }],
    ['/constructor', false, { kind: 'credentials missing' }],
    ['/', false, { kind: 'credentials missing' }],
  ] as const) {
    test(`${path} ${hasToken ? 'with' : 'without'} an Element token: ${expected.kind}`, () => {
      expect(meaningOf(path, hasToken, routes)).toEqual(expected)
    })
  }
})

describe('the path of a resource: the hub segment is decoration', () => {
  for (const [url, expected] of [
    ['/hubs/crm/contacts', '/contacts'],
    ['/hubs/anything/contacts/7?x=/hubs/y', '/contacts/7'],
    ['/contacts', '/contacts'],
    ['/contacts/', '/contacts'],
    ['/hubs/crm/contacts//', '/contacts'],
    ['/contacts#x', '/contacts'],
    ['/hubs/crm', '/'],
    ['/contacts/a%2Fb+c', '/contacts/a%2Fb+c'],
    ['/contacts/hubs/x', '/contacts/hubs/x'],
  ] as const) {
    test(`${url} is ${expected}`, () => {
      expect(resourcePath(API_PREFIX + url)).toBe(expected)
    })
  }
})
