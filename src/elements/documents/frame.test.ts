import { expect, test } from 'vitest'
import { frameOf } from './frame.ts'

const settings = {
  publicUrl: 'https://hub.example.com:8443/behind',
  apiPrefix: '/elements/api-v2',
  gatewayHost: 'gateway.example.com',
}

test.each([
  [
    'the hub’s own address, with a path that it is reached below',
    {},
    'https://hub.example.com:8443/behind/elements/api-v2',
  ],
  ['an empty base URL is none', { baseUrl: '' }, 'https://hub.example.com:8443/behind/elements/api-v2'],
  ['another address', { baseUrl: 'https://foo.bar' }, 'https://foo.bar/elements/api-v2'],
  ['with a port and a path', { baseUrl: 'http://foo.bar:81/a/' }, 'http://foo.bar:81/a/elements/api-v2'],
  ['that is whole already', { baseUrl: 'https://foo.bar/elements/api-v2/' }, 'https://foo.bar/elements/api-v2'],
  ['without a scheme', { baseUrl: 'foo.bar' }, 'https://foo.bar/elements/api-v2'],
  ['the gateway', { provider: 'AWS', baseUrl: 'https://foo.bar' }, 'https://gateway.example.com/'],
])('%s', (_name, query, expected) => {
  const { host, basePath, schemes } = frameOf(query, settings)
  expect(`${schemes.join()}://${host}${basePath}`).toBe(expected)
})

test.each(['http://', 'ftp://foo.bar', 'javascript:alert(1)', 'https://a b', '://x'])('%s is no address', (baseUrl) => {
  expect(() => frameOf({ baseUrl }, settings)).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID' }))
})
