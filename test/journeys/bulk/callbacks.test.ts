import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { signElements } from '../../../src/notifications/sign.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** Who hears of the end of a job (spec 22 §11), on a whole hub. */
const KEY = 'MySecretEventSignatureKey'
let hub: TestHub
let receiver: Receiver
let inbox: Inbox
let instance: { id: number; token: string }
beforeAll(async () => {
  receiver = await startReceiver()
  hub = await startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1' })
  instance = await hub.provisionBase()
  const { status, text } = await hub.call('PATCH', `/instances/${instance.id}`, {
    body: { configuration: { 'event.notification.signature.key': KEY } },
  })
  expect(status, text).toBe(200)
}, 60_000)
afterAll(async () => {
  await hub.close()
  await receiver.close()
})
beforeEach(() => {
  inbox = receiver.inbox()
})

const query = (callback: string): Promise<Answer> =>
  hub.call('POST', '/bulk/query?q=select%20id%20from%20contacts%20limit%202', {
    ...{ token: instance.token, headers: { 'Elements-Async-Callback-Url': callback } },
    body: { metaData: { 'callback-payload': { run: 7 } } },
  })

test('an address of somebody else gets the status, signed', async () => {
  const { body } = await query(`${inbox.url}/done`)
  const [delivery] = await inbox.arrived(1)
  expect(delivery?.url).toMatch(/\/done$/)
  expect(delivery?.headers).toMatchObject({
    'elements-webhook-signature': signElements(String(delivery?.body), KEY),
    'webhook-id': `bulk-${body.id}`,
  })
  const status = (await hub.call('GET', `/bulk/${body.id}/status`, { token: instance.token })).body
  expect(delivery?.json).toEqual(status)
  expect(status).toMatchObject({ status: 'COMPLETED', recordsCount: 2, 'callback-payload': { run: 7 } })
})

describe('a path of this hub', () => {
  for (const [how, prefix] of [
    ['alone', () => ''],
    ['with its prefix', () => '/elements/api-v2'],
    ['of its public address', () => hub.api],
  ] as const) {
    test(`${how} is called as the owner of the job`, async () => {
      const name = `of-${how.replaceAll(' ', '-')}`
      const path = `/organizations/objects/${name}/definitions`
      expect((await query(`${prefix()}${path}`)).status).toBe(200)
      await vi.waitFor(async () => expect((await hub.call('GET', path)).status).toBe(200), {
        ...{ timeout: 10_000, interval: 50 },
      })
    })
  }

  test('that asks for more than the owner may is not called again without end', async () => {
    const { body } = await query('/organizations/objects')
    await vi.waitFor(async () => {
      const status = (await hub.call('GET', `/bulk/${body.id}/status`, { token: instance.token })).body
      expect(status).toMatchObject({ status: 'COMPLETED' })
      expect(status).not.toHaveProperty('error')
    })
  })
})

test('an address that nobody could call is refused at once', async () => {
  for (const address of ['ftp://x.example/', 'https://ada:secret@x.example/']) {
    const { status, body } = await query(address)
    expect([status, body.message]).toEqual([400, expect.stringContaining('The address of the callback')])
  }
})
