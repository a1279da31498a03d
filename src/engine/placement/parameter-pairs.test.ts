// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { describe, expect, test } from 'vitest'
import { callOf, elementOf, failureOf, parameter, resource, runCall } from '../../../test/support/engine.ts'
import type { Parameter } from '../../model/element.ts'
import type { ResourceCall } from '../../model/exchange.ts'

const BASE = 'https://api.acme.test/v1'
const configuration = { 'api.key': 'k 1', region: 'eu', empty: '', unset: null }

/** One parameter list in, one vendor request out. */
async function sent(parameters: Parameter[], call: Partial<ResourceCall> & { line?: string }, vendorPath = '/v/{vid}') {
  const method = (call.line ?? 'POST').split(' ')[0] ?? 'POST'
  const element = elementOf({ resources: [resource(method, '/x/{id}', { parameters, vendorPath })] })
  const { requests } = await runCall(element, { ...callOf(call.line ?? 'POST /x/7'), ...call }, undefined, {
    configuration,
  })
  const [request] = requests
  return {
    url: request?.url.replace(BASE, ''),
    body: request?.body === undefined ? undefined : String(request.body),
    headers: request?.headers ?? {},
  }
}

describe('pairs in the wild (spec 11 §3.4)', () => {
  const body = { a: 1, b: 'x y', c: { d: true }, n: null }
  for (const [name, parameters, call, expected] of [
    ['query→query renames', ['query a', 'query b'], { line: 'GET /x/7?a=1%202' }, { url: '/v?b=1%202' }],
    ['query→query, repeated', ['query a', 'query b'], { line: 'GET /x/7?a=1&a=2' }, { url: '/v?b=1&b=2' }],
    ['query→query, empty is absent', ['query a', 'query b'], { line: 'GET /x/7?a=' }, { url: '/v' }],
    ['path→path renames', ['path id', 'path vid'], { line: 'GET /x/a%2Fb' }, { url: '/v/a%2Fb' }],
    [
      'value→form is a template of tokens',
      ['value {"name":"{a}"}', 'form attributes'],
      { query: { a: 'x' } },
      { body: 'attributes=%7B%22name%22%3A%22%7Ba%7D%22%7D' },
    ],
    ['path→path with colons', ['path :id', 'path :vid'], {}, { url: '/v/7' }],
    ['query→path', ['query from currency', 'path vid'], { line: 'GET /x/7?from%20currency=EUR' }, { url: '/v/EUR' }],
    ['path→query', ['path id', 'query vid'], {}, { url: '/v?vid=7' }],
    ['path→no-op', ['path id', 'no-op id'], {}, { url: '/v' }],
    ['query→no-op', ['query a', 'no-op a'], { line: 'GET /x/7?a=1' }, { url: '/v' }],
    ['query→header', ['query a', 'header X-A'], { line: 'GET /x/7?a=1' }, { headers: { 'x-a': '1' } }],
    [
      'header→header',
      ['header Idempotency-Key', 'header X-Key'],
      { headers: { 'idempotency-key': 'i1' } },
      { headers: { 'x-key': 'i1' } },
    ],
    [
      'body→body is unchanged, names wrap nothing',
      ['body contact', 'body person'],
      { body },
      { body: JSON.stringify(body) },
    ],
    [
      'body→form with brackets has a field for each value inside',
      ['body body', 'form body', { converter: 'toBrackets' }],
      { body: { a: 1, c: { d: true, e: { f: 'x y' } }, n: null, list: [{ g: 1 }, 'h'], none: [] } },
      { body: 'a=1&c%5Bd%5D=true&c%5Be%5D%5Bf%5D=x+y&list%5B0%5D%5Bg%5D=1&list%5B1%5D=h' },
    ],
    ['body→body, a list', ['body body', 'body body'], { body: [1] }, { body: '[1]' }],
    ['body→body, text', ['body body', 'body body'], { body: 'plain' }, { body: 'plain' }],
    [
      'body→query: each member one parameter',
      ['body body', 'query q'],
      { body },
      { url: '/v?a=1&b=x%20y&c=%7B%22d%22%3Atrue%7D' },
    ],
    [
      'body→form: each member one field',
      ['body body', 'form f'],
      { body },
      { body: 'a=1&b=x+y&c=%7B%22d%22%3Atrue%7D' },
    ],
    ['body→no-op', ['body body', 'no-op body'], { body }, { body: undefined }],
    ['bodyField→path', ['bodyField c.d', 'path vid'], { body }, { url: '/v/true' }],
    ['bodyField→query', ['bodyField a', 'query a'], { body }, { url: '/v?a=1' }],
    ['query→bodyField', ['query a', 'bodyField a.b'], { line: 'POST /x/7?a=1' }, { body: '{"a":{"b":"1"}}' }],
    ['path→bodyField', ['path id', 'bodyField id'], {}, { body: '{"id":"7"}' }],
    ['query→form', ['query a', 'form b'], { line: 'POST /x/7?a=1%262' }, { body: 'b=1%262' }],
    ['path→form', ['path id', 'form id'], {}, { body: 'id=7' }],
    ['value→query', ['value json', 'query format'], {}, { url: '/v?format=json' }],
    ['value→form', ['value client_credentials', 'form grant_type'], {}, { body: 'grant_type=client_credentials' }],
    ['value→path', ['value ${configuration.region}', 'path vid'], {}, { url: '/v/eu' }],
    ['value→header', ['value 1.0', 'header X-Version'], {}, { headers: { 'x-version': '1.0' } }],
    ['value→body, text as it is', ['value {"a":"${configuration.region}"}', 'body body'], {}, { body: '{"a":"eu"}' }],
    ['configuration→path', ['configuration region', 'path vid'], {}, { url: '/v/eu' }],
    ['configuration→query', ['configuration api.key', 'query key'], {}, { url: '/v?key=k%201' }],
    ['configuration→header', ['configuration api.key', 'header X-Key'], {}, { headers: { 'x-key': 'k 1' } }],
    [
      'configuration→bodyField',
      ['configuration api.key', 'bodyField auth.key'],
      {},
      { body: '{"auth":{"key":"k 1"}}' },
    ],
    ['configuration→form', ['configuration api.key', 'form key'], {}, { body: 'key=k+1' }],
    [
      'an authorization without its key is absent',
      ['value Bearer ${configuration.unset}', 'header Authorization'],
      {},
      { headers: expect.not.objectContaining({ authorization: expect.anything() }) },
    ],
    ['configuration without value is absent', ['configuration unset', 'query key'], {}, { url: '/v' }],
    ['empty values are not sent', ['configuration empty', 'query key'], {}, { url: '/v' }],
  ] as [string, [string, string], Partial<ResourceCall> & { line?: string }, object][]) {
    test(name, async () => {
      expect(await sent([parameter(...parameters)], call)).toMatchObject(expected)
    })
  }
})

describe('values get their type only where JSON has one (spec 11 §3.8)', () => {
  for (const [vendorDataType, text, expected] of [
    ['integer', '7', 7],
    ['number', '1.5', 1.5],
    ['boolean', 'TRUE', true],
    ['boolean', 'no', 'no'],
    ['integer', 'seven', 'seven'],
    ['integer', ' ', ' '],
    ['string', '7', '7'],
    [undefined, 'true', 'true'],
  ] as const) {
    test(`"${text}" as ${vendorDataType}`, async () => {
      const more = vendorDataType === undefined ? {} : { vendorDataType }
      const { body } = await sent([parameter('query a', 'bodyField a', more)], { query: { a: text } })
      expect(JSON.parse(body ?? '')).toEqual({ a: expected })
    })
  }
})

describe('several parameters', () => {
  test('fields of one object are joined, names of every object are names', async () => {
    const { body } = await sent(
      [
        parameter('value 1', 'bodyField a.b'),
        parameter('value 2', 'bodyField a.c'),
        parameter('value 3', 'bodyField __proto__.polluted'),
      ],
      {},
    )
    expect(body).toBe('{"a":{"b":"1","c":"2"},"__proto__":{"polluted":"3"}}')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('fields are added onto a body', async () => {
    const { body } = await sent([parameter('body body', 'body body'), parameter('value 1', 'bodyField b')], {
      body: { a: 1 },
    })
    expect(body).toBe('{"a":1,"b":"1"}')
  })

  test('a field inside of an object leaves the rest of it', async () => {
    const { body } = await sent([parameter('body body', 'body body'), parameter('value 1', 'bodyField a.b')], {
      body: { a: { b: 0, c: 2 } },
    })
    expect(body).toBe('{"a":{"b":"1","c":2}}')
  })

  test('a form wins over a body, whatever Content-Type says (spec 11 §3.6)', async () => {
    const { body, headers } = await sent(
      [
        parameter('body body', 'body body'),
        parameter('value a b', 'form f'),
        parameter('value application/json', 'header Content-Type'),
      ],
      { body: { a: 1 } },
    )
    expect([body, headers['content-type']]).toEqual(['f=a+b', 'application/x-www-form-urlencoded'])
  })

  test("a caller's header goes on only when it is declared", async () => {
    const { headers } = await sent([], { headers: { cookie: 'c', authorization: 'User x', 'x-a': '1' } })
    expect(headers).toEqual({ accept: 'application/json', 'user-agent': 'Valence' })
  })
})

describe('required', () => {
  for (const [name, from, to, message] of [
    ['a query parameter', 'query q', 'query q', 'POST /x/{id}: query parameter "q" is required'],
    ['a body', 'body body', 'body body', 'POST /x/{id}: a request body is required'],
    ['a header', 'header X-Key', 'header X-Key', 'POST /x/{id}: header parameter "X-Key" is required'],
    ['a body field', 'bodyField a.b', 'bodyField b', 'POST /x/{id}: bodyField parameter "a.b" is required'],
  ] as const) {
    test(`${name} that is missing is named`, async () => {
      const element = elementOf({
        resources: [resource('POST', '/x/{id}', { parameters: [parameter(from, to, { required: true })] })],
      })
      const failure = await failureOf(runCall(element, callOf('POST /x/7')))
      expect(failure.error).toMatchObject({ code: 'PARAMETER_MISSING', status: 400, message })
      expect(failure.run.requests).toEqual([])
    })
  }
})
