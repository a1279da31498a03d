import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const MEMBERS = ['id', 'from', 'topic', 'severity', 'message', 'createdDate', 'active', 'acknowledged'].toSorted()
const notice = (fields: object = {}) => ({ topic: 'orders', message: 'order 7 came', severity: 'medium', ...fields })
const subscription = (fields: object = {}) => ({
  ...{ channel: 'webhook', topics: ['orders'], config: { url: '/instances/events' } },
  ...fields,
})
const post = async (path: string, body: unknown) => {
  const answer = await hub.call('POST', path, { body })
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

describe('notifications (spec 41 §2)', () => {
  test('are created, read, acknowledged and deleted, with all members each time', async () => {
    const created = await post('/notifications', notice({ from: 'shop@example.com' }))
    expect(Object.keys(created).toSorted()).toEqual(MEMBERS)
    expect(created).toMatchObject({ ...notice({ from: 'shop@example.com' }), active: true, acknowledged: false })
    expect(created.createdDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect((await hub.call('GET', `/notifications/${created.id}`)).body).toEqual(created)
    const seen = await hub.call('PUT', `/notifications/${created.id}/acknowledge`, { body: { any: ['thing'] } })
    expect(seen).toMatchObject({ status: 200, body: { ...created, acknowledged: true } })
    expect((await hub.call('PUT', `/notifications/${created.id}/acknowledge`)).status).toBe(200)
    expect(await hub.call('DELETE', `/notifications/${created.id}`)).toMatchObject({ status: 200, text: '' })
    expect((await hub.call('GET', `/notifications/${created.id}`)).status).toBe(404)
  })

  test('a message may be an object; severity is low and the sender is the caller unless said', async () => {
    const message = { order: 7, lines: [{ n: 1.5 }] }
    expect(await post('/notifications', { topic: 'orders', message })).toMatchObject({
      ...{ message, severity: 'low', from: 'ada@example.com' },
    })
  })

  for (const [what, body] of [
    ['nothing', {}],
    ['no topic', notice({ topic: null })],
    ['a blank topic', notice({ topic: '  ' })],
    ['no message', notice({ message: null })],
    ['a list as message', notice({ message: [1] })],
    ['another severity', notice({ severity: 'urgent' })],
    ['a topic that is too long', notice({ topic: 'x'.repeat(256) })],
  ] as const) {
    test(`${what} is refused`, async () => {
      expect((await hub.call('POST', '/notifications', { body })).status).toBe(400)
    })
  }

  for (const id of ['-1', '999999999', '99999999999999999999', 'x']) {
    test(`there is no notification ${id}`, async () => {
      expect((await hub.call('GET', `/notifications/${id}`)).status).toBe(404)
      expect((await hub.call('DELETE', `/notifications/${id}`)).status).toBe(404)
      expect((await hub.call('PUT', `/notifications/${id}/acknowledge`)).status).toBe(404)
    })
  }

  test('a list needs topics; unknown ones have none', async () => {
    expect((await hub.call('GET', '/notifications')).status).toBe(400)
    expect((await hub.call('GET', '/notifications?topics[]=')).status).toBe(400)
    expect(await hub.call('GET', '/notifications?topics[]=nobody-knows')).toMatchObject({ status: 200, body: [] })
  })

  test('a list is paged by token, over several topics', async () => {
    const ids: number[] = []
    for (const n of [1, 2, 3, 4, 5]) {
      ids.push((await post('/notifications', notice({ topic: n % 2 ? 'paged-a' : 'paged-b', message: `${n}` }))).id)
    }
    const found: number[] = []
    let query = 'topics[]=paged-a&topics[]=paged-b&pageSize=1'
    for (let page = 1; page <= 5; page++) {
      const answer = await hub.call('GET', `/notifications?${query}`)
      expect(answer.body).toHaveLength(1)
      found.push(answer.body[0].id)
      const token = answer.headers.get('elements-next-page-token')
      expect(token === null).toBe(page === 5)
      query = `pageSize=1&nextPage=${encodeURIComponent(token ?? '')}`
    }
    expect(found).toEqual(ids.toReversed())
    const comma = await hub.call('GET', '/notifications?topics=paged-a,paged-b')
    expect(comma.body.map(({ id }: { id: number }) => id)).toEqual(ids.toReversed())
  })
})

describe('subscriptions (spec 41 §3)', () => {
  test('are created, read, listed and deleted', async () => {
    const created = await post('/notifications/subscriptions', subscription())
    expect(created).toMatchObject({ ...subscription(), id: expect.any(Number), active: true })
    expect((await hub.call('GET', `/notifications/subscriptions/${created.id}`)).body).toEqual(created)
    expect((await hub.call('GET', '/notifications/subscriptions')).body).toContainEqual(created)
    expect(await hub.call('DELETE', `/notifications/subscriptions/${created.id}`)).toMatchObject({
      status: 200,
      text: '',
    })
    expect((await hub.call('GET', `/notifications/subscriptions/${created.id}`)).status).toBe(404)
    expect((await hub.call('DELETE', `/notifications/subscriptions/${created.id}`)).status).toBe(404)
  })

  test('never show their secrets, nor does the database', async () => {
    const secrets = { signatureKey: 'hidden-1', username: 'hidden-2', password: 'hidden-3' }
    const config = { url: 'https://app.example.com/n', ...secrets, headers: { 'X-Key': 'hidden-4' } }
    const created = await post('/notifications/subscriptions', subscription({ topics: ['silent'], config }))
    expect(created.config).toEqual({ url: 'https://app.example.com/n' })
    const paths = ['', `/${created.id}`].map((path) => `/notifications/subscriptions${path}`)
    for (const path of [...paths, '/audit-logs']) expect((await hub.call('GET', path)).text).not.toContain('hidden')
    const rows = await hub.hub.store.db
      .withTables<{ subscriptions: { id: number } }>()
      .selectFrom('subscriptions')
      .selectAll()
      .execute()
    expect(JSON.stringify(rows)).not.toContain('hidden')
  })

  for (const [what, body] of [
    ['nothing', {}],
    ['no topics', subscription({ topics: [] })],
    ['topics that are none', subscription({ topics: [7, {}] })],
    ['another channel', subscription({ channel: 'pigeon' })],
    ['no address', subscription({ config: { url: null } })],
    ['no configuration', subscription({ config: undefined })],
    ['an address that is none', subscription({ config: { url: 'app.example.com' } })],
    ['another protocol', subscription({ config: { url: 'ftp://app.example.com/' } })],
    ['credentials in the address', subscription({ config: { url: 'https://u:p@app.example.com/' } })],
    ['headers that would be forged', subscription({ config: { url: '/x', headers: 'Webhook-Signature: v1,x' } })],
    ['a line break in a header', subscription({ config: { url: '/x', headers: { a: 'b\r\nc: d' } } })],
    ['a mail without address', subscription({ channel: 'email', config: {} })],
    [
      'a mail address with a line break',
      subscription({ channel: 'email', config: { to: 'a@example.com\nBcc: b@example.com' } }),
    ],
  ] as const) {
    test(`${what} is refused`, async () => {
      expect((await hub.call('POST', '/notifications/subscriptions', { body })).status).toBe(400)
    })
  }

  test('there is no subscription -1', async () => {
    expect((await hub.call('GET', '/notifications/subscriptions/-1')).status).toBe(404)
  })
})

describe('deliveries (spec 41 §4)', () => {
  test('two subscriptions of a topic have one each; one alone is an object', async () => {
    const topics = ['twice']
    const first = await post('/notifications/subscriptions', subscription({ topics }))
    const second = await post('/notifications/subscriptions', subscription({ topics, channel: 'sms' }))
    const { id } = await post('/notifications', notice({ topic: 'twice' }))
    const all = await hub.call('GET', `/notifications/${id}/subscriptions/deliveries`)
    expect(all.body.map((one: { subscriptionId: number }) => one.subscriptionId)).toEqual([first.id, second.id])
    const one = await hub.call('GET', `/notifications/${id}/subscriptions/${second.id}/deliveries`)
    expect(one.body).toMatchObject({ notificationId: id, subscriptionId: second.id, status: 'created' })
    expect(one.body.createdDate).toMatch(/Z$/)
    expect(one.body.notification).toBeUndefined()
    const whole = await hub.call('GET', `/notifications/${id}/subscriptions/${second.id}/deliveries?hydrate=true`)
    expect(whole.body).toMatchObject({
      notification: { id, topic: 'twice' },
      subscription: { id: second.id, channel: 'sms' },
    })
    for (const path of [
      `/notifications/${id}/subscriptions/-1/deliveries`,
      '/notifications/-1/subscriptions/deliveries',
    ]) {
      expect((await hub.call('GET', path)).status).toBe(404)
    }
  })

  test('are found by what where says of them', async () => {
    const topics = ['found']
    await post('/notifications/subscriptions', subscription({ topics, channel: 'push' }))
    const { id } = await post('/notifications', notice({ topic: 'found' }))
    const find = async (where: string) =>
      hub.call('GET', `/notifications/subscriptions/deliveries?where=${encodeURIComponent(where)}`)
    for (const [where, count] of [
      [`notificationId=${id}`, 1],
      [`notificationId=${id} and channel='push' and status='created'`, 1],
      [`notificationId=${id} and status='queued'`, 0],
      [`notificationId=${id} and (status in ('queued','created') or channel='sms')`, 1],
      [`notificationId=${id} and channel like 'pu%'`, 1],
      [`notificationId=${id} and config.url is null`, 1],
      [`notificationId=${id} and config.url='/x'`, 0],
      [`notificationId=${id} and config.url != '/x'`, 1],
      ["config.url='https://never.example.com/' and status='queued'", 0],
    ] as const) {
      const answer = await find(where)
      expect([where, answer.status, answer.body.length]).toEqual([where, 200, count])
    }
    for (const where of ["colour='red'", "status='", `notificationId='x'`]) expect((await find(where)).status).toBe(400)
  })

  test('are released only by a condition', async () => {
    expect((await hub.call('PUT', '/notifications/subscriptions/deliveries')).status).toBe(400)
    const where = encodeURIComponent(
      "channel='webhook' and status='queued' and config.url='https://never.example.com/'",
    )
    expect(await hub.call('PUT', `/notifications/subscriptions/deliveries?where=${where}`)).toMatchObject({
      status: 200,
      text: '',
    })
  })
})
