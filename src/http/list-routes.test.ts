import { globSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS } from '../accounts/operations.ts'
import { API_PREFIX } from './dispatch.ts'
import { declaredRoutes, type ListedRoute, listRoutes } from './list-routes.ts'

let routes: ListedRoute[]

beforeAll(async () => {
  routes = await listRoutes()
})

/** What operators ask, and the description of the API, below no prefix. */
const OUTSIDE = [
  '/health',
  '/healthz',
  '/metrics',
  '/openapi.json',
  '/readyz',
  '/reference',
  '/reference/scalar.js',
  '/reference/start.js',
]

/** Operations that no route is: rooms ask for them when they know more of the call. */
const WITHOUT_ROUTE = {
  'catalogProperties.account': 'PUT /catalog-properties with entityType=account',
  'catalogProperties.organization': 'PUT /catalog-properties with entityType=organization',
  'elements.extend': 'elements.update, when the element is one that the account only adds to',
  'formulaResources.call': 'calls of formulas, at whatever address they have',
}

describe('the list of routes', () => {
  test('every route below the API prefix is an operation, every other is of the list', () => {
    const [inside, outside] = [true, false].map((isInside) =>
      routes.filter(({ url }) => url.startsWith(`${API_PREFIX}/`) === isInside),
    )
    expect(inside?.filter(({ operation }) => operation === undefined)).toEqual([])
    expect(outside?.map(({ url }) => url)).toEqual(OUTSIDE)
  })

  test('no route is there twice', () => {
    const names = routes.map(({ method, url }) => `${method} ${url}`)
    expect(new Set(names).size).toBe(names.length)
  })

  test('says of a route what its operation asks', () => {
    const found = (url: string) => routes.find((route) => route.method === 'PUT' && route.url === API_PREFIX + url)
    expect(found('/elements/:keyOrId')).toEqual({
      method: 'PUT',
      url: '/elements/api-v2/elements/:keyOrId',
      operation: 'elements.update',
      tenant: 'account',
      roles: [],
      privileges: ['editElements'],
    })
    expect(found('/elements/:keyOrId/oauth/application')?.roles).toEqual(['organizationAdmin'])
  })

  test('is sorted by path and method, and has every route that was registered', async () => {
    const declared = await declaredRoutes()
    expect(routes.length).toBe(declared.length)
    const urls = routes.map(({ url }) => url)
    expect(urls).toEqual(urls.toSorted())
    const own = routes.filter(({ url }) => url === `${API_PREFIX}/instances`)
    expect(own.map(({ method }) => method)).toEqual(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
  })

  test('every operation has a route, or is asked for in a room', () => {
    const routed = new Set<string | undefined>(routes.map(({ operation }) => operation))
    const missing = Object.keys(OPERATIONS).filter((operation) => !routed.has(operation))
    expect(missing.toSorted()).toEqual(Object.keys(WITHOUT_ROUTE))
    const root = new URL('..', import.meta.url).pathname
    const sources = globSync('*/**/*.ts', { cwd: root }).filter((name) => !/\.test\.ts$|^http|operations/.test(name))
    const code = sources.map((name) => readFileSync(root + name, 'utf8')).join('\n')
    expect(missing.filter((operation) => !code.includes(`'${operation}'`))).toEqual([])
  })
})
