import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { ScriptHttpRequest } from '../sandbox/sandbox.ts'
import { type InjectedRequest, withOwnApi } from './own-api.ts'

const ALIAS = 'User vsa-1-2-1-abc-1.x, Element token'
const BASE = 'https://hub.test/valence'
const { signal } = new AbortController()

/** Where a request of a script went, and as what. */
async function sent(request: Partial<ScriptHttpRequest>, body = '{}'): Promise<InjectedRequest | 'left' | Error> {
  let injected: InjectedRequest | undefined
  const http = withOwnApi(
    async () => ({ status: 0, headers: {}, body: '' }),
    () => BASE,
    async (own) => {
      injected = own
      return {
        statusCode: 200,
        headers: { a: 1, b: ['c'], d: undefined },
        stream: () => Readable.from([Buffer.from(body)]),
      }
    },
  )
  const url = `${BASE}/elements/api-v2/my-contacts/1?where=a%3D1`
  const whole = { method: 'GET', url, headers: { Authorization: ALIAS }, body: undefined, ...request }
  const reply = await http(whole, signal).catch((error: Error) => error)
  if (reply instanceof Error) return reply
  if (injected) expect(reply).toEqual({ status: 200, headers: { a: '1', b: ['c'] }, body })
  return injected ?? 'left'
}

test('a call with an alias to the API is answered here', async () => {
  expect(
    await sent({ headers: { Authorization: ALIAS, 'X-Forwarded-For': '10.0.0.1', Host: 'x', Accept: 'a/b' } }),
  ).toEqual({
    method: 'GET',
    url: '/elements/api-v2/my-contacts/1?where=a%3D1',
    headers: { authorization: ALIAS, accept: 'a/b', host: 'hub.test' },
    payloadAsStream: true,
    signal,
  })
  expect(await sent({ method: 'POST', body: '{"a":1}' })).toMatchObject({ method: 'POST', payload: '{"a":1}' })
})

test.each<[string, Partial<ScriptHttpRequest>]>([
  ['with a secret', { headers: { authorization: 'User c2VjcmV0, Element token' } }],
  ['without credentials', { headers: {} }],
  ['to somebody else', { url: 'https://other.test/valence/elements/api-v2/my-contacts' }],
  ['to another part of the hub', { url: `${BASE}/metrics` }],
  ['that climbs out of the API', { url: `${BASE}/elements/api-v2/../../metrics` }],
  ['of another method', { method: 'TRACE' }],
  ['to no address', { url: 'elements/api-v2/my-contacts' }],
])('a call %s leaves as all do', async (_name, request) => expect(await sent(request)).toBe('left'))

test('of a long answer no more is read than of others', async () => {
  expect(await sent({}, 'x'.repeat(6 * 1024 * 1024))).toMatchObject({ message: expect.stringMatching(/longer than/) })
})
