import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type BulkClient, jsonFile, provisionForBulk, uploadForm } from '../../support/bulk-client.ts'
import { bulkElement, postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, startBulkVendor } from '../../support/bulk-vendor.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People } from '../../support/people.ts'
import { type Delivery, type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** Who hears of the end of a bulk job, and what (spec 22 §11, 40 §9.2). */
let hub: TestHub
let vendor: BulkVendor
let receiver: Receiver
let people: People
let client: BulkClient
let inbox: Inbox
let later = 0
beforeAll(async () => {
  ;[vendor, receiver, hub] = await Promise.all([
    startBulkVendor(),
    startReceiver(),
    startTestHub(
      { VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' },
      { now: () => new Date(Date.now() + later) },
    ),
  ])
  people = await meetPeople(hub)
  await postBulkElement(hub, { key: 'calling', baseUrl: vendor.baseUrl })
  client = await provisionForBulk(hub, 'calling')
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
  await receiver.close()
})
beforeEach(() => {
  vendor.reset()
  vendor.rows('contacts', [{ id: 'c1' }, { id: 'c2' }])
  inbox = receiver.inbox()
})

const HEADER = 'Elements-Async-Callback-Url'
const QUERY = 'select * from contacts'
const calling = (url = inbox.url) => ({ headers: { [HEADER]: url } })

/** The one delivery, which has to be the status as anybody may read it. */
async function heard(id: string, by = client): Promise<Delivery> {
  const [delivery] = await inbox.arrived(1)
  const status = await by.ended(id)
  expect(delivery).toMatchObject({
    method: 'POST',
    headers: { 'content-type': expect.stringContaining('application/json') },
  })
  expect(delivery?.json).toMatchObject({
    status: status.status,
    instanceId: by.id,
    object_name: status.object_name,
    recordsCount: status.recordsCount,
    recordsFailedCount: status.recordsFailedCount,
    fileFormat: expect.stringMatching(/^(csv|json)$/),
  })
  expect(String(delivery?.json.id)).toBe(id)
  return delivery as Delivery
}

describe('a job that went well', () => {
  test('a download', async () => {
    const { json } = await heard(await client.query(QUERY, {}, calling()))
    expect(json).toMatchObject({ status: 'COMPLETED', recordsCount: 2, recordsFailedCount: 0, object_name: 'contacts' })
    expect(json).not.toHaveProperty('error')
  })

  test('an upload, whose failed rows are no failure', async () => {
    vendor.script('POST /contacts', () => ({ status: 400, body: { message: 'no' } }))
    const { json } = await heard(await client.upload('contacts', 'name\nAnn\nBob\n', calling()))
    expect(json).toMatchObject({ status: 'COMPLETED', recordsCount: 2, recordsFailedCount: 2, fileFormat: 'csv' })
    expect(json).not.toHaveProperty('error')
    inbox = receiver.inbox()
    const other = await heard(await client.upload('contacts', jsonFile([{ name: 'Ann' }]), calling()))
    expect(other.json).toMatchObject({ fileFormat: 'json' })
  })

  test('notificationUrl of a download; its format is the extension of the file', async () => {
    for (const [format, fileFormat] of [
      ['txt/csv', 'csv'],
      ['application/json', 'json'],
    ]) {
      inbox = receiver.inbox()
      const { json } = await heard(
        await client.download({ objectName: 'contacts', format, notificationUrl: inbox.url }),
      )
      expect(json).toMatchObject({ status: 'COMPLETED', fileFormat })
    }
  })

  test('the header in any case', async () => {
    const headers = { 'elements-async-callback-url': inbox.url }
    await heard(await client.query(QUERY, {}, { headers }))
  })

  test('once', async () => {
    const quiet = inbox
    await heard(await client.query(QUERY, {}, calling()))
    for (let others = 0; others < 3; others++) {
      inbox = receiver.inbox()
      await heard(await client.query(QUERY, {}, calling()))
    }
    expect(quiet.received).toHaveLength(1)
  })

  test('by the time of the call the file is there', async () => {
    let status = 0
    const asked = vi.fn(async ({ json }: Delivery) => {
      const answer = await client.send('GET', `/bulk/${json.id}/contacts`, { headers: { accept: 'text/csv' } })
      status = answer.status
    })
    inbox.answer((delivery) => {
      void asked(delivery)
      return 200
    })
    await heard(await client.query(QUERY, {}, calling()))
    await expect.poll(() => status, { timeout: 5_000 }).toBe(200)
  })

  test('metaData is echoed', async () => {
    const metaData = { 'callback-payload': { run: 7 }, fileName: 'given' }
    const body = uploadForm('name\nAnn\n', metaData)
    const answer = expectOk(await client.send('POST', '/bulk/contacts', { body, ...calling() }))
    const { json } = await heard(String(answer.body.id))
    expect(json.metadata ?? json).toMatchObject(metaData)
    expect(JSON.stringify(json)).toContain('"callback-payload":{"run":7}')
    inbox = receiver.inbox()
    const form = new FormData()
    form.append('metaData', JSON.stringify(metaData))
    const download = await heard(await client.query(QUERY, {}, { body: form, ...calling() }))
    expect(JSON.stringify(download.json)).toContain('"callback-payload":{"run":7}')
  })
})

describe('a job that did not go well', () => {
  test('says the error', async () => {
    vendor.script('GET /contacts', () => ({ status: 403, body: { message: 'not for you' } }))
    const { json } = await heard(await client.query(QUERY, {}, calling()))
    expect(json).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('not for you') })
  })

  test('of an unreadable file', async () => {
    const { json } = await heard(await client.upload('contacts', jsonFile('[{"name":'), calling()))
    expect(json).toMatchObject({ status: 'ABORTED', error: expect.stringMatching(/\S/), recordsFailedCount: 0 })
  })

  test('that was cancelled', async () => {
    const { promise: goOn, resolve } = Promise.withResolvers<undefined>()
    vendor.script('GET /contacts', () => goOn)
    const id = await client.query(QUERY, {}, calling())
    expectOk(await client.send('PUT', `/bulk/${id}/cancel`))
    const { json } = await heard(id)
    resolve(undefined)
    expect(json).toMatchObject({ status: 'CANCELLED' })
    expect(json).not.toHaveProperty('error')
  })
})

describe('the signature', () => {
  const KEY = 'valence-test-key'
  const signatureOf = ({ body }: Delivery) => `sha256=${createHmac('sha256', KEY).update(body).digest('base64')}`

  test('is of the exact bytes, with the key of the instance', async () => {
    const signed = await provisionForBulk(hub, 'calling', { 'event.notification.signature.key': KEY })
    const delivery = await heard(await signed.query(QUERY, {}, calling()), signed)
    expect(delivery.headers['elements-webhook-signature']).toBe(signatureOf(delivery))
    inbox = receiver.inbox()
    const upload = await heard(await signed.upload('contacts', 'name\nZoë\n', calling()), signed)
    expect(upload.headers['elements-webhook-signature']).toBe(signatureOf(upload))
  })

  test('is absent without a key', async () => {
    const delivery = await heard(await client.query(QUERY, {}, calling()))
    expect(delivery.headers).not.toHaveProperty('elements-webhook-signature')
    expect(delivery.headers).not.toHaveProperty('authorization')
  })
})

describe('a path of the platform', () => {
  /** What a definition of an object is made of is in the path; the body, here a status, may say what it likes. */
  const definitionOf = (name: string) => `/organizations/objects/${name}/definitions`
  const isThere = (name: string, authorization?: string) =>
    expect
      .poll(
        async () => (await hub.call('GET', definitionOf(name), { ...(authorization && { authorization }) })).status,
        {
          timeout: 8_000,
        },
      )
      .toBe(200)

  for (const [name, prefix] of [
    ['frompath', ''],
    ['fromwholepath', '/elements/api-v2'],
  ] as const) {
    test(`${prefix || 'alone'} is called as the owner of the job`, async () => {
      await client.completed(await client.query(QUERY, {}, calling(prefix + definitionOf(name))))
      await isThere(name)
    })
  }

  test('the owner is who started it, in their organization', async () => {
    const stranger = await people.signUp('Callers')
    const { authorization } = stranger.admin
    const body = bulkElement({ key: 'strangers', baseUrl: vendor.baseUrl })
    expectOk(await hub.call('POST', '/elements', { body, authorization }))
    const theirs = await provisionForBulk(hub, 'strangers', {}, authorization)
    await theirs.completed(await theirs.query(QUERY, {}, calling(definitionOf('oftheirs'))))
    await isThere('oftheirs', authorization)
    expect((await hub.call('GET', definitionOf('oftheirs'))).status).toBe(404)
  })

  test('that is not there does not spoil the job', async () => {
    const id = await client.query(QUERY, {}, calling('/formulas/instances/321/executions'))
    const status = await client.completed(id)
    expect(status).not.toHaveProperty('error')
  })
})

test('a receiver that fails is called again, three times, with the same bytes; the job stays COMPLETED', async () => {
  const failing = inbox
  const recovering = receiver.inbox()
  failing.answer(503)
  recovering.answer(({ order }) => (order === recovering.received[0]?.order ? 500 : 200))
  const ids = [
    await client.query(QUERY, {}, calling(failing.url)),
    await client.query(QUERY, {}, calling(recovering.url)),
  ]
  await Promise.all([failing.arrived(1), recovering.arrived(1)])
  await hoursLater(ids)
  await recovering.arrived(2)
  for (const count of [2, 3]) {
    await failing.arrived(count)
    await hoursLater(ids.slice(0, 1))
  }
  await failing.arrived(4)
  later += 24 * 3_600_000
  for (let others = 0; others < 2; others++) await another()
  for (const { received } of [failing, recovering]) {
    for (const { body } of received) expect(body.toString()).toBe(received[0]?.body.toString())
  }
  expect(failing.received).toHaveLength(4)
  expect(recovering.received).toHaveLength(2)
  for (const id of ids) expect(await client.completed(id)).not.toHaveProperty('error')

  /** The next attempts are due, by the clock of the hub and by that of its queues, who look at theirs when there is work. */
  async function hoursLater(jobs: string[]) {
    later += 3_600_000
    for (const id of jobs) {
      await expect.poll(() => makeDue(id), { timeout: 5_000, interval: 20 }).toBe(1)
    }
    await another()
  }

  async function makeDue(id: string): Promise<number> {
    const { numAffectedRows } = await sql`update valence_jobs.job set start_after = now() - interval '1 second'
      where name like 'bulk%' and split_part(data->>'key', '.', 1) = ${id} and state < 'active' and start_after > now()`.execute(
      hub.hub.store.db,
    )
    return Number(numAffectedRows)
  }

  async function another() {
    inbox = receiver.inbox()
    await heard(await client.query(QUERY, {}, calling()))
  }
})
