import { describe, expect, test } from 'vitest'
import { testElement, testResource } from '../../test/support/simulator-listener.ts'
import type { Element, Parameter, Resource } from '../model/element.ts'
import type { Call } from './call.ts'
import { createCredentialCheck } from './check-credentials.ts'

interface Given {
  headers?: Record<string, string>
  query?: string
  body?: string
}

const call = ({ headers = {}, query = '', body = '' }: Given): Call => ({
  method: 'POST',
  path: '/x',
  queryText: query,
  query: new URLSearchParams(query),
  headers,
  body,
  fields: [],
  uploads: [],
})

const configured = (name: string, vendorType: string, vendorName: string): Parameter => ({
  ...{ name, type: 'configuration', vendorType, vendorName, source: 'request' },
})
const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
const preHook = (body: string) => [{ type: 'preRequest', body }]
const things = testResource('GET', '/things', '/things')

function admits(element: Partial<Element>, given: Given, resource: Partial<Resource> = {}): boolean {
  const check = createCredentialCheck(testElement(element), (token) => token === 'issued')
  return check.problem(call(given), { ...things, ...resource }) === undefined
}

const oauth2 = { authentication: { type: 'oauth2' } }
const keyed = (...parameters: Parameter[]) => ({ authentication: { type: 'apiKey' }, parameters })
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

for (const [fact, element, given, expected] of [
  ['a token issued here', oauth2, bearer('issued'), true],
  ['another token', oauth2, bearer('other'), false],
  ['no token', oauth2, {}, false],
  ['a token in the query', oauth2, { query: 'access_token=issued' }, true],
  [
    'a token where the element puts it',
    { ...oauth2, parameters: [configured('oauth.user.token', 'query', 'oauth2_access_token')] },
    { query: 'oauth2_access_token=issued' },
    true,
  ],
  [
    'an Authorization of the element’s own',
    { ...oauth2, parameters: [configured('bot.token', 'header', 'Authorization')] },
    { headers: { authorization: 'Bot x' } },
    true,
  ],
  [
    'an Authorization of a script’s own',
    { ...oauth2, hooks: preHook("h['Authorization'] = 'Bearer ' + x") },
    { headers: { authorization: 'Bearer x' } },
    true,
  ],
  [
    'no token where a script only takes the header away',
    { ...oauth2, hooks: preHook('h = {Authorization: null}') },
    {},
    false,
  ],
  ['a Basic user', { authentication: { type: 'basic' } }, { headers: basic('ada:x') }, true],
  ['no Basic user', { authentication: { type: 'basic' } }, { headers: basic(':x') }, false],
  [
    'a key instead of the Basic user',
    { authentication: { type: 'basic' }, parameters: [configured('api.key', 'header', 'X-Access-Token')] },
    { headers: { 'x-access-token': 'k' } },
    true,
  ],
  ['a key in its header', keyed(configured('api.key', 'header', 'X-Key')), { headers: { 'x-key': 'k' } }, true],
  [
    'a key in another header',
    keyed(configured('api.key', 'header', 'X-Key')),
    { headers: { 'x-other-key': 'k' } },
    false,
  ],
  ['a key in the query', keyed(configured('api.key', 'query', 'passkey')), { query: 'passkey=k' }, true],
  ['a key in the body', keyed(configured('api.key', 'bodyField', 'auth.key')), { body: '{"auth":{"key":"k"}}' }, true],
  ['no key in the body', keyed(configured('api.key', 'bodyField', 'auth.key')), { body: '{"auth":{}}' }, false],
  [
    'a version beside no key',
    keyed(configured('api.version', 'query', 'v'), configured('api.key', 'query', 'k')),
    { query: 'v=1' },
    false,
  ],
  ['a key in the path', keyed(configured('api.key', 'path', 'KEY')), {}, true],
  ['nothing where there are no secrets', { authentication: { type: 'custom' } }, {}, true],
  [
    'nothing where a secret must go somewhere',
    { authentication: { type: 'custom' }, configuration: [{ key: 'api.key', name: 'k' }] },
    {},
    false,
  ],
  [
    'anything where scripts compute',
    { authentication: { type: 'custom' }, hooks: preHook('x'), configuration: [{ key: 'secret', name: 'k' }] },
    {},
    true,
  ],
] as const)
  test(`${fact}: ${expected ? 'passes' : 'is refused'}`, () =>
    expect(admits(element as never, given as Given)).toBe(expected))

describe('AWS', () => {
  const v4 = { authentication: { type: 'awsv4' } }
  const signature = 'a'.repeat(64)
  const signed = `AWS4-HMAC-SHA256 Credential=AKID/20240101/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`
  const date = { host: 'x', 'x-amz-date': '20240101T000000Z' }
  for (const [fact, headers, expected] of [
    ['well-formed', { ...date, authorization: signed }, true],
    ['without a date', { host: 'x', authorization: signed }, false],
    ['without a header that is signed', { 'x-amz-date': 'x', authorization: signed }, false],
    ['a short signature', { ...date, authorization: signed.slice(0, -1) }, false],
    ['without a region', { ...date, authorization: signed.replace('/eu-west-1', '') }, false],
    ['none', date, false],
  ] as const)
    test(`version 4, ${fact}: ${expected}`, () => expect(admits(v4, { headers: headers as never })).toBe(expected))

  test('version 4 in the query', () =>
    expect(admits(v4, { query: `X-Amz-Credential=AKID&X-Amz-Signature=${signature}` })).toBe(true))

  for (const [authorization, expected] of [
    [`AWS AKID:${'a'.repeat(27)}=`, true],
    ['AWS AKID:short', false],
    ['Bearer x', false],
  ] as const)
    test(`version 2, "${authorization}": ${expected}`, () =>
      expect(admits({ authentication: { type: 'awsv2' } }, { headers: { authorization } })).toBe(expected))
})

describe('calls that obtain credentials need none', () => {
  const capture = { ...configured('token', 'body', 'token'), source: 'response' }
  for (const [fact, resource, expected] of [
    ['a validation that captures', { type: 'provisionAuthValidation', parameters: [capture] }, true],
    [
      'one whose script returns configuration',
      { type: 'onProvision', hooks: [{ type: 'postRequest', body: 'done({configuration})' }] },
      true,
    ],
    ['a token exchange', { type: 'oauthOnTokenExchange' }, true],
    ['a validation that only calls', { type: 'provisionAuthValidation' }, false],
    ['an ordinary resource that captures', { type: 'api', parameters: [capture] }, false],
  ] as const)
    test(fact, () => expect(admits(oauth2, {}, resource as never)).toBe(expected))
})

describe('credentials that never work', () => {
  for (const [fact, given] of [
    ['a bearer', bearer('wrong-token')],
    ['a Basic pair', { headers: basic('ada:wrong-password') }],
    ['a header', { headers: { 'x-api-key': 'wrong-key' } }],
    ['a query', { query: 'k=wrong-key' }],
    ['JSON', { body: '{"password":"wrong-password"}' }],
    ['a form', { body: 'a=b&password=wrong-password' }],
    ['XML', { body: '<p>wrong-secret</p>' }],
  ] as const)
    test(`in ${fact}`, () => expect(admits({ authentication: { type: 'custom' } }, given as Given)).toBe(false))

  test('words that only look alike do', () =>
    expect(admits({ authentication: { type: 'custom' } }, { body: '{"title":"the wrong-keyboard"}' })).toBe(true))
})
