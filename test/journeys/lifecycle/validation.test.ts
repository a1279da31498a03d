import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type LifecycleHub, startLifecycleHub } from './lifecycle-hub.ts'

/** `provisionAuthValidation` (spec 11 §4.3, §10 item 9; 10 §4.3): what decides whether credentials are good. */
let hub: LifecycleHub
beforeAll(async () => {
  hub = await startLifecycleHub()
  await hub.importElement('validated')
  await hub.importElement('two-validations')
})
afterAll(() => hub.close())
beforeEach(() => void hub.vendor.take())

const validated = (key = 'k-1') => hub.provision('validated', { configuration: { 'api.key': key } })
const countInstances = async () => (await hub.call('GET', '/instances/count')).body?.totalInstances ?? 0

describe('one validation', () => {
  test('a vendor that agrees makes an instance and sets authentication.time in ms', async () => {
    hub.vendor.answer('GET /v1/check', { body: { ok: true } })
    const before = Date.now()
    const answer = await validated()
    expect(answer.status, answer.text).toBe(200)
    expect(hub.vendor.take()).toMatchObject([{ line: 'GET /v1/check', headers: { 'x-key': 'k-1' } }])
    const time = Number((await hub.configurationOf(answer.body.id))['authentication.time'])
    expect(time).toBeGreaterThanOrEqual(before)
    expect(time).toBeLessThanOrEqual(Date.now())
  })

  for (const [fact, reply, status, message] of [
    [
      'a hook that only has a message: 401 with that message',
      { body: { ok: false, on: 'Monday' } },
      401,
      'The key was revoked on Monday',
    ],
    ['a vendor 401 without a word of the hook', { status: 401, body: { error: 'bad key' } }, 401, undefined],
    ['a vendor 403', { status: 403, body: { error: 'forbidden' } }, 403, undefined],
    ['a vendor 422 becomes 400', { status: 422, body: { error: 'odd' } }, 400, undefined],
  ] as const) {
    test(`${fact}; nothing is stored`, async () => {
      hub.vendor.answer('GET /v1/check', reply)
      const before = await countInstances()
      const answer = await validated('bad')
      expect(answer.status, answer.text).toBe(status)
      if (message !== undefined) expect(answer.body.message).toBe(message)
      else expect(answer.body.providerMessage).toBe(JSON.stringify(reply.body))
      expect(answer.text).not.toContain('"bad"')
      expect(await countInstances()).toBe(before)
    })
  }

  test('a hook turns a vendor 404 into success', async () => {
    hub.vendor.answer('GET /v1/check', { status: 404, body: { error: 'not yet' } })
    const answer = await validated()
    expect(answer.status, answer.text).toBe(200)
    expect((await hub.configurationOf(answer.body.id))['authentication.time']).toMatch(/^\d{13}$/)
  })

  test('another key on an instance is validated again, and a refusal changes nothing', async () => {
    hub.vendor.answer('GET /v1/check', { body: { ok: true } })
    const { body: instance } = await validated('first')
    hub.vendor.take()
    hub.vendor.answer('GET /v1/check', { body: { ok: false, on: 'Friday' } })
    const refused = await hub.call('PATCH', `/instances/${instance.id}`, {
      body: { configuration: { 'api.key': 'second' } },
    })
    expect(refused.status, refused.text).toBe(401)
    expect(refused.body.message).toBe('The key was revoked on Friday')
    expect(hub.vendor.take()).toMatchObject([{ headers: { 'x-key': 'second' } }])
    hub.vendor.answer('GET /v1/deals/7', { body: { id: 7 } })
    expect((await hub.call('GET', '/hubs/crm/deals/7', { token: instance.token })).status).toBe(200)
    expect(hub.vendor.take()).toMatchObject([{ headers: { 'x-key': 'first' } }])
  })
})

describe('two validations that exclude each other by continue false', () => {
  test('without a token the first one makes it and the second is skipped', async () => {
    hub.vendor.answer('POST /v1/token', { body: { token: 't-1' } })
    const answer = await hub.provision('twovalidations')
    expect(answer.status, answer.text).toBe(200)
    expect(hub.vendor.take().map(({ line }) => line)).toEqual(['POST /v1/token'])
    expect(await hub.configurationOf(answer.body.id)).toMatchObject({ token: '********', 'made.by': 'post' })
  })

  test('with a token the first one is skipped and the second extends it', async () => {
    hub.vendor.answer('PATCH /v1/token', { body: { extended: true } })
    const answer = await hub.provision('twovalidations', { configuration: { token: 't-0' } })
    expect(answer.status, answer.text).toBe(200)
    expect(hub.vendor.take().map(({ line }) => line)).toEqual(['PATCH /v1/token'])
    expect(await hub.configurationOf(answer.body.id)).toMatchObject({ 'made.by': 'patch' })
  })
})

describe('lifecycle resources belong to the platform', () => {
  test('they cannot be called through the hub; hidden api resources can', async () => {
    hub.vendor.answer('GET /v1/check', { body: { ok: true } })
    hub.vendor.answer('GET /v1/hidden/7', { body: { id: 7 } })
    const { body: instance } = await validated()
    hub.vendor.take()
    const refused = await hub.call('GET', '/hubs/crm/check', { token: instance.token })
    expect(refused.status, refused.text).toBe(400)
    expect(hub.vendor.take()).toEqual([])
    expect((await hub.call('GET', '/hubs/crm/hidden/7', { token: instance.token })).body).toEqual({ id: 7 })
  })

  test('a resource of the same method and path that is of type api is called instead', async () => {
    await hub.importElement('remembering')
    const { body: instance } = await hub.provision('remembering')
    hub.vendor.take()
    hub.vendor.answer('POST /v1/own-webhooks', { body: { id: 3 } })
    const answer = await hub.call('POST', '/hubs/crm/webhooks', { token: instance.token, body: { a: 1 } })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body).toEqual({ id: 3 })
    expect(hub.vendor.take().map(({ line }) => line)).toEqual(['POST /v1/own-webhooks'])
  })
})
