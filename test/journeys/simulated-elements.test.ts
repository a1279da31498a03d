import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../support/hub.ts'

/** An element that somebody made is played by the simulator at once, wherever its calls lead. */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const row = (key: string, more = {}) => ({
  key,
  name: key,
  type: 'TEXTFIELD_128',
  required: false,
  active: true,
  ...more,
})
const toPath = (name: string) => ({
  ...{ name, vendorName: name, type: 'configuration', vendorType: 'path' },
  source: 'request',
})
const resource = (method: string, path: string, vendorPath: string, more = {}) => ({
  ...{ method, path: `/hubs/general${path}`, vendorMethod: method, vendorPath, type: 'api', parameters: [], hooks: [] },
  ...more,
})

async function make(key: string, baseUrl: string, more = {}): Promise<void> {
  const element = {
    ...{ key, name: key, description: key, hub: 'general', authentication: { type: 'custom' }, hooks: [] },
    configuration: [row('base.url', { defaultValue: baseUrl }), row('site'), row('baseUrl')],
    parameters: [toPath('site'), toPath('baseUrl')],
    resources: [
      resource('GET', '/things', '/things', { rootKey: 'data.items' }),
      resource('POST', '/things', '/things', {
        parameters: [{ name: 'body', vendorName: 'body', type: 'body', vendorType: 'body' }],
      }),
      resource('GET', '/things/{id}', '/things/{id}', {
        parameters: [{ name: 'id', vendorName: 'id', type: 'path', vendorType: 'path' }],
      }),
    ],
    ...more,
  }
  const made = await hub.call('POST', '/elements', { body: element })
  expect(made.status, made.text).toBe(200)
}

async function provision(key: string, configuration: Record<string, string>): Promise<string> {
  const instance = await hub.call('POST', '/instances', { body: { name: key, element: { key }, configuration } })
  expect(instance.status, instance.text).toBe(200)
  return instance.body.token
}

for (const [fact, key, baseUrl, configuration] of [
  ['a fixed address', 'fixed', 'https://api.fixed.test/v1', {}],
  ['a placeholder in the host', 'sited', 'https://{site}.sited.test/v1', { site: 'ada' }],
  ['an address that the instance brings', 'brought', '{baseUrl}/api', { baseUrl: 'https://brought.simulator.test' }],
  ['an address that the instance replaces', 'replaced', '', { 'base.url': 'https://replaced.simulator.test' }],
] as const)
  test(`${fact}: rows are listed, made and read`, async () => {
    await make(key, baseUrl)
    const token = await provision(key, configuration)
    const listed = await hub.call('GET', '/hubs/general/things', { token })
    expect(listed.status, listed.text).toBe(200)
    expect(listed.body).toHaveLength(30)
    const made = await hub.call('POST', '/hubs/general/things', { token, body: { name: 'Ada' } })
    expect(made.body).toMatchObject({ id: 31, name: 'Ada' })
    expect((await hub.call('GET', '/hubs/general/things/31', { token })).body).toEqual(made.body)
    expect(hub.hub.simulator?.requests().at(-1)).toMatchObject({ element: key, method: 'GET', status: 200 })
  })

test('an element that is removed is played no longer', async () => {
  await make('gone', 'https://api.gone.test')
  expect(hub.hub.simulator?.origins('')['https://api.gone.test']).toBe('/gone')
  expect((await hub.call('DELETE', '/elements/gone')).status).toBe(200)
  expect(hub.hub.simulator?.origins('')['https://api.gone.test']).toBeUndefined()
})

test('a changed element is played as it is now', async () => {
  await make('changing', 'https://api.changing.test')
  const token = await provision('changing', {})
  const added = await hub.call('POST', '/elements/changing/resources', { body: resource('GET', '/parts', '/parts') })
  expect(added.status, added.text).toBe(200)
  expect((await hub.call('GET', '/hubs/general/parts', { token })).body).toHaveLength(30)
})
