import { describe, expect, test } from 'vitest'
import { configurationOfToken, readTokenReply, revokeRequest, secretsOf, tokenRequest } from './token.ts'

const client = { id: 'id 1', secret: 's:e/c+r%t' }
const form = (body: unknown) => Object.fromEntries(new URLSearchParams(String(body)))

describe('requests (RFC 6749 §4.1.3, §6)', () => {
  test('a code is exchanged as a form, client id and secret in header and body', () => {
    const grant = { type: 'authorization_code', code: 'c&1', redirectUri: 'https://app.test/cb?x=1' } as const
    const request = tokenRequest('https://v.test/token', grant, client, { 'oauth.basic.header': 'true' })
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://v.test/token',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(form(request.body)).toEqual({
      grant_type: 'authorization_code',
      code: 'c&1',
      redirect_uri: 'https://app.test/cb?x=1',
      client_id: 'id 1',
      client_secret: 's:e/c+r%t',
    })
    // each form-encoded before they are joined (RFC 6749 §2.3.1)
    const basic = Buffer.from(request.headers['authorization']?.slice(6) ?? '', 'base64').toString()
    expect(basic).toBe('id+1:s%3Ae%2Fc%2Br%25t')
  })

  test('a refresh', () => {
    const request = tokenRequest('https://v.test/token', { type: 'refresh_token', refreshToken: 'r' }, client, {})
    expect(form(request.body)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r',
      client_id: 'id 1',
      client_secret: 's:e/c+r%t',
    })
    expect(request.headers).not.toHaveProperty('authorization')
  })

  for (const [name, grant, expected] of [
    [
      'a code with its verifier (RFC 7636 §4.5)',
      { type: 'authorization_code', code: 'c', redirectUri: 'https://a.test', codeVerifier: 'v' },
      { code: 'c', redirect_uri: 'https://a.test', code_verifier: 'v' },
    ],
    ['client credentials (RFC 6749 §4.4.2)', { type: 'client_credentials' }, {}],
    ['client credentials with a scope', { type: 'client_credentials', scope: 'a b' }, { scope: 'a b' }],
    ['an empty scope is none', { type: 'client_credentials', scope: '' }, {}],
    [
      'a password (RFC 6749 §4.3.2)',
      { type: 'password', username: 'ada', password: 'p&=w' },
      { username: 'ada', password: 'p&=w' },
    ],
    [
      'a password with a scope',
      { type: 'password', username: 'ada', password: '', scope: 'a' },
      { username: 'ada', password: '', scope: 'a' },
    ],
  ] as const)
    test(name, () => {
      const request = tokenRequest('https://v.test/token', grant, client, {})
      expect(form(request.body)).toEqual({
        grant_type: grant.type,
        ...expected,
        client_id: 'id 1',
        client_secret: 's:e/c+r%t',
      })
    })

  test('what messages must not show', () => {
    const code = { type: 'authorization_code', code: 'c', redirectUri: 'u', codeVerifier: 'v' } as const
    expect(secretsOf(code)).toEqual(['c', 'v'])
    expect(secretsOf({ type: 'refresh_token', refreshToken: 'r' })).toEqual(['r'])
    expect(secretsOf({ type: 'password', username: 'ada', password: 'p' })).toEqual(['p'])
    expect(secretsOf({ type: 'client_credentials', scope: 's' })).toEqual([])
  })

  test('a public client sends no secret, nor a header without one', () => {
    const grant = { type: 'authorization_code', code: 'c', redirectUri: 'https://a.test', codeVerifier: 'v' } as const
    const request = tokenRequest(
      'https://v.test/token',
      grant,
      { id: 'id', secret: '' },
      { 'oauth.basic.header': 'true' },
    )
    expect(form(request.body)).not.toHaveProperty('client_secret')
    expect(request.headers).not.toHaveProperty('authorization')
  })

  test('a revocation (RFC 7009 §2.1)', () => {
    const request = revokeRequest('https://v.test/revoke', 't', client, { 'oauth.basic.header': 'false' })
    expect(form(request.body)).toEqual({ token: 't', client_id: 'id 1', client_secret: 's:e/c+r%t' })
    expect(request.headers).not.toHaveProperty('authorization')
  })
})

describe('answers', () => {
  const token = { ok: true, accessToken: 'a', refreshToken: 'r', expiresInSeconds: 3600 }
  for (const [name, text, expected] of [
    ['RFC 6749 §5.1', '{"access_token":"a","token_type":"bearer","expires_in":3600,"refresh_token":"r"}', token],
    ['expires_in as text', '{"access_token":"a","expires_in":"3600","refresh_token":"r"}', token],
    ['form-encoded', 'access_token=a&refresh_token=r&expires_in=3600', token],
    [
      'only a token',
      '{"access_token":"a"}',
      { ok: true, accessToken: 'a', refreshToken: undefined, expiresInSeconds: undefined },
    ],
    [
      'nulls and empty text are absent',
      '{"access_token":"a","refresh_token":"","expires_in":null}',
      { refreshToken: undefined, expiresInSeconds: undefined },
    ],
    ['a number as token', '{"access_token":17}', { accessToken: '17' }],
    [
      'a negative or unreadable time is absent',
      '{"access_token":"a","expires_in":-1}',
      { expiresInSeconds: undefined },
    ],
  ] as const) {
    test(name, () => {
      expect(readTokenReply(200, text)).toMatchObject(expected)
    })
  }
})

describe('refusals: permanent or worth another try', () => {
  for (const [name, status, text, isPermanent, error] of [
    ['invalid_grant', 400, '{"error":"invalid_grant","error_description":"used"}', true, 'invalid_grant'],
    ['invalid_client', 401, '{"error":"invalid_client"}', true, 'invalid_client'],
    ['form-encoded invalid_grant', 400, 'error=invalid_grant', true, 'invalid_grant'],
    ['an error in a success', 200, '{"error":"invalid_grant"}', true, 'invalid_grant'],
    ['400 without a word', 400, '', true, undefined],
    ['401 as HTML', 401, '<h1>No</h1>', true, undefined],
    ['403', 403, '{}', true, undefined],
    ['temporarily_unavailable', 503, '{"error":"temporarily_unavailable"}', false, 'temporarily_unavailable'],
    ['429', 429, '{"error":"slow_down"}', false, 'slow_down'],
    ['500', 500, '', false, undefined],
    ['a server in trouble that blames the grant', 500, '{"error":"invalid_grant"}', false, 'invalid_grant'],
    ['a success without token', 200, '{}', false, undefined],
    ['a success that is no JSON', 200, '<html>login</html>', false, undefined],
    ['a list', 200, '[]', false, undefined],
    ['null', 200, 'null', false, undefined],
    ['a token in a failure is none', 400, '{"access_token":"a"}', true, undefined],
  ] as const) {
    test(`${name}: ${isPermanent ? 'permanent' : 'may pass'}`, () => {
      expect(readTokenReply(status, text)).toMatchObject({ ok: false, isPermanent, error })
    })
  }

  test('the description is what a person may read', () => {
    expect(readTokenReply(400, '{"error":"invalid_grant","error_description":"used"}')).toMatchObject({
      description: 'used',
    })
    expect(readTokenReply(400, '{"message":"no"}')).toMatchObject({ description: 'no' })
  })
})

describe('what is stored (spec 10 §5.2 step 4)', () => {
  const now = new Date(1_700_000_000_000)
  const reply = { ok: true, accessToken: 'a', refreshToken: undefined, expiresInSeconds: undefined } as const
  test('an absent refresh token and time keep the old ones', () => {
    expect(configurationOfToken(reply, now)).toEqual({
      'oauth.user.token': 'a',
      'oauth.user.refresh_time': '1700000000000',
    })
  })
  test('everything', () => {
    expect(configurationOfToken({ ...reply, refreshToken: 'r', expiresInSeconds: 60 }, now)).toEqual({
      'oauth.user.token': 'a',
      'oauth.user.refresh_token': 'r',
      'oauth.user.refresh_interval': '60',
      'oauth.user.refresh_time': '1700000000000',
    })
  })
})
