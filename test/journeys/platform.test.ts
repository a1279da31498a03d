import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXPOSED_HEADERS, expectError, expectOk } from '../support/expect-answer.ts'
import { ADMIN, startTestHub, type TestHub } from '../support/hub.ts'
import { organizationSecretOf, userSecretOf } from './people.ts'

/** What holds for every path: health, errors, CORS, sign-in, the catalog (spec 00, 10 §1–3, 50 §2). */
let hub: TestHub
let closed: TestHub
let instance: { id: number; token: string }
beforeAll(async () => {
  hub = await startTestHub()
  closed = await startTestHub({ VALENCE_ANONYMOUS_CATALOG: 'off', VALENCE_CORS_ORIGINS: 'https://app.example.com' })
  instance = await hub.provisionBase()
})
afterAll(async () => {
  await hub.close()
  await closed.close()
})

const CREDENTIALS = 'Invalid Organization or User secret, or invalid Element token provided.'
const anonymous = { authorization: null }

describe('for operators', () => {
  for (const path of ['/healthz', '/health', '/readyz']) {
    test(`${path} answers without credentials`, async () => {
      const response = await fetch(hub.hub.url + path)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    })
  }

  test('/metrics are Prometheus text that counts calls', async () => {
    expectOk(await hub.call('GET', '/hubs/crm/stages', { token: instance.token }))
    const response = await fetch(`${hub.hub.url}/metrics`)
    const text = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(text).toMatch(/^valence_call_duration_seconds_count\{[^}]*element="base"[^}]*\} [1-9]/m)
    for (const secret of [instance.token, userSecretOf(hub.authorization), 'ada@example.com'])
      expect(text).not.toContain(secret)
  })
})

describe('paths that are not there', () => {
  for (const [method, path] of [
    ['GET', '/elements/nothere'],
    ['GET', '/elements/base/nothere'],
    ['GET', '/instances/1/nothere'],
    ['GET', '/hubs/nothere'],
    ['GET', '/organizations/nothere'],
    ['GET', '/formulas/nothere'],
    ['GET', '/authentication/nothere'],
    ['GET', '/jobs/nothere'],
    ['GET', '/accounts/1/nothere/2'],
  ] as const) {
    test(`${method} ${path}, below a platform root: 404`, async () => {
      expectError(await hub.call(method, path), 404)
    })
  }

  for (const path of ['/nothere', '/nothere/1/2', '/contacts', '/hubs/crm/contacts']) {
    test(`GET ${path} without an Element token: 401`, async () => {
      expect(expectError(await hub.call('GET', path), 401).body.message).toBe(CREDENTIALS)
    })
  }

  for (const path of [
    '/',
    '/elements',
    '/elements/api-v1/elements',
    '/elements/api-v2x',
    '/favicon.ico',
    '/..%2f..%2fetc/passwd',
  ]) {
    test(`GET ${path}, outside the API: 404`, async () => {
      const response = await fetch(hub.hub.url + path)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({
        requestId: expect.stringMatching(/^[0-9a-f]{24}$/),
        message: expect.any(String),
      })
    })
  }
})

describe('verbs that a path does not have: 405 with Allow', () => {
  for (const [method, path, allow] of [
    ['PUT', '/authentication', ['POST', 'DELETE']],
    ['GET', '/authentication', ['POST', 'DELETE']],
    ['POST', '/authentication/secrets', ['GET']],
    ['POST', '/elements/keys', ['GET']],
    ['POST', '/instances/1', ['GET', 'PUT', 'PATCH', 'DELETE']],
    ['GET', '/instances/1/enabled', ['PUT', 'DELETE']],
    ['POST', '/instances/1/configuration', ['GET']],
    ['DELETE', '/hubs', ['GET']],
    ['PUT', '/elements/base/oauth/url', ['GET', 'POST']],
  ] as const) {
    test(`${method} ${path}`, async () => {
      const answer = expectError(
        await hub.call(method, path, method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
        405,
      )
      const allowed = (answer.headers.get('allow') ?? '').split(/,\s*/)
      expect(allowed).toEqual(expect.arrayContaining([...allow]))
      expect(allowed).not.toContain(method)
    })
  }
})

describe('trailing slashes', () => {
  for (const path of [
    '/elements/',
    '/elements/base/',
    '/elements/keys/',
    '/instances/',
    '/hubs/',
    '/hubs/crm/',
    '/authentication/secrets/',
  ]) {
    test(`GET ${path} is the same path`, async () => {
      const [said, expected] = [expectOk(await hub.call('GET', path)), await hub.call('GET', path.slice(0, -1))]
      expect(said.body).toEqual(expected.body)
    })
  }

  test('with a query behind it', async () => {
    expectOk(await hub.call('GET', '/instances/?pageSize=1'))
  })
})

describe('CORS', () => {
  const ORIGIN = 'https://app.example.com'

  for (const [name, path, options] of [
    ['a success', '/elements/base', {}],
    ['a 404', '/elements/nothere', {}],
    ['a 401', '/instances', anonymous],
    ['a 405', '/elements/keys', {}],
  ] as const) {
    test(`${name} may be read by a browser`, async () => {
      const { headers } = await hub.call(name === 'a 405' ? 'DELETE' : 'GET', path, {
        ...options,
        headers: { origin: ORIGIN },
      })
      expect(headers.get('access-control-expose-headers')).toBe(EXPOSED_HEADERS)
      expect(['*', ORIGIN]).toContain(headers.get('access-control-allow-origin'))
      expect(headers.has('access-control-allow-credentials')).toBe(false)
    })
  }

  test('without Origin there are no such headers', async () => {
    const { headers } = await hub.call('GET', '/elements/base')
    expect(headers.has('access-control-expose-headers')).toBe(false)
  })

  for (const path of ['/instances', '/hubs/crm/contacts', '/contacts/5', '/nothere']) {
    test(`a preflight of ${path} needs no credentials`, async () => {
      const answer = await hub.call('OPTIONS', path, {
        authorization: null,
        headers: {
          origin: ORIGIN,
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization, content-type, elements-version',
        },
      })
      expect(answer.status).toBe(200)
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
        expect(answer.headers.get('access-control-allow-methods')).toContain(method)
      expect(answer.headers.get('access-control-allow-headers')).toBe('authorization, content-type, elements-version')
      expect(['*', ORIGIN]).toContain(answer.headers.get('access-control-allow-origin'))
    })
  }

  test('only configured origins are allowed', async () => {
    const allowed = await closed.call('GET', '/elements/base', { headers: { origin: ORIGIN } })
    expect(allowed.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(allowed.headers.get('vary')).toMatch(/origin/i)
    const foreign = await closed.call('GET', '/elements/base', { headers: { origin: 'https://evil.example.net' } })
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false)
  })
})

describe('signing in', () => {
  const signIn = (body: unknown) => hub.call('POST', '/authentication', { authorization: null, body })

  test('e-mail and password give a token, in an answer with every member', async () => {
    const { body } = expectOk(await signIn({ username: ADMIN.email, password: ADMIN.password }))
    expect(body).toMatchObject({
      id: expect.any(Number),
      username: ADMIN.email,
      firstName: expect.any(String),
      lastName: expect.any(String),
      token: expect.any(String),
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      lastLoginDate: new Date().toISOString().slice(0, 10),
      accountId: expect.any(Number),
      accountName: expect.any(String),
      organizationId: expect.any(Number),
      organizationName: expect.any(String),
      organizationAdmin: true,
      accountAdmin: expect.any(Boolean),
      sysAdmin: false,
      inIntelligenceRole: expect.any(Boolean),
      twoFactor: false,
      registeredForTwoFactor: false,
      roles: expect.any(Array),
    })
    expect(body.accountId, 'account 1 is the system’s').not.toBe(1)
    expect(body.id).not.toBe(1)
    expect(JSON.stringify(body)).not.toContain(ADMIN.password)
  })

  for (const [name, body, status] of [
    ['a wrong password', { username: ADMIN.email, password: 'wrong' }, 401],
    ['an unknown user', { username: 'nobody@example.com', password: ADMIN.password }, 401],
    ['the system user', { username: 'system@valence.invalid', password: '' }, 401],
    ['no password', { username: ADMIN.email }, 400],
    ['nothing', {}, 400],
    ['no text', { username: 5, password: [] }, 400],
    ['a NUL in the name', { username: 'a\u0000b', password: 'x' }, 400],
    ['a NUL in the password', { username: ADMIN.email, password: 'x\u0000' }, 400],
  ] as const) {
    test(`${name}: ${status}`, async () => {
      const { body: said } = expectError(await signIn(body), status)
      expect(said).not.toHaveProperty('token')
    })
  }

  test('a wrong password and an unknown user sound the same', async () => {
    const [wrong, unknown] = [
      await signIn({ username: ADMIN.email, password: 'wrong' }),
      await signIn({ username: 'nobody@example.com', password: 'wrong' }),
    ]
    expect(wrong.body.message).toBe(unknown.body.message)
  })

  test('the token gives the secrets, and is as good as they are', async () => {
    const { body } = await signIn({ username: ADMIN.email.toUpperCase(), password: ADMIN.password })
    const bearer = { authorization: `Bearer ${body.token}` }
    const secrets = expectOk(await hub.call('GET', '/authentication/secrets', bearer))
    expect(secrets.body).toEqual({
      userSecret: userSecretOf(hub.authorization),
      organizationSecret: organizationSecretOf(hub.authorization),
    })
    expect(secrets.body.userSecret).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect(secrets.body.organizationSecret).toMatch(/^[0-9a-f]{32}$/)
    for (const path of ['/instances', `/instances/${instance.id}`, '/elements/base/instances', '/instances/count'])
      expectOk(await hub.call('GET', path, bearer))
    for (const authorization of [
      `Bearer ${body.token}, Element ${instance.token}`,
      `Element ${instance.token}, bearer ${body.token}`,
    ])
      expectOk(await hub.call('GET', '/hubs/crm/stages', { authorization }))
  })

  test('a token of elsewhere: 401', async () => {
    for (const authorization of ['Bearer nonsense', 'Bearer ', 'Bearer', `Bearer ${userSecretOf(hub.authorization)}`]) {
      const { body } = expectError(await hub.call('GET', '/authentication/secrets', { authorization }), 401)
      expect(body.message).toBe(CREDENTIALS)
    }
  })

  test('a new password ends the old one and the other sessions', async () => {
    const fresh = await startTestHub()
    try {
      const login = (password: string) =>
        fresh.call('POST', '/authentication', { authorization: null, body: { username: ADMIN.email, password } })
      const [one, other] = [(await login(ADMIN.password)).body, (await login(ADMIN.password)).body]
      const change = (password: string) =>
        fresh.call('POST', '/authentication/passwords', { authorization: `Bearer ${one.token}`, body: { password } })
      expect((await change('x')).status).toBe(400)
      expectOk(await change('another-Horse-2'))
      expect((await login(ADMIN.password)).status).toBe(401)
      expectOk(await login('another-Horse-2'))
      expectOk(await fresh.call('GET', '/authentication/secrets', { authorization: `Bearer ${one.token}` }))
      expect(
        (await fresh.call('GET', '/authentication/secrets', { authorization: `Bearer ${other.token}` })).status,
      ).toBe(401)
      expectOk(await fresh.call('GET', '/elements/base'))
    } finally {
      await fresh.close()
    }
  })
})

describe('platform credentials', () => {
  const user = () => `User ${userSecretOf(hub.authorization)}`
  const organization = () => `Organization ${organizationSecretOf(hub.authorization)}`

  const good: [string, () => string][] = [
    ['organization first', () => `${organization()}, ${user()}`],
    ['without a blank', () => `${user()},${organization()}`],
    [
      'in lower case',
      () => `${user().replace('User', 'user')}, ${organization().replace('Organization', 'organization')}`,
    ],
    ['with an Element pair that is not needed', () => `${user()}, ${organization()}, Element ${instance.token}`],
    ['with an Element pair of nowhere', () => `${user()}, ${organization()}, Element nowhere`],
  ]
  for (const [name, authorization] of good) {
    test(`${name}: accepted`, async () => {
      expectOk(await hub.call('GET', '/instances', { authorization: authorization() }))
    })
  }

  const bad: [string, () => string | null][] = [
    ['none', () => null],
    ['the user alone', () => user()],
    ['the organization alone', () => organization()],
    ['a wrong user', () => `User x, ${organization()}`],
    ['a wrong organization', () => `${user()}, Organization x`],
    [
      'the two mixed up',
      () => `User ${organizationSecretOf(hub.authorization)}, Organization ${userSecretOf(hub.authorization)}`,
    ],
    ['user and Element', () => `${user()}, Element ${instance.token}`],
    ['something else', () => 'Digest username="x"'],
  ]
  for (const [name, authorization] of bad) {
    test(`${name}: 401 with the fixed text`, async () => {
      for (const path of [
        '/instances',
        `/instances/${instance.id}`,
        '/authentication/secrets',
        '/elements/oauthProxies',
      ]) {
        const { body } = expectError(await hub.call('GET', path, { authorization: authorization() }), 401)
        expect(body.message).toBe(CREDENTIALS)
      }
    })
  }

  test('the header’s name may be written in any letters', async () => {
    const response = await fetch(`${hub.api}/instances`, { headers: { AUTHORIZATION: hub.authorization } })
    expect(response.status).toBe(200)
  })
})

describe('the catalog', () => {
  const PATHS = [
    '/elements',
    '/elements/keys',
    '/elements/base',
    '/elements/201',
    '/elements/basecrm',
    '/elements/base/configuration',
    '/hubs',
    '/hubs/keys',
    '/hubs/crm',
    '/hubs/crm/elements',
  ]

  for (const path of PATHS) {
    test(`GET ${path} needs no credentials`, async () => {
      const answer = expectOk(await hub.call('GET', path, anonymous))
      expect(answer.headers.get('content-type')).toBe('application/json;charset=UTF-8')
      expect(answer.body).toEqual((await hub.call('GET', path)).body)
    })

    test(`GET ${path} needs them where the server is closed`, async () => {
      expect(expectError(await closed.call('GET', path, anonymous), 401).body.message).toBe(CREDENTIALS)
      expectOk(await closed.call('GET', path))
    })

    test(`GET ${path} with wrong credentials: 401`, async () => {
      expectError(await hub.call('GET', path, { authorization: 'User wrong, Organization wrong' }), 401)
    })
  }

  test('oauth/url needs them where the server is closed', async () => {
    const path = '/elements/base/oauth/url?apiKey=a&apiSecret=b&callbackUrl=https://app.example.com'
    expectOk(await hub.call('GET', path, anonymous))
    expectError(await closed.call('GET', path, anonymous), 401)
    expectOk(await closed.call('GET', path))
  })

  test('one element is whole', async () => {
    const { body } = expectOk(await hub.call('GET', '/elements/base'))
    expect(body).toMatchObject({
      id: 201,
      key: 'base',
      name: 'Base CRM',
      hub: 'crm',
      active: true,
      deleted: false,
      private: false,
      typeOauth: true,
      protocolType: 'http',
      authentication: { type: 'oauth2' },
      configuration: expect.any(Array),
      resources: expect.any(Array),
      parameters: expect.any(Array),
      hooks: expect.any(Array),
      models: expect.any(Array),
    })
    for (const resource of body.resources) expect(resource.path).toMatch(/^\/hubs\/crm\//)
    expect(body.configuration.filter(({ key }: { key: string }) => key === 'base.url')).toHaveLength(1)
  })

  test('lists carry what the command line tools read', async () => {
    for (const query of [
      '',
      '?abridged=true',
      "?where=private='false' AND abridged='true'",
      "?where=key = 'base'",
      "?where=key in ('base','nothere')",
      "?where=extended='false' AND key in ('base')",
    ]) {
      const { body } = expectOk(await hub.call('GET', `/elements${query}`))
      const row = body.find(({ key }: { key: string }) => key === 'base')
      expect(row, query).toMatchObject({
        id: 201,
        key: 'base',
        name: 'Base CRM',
        hub: 'crm',
        active: true,
        private: false,
        extended: false,
        image: expect.any(String),
      })
      if (query.includes('abridged'))
        for (const absent of ['resources', 'configuration']) expect(row).not.toHaveProperty(absent)
      else expect(row).toHaveProperty('resources')
    }
  })

  for (const where of ["key='nothere'", "private='true' AND abridged='true'", "extended='true' AND abridged='true'"]) {
    test(`elements where ${where}: 404 with the text clients know`, async () => {
      const { body } = expectError(await hub.call('GET', `/elements?where=${encodeURIComponent(where)}`), 404)
      expect(body.message).toBe('No elements found')
    })
  }

  test('elements where it is no condition: 400', async () => {
    const { body } = expectError(await hub.call('GET', '/elements?where=key%20%3D%3D%3D'), 400)
    expect(body.message).toContain('Error parsing query')
  })

  test('configuration is a bare list with the required rows', async () => {
    const { body } = expectOk(await hub.call('GET', '/elements/base/configuration'))
    const required = body.filter((row: { required: boolean }) => row.required).map((row: { key: string }) => row.key)
    expect(required).toEqual(expect.arrayContaining(['oauth.api.key', 'oauth.api.secret', 'oauth.callback.url']))
  })

  test('hubs', async () => {
    const { body: hubs } = expectOk(await hub.call('GET', '/hubs'))
    const crm = hubs.find(({ key }: { key: string }) => key === 'crm')
    expect(crm).toMatchObject({
      id: expect.any(Number),
      name: 'CRM',
      key: 'crm',
      description: expect.any(String),
      active: true,
    })
    expect(crm).not.toHaveProperty('resources')
    const hydrated = (await hub.call('GET', '/hubs?hydrate=true')).body.find(
      ({ key }: { key: string }) => key === 'crm',
    )
    expect(hydrated.resources.length).toBeGreaterThan(0)
    expect((await hub.call('GET', '/hubs/keys')).body).toContain('crm')
    expect((await hub.call('GET', '/hubs/crm/elements')).body.map(({ key }: { key: string }) => key)).toContain('base')
  })

  for (const path of [
    '/elements',
    '/elements/keys',
    '/elements/base/configuration',
    '/elements/base/instances',
    '/hubs',
    '/hubs/keys',
    '/hubs/crm/elements',
    '/instances',
  ]) {
    test(`the list ${path} says how many it has`, async () => {
      const { headers, body } = expectOk(await hub.call('GET', path))
      expect(headers.get('elements-returned-count')).toBe(String(body.length))
    })
  }

  test('the list of hubs has pages', async () => {
    const first = expectOk(await hub.call('GET', '/hubs?pageSize=3'))
    expect(first.body).toHaveLength(3)
    const token = first.headers.get('elements-next-page-token') ?? ''
    const second = expectOk(await hub.call('GET', `/hubs?pageSize=3&nextPage=${encodeURIComponent(token)}`))
    expect([...first.body, ...second.body]).toEqual((await hub.call('GET', '/hubs?pageSize=6')).body)
  })
})

describe('bodies', () => {
  const TOO_MUCH = 11 * 1024 * 1024

  test('one that is too large: 413, and the connection is not left hanging', async () => {
    const answer = await hub.call('POST', '/instances', { body: { name: 'x'.repeat(TOO_MUCH) } })
    expectError(answer, 413)
    expectOk(await hub.call('GET', '/elements/keys'))
  })

  test('one of an announced size that is too large is refused before it comes', async () => {
    const { hostname, port } = new URL(hub.hub.url)
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        {
          hostname,
          port,
          method: 'POST',
          path: '/elements/api-v2/instances',
          headers: {
            authorization: hub.authorization,
            'content-type': 'application/json',
            'content-length': String(TOO_MUCH),
          },
        },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
          request.destroy()
        },
      )
      request.on('error', reject)
      request.write('{')
    })
    expect(status).toBe(413)
  })

  for (const [name, body] of [
    ['no JSON', '{'],
    ['a list', '[]'],
    ['nothing', ''],
  ] as const) {
    test(`${name}, where an object is expected: 400`, async () => {
      const response = await fetch(`${hub.api}/authentication`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect(response.status).toBe(400)
      expect(response.headers.get('content-type')).toBe('application/json;charset=UTF-8')
      expect(await response.json()).toEqual({
        requestId: response.headers.get('elements-request-id'),
        message: expect.any(String),
      })
    })
  }

  test('another type than JSON: 415', async () => {
    const response = await fetch(`${hub.api}/instances`, {
      method: 'POST',
      headers: { authorization: hub.authorization, 'content-type': 'text/xml' },
      body: '<x/>',
    })
    expect(response.status).toBe(415)
  })

  test('members that would reach into objects are just members', async () => {
    const response = await fetch(`${hub.api}/instances`, {
      method: 'POST',
      headers: { authorization: hub.authorization, 'content-type': 'application/json' },
      body: '{"name":"x","element":{"key":"base"},"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    })
    expect(response.status).toBe(400)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('what no client should send', () => {
  for (const path of ['/elements/%zz', '/instances/%', '/hubs/crm/%E0%A4%A']) {
    test(`GET ${path}: 400 in the usual shape`, async () => {
      const { hostname, port } = new URL(hub.hub.url)
      const answer = await new Promise<{ status: number; type: string; id: string; body: unknown }>(
        (resolve, reject) => {
          httpRequest(
            { hostname, port, path: `/elements/api-v2${path}`, headers: { authorization: hub.authorization } },
            (response) => {
              let text = ''
              response.setEncoding('utf8').on('data', (chunk) => {
                text += chunk
              })
              response.on('end', () => {
                const { 'content-type': type, 'elements-request-id': id } = response.headers
                resolve({
                  status: response.statusCode ?? 0,
                  type: String(type),
                  id: String(id),
                  body: JSON.parse(text),
                })
              })
            },
          )
            .on('error', reject)
            .end()
        },
      )
      expect(answer.status).toBe(400)
      expect(answer.body).toEqual({ requestId: expect.stringMatching(/^[0-9a-f]{24}$/), message: expect.any(String) })
      expect(answer.type).toBe('application/json;charset=UTF-8')
      expect(answer.id).toBe((answer.body as { requestId: string }).requestId)
    })
  }

  test('a very long address', async () => {
    const { status } = await hub.call('GET', `/elements/${'x'.repeat(5000)}`)
    expect([400, 404, 414]).toContain(status)
  })
})
