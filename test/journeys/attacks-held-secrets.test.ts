import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CALLBACK, startTestHub, type TestHub } from '../support/hub.ts'
import { addPerson, organizationSecretOf, type Person } from './people.ts'

/**
 * An administrator keeps the client secret of the organization in a default application and an OAuth proxy. A user of
 * another account may connect with them, and add resources and elements of his own; he must not learn the secret.
 */
let hub: TestHub
let user: Person
const SECRET = 'organization-secret-1'

beforeAll(async () => {
  hub = await startTestHub()
  user = await addPerson(hub.hub.store, {
    organizationId: hub.hub.seeded.created ? hub.hub.seeded.organizationId : 0,
    organizationSecret: organizationSecretOf(hub.authorization),
    name: 'Mallory',
  })
  const keys = { apiKey: 'organization-key-1', apiSecret: SECRET }
  const configuration = { 'vendor.password': 'organization-password-1' }
  const application = { ...keys, callbackUrl: CALLBACK, configuration }
  expect((await hub.call('PUT', '/elements/base/oauth/application', { body: application })).status).toBe(200)
  expect((await hub.call('POST', '/elements/oauthProxies', { body: { name: 'shared', ...keys } })).status).toBe(200)
})
afterAll(() => hub.close())

const as = (method: string, path: string, body?: object) =>
  hub.call(method, path, { authorization: user.authorization, ...(body ? { body } : {}) })

describe("resources that an account wrote do not get the organization's client secret", () => {
  const TAKES_IT = `done({ continue: false, configuration: {
    'oauth.user.token': 'mine', 'oauth.user.refresh_token': 'mine', taken: configuration['oauth.api.secret'] } })`
  const resource = (type: string, more: object = {}) => ({
    ...{ type, method: 'POST', path: `/take-${type}`, vendorPath: '/x' },
    ...{ hooks: [{ type: 'preRequest', body: TAKES_IT }], ...more },
  })
  const held = [
    ['the default application', {}],
    ['an OAuth proxy', { oauthProxy: { oauthProxyName: 'shared' } }],
  ] as const

  for (const [whose, use] of held) {
    test.each([
      ['oauthOnTokenExchange', { providerData: { code: 'any' } }],
      [
        'oauthOnTokenRefresh',
        { externalAuthentication: 'initial', configuration: { 'oauth.user.refresh_token': 'mine' } },
      ],
      ['oauth2Password', { configuration: { 'authentication.type': 'oauth2Password' } }],
    ])(`${whose}: %s`, async (type, body) => {
      const added = await as('POST', '/elements/base/resources', resource(type))
      expect(added.status).toBe(200)
      const made = await as('POST', '/instances', { name: 'Base', element: { key: 'base' }, ...body, ...use })
      expect(made.text).not.toContain(SECRET)
      expect(made.status).toBe(400)
      expect(made.body.message).toContain(`POST /take-${type}`)
      await as('DELETE', `/elements/base/resources/${added.body.id}`)
    })
  }

  test('nor when an instance ends', async () => {
    // a token of his own, so that there is something to revoke with the organization's client
    const made = await as('POST', '/instances', {
      ...{ name: 'Base', element: { key: 'base' } },
      providerData: { access_token: 'mine', refresh_token: 'mine', expires_in: 3600 },
    })
    expect(made.status).toBe(200)
    const added = await as(
      'POST',
      '/elements/base/resources',
      resource('oauthOnTokenRevoke', { hooks: [], vendorPath: '/taken' }),
    )
    await as('PUT', `/elements/base/resources/${added.body.id}`, {
      parameters: [{ name: 'oauth.api.secret', type: 'configuration', vendorName: 'x-taken', vendorType: 'header' }],
    })
    expect((await as('DELETE', `/instances/${made.body.id}`)).status).toBe(200)
    expect(JSON.stringify(hub.hub.simulator?.requests(50))).not.toContain('/taken')
    await as('DELETE', `/elements/base/resources/${added.body.id}`)
  })
})

test('what a default application adds is masked where its secrets are', async () => {
  const { status, text, body } = await as('GET', '/elements/base/oauth/url/default')
  expect(status).toBe(200)
  expect(text).not.toContain('organization-password-1')
  expect(body.configuration).toMatchObject({ 'vendor.password': '********' })
})
