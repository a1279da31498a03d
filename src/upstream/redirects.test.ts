import { expect, test } from 'vitest'
import type { VendorRequest } from '../model/exchange.ts'
import { followRedirect } from './redirects.ts'

const request: VendorRequest = {
  method: 'GET',
  url: 'https://api.vendor.com/a/b?x=1',
  headers: {
    accept: 'json',
    authorization: 'A',
    cookie: 'C',
    'Proxy-Authorization': 'P',
    'x-api-key': 'K',
    host: 'api.vendor.com',
  },
  credentialHeaders: ['X-Api-Key'],
  timeoutMs: 1000,
}

for (const status of [301, 302, 303, 307, 308])
  test(`GET follows ${status}`, () =>
    expect(followRedirect(request, status, '/c')?.url).toBe('https://api.vendor.com/c'))

for (const status of [200, 300, 304, 305, 306, 400])
  test(`${status} is no redirect to follow`, () => expect(followRedirect(request, status, '/c')).toBeUndefined())

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get'])
  test(`a redirect of ${method} is returned as it is`, () =>
    expect(followRedirect({ ...request, method }, 307, '/c')).toBeUndefined())

test('HEAD stays HEAD after 303', () =>
  expect(followRedirect({ ...request, method: 'HEAD' }, 303, '/c')?.method).toBe('HEAD'))
test('a GET with a body is not repeated elsewhere', () =>
  expect(followRedirect({ ...request, body: '{}' }, 302, '/c')).toBeUndefined())
test('no location, no redirect', () => expect(followRedirect(request, 302, undefined)).toBeUndefined())
test('a location that cannot be read is returned as it is', () =>
  expect(followRedirect(request, 302, 'http://[')).toBeUndefined())

for (const [location, url, keeps] of [
  ['c?y=2', 'https://api.vendor.com/a/c?y=2', true],
  ['https://api.vendor.com:443/c#part', 'https://api.vendor.com/c', true],
  ['//api.vendor.com/c', 'https://api.vendor.com/c', true],
  ['//cdn.vendor.com/c', 'https://cdn.vendor.com/c', false],
  ['http://api.vendor.com/c', 'http://api.vendor.com/c', false],
  ['https://api.vendor.com:8443/c', 'https://api.vendor.com:8443/c', false],
  ['https://vendor.com/c', 'https://vendor.com/c', false],
  ['\\\\evil.com/c', 'https://evil.com/c', false],
] as const)
  test(`${location} ${keeps ? 'keeps' : 'drops'} the credentials`, () => {
    const next = followRedirect(request, 302, location)
    expect(next?.url).toBe(url)
    expect(next?.headers).toEqual(keeps ? request.headers : { accept: 'json' })
  })

test('a client certificate is shown at home only', () => {
  const clientIdentity = { cert: 'C', key: 'K' }
  expect(followRedirect({ ...request, clientIdentity }, 302, '/c')?.clientIdentity).toBe(clientIdentity)
  expect(followRedirect({ ...request, clientIdentity }, 302, 'https://other.com/c')).not.toHaveProperty(
    'clientIdentity',
  )
  expect(followRedirect({ ...request, clientIdentity }, 302, 'https://api.vendor.com:8443/c')).not.toHaveProperty(
    'clientIdentity',
  )
})
