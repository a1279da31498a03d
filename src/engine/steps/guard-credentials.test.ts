import { describe, expect, test } from 'vitest'
import {
  answer,
  callOf,
  elementOf,
  failureOf,
  parameter,
  resource,
  row,
  runCall,
} from '../../../test/support/engine.ts'
import type { ScriptResult } from '../../sandbox/sandbox.ts'

/** Where a hook leads a request, and what may come along (design.md §5). */
describe('a hook leads a request to another host', () => {
  const element = elementOf({
    authentication: { type: 'oauth2' },
    configuration: [
      row('base.url', 'https://api.acme.test'),
      row('oauth.user.token', undefined, { type: 'PASSWORD', internal: true }),
      row('key', undefined, { type: 'PASSWORD' }),
    ],
    resources: [
      resource('POST', '/x', {
        hooks: [{ type: 'preRequest', body: 'done()' }],
        parameters: [parameter('body body', 'body body'), parameter('value v1', 'header X-Version')],
      }),
      resource('GET', '/keyed', {
        hooks: [{ type: 'preRequest', body: 'done()' }],
        parameters: [parameter('configuration key', 'query key')],
      }),
      ...['form', 'multipart'].map((kind) =>
        resource('POST', kind === 'form' ? '/form' : '/parts', {
          hooks: [{ type: 'preRequest', body: 'done()' }],
          parameters: [parameter('configuration key', `${kind} key`)],
        }),
      ),
    ],
  })
  const configuration = { 'oauth.user.token': 'token-of-the-customer', key: 'key-of-the-customer' }
  const hookSays = (value: Record<string, unknown>) => ({
    ports: { runScript: async (): Promise<ScriptResult> => ({ value, returnedAsGiven: [], console: [] }) },
    configuration,
  })

  test('its own headers go, those of the engine stay', async () => {
    const { requests } = await runCall(
      element,
      callOf('POST /x', { body: { a: 1 } }),
      [answer(200, {})],
      hookSays({ request_vendor_path: 'https://other.test/y', request_vendor_headers: { 'X-Mine': 'm' } }),
    )
    expect(requests[0]).toMatchObject({ url: 'https://other.test/y', body: '{"a":1}' })
    expect(requests[0]?.headers).toEqual({
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'Valence',
      'x-mine': 'm',
    })
  })

  test('a credential that the hook writes itself is its own decision', async () => {
    const { requests } = await runCall(
      element,
      callOf('POST /x', { body: {} }),
      [answer(200, {})],
      hookSays({ request_vendor_path: 'https://other.test/y', request_vendor_headers: { Authorization: 'Bearer z' } }),
    )
    expect(requests[0]?.headers['authorization']).toBe('Bearer z')
  })

  for (const [where, line] of [
    ['the query', 'GET /keyed'],
    ['a form', 'POST /form'],
    ['a field of a multipart body', 'POST /parts'],
  ] as const)
    test(`a secret in ${where} is refused`, async () => {
      const { error, run } = await failureOf(
        runCall(element, callOf(line), [], hookSays({ request_vendor_path: 'https://other.test/y' })),
      )
      expect(error).toMatchObject({ code: 'EGRESS_REFUSED', status: 400 })
      expect(error.message).not.toContain('key-of-the-customer')
      expect(run.requests).toEqual([])
    })

  test('within the own host everything stays', async () => {
    const { requests } = await runCall(
      element,
      callOf('GET /keyed'),
      [answer(200, {})],
      hookSays({ request_vendor_path: 'https://api.acme.test/z' }),
    )
    expect(requests[0]?.url).toBe('https://api.acme.test/z?key=key-of-the-customer')
    expect(requests[0]?.headers['authorization']).toBe('Bearer token-of-the-customer')
  })

  for (const path of ['/../admin', '/a/%2e%2e/b', '/./x'])
    test(`no hook climbs out of the path: ${path}`, async () => {
      const { error, run } = await failureOf(
        runCall(element, callOf('GET /keyed'), [], hookSays({ request_vendor_path: path })),
      )
      expect(error).toMatchObject({ code: 'PARAMETER_INVALID' })
      expect(run.requests).toEqual([])
    })
})
