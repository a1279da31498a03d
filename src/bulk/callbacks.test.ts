import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { type Inbox, type Receiver, startReceiver } from '../../test/support/receiver.ts'
import { openTestStore } from '../../test/support/store.ts'
import { signElements, signStandard } from '../notifications/sign.ts'
import type { Store } from '../store/database.ts'
import { createOriginMap } from '../upstream/origin-map.ts'
import { createUpstream, type Upstream } from '../upstream/send.ts'
import { bulkDb, type FinalStatus, inBulk } from './bulk-table.ts'
import { callbackQueue } from './callbacks.ts'
import { finish, type HeldJob, takeJob } from './held-job.ts'
import { callbackContext } from './job-request.ts'

let store: Store
let close: () => Promise<void>
let receiver: Receiver
let inbox: Inbox
let upstream: Upstream
beforeAll(async () => {
  ;({ store, close } = await openTestStore())
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await close()
})
beforeEach(() => {
  inbox = receiver.inbox()
  upstream = createUpstream({ allow: ['127.0.0.1'], originMap: createOriginMap() })
})
afterEach(() => upstream.close())

const nothingAsked = () => Promise.reject(new Error('no vendor here'))
const METADATA = { 'callback-payload': { run: 7 }, note: 'ünï' }

/** A job that has ended, whose callback waits. */
async function endedJob({
  url = inbox.url,
  configuration = {},
  end = { status: 'COMPLETED' },
}: {
  url?: string
  configuration?: Record<string, string>
  end?: { status: FinalStatus; error?: string }
} = {}) {
  const room = openTestBulk(store, nothingAsked)
  const context = { ...room.context, send: upstream.send }
  const instance = room.addInstance(elementOf(), { configuration })
  const id = await room.addJob(instance, { objectName: 'contacts', query: {}, metaData: METADATA })
  const callback = store.cipher.seal(url, callbackContext(id))
  await bulkDb(store).updateTable('bulk_jobs').set({ callback }).where('id', '=', id).execute()
  const job = (await takeJob(context, id)) as HeldJob
  await store.changes.transaction((trx, publish) =>
    finish(context, inBulk(trx), publish, job, { records_count: 120, records_failed_count: 3, ...end }),
  )
  const queue = callbackQueue(context)
  return { room, id, instance, queue, tell: () => room.jobs.drain([queue]) }
}

const run = (queue: ReturnType<typeof callbackQueue>, key: string) => queue.run(key, new AbortController().signal)

describe('when a job ends its receiver', () => {
  test('gets the status, with what the caller wanted back, signed over the bytes that are sent', async () => {
    const configuration = {
      'event.notification.signature.key': 'new key',
      'event.notification.signature.key.previous': 'old key',
      'event.notification.basic.password': 'of another receiver',
    }
    const { id, instance, tell, room } = await endedJob({ url: `${inbox.url}?x=1`, configuration })
    await tell()
    const [request] = inbox.received
    expect(request?.json).toMatchObject({
      ...{ id, status: 'COMPLETED', instanceId: instance.id, object_name: 'contacts', fileFormat: 'csv' },
      ...{ recordsCount: 120, recordsFailedCount: 3, 'callback-payload': { run: 7 }, metadata: METADATA },
    })
    expect(request?.json).not.toHaveProperty('error')
    const body = String(request?.body)
    expect(request).toMatchObject({ method: 'POST', url: expect.stringContaining('?x=1') })
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'elements-webhook-id': `bulk-${id}`,
      'elements-webhook-signature': signElements(body, 'new key'),
      'webhook-id': `bulk-${id}`,
      'webhook-signature': signStandard(`bulk-${id}`, 1_775_124_721, body, ['new key', 'old key']),
    })
    expect(request?.headers).not.toHaveProperty('authorization')
    expect(await room.job(id)).toMatchObject({ callback_state: 'delivered', callback_attempts: 1, message: null })
  })

  test('learns why the whole job failed, and finds no signature where the instance has no key', async () => {
    const { tell } = await endedJob({ end: { status: 'ABORTED', error: 'the vendor is gone' } })
    await tell()
    expect(inbox.received[0]?.json).toMatchObject({ status: 'ABORTED', error: 'the vendor is gone' })
    expect(Object.keys(inbox.received[0]?.headers ?? {}).filter((name) => name.includes('signature'))).toEqual([])
  })

  test('is this hub itself where the address says so: the owner of the job calls', async () => {
    const { tell, room, instance } = await endedJob({ url: '/formulas/instances/321/executions' })
    await tell()
    expect(room.platformCalls).toMatchObject([
      [{ userId: 77 }, instance.id, { method: 'POST', path: '/formulas/instances/321/executions' }],
    ])
    expect(JSON.parse(String(room.platformCalls[0]?.[2].body))).toMatchObject({ status: 'COMPLETED' })
  })
})

describe('a receiver that fails', () => {
  test('gets the same bytes again after 10 seconds, 2 and 15 minutes, under the same id', async () => {
    const { id, tell, room, queue } = await endedJob()
    inbox.answer(() => (inbox.received.length < 3 ? { status: 302, headers: { location: '/' } } : 200))
    await run(queue, String(id))
    const [retry] = room.jobs.waiting.filter(({ key }) => key === `${id}.1`)
    expect(retry).toMatchObject({ group: 'account:12', at: new Date(room.clock.at.getTime() + 10_000) })
    room.clock.at = new Date(room.clock.at.getTime() + 10_000)
    await run(queue, `${id}.1`)
    const [second] = room.jobs.waiting.filter(({ key }) => key === `${id}.2`)
    expect(second?.at).toEqual(new Date(room.clock.at.getTime() + 120_000))
    expect(await room.job(id)).toMatchObject({ callback_state: 'waiting', callback_attempts: 2 })
    await tell()
    expect(inbox.received).toHaveLength(3)
    expect(inbox.received[2]?.body).toEqual(inbox.received[0]?.body)
    expect(new Set(inbox.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([`bulk-${id}`]))
    expect(await room.job(id)).toMatchObject({ callback_state: 'delivered', callback_attempts: 3 })
  })

  test('is given up after three retries, and the status says why', async () => {
    const { id, tell, room } = await endedJob()
    inbox.answer({ status: 502, body: 'out for lunch' })
    await tell()
    expect(inbox.received).toHaveLength(4)
    expect(await room.job(id)).toMatchObject({
      ...{ status: 'COMPLETED', callback_state: 'failed', callback_attempts: 4 },
      message: `The callback was given up after 4 attempts: ${new URL(inbox.url).host} answered 502: out for lunch`,
    })
  })

  test('is tried no sooner when an attempt that is over comes again', async () => {
    const { id, room, queue } = await endedJob()
    inbox.answer(500)
    await run(queue, String(id))
    await run(queue, String(id))
    expect(inbox.received).toHaveLength(1)
    expect((await room.job(id)).callback_attempts).toBe(1)
  })

  test('may not be where nothing may be sent', async () => {
    const { id, tell, room } = await endedJob({ url: 'http://10.0.0.1/internal' })
    await tell()
    expect(await room.job(id)).toMatchObject({ callback_state: 'failed', message: expect.stringContaining('10.0.0.1') })
  })
})

test('of a job that was removed nothing is told', async () => {
  const { id, tell, room } = await endedJob()
  await bulkDb(store).updateTable('bulk_jobs').set({ removed_at: room.clock.at }).where('id', '=', id).execute()
  await tell()
  expect(inbox.received).toEqual([])
})
