import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type LifecycleHub, startLifecycleHub } from './lifecycle-hub.ts'

/** Grants that an oauth2 element may ask for by `oauth.grant.type`, and PKCE by `oauth.pkce` (docs/element-manifest.md). */
let hub: LifecycleHub
let now = Date.now()
const element = (key: string, type: string, more: Record<string, string> = {}) => ({
  name: key,
  key,
  hub: 'crm',
  description: '',
  authentication: { type },
  configuration: Object.entries({
    'base.url': 'https://api.acme.test/v1',
    'oauth.authorization.url': 'https://api.acme.test/authorize',
    'oauth.token.url': 'https://api.acme.test/token',
    'oauth.scope': 'read',
    ...more,
  }).map(([name, defaultValue]) => ({ key: name, name, type: 'TEXTFIELD_1000', defaultValue })),
  resources: [{ method: 'GET', path: '/me', vendorPath: '/me' }],
})
beforeAll(async () => {
  hub = await startLifecycleHub({ now: () => new Date(now) })
  for (const body of [
    element('machine', 'oauth2', { 'oauth.grant.type': 'client_credentials' }),
    element('person', 'oauth2Password'),
    element('public', 'oauth2', { 'oauth.pkce': 'true' }),
  ]) {
    const answer = await hub.call('POST', '/elements', { body })
    if (answer.status !== 200) throw new Error(answer.text)
  }
})
afterAll(() => hub.close())
let issued = 0
beforeEach(() => {
  hub.vendor.take()
  hub.vendor.answer('POST /token', () => ({ body: { access_token: `t-${++issued}`, expires_in: 600 } }))
  hub.vendor.answer('GET /v1/me', ({ headers }) => ({ body: { seen: headers['authorization'] } }))
})

const client = {
  'oauth.api.key': 'k-1',
  'oauth.api.secret': 'secret-of-the-client',
  'oauth.callback.url': 'https://app.example.com/cb',
}

describe('client credentials', () => {
  test('need no code, and are asked again when the token is over', async () => {
    const { body: instance, status, text } = await hub.provision('machine', { configuration: client })
    expect(status, text).toBe(200)
    expect(hub.vendor.take()[0]).toMatchObject({
      line: 'POST /token',
      body: { grant_type: 'client_credentials', client_id: 'k-1', scope: 'read' },
    })
    const first = await hub.call('GET', '/hubs/crm/me', { token: instance.token })
    now += 700_000
    const second = await hub.call('GET', '/hubs/crm/me', { token: instance.token })
    expect(second.body.seen).not.toBe(first.body.seen)
    expect(hub.vendor.take().map(({ line }) => line)).toEqual(['GET /v1/me', 'POST /token', 'GET /v1/me'])
  })

  test('a refusal is the vendor’s own', async () => {
    hub.vendor.answer('POST /token', { status: 401, body: { error: 'invalid_client' } })
    const answer = await hub.provision('machine', { configuration: client })
    expect(answer).toMatchObject({ status: 401, body: { message: expect.stringContaining('invalid_client') } })
    expect(answer.text).not.toContain('secret-of-the-client')
  })
})

describe('user name and password', () => {
  test('go to the token endpoint of an oauth2Password element without a resource for it', async () => {
    const configuration = { ...client, username: 'ada', password: 'pass-of-ada' }
    const { body: instance, status, text } = await hub.provision('person', { configuration })
    expect(status, text).toBe(200)
    expect(hub.vendor.take()[0]?.body).toMatchObject({
      grant_type: 'password',
      username: 'ada',
      password: 'pass-of-ada',
    })
    expect((await hub.configurationOf(instance.id))['password']).toBe('********')
  })

  test('are named when they are missing', async () => {
    const answer = await hub.provision('person', { configuration: { ...client, username: 'ada' } })
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringMatching(/missing: .*password/) } })
  })
})

describe('PKCE (RFC 7636)', () => {
  const query = new URLSearchParams({ apiKey: 'k-1', apiSecret: 's', callbackUrl: 'https://app.example.com/cb' })

  test('the address shows the challenge of the verifier that the exchange sends', async () => {
    const { body } = await hub.call('GET', `/elements/public/oauth/url?${query}`)
    const address = new URL(body.oauthUrl).searchParams
    expect(address.get('code_challenge_method')).toBe('S256')
    const made = await hub.provision('public', { configuration: client, providerData: { code: 'c-1' } })
    expect(made.status, made.text).toBe(200)
    const [exchange] = hub.vendor.take()
    const verifier = (exchange?.body as Record<string, string> | undefined)?.['code_verifier']
    expect(verifier).toMatch(/^[\w-]{43}$/)
    expect(
      createHash('sha256')
        .update(verifier ?? '')
        .digest('base64url'),
    ).toBe(address.get('code_challenge'))
  })

  test('it belongs to whoever will provision, so a stranger gets no address', async () => {
    const answer = await hub.call('GET', `/elements/public/oauth/url?${query}`, { authorization: null })
    // a private element is not even seen by a stranger
    expect([401, 404]).toContain(answer.status)
  })
})
