import { describe, expect, test } from 'vitest'
import { API_PREFIX } from './dispatch.ts'
import { createMethodsAt, unknownRoute } from './refuse-methods.ts'

const methodsAt = createMethodsAt([
  { method: 'GET', url: `${API_PREFIX}/instances`, schema: {} },
  { method: 'POST', url: `${API_PREFIX}/instances`, schema: {} },
  { method: 'GET', url: `${API_PREFIX}/instances/count`, schema: {} },
  { method: 'DELETE', url: `${API_PREFIX}/instances/:id`, schema: {} },
  { method: 'GET', url: `${API_PREFIX}/hubs/:hub/*`, schema: {} },
  { method: 'GET', url: `${API_PREFIX}/hubs/:key`, schema: {} },
  { method: 'GET', url: '/healthz', schema: {} },
])
const CALLS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

describe('the methods of a path', () => {
  for (const [path, expected] of [
    [`${API_PREFIX}/instances`, ['GET', 'POST']],
    [`${API_PREFIX}/instances/`, ['GET', 'POST']],
    [`${API_PREFIX}/instances/7`, ['DELETE']],
    [`${API_PREFIX}/instances/count`, ['GET', 'DELETE']],
    [`${API_PREFIX}/instances/7/nothing`, []],
    [`${API_PREFIX}/hubs/crm`, ['GET']],
    [`${API_PREFIX}/hubs/crm/contacts`, CALLS],
    [`${API_PREFIX}/contacts`, CALLS],
    ['/healthz', ['GET']],
    ['/nothing', []],
    [API_PREFIX, []],
  ] as const) {
    test(`${path}: ${expected.join(', ') || 'none'}`, () => expect(methodsAt(path)).toEqual(expected))
  }
})

test('a wrong method is 405 and says which are right, a wrong path 404', () => {
  const wrongMethod = unknownRoute('PUT', `${API_PREFIX}/instances?x=1`, methodsAt)
  expect(wrongMethod).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } })
  expect(wrongMethod.message).toBe('/elements/api-v2/instances answers GET, POST, not PUT')
  expect(unknownRoute('PUT', '/nothing', methodsAt)).toMatchObject({ status: 404, headers: {} })
})
