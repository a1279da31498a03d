import { describe, expect, test } from 'vitest'
import {
  callOf,
  elementOf,
  failureOf,
  parameter,
  resource,
  row,
  runCall,
  vendorUrl,
} from '../../../test/support/engine.ts'
import type { Parameter } from '../../model/element.ts'

describe('the seam of base and path (spec 11 §3.10)', () => {
  const A = parameter('query a', 'query a')
  for (const [name, base, vendorPath, parameters, expected] of [
    ['a plain path', 'https://v.test/api', '/x', [], 'https://v.test/api/x'],
    ['slashes at both sides become one', 'https://v.test/api/', '/x', [], 'https://v.test/api/x'],
    ['no slash at either side', 'https://v.test/api', 'x', [], 'https://v.test/api/x'],
    ['slashes elsewhere stay', 'https://v.test/api/', '/x//y', [], 'https://v.test/api/x//y'],
    ['no path: the base itself', 'https://v.test/api/', '', [], 'https://v.test/api/'],
    ['an absolute path replaces the base', 'https://v.test/api', 'https://other.test/y', [], 'https://other.test/y'],
    ['a path with a query', 'https://v.test', '/x?f=1', [A], 'https://v.test/x?f=1&a=1'],
    ['a path that is a query', 'https://v.test/api', '?f=1', [A], 'https://v.test/api?f=1&a=1'],
    [
      'a base with a query, a path that goes on',
      'https://v.test/api?key=1',
      '&fn=x',
      [A],
      'https://v.test/api?key=1&fn=x&a=1',
    ],
    ['a base with a query and no path', 'https://v.test/api?key=1', '', [A], 'https://v.test/api?key=1&a=1'],
    ['a path variable fills a placeholder of its name', 'https://v.test', '/x/{id}', [], 'https://v.test/x/7'],
    ['{:id} too', 'https://v.test', '/x/{:id}', [], 'https://v.test/x/7'],
    ['a configuration key too', 'https://v.test', '/{region}/x', [], 'https://v.test/eu%2F1/x'],
    ['an unfilled last segment goes', 'https://v.test', '/x/{missing}', [], 'https://v.test/x'],
    ['also before a query', 'https://v.test', '/x/{missing}?f=1', [], 'https://v.test/x?f=1'],
    ['an unfilled one in the middle stays', 'https://v.test', '/x/{missing}/y', [], 'https://v.test/x/{missing}/y'],
    [
      'names and values are encoded',
      'https://v.test',
      '/x',
      [parameter('query a', 'query page[first]')],
      'https://v.test/x?page%5Bfirst%5D=1',
    ],
  ] as [string, string, string, Parameter[], string][]) {
    test(name, async () => {
      const element = elementOf({
        configuration: [row('base.url', base), row('region', 'eu/1')],
        resources: [resource('GET', '/r/{id}', { vendorPath, parameters })],
      })
      expect(await vendorUrl(element, callOf('GET /r/7?a=1'))).toBe(expected)
    })
  }
})

describe('placeholders of the base (spec 11 §4.2)', () => {
  const site = parameter('configuration site', 'path subdomain')
  for (const [name, base, wide, configuration, expected] of [
    [
      'a configuration key of that name',
      'https://{subdomain}.v.test/api',
      [],
      { subdomain: 'a' },
      'https://a.v.test/api/x',
    ],
    ['the key that a parameter names', 'https://{subdomain}.v.test', [site], { site: 'b' }, 'https://b.v.test/x'],
    ['a whole address without scheme', '{baseurl}', [], { baseurl: 'v.test/api' }, 'https://v.test/api/x'],
    ['a whole address with one', '{baseurl}', [], { baseurl: 'http://v.test:81' }, 'http://v.test:81/x'],
    ["an instance's base.url wins", 'https://v.test', [], { 'base.url': 'https://own.test/z' }, 'https://own.test/z/x'],
  ] as [string, string, Parameter[], Record<string, string>, string][]) {
    test(name, async () => {
      const element = elementOf({
        configuration: [row('base.url', base)],
        parameters: wide,
        resources: [resource('GET', '/x')],
      })
      expect(await vendorUrl(element, callOf('GET /x'), configuration)).toBe(expected)
    })
  }
})

describe('nothing leaves the path that the element declares', () => {
  const element = elementOf({
    resources: [
      resource('GET', '/a/{id}/b'),
      resource('GET', '/q', { vendorPath: '/q/{p}/z', parameters: [parameter('query p', 'path p')] }),
      resource('GET', '/s/{id}', { vendorPath: '/s', parameters: [parameter('path id', 'query id')] }),
    ],
  })
  for (const line of ['GET /a/../b', 'GET /a/%2e%2e/b', 'GET /a/./b', 'GET /q?p=..', 'GET /q?p=.']) {
    test(`${line} is refused`, async () => {
      const { error, run } = await failureOf(runCall(element, callOf(line)))
      expect(error).toMatchObject({ code: 'PARAMETER_INVALID', message: expect.stringContaining('must not be "') })
      expect(run.requests).toEqual([])
    })
  }
  for (const [line, path] of [
    ['GET /a/..%2Fx/b', '/a/..%2Fx/b'],
    ['GET /a/...%2F/b', '/a/...%2F/b'],
    ['GET /a/x%3Fy%23z/b', '/a/x%3Fy%23z/b'],
    ['GET /q?p=a%2F..%2Fb', '/q/a%2F..%2Fb/z'],
    ['GET /s/..', '/s?id=..'],
  ] as const) {
    test(`${line} stays within ${path}`, async () => {
      expect(await vendorUrl(element, callOf(line))).toBe(`https://api.acme.test/v1${path}`)
    })
  }
})

describe('bodies', () => {
  const post = (rootKey: string | undefined, parameters = [parameter('body body', 'body body')]) =>
    elementOf({ resources: [resource('POST', '/x', { parameters, ...(rootKey === undefined ? {} : { rootKey }) })] })
  for (const [name, rootKey, body, expected] of [
    ['a request root wraps', 'person|', { a: 1 }, '{"person":{"a":1}}'],
    ['a dotted one nests', 'a.b|c', { a: 1 }, '{"a":{"b":{"a":1}}}'],
    ['a root without bar is for answers only', 'person', { a: 1 }, '{"a":1}'],
    ['no body, nothing to wrap', 'person|', undefined, undefined],
    ['a half surrogate pair is sent as it can be', undefined, { a: '\ud800' }, '{"a":"\\ud800"}'],
  ] as const) {
    test(name, async () => {
      const { requests } = await runCall(post(rootKey), callOf('POST /x', { body }))
      expect(requests[0]?.body).toBe(expected)
    })
  }

  test('JSON has its Content-Type, no body has none', async () => {
    const [full, empty] = [
      await runCall(post(undefined), callOf('POST /x', { body: {} })),
      await runCall(post(undefined), callOf('POST /x')),
    ]
    expect(full.requests[0]?.headers['content-type']).toBe('application/json')
    expect(empty.requests[0]?.headers).not.toHaveProperty('content-type')
  })
})
