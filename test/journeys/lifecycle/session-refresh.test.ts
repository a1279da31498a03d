import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LifecycleHub, startLifecycleHub } from './lifecycle-hub.ts'

/** `onRefresh` of custom authentication: due when `authentication.time + expires_in` is over (spec 10 §5.6, 11 §4.3). */
let hub: LifecycleHub
let now = Date.now()
beforeAll(async () => {
  hub = await startLifecycleHub({ now: () => new Date(now) })
  await hub.importElement('session')
})
afterAll(() => hub.close())
beforeEach(() => {
  hub.vendor.answer('POST /v1/login', { body: { session: 's-1' } })
  hub.vendor.answer('POST /v1/renew', { body: { session: 's-2' } })
  hub.vendor.answer('GET /v1/deals/7', ({ headers }) => ({ body: { id: 7, seen: headers['authorization'] } }))
})

async function logIn(): Promise<{ id: number; token: string }> {
  const answer = await hub.provision('session', { configuration: { username: 'ada', password: 'pw-1' } })
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

const read = (token: string) => hub.call('GET', '/hubs/crm/deals/7', { token })

test('the login sends the credentials in its body and the session serves calls until it is over', async () => {
  hub.vendor.take()
  const instance = await logIn()
  const [login] = hub.vendor.take()
  expect(login).toMatchObject({ line: 'POST /v1/login', body: { user: 'ada', pass: 'pw-1' } })
  expect(login?.headers).not.toHaveProperty('authorization')
  now += 299_000
  expect((await read(instance.token)).body).toEqual({ id: 7, seen: 'Session s-1' })
  expect(hub.vendor.take().map(({ line }) => line)).toEqual(['GET /v1/deals/7'])
})

test('after expires_in the next call renews first, once, and then for another five minutes', async () => {
  const instance = await logIn()
  hub.vendor.take()
  now += 301_000
  expect((await read(instance.token)).body).toEqual({ id: 7, seen: 'Session s-2' })
  expect(hub.vendor.take().map(({ line }) => line)).toEqual(['POST /v1/renew', 'GET /v1/deals/7'])
  expect((await hub.configurationOf(instance.id))['authentication.time']).toBe(String(now))
  expect((await read(instance.token)).body).toEqual({ id: 7, seen: 'Session s-2' })
  expect(hub.vendor.take().map(({ line }) => line)).toEqual(['GET /v1/deals/7'])
})

test('many calls at once renew once', async () => {
  const instance = await logIn()
  hub.vendor.take()
  now += 301_000
  const answers = await Promise.all(Array.from({ length: 8 }, () => read(instance.token)))
  expect(answers.map(({ body }) => body?.seen)).toEqual(Array(8).fill('Session s-2'))
  const lines = hub.vendor.take().map(({ line }) => line)
  expect(lines.filter((line) => line === 'POST /v1/renew')).toHaveLength(1)
})

test('a renewal that fails is 401 and the vendor is not asked for the deal', async () => {
  const instance = await logIn()
  hub.vendor.take()
  now += 301_000
  hub.vendor.answer('POST /v1/renew', { status: 403, body: { error: 'logged out' } })
  const answer = await read(instance.token)
  expect(answer.status, answer.text).toBe(401)
  expect(hub.vendor.take().map(({ line }) => line)).toEqual(['POST /v1/renew'])
})
