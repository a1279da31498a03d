import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CALLBACK, startTestHub, type TestHub } from '../support/hub.ts'

/** OAuth 1.0a from the request token to a signed call (spec 10 §5.3), with the simulated vendor. */
const CLIENT = { apiKey: 'consumer-key', apiSecret: 'consumer-secret', callbackUrl: CALLBACK }
let hub: TestHub

beforeAll(async () => {
  const catalogFolders = [fileURLToPath(new URL('catalog', import.meta.url))]
  hub = await startTestHub({}, { catalogFolders })
})
afterAll(() => hub.close())

const query = (more: Record<string, string>) => new URLSearchParams({ ...CLIENT, ...more })

async function requestToken(): Promise<{ token: string; secret: string }> {
  const { status, body } = await hub.call('GET', `/elements/compass/oauth/token?${query({})}`)
  expect(status).toBe(200)
  return body
}

async function consent(token: string): Promise<URLSearchParams> {
  const { body } = await hub.call('GET', `/elements/compass/oauth/url?${query({ requestToken: token })}`)
  expect(body).toMatchObject({ element: 'compass' })
  expect(new URL(body.oauthUrl).searchParams.get('oauth_token')).toBe(token)
  const answer = await fetch(body.oauthUrl, { redirect: 'manual' })
  return new URL(answer.headers.get('location') ?? '').searchParams
}

const provision = (providerData: Record<string, unknown>) =>
  hub.call('POST', '/instances', {
    body: {
      name: 'Compass',
      element: { key: 'compass' },
      providerData,
      configuration: {
        'oauth.api.key': CLIENT.apiKey,
        'oauth.api.secret': CLIENT.apiSecret,
        'oauth.callback.url': CALLBACK,
      },
    },
  })

test('request token, consent, instance, signed calls', async () => {
  const { token, secret } = await requestToken()
  const callback = await consent(token)
  expect(callback.get('oauth_token')).toBe(token)
  const { status, body } = await provision({
    oauth_token: token,
    oauth_verifier: callback.get('oauth_verifier'),
    secret,
  })
  expect(status).toBe(200)
  expect(body.configuration).toMatchObject({ 'oauth.user.token': '********', 'oauth.user.token.secret': '********' })

  const created = await hub.call('POST', '/hubs/crm/contacts', { token: body.token, body: { name: 'Ada' } })
  expect(created.status).toBe(200)
  const list = await hub.call('GET', '/hubs/crm/contacts?pageSize=50', { token: body.token })
  expect(list.status).toBe(200)
  expect(list.body).toContainEqual(expect.objectContaining({ name: 'Ada' }))
})

test('a verifier that the vendor does not know makes no instance', async () => {
  const before = (await hub.call('GET', '/instances/count')).body.totalInstances
  const { token, secret } = await requestToken()
  await consent(token)
  const { status, body } = await provision({ oauth_token: token, oauth_verifier: 'wrong', secret })
  expect(status).toBe(401)
  expect(body).toMatchObject({
    message: 'Compass CRM did not exchange the verifier for a token',
    providerMessage: expect.stringContaining('oauth_problem'),
  })
  expect((await hub.call('GET', '/instances/count')).body.totalInstances).toBe(before)
})

test('what the callback brought and step 1 gave is named when it is missing', async () => {
  const { status, body } = await provision({ oauth_token: 'x' })
  expect(status).toBe(400)
  expect(body.message).toContain('oauth_verifier, secret')
})

test('the address needs the request token', async () => {
  const { status, body } = await hub.call('GET', `/elements/compass/oauth/url?${query({})}`)
  expect(status).toBe(400)
  expect(body.message).toContain('requestToken')
})

test('what a request token needs is named when it is missing', async () => {
  const { status, body } = await hub.call('GET', '/elements/compass/oauth/token?apiKey=a')
  expect(status).toBe(400)
  expect(body.message).toContain('apiSecret, callbackUrl')
})

test('a request token that is traced: the call to the vendor, and nothing that lets somebody in', async () => {
  const answer = await hub.call('GET', `/elements/compass/oauth/token?${query({ debug: 'true' })}`)
  expect(answer.status, answer.text).toBe(200)
  const trace = await hub.call('GET', `/elements/compass/trace/${answer.headers.get('elements-trace-id')}`)
  expect(trace.status, trace.text).toBe(200)
  const [[name, call]] = Object.entries(trace.body) as [[string, { response: { status: number; body: string } }]]
  expect(name).toMatch(/^POST:\//)
  expect(call.response.status).toBe(200)
  expect(call.response.body).toContain('oauth_token=********')
  for (const secret of [answer.body.token, answer.body.secret, CLIENT.apiSecret])
    expect(trace.text).not.toContain(secret)

  const url = await hub.call('GET', `/elements/compass/oauth/url?${query({ requestToken: answer.body.token })}`)
  expect(url.headers.get('elements-trace-id')).toBeNull()
})

test('a traced step that fails names its trace as well; strangers have none', async () => {
  const failed = await hub.call('GET', '/elements/compass/oauth/url?debug=true')
  expect(failed.status).toBe(400)
  expect(failed.headers.get('elements-trace-id')).toMatch(/^[0-9a-f]{24}$/)
  const url = `/elements/compass/oauth/url?${query({ requestToken: 'x', debug: 'true' })}`
  expect((await hub.call('GET', url, { authorization: null })).headers.get('elements-trace-id')).toBeNull()
})
