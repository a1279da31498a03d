import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type LifecycleHub, startLifecycleHub } from './lifecycle-hub.ts'

/** Resources that replace the OAuth calls (spec 11 §4.3, §10 item 8; 10 §5.2, §5.4, §5.5). */
let hub: LifecycleHub
let now = Date.now()
beforeAll(async () => {
  hub = await startLifecycleHub({ now: () => new Date(now) })
  await hub.importElement('code-exchange')
  await hub.importElement('password-grant')
  await hub.importElement('after-refresh')
})
afterAll(() => hub.close())
beforeEach(() => {
  hub.vendor.take()
  hub.vendor.answer('GET /v1/deals/7', ({ headers }) => ({ body: { id: 7, seen: headers['authorization'] } }))
})

describe('oauthOnTokenExchange and oauthOnTokenRefresh', () => {
  const provision = () =>
    hub.provision('codeexchange', {
      configuration: {
        'oauth.api.key': 'k-1',
        'oauth.api.secret': 's-1',
        'oauth.callback.url': 'https://app.example.com/cb',
      },
      providerData: { code: 'c-1', tenant: 't-9' },
    })
  beforeEach(() => {
    hub.vendor.answer('POST /sso/token', { body: { access_token: 'a-1', refresh_token: 'r-1', expires_in: 600 } })
    hub.vendor.answer('POST /sso/refresh', { body: { access_token: 'a-2', refresh_token: 'r-2' } })
  })

  test('code, callbackUrl and further provider data arrive as query parameters; the tokens are captured', async () => {
    const answer = await provision()
    expect(answer.status, answer.text).toBe(200)
    const [exchange, ...more] = hub.vendor.take()
    expect(more).toEqual([])
    expect(exchange).toMatchObject({
      line: 'POST /sso/token',
      body: {
        assertion: 'c-1',
        redirect_uri: 'https://app.example.com/cb',
        tenant: 't-9',
        client_assertion: 's-1',
      },
    })
    expect(exchange?.headers).not.toHaveProperty('authorization')
    expect((await hub.configurationOf(answer.body.id))['oauth.user.refresh_interval']).toBe('600')
    const read = await hub.call('GET', '/hubs/crm/deals/7', { token: answer.body.token })
    expect(read.body).toEqual({ id: 7, seen: 'Bearer a-1' })
  })

  test('when the interval is over the refresh resource gets refreshToken, and what it captures serves the call', async () => {
    const { body: instance } = await provision()
    hub.vendor.take()
    now = Math.max(now, Date.now()) + 700_000
    const read = await hub.call('GET', '/hubs/crm/deals/7', { token: instance.token })
    expect(read.status, read.text).toBe(200)
    expect(read.body).toEqual({ id: 7, seen: 'Bearer a-2' })
    const [refresh] = hub.vendor.take()
    expect(refresh).toMatchObject({ line: 'POST /sso/refresh', body: { assertion: 'r-1' } })
    expect(refresh?.headers).not.toHaveProperty('authorization')

    now += 700_000
    await hub.call('GET', '/hubs/crm/deals/7', { token: instance.token })
    expect(hub.vendor.take()[0]?.body, 'the captured refresh token is the next one').toEqual({ assertion: 'r-2' })
  })

  test('a code that the vendor refuses makes no instance', async () => {
    hub.vendor.answer('POST /sso/token', { status: 400, body: { error: 'invalid_grant' } })
    const answer = await provision()
    expect(answer.status, answer.text).toBeGreaterThanOrEqual(400)
    expect(answer.status, answer.text).toBeLessThan(500)
    expect(answer.text).not.toContain('s-1')
  })
})

describe('oauth2Password', () => {
  const provision = (password: string) =>
    hub.provision('passwordgrant', { configuration: { username: 'ada', password } })

  test('the grant goes out as a form without an Authorization header, and its hook stores the token', async () => {
    hub.vendor.answer('POST /oauth/token', { body: { access_token: 'a-9' } })
    const answer = await provision('pw-1')
    expect(answer.status, answer.text).toBe(200)
    const [grant, ...more] = hub.vendor.take()
    expect(more).toEqual([])
    expect(grant).toMatchObject({
      line: 'POST /oauth/token',
      body: { grant_type: 'password', username: 'ada', password: 'pw-1' },
    })
    expect(grant?.headers).not.toHaveProperty('authorization')
    const read = await hub.call('GET', '/hubs/crm/deals/7', { token: answer.body.token })
    expect(read.body).toEqual({ id: 7, seen: 'Bearer a-9' })
  })

  test('a wrong password makes no instance and is not repeated in the answer', async () => {
    hub.vendor.answer('POST /oauth/token', { status: 401, body: { error: 'invalid_grant' } })
    const answer = await provision('pw-wrong')
    expect(answer.status, answer.text).toBe(401)
    expect(answer.text).not.toContain('pw-wrong')
  })
})

describe('onRefresh after a refresh of oauth2', () => {
  const TOKENS = { access_token: 'a-1', refresh_token: 'r-1', expires_in: 600 }
  const provision = async (): Promise<{ id: number; token: string }> => {
    const answer = await hub.provision('afterrefresh', {
      configuration: {
        'oauth.api.key': 'k-1',
        'oauth.api.secret': 's-1',
        'oauth.callback.url': 'https://app.example.com/cb',
      },
      providerData: TOKENS,
    })
    expect(answer.status, answer.text).toBe(200)
    hub.vendor.answer('POST /oauth/token', { body: { ...TOKENS, access_token: 'a-2', refresh_token: 'r-2' } })
    hub.vendor.take()
    now = Math.max(now, Date.now()) + 700_000
    return answer.body
  }
  const read = (token: string) => hub.call('GET', '/hubs/crm/deals/7', { token })

  test('it runs with the new token and what it stores stays', async () => {
    const instance = await provision()
    hub.vendor.answer('GET /v1/tenant', { body: { tenant: 't-9' } })
    expect((await read(instance.token)).body).toEqual({ id: 7, seen: 'Bearer a-2' })
    const asked = hub.vendor.take().map(({ line, headers }) => [line, headers['authorization']?.split(' ')[1]])
    expect(asked).toEqual([
      ['POST /oauth/token', expect.any(String)],
      ['GET /v1/tenant', 'a-2'],
      ['GET /v1/deals/7', 'a-2'],
    ])
    expect((await hub.configurationOf(instance.id))['tenant']).toBe('t-9')
  })

  for (const [fact, answer] of [
    ['a hook that throws', { body: { broken: true } }],
    ['a vendor that refuses', { status: 500, body: { error: 'busy' } }],
  ] as const) {
    test(`${fact} does not undo the refresh`, async () => {
      const instance = await provision()
      hub.vendor.answer('GET /v1/tenant', answer)
      expect((await read(instance.token)).body).toEqual({ id: 7, seen: 'Bearer a-2' })
      expect((await read(instance.token)).body, 'and it is not tried at every call').toEqual({
        id: 7,
        seen: 'Bearer a-2',
      })
      const lines = hub.vendor.take().map(({ line }) => line)
      expect(lines.filter((line) => line === 'POST /oauth/token')).toHaveLength(1)
    })
  }
})
