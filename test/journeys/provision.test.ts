import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { FaultOrder } from '../../src/simulator/faults.ts'
import { type Answer, CALLBACK, startTestHub, type TestHub } from '../support/hub.ts'

/** Step 2 of provisioning: `POST /instances` (spec 10 §4.3, §5). */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub({}, { catalogFolders: [new URL('catalog', import.meta.url).pathname] })
})
afterAll(() => hub.close())

const KEYS = { 'oauth.api.key': 'test-key', 'oauth.api.secret': 'test-secret', 'oauth.callback.url': CALLBACK }
const base = (given: Record<string, unknown> = {}) => ({
  name: 'Base',
  element: { key: 'base' },
  configuration: KEYS,
  ...given,
})
const lantern = (given: Record<string, unknown> = {}) => ({
  name: 'Lantern',
  element: { key: 'lantern' },
  configuration: { username: 'ada', password: 'pw-of-ada', site: 'eu1', 'api.passphrase': 'open sesame' },
  ...given,
})
const provision = (body: unknown, path = '/instances') => hub.call('POST', path, { body })
const withCode = async (given: Record<string, unknown> = {}) =>
  provision(base({ providerData: { code: await hub.obtainCode() }, ...given }))

function expectInstance(answer: Answer) {
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

const callVendor = (token: string) => hub.call('GET', '/hubs/crm/users/me', { token })

describe('the happy path', () => {
  test('a code becomes an instance that can call the vendor', async () => {
    const instance = expectInstance(await withCode({ name: 'Happy', tags: ['eu', 'prod'] }))
    expect(instance).toMatchObject({
      id: expect.any(Number),
      name: 'Happy',
      token: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      updatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      elementId: 201,
      tags: ['eu', 'prod'],
      valid: true,
      disabled: false,
      externalAuthentication: 'none',
      user: {
        id: expect.any(Number),
        emailAddress: 'ada@example.com',
        firstName: expect.any(String),
        lastName: expect.any(String),
      },
    })
    expect(instance).not.toHaveProperty('providerData')
    for (const absent of ['resources', 'configuration', 'hooks']) expect(instance.element).not.toHaveProperty(absent)
    expect((await callVendor(instance.token)).status).toBe(200)
  })

  test('ids are consecutive integers', async () => {
    const [first, second] = [expectInstance(await withCode()), expectInstance(await withCode())]
    expect(second.id).toBe(first.id + 1)
    expect(second.token).not.toBe(first.token)
  })

  for (const [address, body, path] of [
    ['by element id', { element: { id: 201 } }, '/instances'],
    ['by alias', { element: { key: 'basecrm' } }, '/instances'],
    ['below the element key, without naming it again', { element: undefined }, '/elements/base/instances'],
    ['below the element id', { element: undefined }, '/elements/201/instances'],
    ['with a trailing slash', {}, '/instances/'],
  ] as const) {
    test(`it works ${address}`, async () => {
      const instance = expectInstance(
        await provision(base({ providerData: { code: await hub.obtainCode() }, ...body }), path),
      )
      expect(instance).toMatchObject({ element: { key: 'base', id: 201 }, elementId: 201 })
    })
  }

  test('secrets and tokens are masked, everything else is as given', async () => {
    const answer = await withCode()
    const { configuration } = expectInstance(answer)
    for (const key of ['oauth.api.key', 'oauth.api.secret', 'oauth.user.token', 'oauth.user.refresh_token'])
      expect(configuration[key], key).toBe('********')
    expect(configuration).toMatchObject({
      'oauth.callback.url': CALLBACK,
      'base.url': 'https://api.getbase.com/v2',
      'pagination.max': '100',
      'filter.response.nulls': 'true',
      'oauth.basic.header': 'true',
      'event.notification.enabled': 'false',
      'event.notification.callback.url': null,
    })
    for (const [key, value] of Object.entries(configuration))
      expect(['string', 'object'], key).toContain(value === null ? 'object' : typeof value)
    expect(answer.text).not.toContain('test-secret')
  })

  test('the code is exchanged once, with the redirect address and the client in header and form', async () => {
    const before = hub.hub.simulator?.stats('base').tokenRequests['authorization_code'] ?? 0
    expectInstance(await withCode())
    expect(hub.hub.simulator?.stats('base').tokenRequests['authorization_code']).toBe(before + 1)
    const exchange = hub.hub.simulator?.requests(1)[0]
    expect(exchange).toMatchObject({ method: 'POST', path: '/oauth2/token', status: 200 })
    expect(exchange?.headers['authorization']).toMatch(/^Basic /)
    expect(exchange?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
    expect(Object.fromEntries(new URLSearchParams(exchange?.body))).toMatchObject({
      grant_type: 'authorization_code',
      redirect_uri: CALLBACK,
      client_id: 'test-key',
    })
  })

  test('an element without OAuth does not call its vendor', async () => {
    const answer = await provision(lantern())
    const instance = expectInstance(answer)
    expect(instance).toMatchObject({
      valid: true,
      element: { key: 'lantern', authentication: { type: 'basic' } },
      configuration: {
        username: 'ada',
        password: '********',
        'api.passphrase': '********',
        site: 'eu1',
        greeting: 'hello',
      },
    })
    expect(answer.text).not.toMatch(/pw-of-ada|open sesame/)
  })
})

describe('what is missing', () => {
  const text = (keys: string) => `The following required configuration properties are missing: ${keys}`

  for (const [name, body, message] of [
    [
      'all of Base’s',
      base({ configuration: {}, providerData: { code: 'c' } }),
      text('oauth.api.key, oauth.api.secret, oauth.callback.url'),
    ],
    [
      'no configuration at all',
      base({ configuration: undefined, providerData: { code: 'c' } }),
      text('oauth.api.key, oauth.api.secret, oauth.callback.url'),
    ],
    [
      'one of Base’s',
      base({ configuration: { ...KEYS, 'oauth.api.secret': undefined }, providerData: { code: 'c' } }),
      text('oauth.api.secret'),
    ],
    [
      'an empty value counts as missing',
      base({ configuration: { ...KEYS, 'oauth.callback.url': '' }, providerData: { code: 'c' } }),
      text('oauth.callback.url'),
    ],
    [
      'null counts as missing',
      base({ configuration: { ...KEYS, 'oauth.api.key': null }, providerData: { code: 'c' } }),
      text('oauth.api.key'),
    ],
    [
      'another element’s own rows',
      lantern({ configuration: { username: 'ada' } }),
      text('password, site, api.passphrase'),
    ],
  ] as const) {
    test(`${name}: 400 names every key in display order`, async () => {
      const before = await countInstances()
      const answer = await provision(body)
      expect(answer.status).toBe(400)
      expect(answer.body).toEqual({ requestId: answer.headers.get('elements-request-id'), message })
      expect(await countInstances()).toBe(before)
    })
  }

  for (const [name, body, status, named] of [
    ['the code', base(), 400, /code/],
    ['the code, with empty providerData', base({ providerData: {} }), 400, /code/],
    ['the name', base({ name: undefined, providerData: { code: 'c' } }), 400, /name/],
    ['the element', base({ element: undefined, providerData: { code: 'c' } }), 400, /element/],
    ['everything', {}, 400, /./],
  ] as const) {
    test(`without ${name}: ${status}`, async () => {
      const answer = await provision(body)
      expect(answer.status, answer.text).toBe(status)
      expect(answer.body.message).toMatch(named)
    })
  }

  for (const element of [{ key: 'nothere' }, { id: 999999 }, { id: -1 }]) {
    test(`an unknown element ${JSON.stringify(element)}: 404`, async () => {
      const answer = await provision(base({ element, providerData: { code: 'c' } }))
      expect(answer.status, answer.text).toBe(404)
      expect(answer.body.message).toContain(String(Object.values(element)[0]))
    })
  }
})

async function countInstances(): Promise<number> {
  return (await hub.call('GET', '/instances/count')).body.totalInstances
}

describe('what goes wrong leaves no instance', () => {
  afterEach(() => fetch(`${hub.hub.url}/simulator/__simulator/faults`, { method: 'DELETE' }))

  const failure = async (body: unknown) => {
    const before = await countInstances()
    const answer = await provision(body)
    expect(answer.body.requestId).toBe(answer.headers.get('elements-request-id'))
    expect(answer.body.message).not.toBe('')
    expect(answer.text).not.toMatch(/test-secret|wrong-secret/)
    expect(await countInstances(), 'no instance is left').toBe(before)
    return answer
  }

  test('a code that was used', async () => {
    const code = await hub.obtainCode()
    expectInstance(await provision(base({ providerData: { code } })))
    const { status, body } = await failure(base({ providerData: { code } }))
    expect([400, 401]).toContain(status)
    expect(JSON.parse(body.providerMessage)).toMatchObject({ error: 'invalid_grant' })
  })

  test('a code that is sent several times at once makes one instance', async () => {
    const before = await countInstances()
    const body = base({ providerData: { code: await hub.obtainCode() } })
    const answers = await Promise.all([provision(body), provision(body), provision(body)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status } of answers) expect([200, 400, 401]).toContain(status)
    expect(await countInstances()).toBe(before + 1)
  })

  test('a code that never was', async () => {
    const { status, body } = await failure(base({ providerData: { code: 'made-up' } }))
    expect([400, 401]).toContain(status)
    expect(body.providerMessage).toContain('invalid_grant')
  })

  test('a code that was given for another redirect address', async () => {
    const code = await hub.obtainCode('https://other.example.com/cb')
    const { status, body } = await failure(base({ providerData: { code } }))
    expect([400, 401]).toContain(status)
    expect(body.providerMessage).toContain('invalid_grant')
  })

  test('the user denied', async () => {
    const { status, body } = await failure(
      base({ providerData: { error: 'access_denied', error_description: 'The user said no' } }),
    )
    expect([400, 401, 403]).toContain(status)
    expect(body.message).toMatch(/denied|access/i)
    expect(body.providerMessage).toContain('access_denied')
  })

  test('the client secret is wrong: 401', async () => {
    const { status, body } = await failure(
      base({
        providerData: { code: await hub.obtainCode() },
        configuration: { ...KEYS, 'oauth.api.secret': 'wrong-secret' },
      }),
    )
    expect(status).toBe(401)
    expect(body.providerMessage).toContain('invalid_client')
  })

  for (const [name, fault, status, said] of [
    ['answers 503', 'status:503', 502, true],
    ['answers 500', 'status:500', 502, true],
    ['breaks the connection', 'reset-before', 502, false],
    ['breaks the connection in the middle', 'reset', 502, false],
    ['answers something unreadable', 'malformed-json', 502, undefined],
    ['refuses by its rate limit', 'rate-limit:7', 429, true],
  ] as const) {
    test(`the vendor ${name}: ${status}`, async () => {
      const order: FaultOrder = { element: 'base', match: { path: '/oauth2/token' }, fault, times: 20 }
      const code = await hub.obtainCode()
      hub.hub.simulator?.addFault(order)
      const answer = await failure(base({ providerData: { code } }))
      expect(answer.status, answer.text).toBe(status)
      if (said === true) expect(answer.body.providerMessage).toEqual(expect.any(String))
      if (said === false) expect(answer.body).not.toHaveProperty('providerMessage')
      if (status === 429) expect(answer.headers.get('retry-after')).toBe('7')
    })
  }

  test('the vendor cannot be reached at all: 502', async () => {
    const closedPort = await freePort()
    const cutOff = await startTestHub({
      VALENCE_SIMULATE: 'off',
      VALENCE_ORIGIN_MAP: `https://api.getbase.com=http://127.0.0.1:${closedPort}`,
    })
    try {
      const answer = await cutOff.call('POST', '/instances', { body: base({ providerData: { code: 'c' } }) })
      expect(answer.status, answer.text).toBe(502)
      expect(answer.body.message).toMatch(/Base CRM|api\.getbase\.com/)
      expect(answer.body).not.toHaveProperty('providerMessage')
      expect((await cutOff.call('GET', '/instances')).status).toBe(404)
    } finally {
      await cutOff.close()
    }
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('without a code', () => {
  test('external authentication: the refresh token that the application holds is enough', async () => {
    const { refresh_token } = await hub.obtainTokens()
    const exchanges = hub.hub.simulator?.stats('base').tokenRequests['authorization_code']
    const answer = await provision(
      base({
        externalAuthentication: 'initial',
        configuration: { ...KEYS, 'oauth.user.refresh_token': refresh_token },
      }),
    )
    const instance = expectInstance(answer)
    expect(instance.externalAuthentication).toBe('initial')
    expect(instance.configuration['oauth.user.refresh_token']).toBe('********')
    expect(answer.text).not.toContain(refresh_token)
    expect((await callVendor(instance.token)).status).toBe(200)
    expect(hub.hub.simulator?.stats('base').tokenRequests['authorization_code']).toBe(exchanges)
    const read = await hub.call('GET', `/instances/${instance.id}`)
    expect(read.body).toMatchObject({ externalAuthentication: 'initial', valid: true })
  })

  test('external authentication does not need the callback address', async () => {
    const { refresh_token } = await hub.obtainTokens()
    const { 'oauth.callback.url': _callback, ...keys } = KEYS
    const answer = await provision(
      base({
        externalAuthentication: 'initial',
        configuration: { ...keys, 'oauth.user.refresh_token': refresh_token },
      }),
    )
    expectInstance(answer)
  })

  test('external authentication with a refresh token that the vendor refuses makes no instance, or one that says so', async () => {
    const answer = await provision(
      base({ externalAuthentication: 'initial', configuration: { ...KEYS, 'oauth.user.refresh_token': 'made-up' } }),
    )
    if (answer.status === 200) {
      expect((await callVendor(answer.body.token)).status).toBe(401)
      expect((await hub.call('GET', `/instances/${answer.body.id}`)).body.valid).toBe(false)
    } else expect([400, 401]).toContain(answer.status)
  })

  test('an access token given directly is used as it is', async () => {
    const tokens = await hub.obtainTokens()
    const stats = () => hub.hub.simulator?.stats('base')
    const before = stats()
    const instance = expectInstance(await provision(base({ providerData: tokens })))
    expect((await callVendor(instance.token)).status).toBe(200)
    expect(stats()?.tokenRequests).toEqual(before?.tokenRequests)
    expect(JSON.stringify(instance)).not.toContain(tokens.access_token)
  })
})

describe('names, tags and values', () => {
  for (const [name, given, expected] of [
    ['without tags the name is the tag', { name: 'Sales EU' }, { name: 'Sales EU', tags: ['Sales EU'] }],
    [
      'HTML is stripped from the name, and so from its tag',
      { name: '<a href="https://x.example">Sales</a> EU' },
      { name: 'Sales EU', tags: ['Sales EU'] },
    ],
    ['HTML is stripped from tags', { name: 'T', tags: ['<b>bold</b>', 'plain'] }, { tags: ['bold', 'plain'] }],
    ['a name may begin with @', { name: '@cloud thing' }, { name: '@cloud thing' }],
    ['letters of any script and emoji stay', { name: 'Zoë 🚀 株式会社' }, { name: 'Zoë 🚀 株式会社' }],
  ] as const) {
    test(name, async () => {
      expect(expectInstance(await provision(lantern(given)))).toMatchObject(expected)
    })
  }

  test('configuration keys that the element does not declare are kept', async () => {
    const { configuration, id } = expectInstance(
      await withCode({ configuration: { ...KEYS, username: 'x', provisioning: 'y', 'Odd Key/ä': 'z' } }),
    )
    const expected = { username: 'x', provisioning: 'y', 'Odd Key/ä': 'z' }
    expect(configuration).toMatchObject(expected)
    expect((await hub.call('GET', `/instances/${id}`)).body.configuration).toMatchObject(expected)
  })

  test('booleans, numbers and objects are stored and answered as text', async () => {
    const poller = { contacts: { url: '/contacts', pageSize: 5 } }
    const { configuration } = expectInstance(
      await provision(
        lantern({
          configuration: {
            ...lantern().configuration,
            'filter.response.nulls': false,
            'event.notification.enabled': 'false',
            'pagination.max': 40,
            'event.poller.configuration': poller,
            'instance.variables': JSON.stringify({ a: 1 }),
          },
        }),
      ),
    )
    expect(configuration).toMatchObject({
      'filter.response.nulls': 'false',
      'pagination.max': '40',
      'instance.variables': '{"a":1}',
    })
    expect(JSON.parse(configuration['event.poller.configuration'])).toEqual(poller)
  })

  test('event settings are mirrored at the top', async () => {
    const events = {
      'event.notification.enabled': true,
      'event.notification.callback.url': 'https://app.example.com/events',
    }
    const instance = expectInstance(
      await provision(lantern({ configuration: { ...lantern().configuration, ...events } })),
    )
    expect(instance).toMatchObject({
      eventsEnabled: true,
      eventsNotificationCallbackUrl: 'https://app.example.com/events',
      configuration: { 'event.notification.enabled': 'true' },
    })
    const encodedid = Buffer.from(String(instance.id)).toString('base64')
    expect(instance).toMatchObject({ encodedid, webhookUrl: `${hub.api}/events/lantern/${encodedid}` })
  })

  for (const none of ['', null, 'null', false, 'false']) {
    test(`a callback URL of ${JSON.stringify(none)} is none`, async () => {
      const configuration = { ...lantern().configuration, 'event.notification.callback.url': none }
      const instance = expectInstance(await provision(lantern({ configuration })))
      expect(instance).not.toHaveProperty('eventsNotificationCallbackUrl')
    })
  }

  for (const [name, given] of [
    ['name', { name: 'nul\u0000' }],
    ['tag', { tags: ['nul\u0000'] }],
    ['value', { configuration: { ...lantern().configuration, greeting: 'nul\u0000' } }],
    ['key', { configuration: { ...lantern().configuration, 'nul\u0000': 'x' } }],
  ] as const) {
    test(`a NUL in a ${name} is refused or dropped, not our failure`, async () => {
      const { status, text } = await provision(lantern(given))
      expect([200, 400], text).toContain(status)
    })
  }

  for (const tags of ['x', [1], [null], [{}], {}, 5]) {
    test(`tags ${JSON.stringify(tags)} are no list of texts: 400, or read as texts`, async () => {
      const { status, text } = await provision(lantern({ tags }))
      expect([200, 400], text).toContain(status)
    })
  }

  test('a whole instance of elsewhere can be posted: its ids, dates, token and owner are ignored', async () => {
    const { body: mine } = await hub.call('GET', '/instances?pageSize=1')
    const posted = lantern({
      id: 1,
      token: 'somebody-elses',
      createdDate: '2001-01-01T00:00:00Z',
      user: { id: 77 },
      elementId: 5,
      valid: false,
      disabled: true,
      unknownMember: { deep: true },
    })
    const instance = expectInstance(await provision(posted))
    expect(instance.id).not.toBe(mine[0].id)
    expect(instance.token).not.toBe('somebody-elses')
    expect(instance).toMatchObject({
      valid: true,
      disabled: false,
      elementId: 9101,
      user: { emailAddress: 'ada@example.com' },
    })
    expect(instance.createdDate).not.toContain('2001')
  })
})

describe('habits of clients', () => {
  for (const [name, headers] of [
    ['without a content type', { 'content-type': '' }],
    ['with a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ['with a content type in other letters', { 'CONTENT-TYPE': 'Application/JSON' }],
    ['accepting anything', { accept: '*/*' }],
  ] as const) {
    test(`a JSON body ${name} is read`, async () => {
      const { status, text } = await rawPost(JSON.stringify(lantern()), headers)
      expect(status, text).toBe(200)
    })
  }

  for (const body of ['', '{', '[]', '"text"', '1', 'null']) {
    test(`the body ${JSON.stringify(body)} is refused with 400`, async () => {
      const { status, text } = await rawPost(body, { 'content-type': 'application/json' })
      expect(status, text).toBe(400)
      expect(JSON.parse(text)).toMatchObject({
        requestId: expect.stringMatching(/^[0-9a-f]{24}$/),
        message: expect.any(String),
      })
    })
  }

  for (const [name, configuration] of [
    ['a list', ['x']],
    ['a text', 'x'],
  ] as const) {
    test(`a configuration that is ${name} is refused with 400`, async () => {
      const { status, body } = await provision(lantern({ configuration }))
      expect(status).toBe(400)
      expect(body.message).toContain('configuration')
    })
  }

  async function rawPost(body: string, headers: Record<string, string>) {
    const all = new Headers({ authorization: hub.authorization, ...headers })
    const bytes = new TextEncoder().encode(body) // a text would bring a content type of its own
    if (headers['content-type'] === '') all.delete('content-type')
    const response = await fetch(`${hub.api}/instances`, { method: 'POST', headers: all, body: bytes })
    return { status: response.status, text: await response.text() }
  }
})
