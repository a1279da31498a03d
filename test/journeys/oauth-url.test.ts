import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { CALLBACK, startTestHub, type TestHub } from '../support/hub.ts'
import { whileLocked } from '../support/while-locked.ts'
import { addOrganization, type Person } from './people.ts'

/** Step 1 of provisioning: the address of the vendor's consent page (spec 10 §5.2, §5.8). */
let hub: TestHub
let stranger: Person

beforeAll(async () => {
  hub = await startTestHub({}, { catalogFolders: [new URL('catalog', import.meta.url).pathname] })
  stranger = await addOrganization(hub.hub.store, 'Elsewhere')
})
afterAll(() => hub.close())

const SECRET = 'very-secret-client-secret'
const APPLICATION = { apiKey: 'client-1', apiSecret: SECRET, callbackUrl: CALLBACK }

const queryOf = (given: Record<string, string>) => new URLSearchParams(given).toString()
const askUrl = (given: Record<string, string>, element = 'base') =>
  hub.call('GET', `/elements/${element}/oauth/url?${queryOf(given)}`, { authorization: null })
const parametersOf = (oauthUrl: string) => Object.fromEntries(new URL(oauthUrl).searchParams)

/** The browser's way from the consent page to wherever the vendor sends it. */
async function consent(oauthUrl: string, decision?: 'deny'): Promise<URL> {
  const answer = await fetch(oauthUrl, {
    redirect: 'manual',
    ...(decision ? { method: 'POST', body: new URLSearchParams({ decision }) } : {}),
  })
  return new URL(answer.headers.get('location') ?? '')
}

describe('the parameters of the consent page', () => {
  for (const [name, given, expected] of [
    ['state is the element key when none is given', {}, { state: 'base' }],
    ['an own state is passed through', { state: 'my state/1&2=3' }, { state: 'my state/1&2=3' }],
    ['scope is the element’s when none is given', {}, { scope: 'read write profile' }],
    ['an own scope is passed through', { scope: 'read' }, { scope: 'read' }],
    ['the client id is the apiKey, whatever its letters', { apiKey: 'a b&c=d+e/f' }, { client_id: 'a b&c=d+e/f' }],
    [
      'the redirect address is the callbackUrl with its own query',
      { callbackUrl: 'https://app.example.com/cb?tenant=1&x=a b' },
      { redirect_uri: 'https://app.example.com/cb?tenant=1&x=a b' },
    ],
    ['the flow is the code flow', {}, { response_type: 'code' }],
  ] as const) {
    test(name, async () => {
      const { status, body, text } = await askUrl({ ...APPLICATION, ...given })
      expect(status, text).toBe(200)
      expect(parametersOf(body.oauthUrl)).toMatchObject(expected)
    })
  }

  test('an empty scope is not the default scope', async () => {
    const { body } = await askUrl({ ...APPLICATION, scope: '' })
    expect(parametersOf(body.oauthUrl)['scope'] ?? '').toBe('')
  })

  test('the secret is in no part of the answer', async () => {
    expect((await askUrl(APPLICATION)).text).not.toContain(SECRET)
  })

  test('with the simulator on, the page is one that a closed network reaches', async () => {
    expect((await askUrl(APPLICATION)).body.oauthUrl).toMatch(
      new RegExp(`^${hub.hub.url}/simulator/base/oauth2/authorize\\?`),
    )
  })

  test('a denial comes back as error with the state, without a code', async () => {
    const { body } = await askUrl({ ...APPLICATION, state: 'mine' })
    const back = await consent(body.oauthUrl, 'deny')
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ error: 'access_denied', state: 'mine' })
    expect(back.searchParams.has('code')).toBe(false)
  })
})

describe('addressing', () => {
  for (const address of ['base', '201', 'basecrm']) {
    test(`${address} answers the key, and the key as state`, async () => {
      const { status, body } = await askUrl(APPLICATION, address)
      expect(status).toBe(200)
      expect(body.element).toBe('base')
      expect(Object.keys(body).sort()).toEqual(['element', 'oauthUrl'])
      expect(parametersOf(body.oauthUrl)['state']).toBe('base')
    })
  }

  test('POST with the same names in a JSON body answers the same', async () => {
    const [posted, read] = [
      await hub.call('POST', '/elements/base/oauth/url', { body: { ...APPLICATION, state: 's', scope: 'read' } }),
      await askUrl({ ...APPLICATION, state: 's', scope: 'read' }),
    ]
    expect(posted.status, posted.text).toBe(200)
    expect(posted.body).toEqual(read.body)
  })

  for (const address of ['nothere', '99999', '-1', '0', '999999999999999999999']) {
    test(`element ${address} is unknown: 404`, async () => {
      const { status, body } = await askUrl(APPLICATION, address)
      expect(status).toBe(404)
      expect(body.message).toContain(address)
    })
  }

  test('an element without OAuth: 400', async () => {
    const { status, body } = await askUrl(APPLICATION, 'lantern')
    expect(status).toBe(400)
    expect(body.message).toMatch(/lantern/i)
  })

  test('a request token of an element that is not OAuth 1: 400', async () => {
    for (const element of ['base', 'lantern']) {
      const { status } = await hub.call('GET', `/elements/${element}/oauth/token?${queryOf(APPLICATION)}`)
      expect(status, element).toBe(400)
    }
  })
})

describe('what is missing is named, all of it', () => {
  for (const [given, missing] of [
    [{ apiSecret: SECRET, callbackUrl: CALLBACK }, ['apiKey']],
    [{ apiKey: 'k', apiSecret: SECRET }, ['callbackUrl']],
    [{ apiKey: '', apiSecret: SECRET, callbackUrl: '' }, ['apiKey', 'callbackUrl']],
    [{}, ['apiKey', 'callbackUrl']],
  ] as const) {
    test(`without ${missing.join(' and ')}${Object.keys(given).length === 0 ? ', nor anything else' : ''}`, async () => {
      const { status, body } = await askUrl({ ...given })
      expect(status).toBe(400)
      for (const name of missing) expect(body.message).toContain(name)
      expect(body).not.toHaveProperty('providerMessage')
    })
  }
})

describe('an OAuth proxy that holds key and secret', () => {
  const APP = 'https://one.apps.example.com/done?tenant=7'
  let proxy: { id: number; name: string; proxyUrl: string }

  beforeAll(async () => {
    const created = await hub.call('POST', '/elements/oauthProxies', {
      body: { name: 'TestApp', apiKey: 'proxy-client', apiSecret: SECRET },
    })
    expect(created.status, created.text).toBe(200)
    expect(created.text).not.toContain(SECRET)
    proxy = created.body
    const listed = await hub.call(
      'POST',
      `/elements/oauthProxies/${proxy.id}/applicationUrl?${queryOf({ applicationUrl: 'https://.*\\.apps\\.example\\.com/.*' })}`,
    )
    expect(listed.status, listed.text).toBe(200)
  })

  const begin = (state: string, name = 'TestApp', authorization = hub.authorization) =>
    hub.call('GET', `/elements/base/oauth/url?${queryOf({ isOauthProxy: 'true', oauthProxyName: name, state })}`, {
      authorization,
    })

  test('the whole flow: consent, proxy, application, instance, call', async () => {
    const { status, body, text } = await begin(APP)
    expect(status, text).toBe(200)
    const sent = parametersOf(body.oauthUrl)
    expect(sent).toMatchObject({ client_id: 'proxy-client', redirect_uri: proxy.proxyUrl })
    expect(sent['state'], 'the state is random').not.toContain('example.com')
    expect(sent['state']?.length).toBeGreaterThan(20)

    const atProxy = await consent(body.oauthUrl)
    expect(atProxy.href.startsWith(proxy.proxyUrl)).toBe(true)
    const redirected = await fetch(atProxy, { redirect: 'manual' })
    expect(redirected.status).toBe(302)
    const application = new URL(redirected.headers.get('location') ?? '')
    expect(application.origin + application.pathname).toBe('https://one.apps.example.com/done')
    expect(application.searchParams.get('tenant')).toBe('7')
    const code = application.searchParams.get('code') ?? ''
    expect(code).toBe(atProxy.searchParams.get('code'))

    const instance = await hub.call('POST', '/instances', {
      body: {
        name: 'By proxy',
        element: { key: 'base' },
        providerData: { code },
        oauthProxy: { isOauthProxy: true, oauthProxyName: 'TestApp' },
      },
    })
    expect(instance.status, instance.text).toBe(200)
    expect(instance.text).not.toContain(SECRET)
    expect((await hub.call('GET', '/hubs/crm/users/me', { token: instance.body.token })).status).toBe(200)
  })

  test('one that is deleted meanwhile is not found, neither for a flow nor for an application URL', async () => {
    const { id } = expectOk(
      await hub.call('POST', '/elements/oauthProxies', { body: { name: 'Brief', apiKey: 'k', apiSecret: SECRET } }),
    ).body
    const add = (applicationUrl: string) =>
      hub.call('POST', `/elements/oauthProxies/${id}/applicationUrl?${queryOf({ applicationUrl })}`)
    expectOk(await add(APP))
    const calls = await whileLocked(hub, sql`delete from oauth_proxies where id = ${id}`, async (waitingAre) => {
      const started = [begin(APP, 'Brief'), add('https://two.example.com/')]
      await waitingAre(2)
      return started
    })
    for (const answer of await Promise.all(calls)) expectError(answer, 404)
  })

  test('the redirect works once', async () => {
    const atProxy = await consent((await begin(APP)).body.oauthUrl)
    expect((await fetch(atProxy, { redirect: 'manual' })).status).toBe(302)
    const again = await fetch(atProxy, { redirect: 'manual' })
    expect(again.status).toBeGreaterThanOrEqual(400)
    expect(again.headers.get('location')).toBeNull()
    expect(await again.json()).toMatchObject({
      requestId: expect.stringMatching(/^[0-9a-f]{24}$/),
      message: expect.any(String),
    })
  })

  test('a denial reaches the application', async () => {
    const atProxy = await consent((await begin(APP)).body.oauthUrl, 'deny')
    const redirected = await fetch(atProxy, { redirect: 'manual' })
    const application = new URL(redirected.headers.get('location') ?? '')
    expect(application.host).toBe('one.apps.example.com')
    expect(application.searchParams.get('error')).toBe('access_denied')
  })

  for (const foreign of [
    'https://evil.example.net/done',
    'https://apps.example.com.evil.net/',
    'https://evil.net/x.apps.example.com/',
    'https://one.apps.example.com@evil.net/done',
    'http://one.apps.example.com/done',
    'javascript:alert(1)//.apps.example.com/',
    'not an address',
  ]) {
    test(`the application address ${foreign} is refused`, async () => {
      const { status, body } = await begin(foreign)
      expect([400, 403]).toContain(status)
      expect(body).not.toHaveProperty('oauthUrl')
    })
  }

  test('an unknown state is sent nowhere', async () => {
    for (const query of ['?code=x&state=guess', '?code=x', '']) {
      const answer = await fetch(proxy.proxyUrl + query, { redirect: 'manual' })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.headers.get('location')).toBeNull()
    }
  })

  test('another organization neither finds nor changes it', async () => {
    expect((await begin(APP, 'TestApp', stranger.authorization)).status).toBe(404)
    for (const [method, path] of [
      ['DELETE', `/elements/oauthProxies/${proxy.id}`],
      ['POST', `/elements/oauthProxies/${proxy.id}/applicationUrl?applicationUrl=https://x.example.com`],
    ] as const) {
      const { status } = await hub.call(method, path, { authorization: stranger.authorization })
      expect([403, 404]).toContain(status)
    }
    const { text } = await hub.call('GET', '/elements/oauthProxies', { authorization: stranger.authorization })
    expect(text).not.toContain('TestApp')
  })

  test('lists show no secret', async () => {
    const { status, text } = await hub.call('GET', '/elements/oauthProxies')
    expect(status).toBe(200)
    expect(text).toContain('TestApp')
    expect(text).not.toContain(SECRET)
  })

  test('an unknown proxy is named', async () => {
    const { status, body } = await begin(APP, 'Nobody')
    expect([400, 404]).toContain(status)
    expect(body.message).toContain('Nobody')
  })

  test('a removed application address is refused, a removed proxy is gone', async () => {
    const { body } = await hub.call('POST', '/elements/oauthProxies', {
      body: { name: 'Short lived', apiKey: 'k', apiSecret: SECRET },
    })
    const url = `/elements/oauthProxies/${body.id}/applicationUrl?${queryOf({ applicationUrl: 'https://short.example.com/' })}`
    expect((await hub.call('POST', url)).status).toBe(200)
    expect((await begin('https://short.example.com/', 'Short lived')).status).toBe(200)
    expect((await hub.call('DELETE', url)).status).toBe(200)
    expect([400, 403]).toContain((await begin('https://short.example.com/', 'Short lived')).status)
    expect((await hub.call('DELETE', `/elements/oauthProxies/${body.id}`)).status).toBe(200)
    expect((await hub.call('DELETE', `/elements/oauthProxies/${body.id}`)).status).toBe(404)
  })

  test('a second proxy of the same name: 409', async () => {
    expect((await hub.call('POST', '/elements/oauthProxies', { body: { name: 'TestApp' } })).status).toBe(409)
  })

  test('a proxy without a name: 400', async () => {
    const { status, body } = await hub.call('POST', '/elements/oauthProxies', { body: {} })
    expect(status).toBe(400)
    expect(body.message).toContain('name')
  })
})

describe('an OAuth proxy without key and secret', () => {
  test('the caller’s key is used, and the proxy’s address is the callback', async () => {
    const { body: proxy } = await hub.call('POST', '/elements/oauthProxies', { body: { name: 'Address only' } })
    await hub.call(
      'POST',
      `/elements/oauthProxies/${proxy.id}/applicationUrl?applicationUrl=https://app.example.com/done`,
    )
    const { status, body, text } = await hub.call(
      'GET',
      `/elements/base/oauth/url?${queryOf({
        apiKey: 'own-client',
        apiSecret: SECRET,
        callbackUrl: proxy.proxyUrl,
        isOauthProxy: 'true',
        oauthProxyName: 'Address only',
        callbackProxy: 'true',
        state: 'https://app.example.com/done',
      })}`,
    )
    expect(status, text).toBe(200)
    expect(parametersOf(body.oauthUrl)).toMatchObject({ client_id: 'own-client', redirect_uri: proxy.proxyUrl })

    const redirected = await fetch(await consent(body.oauthUrl), { redirect: 'manual' })
    const code = new URL(redirected.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const instance = await hub.call('POST', '/instances', {
      body: {
        name: 'Own key by proxy',
        element: { key: 'base' },
        providerData: { code },
        configuration: {
          'oauth.api.key': 'own-client',
          'oauth.api.secret': SECRET,
          'oauth.callback.url': proxy.proxyUrl,
        },
      },
    })
    expect(instance.status, instance.text).toBe(200)
  })
})

describe('the organization’s own application', () => {
  const askDefault = (query = '', authorization: string | null = hub.authorization) =>
    hub.call('GET', `/elements/base/oauth/url/default${query}`, { authorization })

  test('400 while none is registered', async () => {
    const { status, body } = await askDefault()
    expect(status).toBe(400)
    expect(body.message).not.toBe('')
  })

  test('incomplete credentials are refused with everything that is missing', async () => {
    const { status, body } = await hub.call('PUT', '/elements/base/oauth/application', { body: { apiKey: 'x' } })
    expect(status).toBe(400)
    for (const name of ['apiSecret', 'callbackUrl']) expect(body.message).toContain(name)
  })

  describe('once it is registered', () => {
    beforeAll(async () => {
      const { status, text } = await hub.call('PUT', '/elements/base/oauth/application', {
        body: { apiKey: 'house-client', apiSecret: SECRET, callbackUrl: CALLBACK },
      })
      expect(status, text).toBe(200)
      expect(text).not.toContain(SECRET)
    })

    test('the whole flow without key and secret', async () => {
      const { status, body, text } = await askDefault('?state=mine')
      expect(status, text).toBe(200)
      expect(body).toMatchObject({ element: 'base', configuration: expect.any(Object) })
      expect(text).not.toContain(SECRET)
      expect(parametersOf(body.oauthUrl)).toMatchObject({
        client_id: 'house-client',
        redirect_uri: CALLBACK,
        state: 'mine',
        scope: 'read write profile',
      })

      const code = (await consent(body.oauthUrl)).searchParams.get('code')
      const instance = await hub.call('POST', '/instances', {
        body: { name: 'House', element: { key: 'base' }, providerData: { code }, configuration: {} },
      })
      expect(instance.status, instance.text).toBe(200)
      expect(instance.text).not.toContain(SECRET)
      expect((await hub.call('GET', '/hubs/crm/users/me', { token: instance.body.token })).status).toBe(200)
    })

    test('it is read back masked', async () => {
      const { status, body, text } = await hub.call('GET', '/elements/base/oauth/application')
      expect(status).toBe(200)
      expect(body).toMatchObject({ apiSecret: '********' })
      expect(text).not.toContain(SECRET)
    })

    test('writing the mask back keeps the secret', async () => {
      const { body: shown } = await hub.call('GET', '/elements/base/oauth/application')
      expect((await hub.call('PUT', '/elements/base/oauth/application', { body: shown })).status).toBe(200)
      expect(parametersOf((await askDefault()).body.oauthUrl)['client_id']).toBe('house-client')
    })

    test('another organization does not have it', async () => {
      expect((await askDefault('', stranger.authorization)).status).toBe(400)
      expect(
        (await hub.call('GET', '/elements/base/oauth/application', { authorization: stranger.authorization })).status,
      ).toBe(404)
    })

    test('nobody in particular does not have it', async () => {
      const { status, body } = await askDefault('', null)
      expect([400, 401]).toContain(status)
      expect(body).not.toHaveProperty('oauthUrl')
    })

    test('a secret of the house goes only to the element’s own token address', async () => {
      const code = (await consent((await askDefault()).body.oauthUrl)).searchParams.get('code')
      const { status, text } = await hub.call('POST', '/instances', {
        body: {
          name: 'Diverted',
          element: { key: 'base' },
          providerData: { code },
          configuration: { 'oauth.token.url': 'https://collector.example.com/token' },
        },
      })
      expect(status, text).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    })

    test('it cannot be taken away from instances that refresh with it', async () => {
      const { status, body } = await hub.call('DELETE', '/elements/base/oauth/application')
      expect(status).toBe(409)
      expect(body.message).toContain('instances')
    })

    test('it can be taken away when they are gone', async () => {
      const { body: instances } = await hub.call('GET', '/elements/base/instances')
      for (const { id } of instances) await hub.call('DELETE', `/instances/${id}`)
      expect((await hub.call('DELETE', '/elements/base/oauth/application')).status).toBe(200)
      expect((await askDefault()).status).toBe(400)
    })
  })
})
