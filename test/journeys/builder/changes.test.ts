import { randomBytes } from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Two processes on one database, and a vendor that answers when it is told to. */
let hub: TestHub
let other: TestHub
let vendor: Server
let vendorUrl = ''
/** paths that arrived, with the answer that is still owed */
const waiting: { path: string; response: ServerResponse }[] = []

beforeAll(async () => {
  vendor = createServer((request, response) => {
    waiting.push({ path: request.url ?? '', response })
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  const { port } = vendor.address() as AddressInfo
  vendorUrl = `http://127.0.0.1:${port}`
  const settings = {
    VALENCE_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    VALENCE_SIMULATE: 'off',
    VALENCE_EGRESS_ALLOW: `127.0.0.1:${port}`,
  }
  hub = await startTestHub(settings)
  other = await startTestHub({ ...settings, DATABASE_URL: hub.databaseUrl })
  await hub.call('POST', '/elements', {
    body: {
      name: 'Acme',
      authentication: { type: 'custom' },
      configuration: [{ key: 'base.url', defaultValue: vendorUrl }],
      resources: [{ method: 'GET', path: '/things', vendorPath: '/one' }],
    },
  })
})
afterAll(async () => {
  await other.close()
  await hub.close()
  vendor.closeAllConnections()
  await new Promise((resolve) => vendor.close(resolve))
})

const arrived = async () => {
  await expect.poll(() => waiting.length).toBeGreaterThan(0)
  return waiting.shift() as (typeof waiting)[number]
}
const answer = ({ response }: { response: ServerResponse }, body: unknown) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function calledPath(through: TestHub, token: string): Promise<string> {
  const call = through.call('GET', '/hubs/general/things', {
    token,
    authorization: `${hub.authorization}, Element ${token}`,
  })
  const request = await arrived()
  answer(request, [])
  await call
  return request.path
}

test('a call under way finishes on the element it began with; the next one, in any process, has the new one', async () => {
  const { body: instance } = await hub.call('POST', '/instances', { body: { name: 'i', element: { key: 'acme' } } })
  const { token } = instance
  expect([await calledPath(hub, token), await calledPath(other, token)]).toEqual(['/one', '/one'])

  const under = hub.call('GET', '/hubs/general/things', { token })
  const request = await arrived()
  const { body: resources } = await hub.call('GET', '/elements/acme/resources')
  await hub.call('PUT', `/elements/acme/resources/${resources[0].id}`, {
    body: { vendorPath: '/two', rootKey: '|data' },
  })
  const changedAt = Date.now()
  expect(await calledPath(hub, token)).toBe('/two')
  answer(request, { data: [1] })
  expect((await under).body).toEqual({ data: [1] })

  await expect.poll(() => calledPath(other, token), { interval: 10, timeout: 1_000 }).toBe('/two')
  expect(Date.now() - changedAt).toBeLessThan(1_000)
  await hub.call('DELETE', `/instances/${instance.id}`)
})

test('what one process makes, shares and deletes, the other sees', async () => {
  const pair = { authorization: hub.authorization }
  await hub.call('POST', '/elements', { body: { name: 'Everywhere' } })
  await expect.poll(async () => (await other.call('GET', '/elements/everywhere', pair)).status).toBe(200)
  await hub.call('PATCH', '/elements/everywhere', { body: { description: 'changed' } })
  await expect
    .poll(async () => (await other.call('GET', '/elements/everywhere', pair)).body.description)
    .toBe('changed')
  await other.call('DELETE', '/elements/everywhere', pair)
  await expect.poll(async () => (await hub.call('GET', '/elements/everywhere')).status).toBe(404)
})

test('an element that is deleted while somebody provisions it leaves no instance behind', async () => {
  for (let round = 0; round < 10; round++) {
    const { body: element } = await hub.call('POST', '/elements', { body: { name: `Race ${round}` } })
    const [made, deleted] = await Promise.all([
      other.call('POST', '/instances', {
        authorization: hub.authorization,
        body: { name: 'i', element: { id: element.id } },
      }),
      hub.call('DELETE', `/elements/${element.id}`),
    ])
    const outcome = `${made.status} ${deleted.status}`
    expect(['200 409', '404 200']).toContain(outcome)
    if (made.status === 200) expect((await hub.call('GET', `/instances/${made.body.id}`)).status).toBe(200)
  }
})
