import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  CLIENT,
  formPost,
  type ListeningSimulator,
  listenSimulator,
  testElement,
  testResource,
} from '../../test/support/simulator-listener.ts'

const element = testElement({
  configure: {
    'base.url': 'https://api.acme.test/v1',
    'oauth.authorization.url': 'https://login.acme.test/oauth2/authorize',
    'oauth.token.url': 'https://login.acme.test/oauth2/token',
    'oauth.token.revoke_url': 'https://login.acme.test/oauth2/revoke',
    'oauth.scope': 'read write',
  },
  resources: [testResource('GET', '/contacts', '/contacts', { rootKey: '|items[*].data' })],
})

let clock = Date.parse('2026-01-01T00:00:00Z')
let page: ListeningSimulator
let auto: ListeningSimulator

beforeAll(async () => {
  const now = () => new Date(clock)
  page = await listenSimulator({ elements: [element], now, accessTokenSeconds: 60 })
  auto = await listenSimulator({ elements: [element], now, consent: 'auto' })
})
beforeEach(() => {
  page.simulator.reset()
  auto.simulator.reset()
})
afterAll(async () => {
  await page.close()
  await auto.close()
})

const CALLBACK = 'http://127.0.0.1:1/callback?kept=1'

function authorizePath(changes: Record<string, string | undefined> = {}): string {
  const given = { response_type: 'code', client_id: CLIENT.id, redirect_uri: CALLBACK, state: 's&1', ...changes }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, value)
  return `/acme/oauth2/authorize?${query}`
}

async function decide(decision: string): Promise<URL> {
  const response = await page.call(authorizePath(), { method: 'POST', body: new URLSearchParams({ decision }) })
  expect(response.status).toBe(302)
  return new URL(response.headers.get('location') ?? '')
}

interface Tokens {
  access_token: string
  refresh_token: string
  expires_in: number
  scope: string
  token_type: string
  error: string
}

async function post(fields: Record<string, string>, client = CLIENT): Promise<{ status: number; body: Tokens }> {
  const response = await page.call('/acme/oauth2/token', formPost(fields, client))
  return { status: response.status, body: (await response.json()) as Tokens }
}

async function newCode(): Promise<string> {
  return (await decide('allow')).searchParams.get('code') ?? ''
}

const exchange = (code: string, changes: Record<string, string> = {}) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: CALLBACK,
  ...changes,
})

async function contacts(token: string): Promise<number> {
  const response = await page.call('/acme/v1/contacts', { headers: { authorization: `Bearer ${token}` } })
  await response.arrayBuffer()
  return response.status
}

describe('authorize', () => {
  test('shows a page that names vendor, client and scopes, and asks', async () => {
    const response = await page.call(authorizePath())
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const text of ['Acme', CLIENT.id, 'read, write', 'value="allow"', 'value="deny"']) expect(html).toContain(text)
  })

  test('allow comes back with code and state, deny with access_denied and state; the callback keeps its own query', async () => {
    const allowed = await decide('allow')
    expect([...allowed.searchParams.keys()]).toEqual(['kept', 'code', 'state'])
    expect(allowed.searchParams.get('state')).toBe('s&1')
    const denied = await decide('deny')
    expect([denied.searchParams.get('error'), denied.searchParams.get('state')]).toEqual(['access_denied', 's&1'])
    expect(page.simulator.stats('acme')).toMatchObject({ authorizations: 1, denials: 1 })
  })

  test('auto redirects at once', async () => {
    const response = await auto.call(authorizePath())
    expect(response.status).toBe(302)
    expect(new URL(response.headers.get('location') ?? '').searchParams.get('code')).toMatch(/^[0-9a-f]{64}$/)
  })

  for (const [name, changes] of [
    ['no client_id', { client_id: undefined }],
    ['no redirect_uri', { redirect_uri: undefined }],
    ['a javascript redirect_uri', { redirect_uri: 'javascript:alert(1)' }],
    ['a data redirect_uri', { redirect_uri: 'data:text/html,x' }],
    ['a relative redirect_uri', { redirect_uri: '//evil.test/x' }],
    ['a redirect_uri with a fragment', { redirect_uri: 'https://a.test/#x' }],
  ] as const) {
    test(`${name} is refused on a page, never by redirect`, async () => {
      for (const listener of [page, auto]) {
        const response = await listener.call(authorizePath(changes))
        expect([response.status, response.headers.get('location')]).toEqual([400, null])
      }
    })
  }

  test('another response_type goes back as an error', async () => {
    for (const [given, error] of [
      ['token', 'unsupported_response_type'],
      [undefined, 'invalid_request'],
    ] as const) {
      const response = await page.call(authorizePath({ response_type: given }))
      expect(new URL(response.headers.get('location') ?? '').searchParams.get('error')).toBe(error)
    }
  })

  test('what strangers send is escaped', async () => {
    const attack = `"><script>alert('1')</script>`
    for (const changes of [
      { client_id: attack },
      { scope: attack },
      { state: attack },
      { redirect_uri: `http://a.test/${attack}` },
      { redirect_uri: `x:${attack}` },
    ]) {
      const html = await (await page.call(authorizePath(changes))).text()
      expect(html).not.toContain('<script')
    }
    expect(await (await page.call(authorizePath({ client_id: attack }))).text()).toContain(
      '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)',
    )
  })

  test('line breaks in state do not make headers', async () => {
    const response = await auto.call(authorizePath({ state: 'a\r\nx-evil: 1' }))
    expect(response.headers.get('x-evil')).toBeNull()
    expect(new URL(response.headers.get('location') ?? '').searchParams.get('state')).toBe('a\r\nx-evil: 1')
  })
})

describe('token', () => {
  test('a code is exchanged once', async () => {
    const code = await newCode()
    const { status, body } = await post(exchange(code))
    expect(status).toBe(200)
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 60, scope: 'read write' })
    expect(await contacts(body.access_token)).toBe(200)
    expect(await post(exchange(code))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('credentials may stand in the body', async () => {
    const fields = { ...exchange(await newCode()), client_id: CLIENT.id, client_secret: CLIENT.secret }
    const response = await page.call('/acme/oauth2/token', { method: 'POST', body: new URLSearchParams(fields) })
    expect(response.status).toBe(200)
  })

  for (const [name, changes, client] of [
    ['another redirect_uri', { redirect_uri: 'http://127.0.0.1:1/other' }, CLIENT],
    ['another client', {}, { id: 'client-2', secret: 'x' }],
    ['an unknown code', { code: 'nothing' }, CLIENT],
  ] as const) {
    test(`${name} is invalid_grant`, async () => {
      expect(await post(exchange(await newCode(), changes), client)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      })
    })
  }

  test('a code lives ten minutes', async () => {
    const code = await newCode()
    clock += 10 * 60_000
    expect((await post(exchange(code))).status).toBe(400)
  })

  test('a secret that is empty, known to be wrong, or changed is invalid_client', async () => {
    expect((await post(exchange(await newCode()))).status).toBe(200)
    for (const secret of ['', 'wrong-secret', 'changed']) {
      expect(await post(exchange(await newCode()), { id: CLIENT.id, secret })).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      })
    }
  })

  test('a refused client does not use up the code', async () => {
    const code = await newCode()
    await post(exchange(code), { id: CLIENT.id, secret: 'wrong-secret' })
    expect((await post(exchange(code))).status).toBe(200)
  })

  test('ids and secrets with reserved characters may be form-encoded in the Basic header or not', async () => {
    const raw = { id: 'a b', secret: 'p%2Bq' }
    expect((await post({ grant_type: 'client_credentials' }, { id: 'a%20b', secret: 'p%252Bq' })).status).toBe(200)
    expect(
      (await post({ grant_type: 'client_credentials', client_id: raw.id, client_secret: raw.secret })).status,
    ).toBe(200)
  })

  test('refresh tokens rotate: each works once', async () => {
    const first = (await post(exchange(await newCode()))).body
    const second = (await post({ grant_type: 'refresh_token', refresh_token: first.refresh_token })).body
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(await post({ grant_type: 'refresh_token', refresh_token: first.refresh_token })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    expect((await post({ grant_type: 'refresh_token', refresh_token: second.refresh_token })).status).toBe(200)
    expect(page.simulator.stats('acme')).toMatchObject({
      refreshes: 2,
      tokenRequests: { authorization_code: 1, refresh_token: 3 },
      tokenErrors: { invalid_grant: 1 },
    })
  })

  test('an access token dies after expires_in', async () => {
    const { access_token } = (await post(exchange(await newCode()))).body
    clock += 59_999
    expect(await contacts(access_token)).toBe(200)
    clock += 1
    expect(await contacts(access_token)).toBe(401)
  })

  test('expireTokens ends access tokens and leaves refresh tokens', async () => {
    const { access_token, refresh_token } = (await post(exchange(await newCode()))).body
    page.simulator.expireTokens('acme')
    expect(await contacts(access_token)).toBe(401)
    expect((await post({ grant_type: 'refresh_token', refresh_token })).status).toBe(200)
  })

  test('client_credentials has no refresh token, password has one and can be wrong', async () => {
    expect((await post({ grant_type: 'client_credentials' })).body).not.toHaveProperty('refresh_token')
    expect((await post({ grant_type: 'password', username: 'ada', password: 'x' })).body.refresh_token).toMatch(
      /^[0-9a-f]{64}$/,
    )
    expect((await post({ grant_type: 'password', username: 'ada', password: 'wrong-password' })).status).toBe(400)
  })

  test('other grants, other methods and other bodies are refused', async () => {
    for (const grant_type of ['implicit', 'constructor', ''])
      expect((await post({ grant_type })).body.error).toBe('unsupported_grant_type')
    expect((await page.call('/acme/oauth2/token')).status).toBe(400)
    expect(
      (
        await page.call('/acme/oauth2/token', {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        })
      ).status,
    ).toBe(400)
  })
})

describe('revoke', () => {
  const revoke = (token: string, client = CLIENT) => page.call('/acme/oauth2/revoke', formPost({ token }, client))

  test('an access token', async () => {
    const { access_token, refresh_token } = (await post(exchange(await newCode()))).body
    expect((await revoke(access_token)).status).toBe(200)
    expect(await contacts(access_token)).toBe(401)
    expect((await post({ grant_type: 'refresh_token', refresh_token })).status).toBe(200)
  })

  test('a refresh token takes its access tokens along', async () => {
    const { access_token, refresh_token } = (await post(exchange(await newCode()))).body
    expect((await revoke(refresh_token)).status).toBe(200)
    expect(await contacts(access_token)).toBe(401)
    expect((await post({ grant_type: 'refresh_token', refresh_token })).status).toBe(400)
    expect(page.simulator.stats('acme').revocations).toBe(1)
  })

  test('an unknown token is fine, a wrong secret is not', async () => {
    expect((await revoke('nothing')).status).toBe(200)
    expect((await revoke('nothing', { id: CLIENT.id, secret: 'wrong-secret' })).status).toBe(401)
  })
})

test('origins name every host of the element', () => {
  expect(page.simulator.origins('http://127.0.0.1:9000')).toEqual({
    'https://api.acme.test': 'http://127.0.0.1:9000/acme',
    'https://login.acme.test': 'http://127.0.0.1:9000/acme',
    'https://acme.simulator.test': 'http://127.0.0.1:9000/acme',
  })
})

test('the request log shows what came in, without secrets', async () => {
  const code = await newCode()
  const { access_token } = (await post(exchange(code))).body
  await contacts(access_token)
  const text = JSON.stringify(page.simulator.requests())
  for (const secret of [
    code,
    access_token,
    CLIENT.secret,
    Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64'),
  ])
    expect(text).not.toContain(secret)
  expect(page.simulator.requests().map((one) => `${one.method} ${one.path} ${one.status}`)).toEqual([
    'POST /oauth2/authorize 302',
    'POST /oauth2/token 200',
    'GET /v1/contacts 200',
  ])
  expect(page.simulator.requests().at(-1)?.headers.authorization).toBe('Bearer ********')
})
