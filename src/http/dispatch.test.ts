import { describe, expect, test } from 'vitest'
import { API_PREFIX, createIsPlatformPath, meaningOf, resourcePath } from './dispatch.ts'
import { declaredRoutes } from './list-routes.ts'

describe('what a path means that no platform route took (spec 00 §1, 01 §2)', () => {
  for (const [path, hasToken, expected] of [
    ['/contacts', true, 'call'],
    ['/contacts', false, 'call'],
    ['/accounts', true, 'call'],
    ['/accounts', false, 'unknown'],
    ['/users/7', false, 'unknown'],
    ['/usage', true, 'call'],
    ['/instances', true, 'unknown'],
    ['/instances/7', false, 'unknown'],
    ['/elements/x/y', true, 'unknown'],
    ['/formulas', true, 'unknown'],
    ['/events/base', false, 'unknown'],
    ['/constructor', false, 'call'],
    ['/', false, 'call'],
  ] as const) {
    test(`${path} ${hasToken ? 'with' : 'without'} an Element token: ${expected}`, () => {
      expect(meaningOf(path, hasToken)).toEqual(expected)
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

describe('where no formula can be called, because the platform answers there (spec 30 §5.4)', async () => {
  const routes = await declaredRoutes()
  const isPlatformPath = createIsPlatformPath(() => routes)
  for (const [method, path, expected] of [
    ['GET', '/accounts', true],
    ['get', '/accounts/', true],
    ['GET', '/formulas/instances', true],
    ['GET', '/formulas/of/nobody', true],
    ['GET', '/accounts/7', true],
    ['POST', '/usage', false],
    ['GET', '/hubs/crm/contacts', true],
    ['GET', '/', true],
    ['POST', '/bulk/anything', true],
    ['GET', '/my-uri', false],
    ['POST', '/hubspot/connect', false],
    ['GET', '/constructor', false],
  ] as const) {
    test(`${method} ${path}: ${expected}`, () => {
      expect(isPlatformPath(method, path)).toBe(expected)
    })
  }
})
