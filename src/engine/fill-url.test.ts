import { expect, test } from 'vitest'
import { fillUrl, hasLiteralDomain } from './fill-url.ts'
import { compilePathTemplate } from './path-template.ts'

const fill = (address: string, values: Record<string, string>) =>
  fillUrl(compilePathTemplate(address), (name) => values[name])

test('a subdomain becomes part of the host', () => {
  expect(fill('https://{subdomain}.acme.test/v1', { subdomain: 'eu-1' })).toBe('https://eu-1.acme.test/v1')
})

test('a placeholder for the whole address takes any value', () => {
  expect(fill('{baseUrl}/{path}', { baseUrl: 'http://acme.test:8080', path: 'a/b' })).toBe('http://acme.test:8080/a/b')
})

test('a placeholder behind the host takes any value', () => {
  expect(fill('https://acme.test/{erp}/api', { erp: 'a/b' })).toBe('https://acme.test/a/b/api')
})

test("a host that is all the customer's may have a port and a path", () => {
  expect(fill('https://{site}/api', { site: 'jira.acme.test:8443/jira' })).toBe('https://jira.acme.test:8443/jira/api')
  expect(() => fill('https://{site}/api', { site: 'user@evil.test' })).toThrow('site: its value')
})

for (const value of ['evil.test/', 'evil.test?', 'evil.test#', 'user@evil.test', 'evil.test:80/', 'evil.test\\', '']) {
  test(`a subdomain "${value}" would leave the host and is refused`, () => {
    expect(() => fill('https://{subdomain}.acme.test/v1', { subdomain: value })).toThrow(
      'subdomain: its value is no part of a host name',
    )
  })
}

for (const [address, expected] of [
  ['https://api.acme.test/token', true],
  ['https://{subdomain}.acme.test/token', true],
  ['https://{host}/token', false],
  ['https://{host}.com/token', false],
  ['https://api.{domain}/token', false],
  ['{baseUrl}/token', false],
] as const) {
  test(`${address} ${expected ? 'stays' : 'need not stay'} with the vendor`, () => {
    expect(hasLiteralDomain(address)).toBe(expected)
  })
}
