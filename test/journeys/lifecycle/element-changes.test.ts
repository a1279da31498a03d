import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addPerson, organizationSecretOf, type Person } from '../people.ts'
import { type LifecycleHub, startLifecycleHub } from './lifecycle-hub.ts'

/** Elements that change under their instances (spec 10 §2.6; design §5): clones, overrides, edits during a call. */
let hub: LifecycleHub
let element: { id: number; key: string }
let instance: { id: number; token: string }
beforeAll(async () => {
  hub = await startLifecycleHub({ catalogFolders: [new URL('../catalog', import.meta.url).pathname] })
  element = await hub.importElement('remembering')
  const answer = await hub.provision('remembering')
  expect(answer.status, answer.text).toBe(200)
  instance = answer.body
})
afterAll(() => hub.close())
beforeEach(() => void hub.vendor.take())

const slowResource = async (key: string) => {
  const { body } = await hub.call('GET', `/elements/${key}/resources`)
  return body.find(({ path }: { path: string }) => path === '/hubs/crm/slow/{id}')
}
const movePath = async (key: string, vendorPath: string) => {
  const resource = await slowResource(key)
  const body = { ...resource, vendorPath }
  const answer = await hub.call('PUT', `/elements/${key}/resources/${resource.id}`, { body })
  expect(answer.status, answer.text).toBe(200)
}

test('a call that runs finishes on the element it began with, the next one uses the new', async () => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  hub.vendor.answer('GET /v1/slow/1', async () => {
    arrived.resolve()
    await release.promise
    return { body: { served: 'old' } }
  })
  hub.vendor.answer('GET /v1/fast/1', { body: { served: 'new' } })
  const running = hub.call('GET', '/hubs/crm/slow/1', { token: instance.token })
  await arrived.promise
  await movePath(element.key, '/fast/{id}')
  const next = await hub.call('GET', '/hubs/crm/slow/1', { token: instance.token })
  expect(next.body).toEqual({ served: 'new' })
  release.resolve()
  expect((await running).body).toEqual({ served: 'old' })
  expect(hub.vendor.take().map(({ line }) => line)).toEqual(['GET /v1/slow/1', 'GET /v1/fast/1'])
})

describe('a clone', () => {
  test('is a private element of its own, and an instance moved to it follows its resources', async () => {
    const cloned = await hub.call('POST', `/elements/${element.key}/clone`)
    expect(cloned.status, cloned.text).toBe(200)
    expect(cloned.body).toMatchObject({ private: true, cloneable: false })
    expect(cloned.body.key).toBe(`${element.key}-clone`)
    expect(cloned.body.id).not.toBe(element.id)
    await movePath(cloned.body.key, '/cloned/{id}')
    hub.vendor.answer('GET /v1/cloned/2', { body: { served: 'clone' } })
    hub.vendor.answer('GET /v1/fast/2', { body: { served: 'original' } })
    const read = () => hub.call('GET', '/hubs/crm/slow/2', { token: instance.token })

    expect((await read()).body).toEqual({ served: 'original' })
    const moved = await hub.call('PATCH', `/instances/${instance.id}`, { body: { element: { id: cloned.body.id } } })
    expect(moved.status, moved.text).toBe(200)
    expect(moved.body).toMatchObject({ id: instance.id, token: instance.token, element: { id: cloned.body.id } })
    expect((await read()).body).toEqual({ served: 'clone' })

    const back = await hub.call('PATCH', `/instances/${instance.id}`, { body: { element: { id: element.id } } })
    expect(back.status, back.text).toBe(200)
    expect((await read()).body).toEqual({ served: 'original' })
  })
})

describe('an own resource on a shipped element', () => {
  let other: Person
  beforeAll(async () => {
    const { seeded } = hub.hub
    if (!seeded.created) throw new Error('the hub has a database of its own')
    other = await addPerson(hub.hub.store, {
      organizationId: seeded.organizationId,
      organizationSecret: organizationSecretOf(hub.authorization),
      name: 'Other account',
    })
  })
  const lantern = async (person: string) => {
    const answer = await hub.call('POST', '/instances', {
      authorization: person,
      body: {
        name: 'Lantern',
        element: { key: 'lantern' },
        configuration: {
          username: 'ada',
          password: 'pw',
          site: 'eu1',
          'api.passphrase': 'p',
          'base.url': 'https://api.acme.test/lantern',
        },
      },
    })
    expect(answer.status, answer.text).toBe(200)
    return `${person}, Element ${answer.body.token}`
  }

  test('overrides the shipped one for its account only; deleting it restores it', async () => {
    const [mine, theirs] = [await lantern(hub.authorization), await lantern(other.authorization)]
    hub.vendor.answer('GET /lantern/people/5', { body: { served: 'shipped' } })
    hub.vendor.answer('GET /lantern/own-people/5', { body: { served: 'own' } })
    const read = async (authorization: string) =>
      (await hub.call('GET', '/hubs/crm/contacts/5', { authorization })).body?.served

    expect([await read(mine), await read(theirs)]).toEqual(['shipped', 'shipped'])
    const made = await hub.call('POST', '/elements/lantern/resources', {
      body: { method: 'GET', path: '/hubs/crm/contacts/{id}', vendorMethod: 'GET', vendorPath: '/own-people/{id}' },
    })
    expect(made.status, made.text).toBe(200)
    expect([await read(mine), await read(theirs)]).toEqual(['own', 'shipped'])

    const mineToo = await lantern(hub.authorization)
    expect(await read(mineToo)).toBe('own')
    expect((await hub.call('DELETE', `/elements/lantern/resources/${made.body.id}`)).status).toBe(200)
    expect([await read(mine), await read(theirs)]).toEqual(['shipped', 'shipped'])
  })

  test('is listed for its account only', async () => {
    const paths = async (authorization: string) => {
      const { body } = await hub.call('GET', '/elements/lantern/resources', { authorization })
      return body.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`)
    }
    const before = await paths(hub.authorization)
    const made = await hub.call('POST', '/elements/lantern/resources', {
      body: { method: 'GET', path: '/lamps', vendorPath: '/lamps' },
    })
    expect(made.body.path).toBe('/hubs/crm/lamps')
    expect(await paths(hub.authorization)).toEqual(expect.arrayContaining([...before, 'GET /hubs/crm/lamps']))
    expect(await paths(other.authorization)).not.toContain('GET /hubs/crm/lamps')
  })
})
