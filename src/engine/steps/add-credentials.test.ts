// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { describe, expect, test } from 'vitest'
import { callOf, elementOf, failureOf, parameter, resource, row, runCall } from '../../../test/support/engine.ts'
import type { Element } from '../../model/element.ts'

const oauth2 = (parts: Partial<Element> = {}) =>
  elementOf({ authentication: { type: 'oauth2' }, resources: [resource('GET', '/x')], ...parts })

describe('what an authentication type adds (spec 10 §5.1, §5.2)', () => {
  const headersOf = async (element: Element, configuration: Record<string, string>) =>
    (await runCall(element, callOf('GET /x'), undefined, { configuration })).requests[0]?.headers
  const typed = (type: string, parts: Partial<Element> = {}) => oauth2({ authentication: { type }, ...parts })
  const login = { username: 'ada', password: 'p:w', 'oauth.user.token': 't' }
  const basic = `Basic ${Buffer.from('ada:p:w').toString('base64')}`
  for (const [name, element, configuration, expected] of [
    ['oauth2: the token', typed('oauth2'), login, 'Bearer t'],
    ['in any letter case', typed('OAuth2'), login, 'Bearer t'],
    ['oauth2 without a token: nothing', typed('oauth2'), {}, undefined],
    ['basic: user and password', typed('basic'), login, basic],
    ['custom: nothing', typed('custom'), login, undefined],
    ['apiKey: nothing', typed('apiKey'), login, undefined],
    ['an unknown type: nothing', typed('constructor'), login, undefined],
    ['the type chosen on the instance', typed('oauth2'), { ...login, 'authentication.type': 'basic' }, basic],
    [
      'a header of the element stays',
      typed('oauth2', { parameters: [parameter('value Token ${configuration.username}', 'header Authorization')] }),
      login,
      'Token ada',
    ],
  ] as [string, Element, Record<string, string>, string | undefined][]) {
    test(name, async () => {
      expect((await headersOf(element, configuration))?.['authorization']).toBe(expected)
    })
  }
})

describe('credentials stay with their hosts (design.md §5)', () => {
  const at = (vendorPath: string, base = 'https://api.acme.test/v1', more: [string, string][] = []) =>
    oauth2({
      configuration: [row('base.url', base), ...more.map(([key, value]) => row(key, value))],
      resources: [
        resource('GET', '/x', { vendorPath }),
        resource('GET', '/y', { vendorPath: 'https://files.acme.test/y' }),
      ],
    })
  for (const [name, element] of [
    ['the base', at('/x')],
    ['a host that a vendor path of the element names', at('https://files.acme.test/z')],
    ['a default port that is written out', at('/x', 'https://api.acme.test:443/v1')],
    ['a port', at('/x', 'https://api.acme.test:8443/v1')],
    ['capital letters', at('/x', 'https://API.Acme.test/v1')],
    ['an international name', at('/x', 'https://bücher.test/v1')],
    [
      'an address of OAuth',
      at('https://login.acme.test/x', undefined, [['oauth.token.url', 'https://login.acme.test/token']]),
    ],
  ] as const) {
    test(`${name} gets them`, async () => {
      const { requests } = await runCall(element, callOf('GET /x'), undefined, {
        configuration: { 'oauth.user.token': 't' },
      })
      expect(requests[0]?.headers['authorization']).toBe('Bearer t')
      expect(requests[0]?.credentialHeaders).toContain('authorization')
    })
  }

  // a vendor path whose host comes from the caller is the only way to another host
  const open = oauth2({
    resources: [
      resource('GET', '/x', { vendorPath: 'https://{host}/x', parameters: [parameter('query host', 'path host')] }),
    ],
  })
  for (const host of [
    'evil.test',
    'evil.test:443',
    'api.acme.test:81',
    'api.acme.test.evil.test',
    'a@evil.test',
    'evil.test\\@api.acme.test',
  ]) {
    test(`${host} gets nothing`, async () => {
      const failure = await failureOf(
        runCall(open, callOf('GET /x', { query: { host } }), undefined, { configuration: { 'oauth.user.token': 't' } }),
      )
      expect(failure.error).toMatchObject({ code: 'EGRESS_REFUSED', message: expect.stringContaining('api.acme.test') })
      expect(failure.run.requests).toEqual([])
    })
  }
})
